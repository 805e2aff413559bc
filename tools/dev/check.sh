# ./dev check: what must hold before each commit. The cheap steps come first; the first failure stops.
source tools/dev/web.sh

timed() {
  local started=$SECONDS name="$1"
  shift
  say "check: $name"
  "$@" || die "check: $name failed"
  note "$name took $((SECONDS - started)) s"
}

check_format() { tracked_cpp | xargs -r clang-format-19 --dry-run --Werror; }
# Joined by &&: a function that runs before || does not stop at the first command that fails.
check_web() { npm --prefix web run --silent types && npm --prefix web run --silent lint; }

setup
timed format check_format
timed tidy python3 tools/tidy
configure asan
timed "build with address and undefined-behaviour sanitizers" ninja -C build/asan
timed clang-tidy python3 tools/clang_tidy.py build/asan --cache "$CACHE/clang-tidy" --jobs "$JOBS"
timed "unit tests under sanitizers" ctest --test-dir build/asan --label-regex unit --parallel "$JOBS" \
  --output-on-failure --no-tests=error
if has_web; then
  install_web_modules
  timed web check_web
fi
say "check: all good"
