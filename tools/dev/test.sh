# ./dev test: everything that must be green before a merge. All steps run even when one fails; ctest closes, because
# it covers the most, and one line with the sum of all cases follows when every runner told its count.
source tools/dev/web.sh

failed=()
results="build/test-results"

# step NAME COMMAND...: runs COMMAND, keeps its output, remembers a failure.
step() {
  local name="$1" started=$SECONDS
  shift
  say "test: $name"
  if ! "$@" 2>&1 | tee "$results/$name.log"; then
    failed+=("$name")
  fi
  note "$name took $((SECONDS - started)) s"
}

web_tests() {
  npm --prefix web run --silent test -- --reporter=default --reporter=junit --outputFile.junit="$ROOT/$results/web.xml"
}

ctest_tests() {
  ctest --test-dir build/release --label-exclude soak --parallel "$JOBS" --output-on-failure --no-tests=error \
    --output-junit "$ROOT/$results/ctest.xml" "$@"
}

setup
rm -rf "$results"
mkdir -p "$results"
configure release
if [[ $# -gt 0 ]]; then
  ninja -C build/release
  ctest_tests --tests-regex "$1"
  exit
fi
build_web
say "build build/release (all)"
ninja -C build/release
if has_web; then
  step web web_tests
  step e2e python3 tools/dev/e2e.py
fi
step ctest ctest_tests
python3 tools/dev/totals.py "$results"
[[ ${#failed[@]} -eq 0 ]] || die "failed: ${failed[*]}"
