# What a running server needs: the program, the demo plugins, the web application.
source tools/dev/web.sh

# tenon_share is what lies beside the program in share/: the first-party plugins for --demo.
build_program() {
  configure release
  say "build build/release/tenon"
  ninja -C build/release tenon tenon_share
}

build_all_that_runs() {
  build_web
  build_program
}
