#!/usr/bin/env bash
# A tenant moves between a file and PostgreSQL and the command is killed at any moment: one whole tenant, nothing left behind.
set -euo pipefail
cd "$(dirname "$0")/../.."
TENON_ROUNDS="${TENON_ROUNDS:-200}" exec python3 -B tests/integration/tenant_move_test.py
