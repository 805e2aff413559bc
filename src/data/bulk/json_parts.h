#pragma once
// Parts of JSON text that this server wrote itself, without building a tree: a page becomes its
// rows, a row its members. Anything else belongs to json::parse.

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tenon::data {

/// Each element of an array. Errors: internal when `array` is none.
[[nodiscard]] Result<> each_element(std::string_view array,
                                    const std::function<Result<>(std::string_view)>& visit);
/// Each member of an object, by its raw name and its raw value.
[[nodiscard]] Result<> each_member(
    std::string_view object,
    const std::function<Result<>(std::string_view, std::string_view)>& visit);
/// The text of a raw string with its quotes.
[[nodiscard]] Result<std::string> text_of(std::string_view raw);

}  // namespace tenon::data
