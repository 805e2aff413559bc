#pragma once
// A parser that builds tables within tables is ended by a file that is nothing but dots or
// brackets: its destructor recurses. So depth is counted on the text, before anything is built.

#include <cstddef>
#include <optional>
#include <string_view>

#include "plugins/manifest/toml.h"

namespace tenon::plugins {

/// The first place where tables and arrays are nested deeper than `limit`; `[a.b]` counts two,
/// the key `a.b = …` one. On a text that is not TOML the answer is exact up to the first syntax
/// error. Cost: one pass, no recursion.
[[nodiscard]] std::optional<Place> find_too_deep(std::string_view text, std::size_t limit);

}  // namespace tenon::plugins
