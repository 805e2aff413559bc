#pragma once
// A module author mends a manifest in one go only if every mistake is told at once, each with its
// place, the rule it breaks and what was expected.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tenon::plugins {

/// One mistake. Codes are stable words, all listed in manifest/codes.h.
struct ManifestIssue {
  std::uint32_t line = 0;    // from 1
  std::uint32_t column = 0;  // from 1, in code points
  std::string code;          // `manifest.unknown_key`
  std::string message;       // the rule and what was expected, in English
  std::string hint;          // `did you mean "searchable"?`, or empty
  std::string path;          // JSON pointer: `/schema/entities/0/fields/2/name`
};

using ManifestIssues = std::vector<ManifestIssue>;

/// invalid with reason `manifest.invalid`, one FieldError per issue, and as details
///   {"file":"plugin.toml","issues":[{"line":3,"column":1,"code":"…","message":"…","hint":"…",
///    "path":"…"}]}
/// Requires: there is at least one issue.
[[nodiscard]] Error to_error(std::span<const ManifestIssue> issues, std::string_view file);

/// The issues as a compiler prints them, for a terminal:
///
///   plugin.toml:12:3: error: unknown key "serchable" [manifest.unknown_key]
///     12 |   serchable = true
///        |   ^
///        = did you mean "searchable"?
///
/// Control characters of the source are shown as U+FFFD, so that a manifest cannot drive a
/// terminal.
[[nodiscard]] std::string print_issues(std::span<const ManifestIssue> issues, std::string_view file,
                                       std::string_view source);

}  // namespace tenon::plugins
