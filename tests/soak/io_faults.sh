#!/usr/bin/env bash
# Every I/O call of a tenant's work fails once and for ever; full disks and failed syncs (R4).
set -euo pipefail
cd "$(dirname "$0")/../.."
TENON_FULL=1 exec "$(dirname "$TENON")/tests/faults/tenon_faults_test" --gtest_filter='IoFault.*:FullDisk.*:FailedSync.*'
