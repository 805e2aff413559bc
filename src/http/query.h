#pragma once
// A query string carries filters, so its decoding is strict: what does not decode is refused, never
// guessed, and order and duplicates are kept.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tenon::http {

struct QueryParameter {
  std::string name;
  std::string value;
};

/// True when `text` is valid UTF-8 (RFC 3629: no overlong form, no surrogate).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Decodes `%XX`. Empty when an escape is cut or not hexadecimal, or the result has a NUL or is not
/// UTF-8.
enum class Plus : bool { literal, space };
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text,
                                                        Plus plus = Plus::literal);
/// Encodes all but unreserved characters (RFC 3986).
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Pairs in order, `+` is a space, `a` equals `a=`, empty pieces between `&` are skipped.
/// Errors: invalid (`query.escape`) naming the parameter's number, exhausted (`query.count`).
[[nodiscard]] Result<std::vector<QueryParameter>> parse_query(std::string_view query,
                                                              std::size_t max_count = 256);

}  // namespace tenon::http
