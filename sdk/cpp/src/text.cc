#include "tenon/plugin/text.h"

namespace tenon::plugin::text {

namespace {

bool is_blank(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }

template <class Function>
std::string mapped(std::string_view text, Function function) {
  std::string out(text);
  for (char& c : out) c = function(c);
  return out;
}

}  // namespace

std::string to_half_width(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&](std::size_t ahead) {
      return i + ahead < text.size() ? static_cast<unsigned char>(text[i + ahead]) : 0U;
    };
    // U+FF01…U+FF5E are EF BC 81…BF and EF BD 80…9E; U+3000 is E3 80 80.
    const bool first_half = byte(0) == 0xEF && byte(1) == 0xBC && byte(2) >= 0x81;
    const bool second_half =
        byte(0) == 0xEF && byte(1) == 0xBD && byte(2) >= 0x80 && byte(2) <= 0x9E;
    const bool blank = byte(0) == 0xE3 && byte(1) == 0x80 && byte(2) == 0x80;
    if (!first_half && !second_half && !blank) {
      out += text[i];
      continue;
    }
    out += blank ? ' ' : static_cast<char>(first_half ? byte(2) - 0x60 : byte(2) - 0x20);
    i += 2;
  }
  return out;
}

std::string collapse_spaces(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool gap = false;
  for (const char c : text) {
    if (is_blank(c)) {
      gap = true;
      continue;
    }
    if (gap && !out.empty()) out += ' ';
    gap = false;
    out += c;
  }
  return out;
}

std::string to_upper(std::string_view text) {
  return mapped(text,
                [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
}

std::string to_lower(std::string_view text) {
  return mapped(text,
                [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
}

std::string digits(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c >= '0' && c <= '9') out += c;
  return out;
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1U : 0U;
  return count;
}

}  // namespace tenon::plugin::text
