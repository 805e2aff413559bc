#pragma once
// `@name` in a text means a person. What stands in quotes may have spaces: `@"Li Na"`. An address
// such as a@b.c mentions nobody.

#include <string>
#include <string_view>
#include <vector>

namespace tenon::services {

inline constexpr std::size_t kMaxMentions = 20;

/// The names that a text mentions, each once, in order; at most kMaxMentions.
[[nodiscard]] std::vector<std::string> mentions_in(std::string_view text);

}  // namespace tenon::services
