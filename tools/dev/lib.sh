# Shared by the commands of ./dev: where things are, and how progress and failures are shown.

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
note() { printf '   %s\n' "$*"; }
die() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

# Sets the folders and the search path. Everything built or downloaded that is not in the tree is below $CACHE.
prepare_environment() {
  [[ -n "${XDG_CACHE_HOME:-}" || -n "${HOME:-}" ]] || die "set HOME or XDG_CACHE_HOME: the caches need a place"
  export HOME="${HOME:-$XDG_CACHE_HOME}"
  CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/tenon"
  JOBS="$(nproc)"
  WIT_BINDGEN_HOME="$CACHE/tools/wit-bindgen-$WIT_BINDGEN_VERSION"
  NODE_HOME="$CACHE/node-$NODE_VERSION"
  VENV="$CACHE/venv"
  export TENON_CACHE="$CACHE"
  export CCACHE_DIR="$CACHE/ccache" CCACHE_MAXSIZE=5G CCACHE_BASEDIR="$ROOT" CCACHE_NOHASHDIR=1
  [[ -d "$HOME/.cargo/bin" ]] && PATH="$HOME/.cargo/bin:$PATH"
  export PATH="$NODE_HOME/bin:$WIT_BINDGEN_HOME/bin:$PATH"
  mkdir -p "$CACHE/log"
}

# logged NAME PATTERN COMMAND...: runs COMMAND with its output in a log file, shows the lines that match PATTERN as
# progress, and on failure the end of the log.
logged() {
  local name="$1" pattern="$2" log="$CACHE/log/$1.log" status=0
  shift 2
  "$@" </dev/null 2>&1 | tee "$log" | { grep --line-buffered -E "$pattern" || true; } | sed -u 's/^/   /' || status=$?
  if [[ $status -ne 0 ]]; then
    echo "dev: $name failed; the end of $log:" >&2
    tail -n 40 "$log" >&2
    exit 1
  fi
}

version_at_least() { [[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]; }

setup() { (source tools/dev/setup.sh); }

# configure PRESET: writes build/PRESET once; ninja runs CMake again by itself when a list file changes.
configure() {
  [[ -f "build/$1/build.ninja" ]] && return
  say "configure $1"
  cmake --preset "$1"
}

tracked_cpp() { git ls-files --cached --others --exclude-standard -- '*.h' '*.cc' | while read -r f; do [[ -f $f ]] && echo "$f"; done; }
