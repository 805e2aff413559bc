#pragma once
// Values as people of a language read them.

#include <string>
#include <string_view>

#include "base/json.h"
#include "data/catalog.h"

namespace tenon::services {

/// The text of a JSON value of `column`; nothing for null.
[[nodiscard]] std::string text_of_value(const data::Column& column, const json::value& value,
                                        std::string_view locale);
/// `2026-01-02` in Chinese, `2 Jan 2026` in English; anything that is no day is itself.
[[nodiscard]] std::string day_in(std::string_view day, std::string_view locale);
/// `1,234.50` of `1234.50`.
[[nodiscard]] std::string grouped(std::string_view number);

}  // namespace tenon::services
