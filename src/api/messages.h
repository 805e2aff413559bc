#pragma once
// What the API says to people, in both languages. Errors carry a stable reason and an English text;
// here are the Chinese texts of the reasons and of the field codes, and the next step ("hint") of
// each code in both.

#include <optional>
#include <string_view>

#include "base/error.h"

namespace tenon::api {

/// The short name of a code, for a problem's `title`.
[[nodiscard]] std::string_view title_of(ErrorCode code, std::string_view locale) noexcept;
/// What a person can do next.
[[nodiscard]] std::string_view hint_of(ErrorCode code, std::string_view locale) noexcept;
/// The Chinese text of a reason or of a field code, where one is written.
[[nodiscard]] std::optional<std::string_view> chinese(std::string_view reason_or_code) noexcept;

}  // namespace tenon::api
