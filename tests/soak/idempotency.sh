#!/usr/bin/env bash
# Ten thousand requests, each sent five times at once and again after every kill; ten thousand effects (R21).
set -euo pipefail
cd "$(dirname "$0")/../.."
TENON_FULL=1 exec "$(dirname "$TENON")/tests/faults/tenon_faults_test" --gtest_filter='Retry.*'
