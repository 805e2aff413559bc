#!/usr/bin/env bash
# Schemathesis against a live server for as long as it is given: half of the time as administrator, half as a clerk.
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"
TENON_BUILD_DIR="$(dirname "$TENON")" EXAMPLES=200 SECONDS_EACH="$((MINUTES * 30))" CI=true \
  python3 -B "$here/openapi/schemathesis_test.py"
