#include "http/query.h"

#include <fmt/format.h>

#include "http/ascii.h"

namespace tenon::http {

bool is_utf8(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = byte(i);
    if (lead < 0x80) {
      i += 1;
    } else if (lead >= 0xC2 && lead <= 0xDF && follows(i + 1)) {
      i += 2;
    } else if (lead >= 0xE0 && lead <= 0xEF && follows(i + 1) && follows(i + 2)) {
      if (lead == 0xE0 && byte(i + 1) < 0xA0) return false;  // overlong
      if (lead == 0xED && byte(i + 1) > 0x9F) return false;  // surrogate
      i += 3;
    } else if (lead >= 0xF0 && lead <= 0xF4 && follows(i + 1) && follows(i + 2) && follows(i + 3)) {
      if (lead == 0xF0 && byte(i + 1) < 0x90) return false;  // overlong
      if (lead == 0xF4 && byte(i + 1) > 0x8F) return false;  // above U+10FFFF
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus == Plus::space) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    out.push_back(c);
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved_byte(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 15U]);
  }
  return out;
}

Result<std::vector<QueryParameter>> parse_query(std::string_view query, std::size_t max_count) {
  std::vector<QueryParameter> parameters;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view piece = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (piece.empty()) continue;
    if (parameters.size() == max_count) {
      return fail(Error(ErrorCode::exhausted,
                        fmt::format("the query has more than {} parameters", max_count))
                      .because("query.count"));
    }
    const std::size_t equals = piece.find('=');
    auto name = percent_decode(piece.substr(0, equals), Plus::space);
    auto value = percent_decode(
        equals == std::string_view::npos ? std::string_view{} : piece.substr(equals + 1),
        Plus::space);
    if (!name || !value) {
      return fail(Error(ErrorCode::invalid,
                        fmt::format("query parameter {} has a bad escape or is not UTF-8",
                                    parameters.size() + 1))
                      .because("query.escape"));
    }
    parameters.push_back({std::move(*name), std::move(*value)});
  }
  return parameters;
}

}  // namespace tenon::http
