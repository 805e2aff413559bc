#pragma once
// Compiling takes milliseconds to minutes, so native code is kept on disk. Native code runs
// unchecked: a file is used only when its HMAC, under a key that never leaves the data directory,
// says that we wrote it for this engine.

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/random.h"
#include "wasm/component.h"
#include "wasm/engine.h"

namespace tenon::plugins {

/// Thread: any. Files: `<folder>/<sha256 of the component>.native`, folder 0700, key file 0600.
class NativeCache {
 public:
  /// Without a folder nothing is kept.
  NativeCache() = default;
  /// Makes the folder and its key when they are missing. Errors: unavailable with the folder's
  /// name.
  [[nodiscard]] static Result<NativeCache> open(std::filesystem::path folder, Random& random);

  /// The component whose digest is `sha256`, or not_found: missing, of another engine, or changed
  /// behind our back.
  [[nodiscard]] Result<wasm::Component> find(const wasm::Engine& engine,
                                             const std::string& sha256) const;
  /// Keeps the native code; a full disk is no failure, only a slower next start.
  void keep(const std::string& sha256, const wasm::Component& component) const;

 private:
  [[nodiscard]] std::filesystem::path path_of(const std::string& sha256) const;
  std::filesystem::path folder_;
  std::string key_;
};

}  // namespace tenon::plugins
