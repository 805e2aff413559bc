#!/usr/bin/env bash
# All that sqlmap can ask (level 5, risk 3), at every place and of both databases: about half an hour.
set -euo pipefail
exec env CI=true TENON_SQLMAP=deep TENON_BUILD_DIR="$(dirname "$TENON")" python3 -B tests/sqlmap/sqlmap_test.py
