#pragma once
// Reads plugin.toml, written by a stranger, with all of its mistakes at once.
//
//   auto manifest = read_manifest(text);
//   if (!manifest) return fail(to_error(manifest.error(), "plugin.toml"));

#include <cstddef>
#include <expected>
#include <string_view>

#include "plugins/manifest/issue.h"
#include "plugins/manifest/manifest.h"

namespace tenon::plugins {

/// Caps of one manifest. A file at the cap is read, one more is refused (`manifest.limit`, for the
/// first two `manifest.size` and `manifest.depth`).
struct ManifestLimits {
  static constexpr std::size_t kBytes = std::size_t{256} << 10;
  static constexpr std::size_t kDepth = 32;  // tables and arrays inside each other
  static constexpr std::size_t kEntities = 100;
  static constexpr std::size_t kFields = 200;   // per entity, of an action's input, of settings
  static constexpr std::size_t kIndexes = 32;   // per entity
  static constexpr std::size_t kOptions = 500;  // per field
  static constexpr std::size_t kItems = 200;    // of any other list
  static constexpr std::size_t kIssues = 1000;  // reported; the rest is counted
};

/// Either a manifest that keeps every rule, or every issue of it in the order of the file. A TOML
/// syntax error is reported alone: nothing behind it can be trusted.
/// Thread: any. Cost: milliseconds (Unicode checks of every label): for install and start, not for
/// a request. A text over the cap is refused unread.
[[nodiscard]] std::expected<Manifest, ManifestIssues> read_manifest(std::string_view text);

}  // namespace tenon::plugins
