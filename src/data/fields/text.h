#pragma once
// Text: UTF-8 in normal form C, measured in code points.

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::data {

[[nodiscard]] std::size_t code_points(std::string_view text) noexcept;
/// Appends a JSON string with its quotes. Requires: valid UTF-8. Cost: one scan, copied in runs.
void write_json_string(std::string& out, std::string_view text);

}  // namespace tenon::data
