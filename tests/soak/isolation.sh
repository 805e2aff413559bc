#!/usr/bin/env bash
# 100,000 transactions of sixteen workers; the checker finds no cycle in what they saw (R6).
set -euo pipefail
cd "$(dirname "$0")/../.."
TENON_FULL=1 exec "$(dirname "$TENON")/tests/faults/tenon_faults_test" --gtest_filter='History.*:Isolation.*'
