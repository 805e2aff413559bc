#pragma once
// Business text as people type it comes with full-width letters, stray blanks and mixed
// punctuation. These functions bring it into the one form that can be compared. All take and give
// UTF-8.

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::plugin::text {

/// Full-width ASCII (`Ａ`, `１`, `（`) and the ideographic space become their plain forms.
[[nodiscard]] std::string to_half_width(std::string_view text);

/// Control characters and blanks at both ends go, runs of them inside become one blank.
[[nodiscard]] std::string collapse_spaces(std::string_view text);

/// ASCII letters only.
[[nodiscard]] std::string to_upper(std::string_view text);
[[nodiscard]] std::string to_lower(std::string_view text);

/// The ASCII digits of `text`, in order.
[[nodiscard]] std::string digits(std::string_view text);

[[nodiscard]] std::size_t count_code_points(std::string_view text);

}  // namespace tenon::plugin::text
