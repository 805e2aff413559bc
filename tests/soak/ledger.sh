#!/usr/bin/env bash
# A million transfers by sixteen clerks with traps, deadlines and kills; sums stay exact (R5).
set -euo pipefail
cd "$(dirname "$0")/../.."
TENON_FULL=1 exec "$(dirname "$TENON")/tests/faults/tenon_faults_test" --gtest_filter='Ledger.*'
