#pragma once
// Everything that can be set has one name, one kind, bounds and one sentence of help. The
// configuration file, `--set` on the command line, the error messages and the printed reference all
// come from this table, so they cannot disagree.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config.h"

namespace tenon::server {

/// A value as it was written: in TOML, or as text on the command line.
using SettingValue =
    std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>>;

struct Setting {
  std::string_view key;   // `limits.head_bytes`
  std::string_view help;  // one sentence
  std::string wants;      // `a size from 1KiB to 1MiB, as 8192 or "8KiB"`
  /// Puts the value into the configuration. Returns false when it is not what it wants.
  std::function<bool(Config&, const SettingValue&)> put;
  /// The value in TOML.
  std::function<std::string(const Config&)> show;
};

/// All of them, in the order of the reference: those of a section stand together.
[[nodiscard]] std::span<const Setting> settings();
[[nodiscard]] const Setting* find_setting(std::string_view key);
/// `did you mean "limits.head_bytes"?`, or empty.
[[nodiscard]] std::string similar_setting(std::string_view key);

/// A value of the command line.
struct NamedText {
  std::string origin;  // the flag, for messages
  std::string key;
  std::string value;
};
/// Errors: invalid (`config.unknown_key`, `config.value`).
[[nodiscard]] Result<> put_setting(Config& config, const NamedText& text);
/// The same for the `KEY=VALUE` of `--set`.
[[nodiscard]] Result<> put_setting(Config& config, std::string_view assignment);

/// The reference as Markdown, with the defaults of `config`.
[[nodiscard]] std::string settings_reference();

}  // namespace tenon::server
