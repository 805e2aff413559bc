#pragma once
// Text as a JSON string.

#include <string>
#include <string_view>

namespace tenon::data {

/// Appends `text` with its quotes. Requires: valid UTF-8. Cost: one scan, copied in runs.
void write_json_string(std::string& out, std::string_view text);

}  // namespace tenon::data
