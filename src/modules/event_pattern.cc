#include "modules/event_pattern.h"

#include <algorithm>

namespace tenon::modules {
namespace {

constexpr std::size_t kLongest = 63;
constexpr std::size_t kMostStars = 3;  // each is a place to try again from

bool is_name(std::string_view name) {
  if (name == "*") return true;
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// Takes the first name off `path`.
std::string_view take(std::string_view& path) {
  const auto end = std::min(path.find('.'), path.size());
  const auto name = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return name;
}

bool fits(std::string_view pattern, std::string_view type) {
  while (!pattern.empty()) {
    if (type.empty()) return false;
    const auto wanted = take(pattern);
    const auto name = take(type);
    if (wanted != "*") {
      if (wanted != name) return false;
      continue;
    }
    if (pattern.empty()) return true;
    for (; !type.empty(); take(type))
      if (fits(pattern, type)) return true;
    return false;
  }
  return type.empty();
}

}  // namespace

Result<EventPattern> EventPattern::parse(std::string_view text) {
  bool good = !text.empty() && text.size() <= kLongest && !text.ends_with('.');
  std::size_t stars = 0;
  for (auto rest = text; good && !rest.empty();) {
    const auto name = take(rest);
    good = is_name(name);
    if (name == "*") ++stars;
  }
  if (good && stars <= kMostStars) return EventPattern(std::string(text));
  return fail(Error(ErrorCode::invalid,
                    "\"" + std::string(text.substr(0, kLongest)) +
                        "\" is no pattern of events; write names with dots between, such as "
                        "\"order.*\" or \"*.deleted\"")
                  .because("event.pattern"));
}

bool EventPattern::matches(std::string_view type) const noexcept { return fits(text_, type); }

}  // namespace tenon::modules
