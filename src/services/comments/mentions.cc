#include "services/comments/mentions.h"

#include <algorithm>
#include <array>

namespace tenon::services {
namespace {

constexpr std::size_t kLongest = 64;  // bytes of a user's name

/// Full-width marks that end a name in Chinese texts.
constexpr std::array<std::string_view, 12> kWideEnds = {"，", "。", "；", "：", "！", "？",
                                                        "、", "（", "）", "“",  "”",  "　"};

bool ends_name(std::string_view rest) {
  const auto c = static_cast<unsigned char>(rest.front());
  if (c <= ' ') return true;
  if (c < 0x80)
    return std::string_view(",;:!?()[]{}<>\"'@").find(rest.front()) != std::string_view::npos;
  return std::ranges::any_of(kWideEnds, [&](auto mark) { return rest.starts_with(mark); });
}

/// Whether `before` can stand directly in front of a mention.
bool opens(std::string_view before) {
  if (before.empty()) return true;
  const auto c = static_cast<unsigned char>(before.back());
  const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '_' || c == '.' || c == '-' || c == '+';
  return !word;
}

std::string_view name_at(std::string_view rest) {
  if (rest.starts_with('"')) {
    const auto close = rest.find('"', 1);
    return close == std::string_view::npos ? std::string_view() : rest.substr(1, close - 1);
  }
  std::size_t size = 0;
  while (size < rest.size() && !ends_name(rest.substr(size))) ++size;
  auto name = rest.substr(0, size);
  while (name.ends_with('.')) name.remove_suffix(1);  // the end of a sentence
  return name;
}

}  // namespace

std::vector<std::string> mentions_in(std::string_view text) {
  std::vector<std::string> names;
  for (auto at = text.find('@'); at != std::string_view::npos && names.size() < kMaxMentions;
       at = text.find('@', at + 1)) {
    if (!opens(text.substr(0, at))) continue;
    const auto name = name_at(text.substr(at + 1));
    if (name.empty() || name.size() > kLongest) continue;
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  }
  return names;
}

}  // namespace tenon::services
