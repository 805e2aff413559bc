# What a running server needs: the program, the demo plugins, the web application.
source tools/dev/web.sh

# The target `demo` (when there is one) is what `tenon serve --demo` loads besides the program itself.
build_program() {
  configure release
  local targets=()
  if has_target release tenon; then targets+=(tenon); fi
  if has_target release demo; then targets+=(demo); fi
  say "build build/release (${targets[*]:-all})"
  ninja -C build/release "${targets[@]}"
}

build_all_that_runs() {
  build_web
  build_program
}
