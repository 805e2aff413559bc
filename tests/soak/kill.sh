#!/usr/bin/env bash
# 200 rounds of concurrent durable writes, each ended by kill -9; every acknowledged row is found again.
set -euo pipefail
cd "$(dirname "$0")/../.."
TENON_ROUNDS="${TENON_ROUNDS:-200}" TENON_BUILD_DIR="$(dirname "$TENON")" exec python3 -B tests/integration/kill_test.py
