#!/usr/bin/env bash
# Power cuts after every write and sync of a tenant's work, with five kinds of damage (R2).
set -euo pipefail
cd "$(dirname "$0")/../.."
TENON_FULL=1 exec "$(dirname "$TENON")/tests/faults/tenon_faults_test" --gtest_filter='PowerLoss.*'
