#!/usr/bin/env bash
# 100,000 events, three worker processes, one of them killed each second: none lost, none twice, keys in order.
set -euo pipefail
cd "$(dirname "$0")/../.."
TENON_EVENTS="${TENON_EVENTS:-100000}" exec "$(dirname "$TENON")/src/data/tenon_data_test" --gtest_filter='OutboxKill.*'
