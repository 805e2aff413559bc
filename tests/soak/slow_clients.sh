# 2,000 clients that send a byte now and then, or read nothing: a healthy one next to them hardly notices.
set -euo pipefail
exec python3 -B tests/load/slow_clients.py --build build/release --slow 2000 --seconds "$((${MINUTES:-1} * 60 / 10 < 5 ? 5 : ${MINUTES:-1} * 60 / 10))"
