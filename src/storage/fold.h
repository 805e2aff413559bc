#pragma once
// Text as it is stored and compared: Unicode normal form C, and its case fold.

#include <string>
#include <string_view>

namespace tenon::storage {

/// Normal form C of valid UTF-8; invalid sequences become U+FFFD. Cost: one scan when it is normal
/// already.
[[nodiscard]] std::string normalize(std::string_view text);
/// Full case fold of normal form C, normalised again: `Straße` and `STRASSE` agree.
[[nodiscard]] std::string fold(std::string_view text);

}  // namespace tenon::storage
