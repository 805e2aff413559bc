# Every parser that strangers reach: at least a million inputs each under address and undefined-behaviour sanitizers.
set -euo pipefail
[[ -f build/fuzz/build.ninja ]] || cmake --preset fuzz
ninja -C build/fuzz fuzzers
exec python3 tests/fuzz/run.py --build build/fuzz --keep --runs "${RUNS:-1000000}"
