# ./dev bench [AREA] [--json FILE]: release build, then tools/bench.py runs and reports.
setup
configure release
ninja -C build/release
exec python3 tools/bench.py --build build/release "$@"
