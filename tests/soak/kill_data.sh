#!/usr/bin/env bash
# 3,000 SIGKILLs of sixteen writers in the data room; every acknowledged version is found again (R1).
set -euo pipefail
cd "$(dirname "$0")/../.."
TENON_FULL=1 exec "$(dirname "$TENON")/tests/faults/tenon_faults_test" --gtest_filter='Kill.*'
