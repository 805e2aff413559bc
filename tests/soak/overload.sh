# Three times more than the server can take, from an open loop: what is answered stays near the peak, and who is refused
# is told within 50 ms.
set -euo pipefail
exec python3 -B tests/load/overload.py --build build/release --seconds "$((${MINUTES:-1} * 60 / 10 < 5 ? 5 : ${MINUTES:-1} * 60 / 10))"
