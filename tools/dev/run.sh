# ./dev run: the demo server of this tree, with its data in build/run. Options given replace the defaults.
source tools/dev/program.sh

setup
build_all_that_runs
options=(--demo)
if [[ " $* " != *" --data"* ]]; then
  mkdir -p build/run
  options+=(--data "$ROOT/build/run")
fi
if [[ " $* " != *" --listen"* ]]; then
  options+=(--listen 127.0.0.1:8080)
  say "serving http://127.0.0.1:8080 (Ctrl-C stops it)"
fi
exec build/release/tenon serve "${options[@]}" "$@"
