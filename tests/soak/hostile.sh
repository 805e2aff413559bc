#!/usr/bin/env bash
# Every hostile component against a live server with a neighbour under load, again and again until the time is over.
set -euo pipefail
cd "$(dirname "$0")/../.."
end=$((SECONDS + MINUTES * 60))
while ((SECONDS < end)); do TENON_BUILD_DIR="$(dirname "$TENON")" python3 -B tests/hostile/live_test.py; done
