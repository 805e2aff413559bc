#pragma once
// One TOML file says how the server runs. A key that is misspelt must not silently leave a limit at
// its default, so every key is known or an error, and all errors are told at once with their
// places.

#include <string>
#include <string_view>

#include "server/config.h"

namespace tenon::server {

/// Puts what `text` sets into `config`. `file` is its name in messages, and paths in it are taken
/// from its folder. Errors: invalid (`config.invalid`) with one line for each mistake, as
/// `tenon.toml:3:1: unknown key "limits.hed_bytes"; did you mean "limits.head_bytes"?`
[[nodiscard]] Result<> apply_config(Config& config, std::string_view text, const std::string& file);

/// The same for a file on disk. Errors: invalid (`config.file`) when it cannot be read.
[[nodiscard]] Result<> load_config(Config& config, const std::string& file);

}  // namespace tenon::server
