# The web application: modules by lock hash in the cache, bundle in web/dist.

has_web() { [[ -f web/package.json && -f web/package-lock.json ]]; }

# Links web/node_modules to the modules of this lock file. Install scripts never run.
install_web_modules() {
  local key modules staging
  key="$(cat web/package.json web/package-lock.json | sha256sum | cut -c1-16)"
  modules="$CACHE/web/$key"
  if [[ ! -d "$modules" ]]; then
    say "web modules ($key)"
    staging="$modules.$$"
    mkdir -p "$staging"
    cp web/package.json web/package-lock.json "$staging/"
    [[ -f web/.npmrc ]] && cp web/.npmrc "$staging/"
    logged npm-ci '^(added|npm (ERR|error))' npm ci --prefix "$staging" --ignore-scripts --no-audit --no-fund
    mv "$staging" "$modules" 2>/dev/null || rm -rf "$staging"
  fi
  if [[ "$(readlink web/node_modules || true)" != "$modules/node_modules" ]]; then
    rm -rf web/node_modules
    ln -s "$modules/node_modules" web/node_modules
  fi
}

build_web() {
  has_web || { note "web/: nothing to build yet"; return 0; }
  install_web_modules
  local stamp="build/web.stamp"
  if [[ -f "$stamp" && -d web/dist && -z "$(find web \( -name node_modules -o -name dist -o -name generated \) -prune \
      -o -mindepth 1 -newer "$stamp" -print -quit)" ]]; then
    return 0
  fi
  say "build web/dist"
  npm --prefix web run --silent build
  mkdir -p build
  touch "$stamp"
}
