# ./dev build: what a running server needs, or the ninja targets that are named.
source tools/dev/program.sh

setup
if [[ $# -gt 0 ]]; then
  configure release
  ninja -C build/release "$@"
else
  build_all_that_runs
  note "build/release/tenon is ready"
fi
