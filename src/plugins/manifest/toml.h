#pragma once
// The manifest's text as a tree with places. toml++ stays behind this: it throws, and as packaged
// it aborts on some wrong files.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/manifest/issue.h"

namespace tenon::plugins {

/// Line and column from 1, columns in code points.
struct Place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

enum class TomlKind : std::uint8_t {
  text,
  integer,
  real,
  boolean,
  date,
  time,
  datetime,
  array,
  table
};

/// `text`, `an integer`, …: for "expected … but this is …".
[[nodiscard]] std::string_view describe(TomlKind kind) noexcept;

struct TomlMember;

struct TomlValue {
  TomlKind kind = TomlKind::table;
  Place place;
  std::string text;  // of text; dates and times as RFC 3339
  std::int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  std::vector<TomlValue> items;     // array
  std::vector<TomlMember> members;  // table, in the order of the file
};

struct TomlMember {
  std::string key;
  Place place;
  TomlValue value;
};

/// Errors: `manifest.size`, `manifest.depth` or `manifest.syntax`, one issue.
/// Cost: linear; a text over the size cap is refused unread.
[[nodiscard]] std::expected<TomlValue, ManifestIssue> parse_toml(std::string_view text);

}  // namespace tenon::plugins
