#pragma once
// From bytes of a stranger to a Plugin: the component is compiled, its imports are held against
// what the host gives, its exports against the contract and the manifest. Whatever does not fit is
// refused by name before it can run.

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"
#include "plugins/native_cache.h"
#include "plugins/plugin.h"
#include "wasm/engine.h"
#include "wasm/linker.h"

namespace tenon::plugins {

/// Programs are shared between tenants by the digest of the component: the code is the same, no
/// state is. Thread: any. Lifetime: engine, linker and cache outlive it.
class Loader {
 public:
  Loader(const wasm::Engine& engine, const wasm::Linker& linker, NativeCache& cache);

  /// Errors: invalid with `manifest.invalid` (every issue), `wasm.*` (not a component, truncated,
  /// an import that the host does not give), `plugin.export` (a missing export that the manifest
  /// needs, or one of another type); exhausted `limit.component` over 32 MiB. Cost: compiles when
  /// the native cache has nothing: 20 ms for a C++ component.
  [[nodiscard]] Result<PluginHandle> load(std::string_view manifest_text,
                                          std::string_view component);

  /// The same with a manifest that has been read.
  [[nodiscard]] Result<PluginHandle> load(Manifest manifest, std::string_view component);

 private:
  [[nodiscard]] Result<wasm::Program> program_of(const std::string& sha256,
                                                 std::string_view component);

  const wasm::Engine& engine_;
  const wasm::Linker& linker_;
  NativeCache& cache_;
  std::mutex mutex_;
  std::map<std::string, wasm::Program>
      programs_;  // by digest; bounded by what tenants have installed
};

}  // namespace tenon::plugins
