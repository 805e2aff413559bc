#!/usr/bin/env bash
# Install, upgrade and undo, killed with SIGKILL at every statement and commit; the state is before or after, never between.
set -euo pipefail
cd "$(dirname "$0")/../.."
TENON_CRASH_STRIDE=1 exec "${TENON_BUILD_DIR:-build/release}/src/data/tenon_data_test" --gtest_filter='*MigrationCrash*'
