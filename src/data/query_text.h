#pragma once
// The small grammar of PostgREST's values: lists in parentheses, commas outside quotes, quoted
// texts.

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::data {

/// Splits at `separator` outside quotes and parentheses. Empty when quotes or parentheses do not
/// close.
[[nodiscard]] std::optional<std::vector<std::string_view>> split_outside(std::string_view text,
                                                                         char separator);
/// The conditions of a list: commas in the braces of a value (`tags.cs.{a,b}`) do not split it.
[[nodiscard]] std::optional<std::vector<std::string_view>> split_conditions(std::string_view text);
/// `"a\"b"` gives `a"b`; a text without quotes is itself. Empty when the quotes are wrong.
[[nodiscard]] std::optional<std::string> unquote(std::string_view text);
/// The values of `a,"b,c"`, without their quotes. As clients write them: a quote inside a value is
/// text, one at its beginning ends before a comma or at the end. Empty when it does not end.
[[nodiscard]] std::optional<std::vector<std::string>> list_values(std::string_view text);
/// The inside of `(…)`.
[[nodiscard]] std::optional<std::string_view> inside_parentheses(std::string_view text);

}  // namespace tenon::data
