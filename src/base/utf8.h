#pragma once
// Text is UTF-8 everywhere and is checked once, where it comes in. What people mean by "the same
// text" is decided here and nowhere else.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::utf8 {

/// Well-formed UTF-8 (Unicode §3.9): no overlong forms, no surrogates, nothing above U+10FFFF.
/// U+0000 is well-formed.
[[nodiscard]] bool is_valid(std::string_view text) noexcept;

/// The byte at which the text stops being well-formed; empty when all of it is.
[[nodiscard]] std::optional<std::size_t> first_invalid_byte(std::string_view text) noexcept;

/// Code points, as a length limit of a field counts them. Requires: valid text.
[[nodiscard]] std::size_t count_code_points(std::string_view text) noexcept;

/// The longest start of at most `bytes` bytes that splits no code point. Requires: valid text.
[[nodiscard]] std::string_view truncated(std::string_view text, std::size_t bytes) noexcept;

/// Normalization Form C (UAX 15). Requires: valid text.
[[nodiscard]] std::string to_nfc(std::string_view text);

/// The key under which texts that differ only in case or in composition are equal: full case
/// folding, then NFC, independent of any language. For comparing, never for showing.
/// Requires: valid text.
[[nodiscard]] std::string fold(std::string_view text);

}  // namespace tenon::utf8
