#!/usr/bin/env bash
# 200 rounds of concurrent writes to a tenant in PostgreSQL, each ended by kill -9 of a session, of the database server or
# of our own process; every acknowledged row is found again.
set -euo pipefail
cd "$(dirname "$0")/../.."
TENON_ROUNDS="${TENON_ROUNDS:-200}" TENON_BUILD_DIR="$(dirname "$TENON")" exec python3 -B tests/integration/postgres_kill_test.py
