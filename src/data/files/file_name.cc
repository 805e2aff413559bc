#include "data/files/file_name.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace tenon::data {
namespace {

using namespace std::string_view_literals;

constexpr std::array kTurning{"\u200e"sv, "\u200f"sv, "\u202a"sv, "\u202b"sv,
                              "\u202c"sv, "\u202d"sv, "\u202e"sv, "\u2066"sv,
                              "\u2067"sv, "\u2068"sv, "\u2069"sv, "\ufeff"sv};

void erase_all(std::string& text, std::string_view what) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.erase(at, what.size());
}

std::string_view last_part(std::string_view name) {
  const auto slash = name.find_last_of("/\\");
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

/// Names that one system takes for devices, whatever their ending.
bool is_device(std::string_view name) {
  const auto stem = utf8::fold(name.substr(0, name.find('.')));
  constexpr std::array kDevices{"con"sv, "prn"sv, "aux"sv, "nul"sv};
  const bool port = stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) &&
                    stem[3] >= '0' && stem[3] <= '9';
  return port || std::ranges::find(kDevices, stem) != kDevices.end();
}

std::string shortened(const std::string& text) {
  if (text.size() <= kMaxFileName) return text;
  const auto dot = text.rfind('.');
  const bool ending = dot != std::string::npos && text.size() - dot <= 16;
  const auto kept = ending ? text.substr(dot) : std::string();
  return std::string(utf8::truncated(text, kMaxFileName - kept.size())) + kept;
}

}  // namespace

std::string clean_file_name(std::string_view name) {
  if (!utf8::is_valid(name)) return "file";
  auto text = utf8::to_nfc(last_part(name));
  for (const auto sign : kTurning) erase_all(text, sign);
  std::erase_if(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f || "<>:\"|?*"sv.contains(c);
  });
  text.erase(0, std::min(text.find_first_not_of(". "), text.size()));
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  text = shortened(text);
  if (text.empty()) return "file";
  return is_device(text) ? "_" + text : text;
}

}  // namespace tenon::data
