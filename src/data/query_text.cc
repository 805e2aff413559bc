#include "data/query_text.h"

#include <algorithm>

#include "base/utf8.h"
#include "data/query.h"

namespace tenon::data {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// Place of the brace that closes the one at `from`, outside quotes; npos when none does.
std::size_t closing_brace(std::string_view text, std::size_t from) noexcept {
  bool quoted = false;
  for (std::size_t i = from + 1; i < text.size(); ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (text[i] == '}' && !quoted)
      return i;
  }
  return std::string_view::npos;
}

enum class Braces : std::uint8_t { plain, group };  // group: a value may be a list in braces

std::optional<std::vector<std::string_view>> split(std::string_view text, char separator,
                                                   Braces braces) {
  std::vector<std::string_view> parts;
  std::size_t from = 0;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      if (--depth < 0) return std::nullopt;
    } else if (c == '{' && braces == Braces::group && i > 0 && text[i - 1] == '.') {
      if (const auto end = closing_brace(text, i); end != std::string_view::npos) i = end;
    } else if (c == separator && depth == 0) {
      parts.push_back(text.substr(from, i - from));
      from = i + 1;
    }
  }
  if (quoted || depth != 0) return std::nullopt;
  parts.push_back(text.substr(from));
  return parts;
}

/// Place of the quote that ends the value which one at the beginning of `text` opens.
std::size_t closing_quote(std::string_view text) noexcept {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"' && (i + 1 == text.size() || text[i + 1] == ','))
      return i;
  }
  return std::string_view::npos;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace

std::optional<std::vector<std::string_view>> split_outside(std::string_view text, char separator) {
  return split(text, separator, Braces::plain);
}

std::optional<std::vector<std::string_view>> split_conditions(std::string_view text) {
  return split(text, ',', Braces::group);
}

std::optional<std::string> unquote(std::string_view text) {
  if (!text.starts_with('"')) return std::string(text);
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1 == text.size() ? std::optional(std::move(out)) : std::nullopt;
    if (text[i] == '\\') ++i;
    if (i == text.size()) return std::nullopt;
    out += text[i];
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> list_values(std::string_view text) {
  std::vector<std::string> values;
  while (true) {
    std::size_t end = 0;
    if (text.starts_with('"')) {
      end = closing_quote(text);
      if (end == std::string_view::npos) return std::nullopt;
      values.push_back(unescape(text.substr(1, end - 1)));
      ++end;
    } else {
      end = std::min(text.find(','), text.size());
      values.emplace_back(text.substr(0, end));
    }
    if (end == text.size()) return values;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string_view> inside_parentheses(std::string_view text) {
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') return std::nullopt;
  return text.substr(1, text.size() - 2);
}

Result<Parameters> split_query(std::string_view text) {
  Parameters parameters;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(equals == std::string_view::npos ? std::string_view()
                                                                 : pair.substr(equals + 1));
    if (!name || !value || !utf8::is_valid(*name) || !utf8::is_valid(*value))
      return fail(Error(ErrorCode::invalid, "The query is not percent-encoded correctly.")
                      .because("query.encoding"));
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

}  // namespace tenon::data
