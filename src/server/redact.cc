#include "server/redact.h"

#include <array>

#include "http/ascii.h"

namespace tenon::server {
namespace {

constexpr std::array<std::string_view, 9> kNames = {"password",   "passwd",  "secret",
                                                    "token",      "api_key", "authorization",
                                                    "set-cookie", "cookie",  "sid"};
constexpr std::array<std::string_view, 2> kSchemes = {"bearer ", "basic "};

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && http::same_without_case(text.substr(0, word.size()), word);
}

bool ends_value(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ';' || c == '&' ||
         c == '"' || c == '\'' || c == ')' || c == '}' || c == '<';
}

std::size_t value_end(std::string_view text, std::size_t from) {
  while (from < text.size() && !ends_value(text[from])) ++from;
  return from;
}

/// Where the secret behind a name at `at` begins, or npos: the name, maybe a quote, `=` or `:`,
/// maybe blanks and a quote.
std::size_t secret_behind(std::string_view text, std::size_t at) {
  for (const auto name : kNames) {
    if (!starts_with_word(text.substr(at), name)) continue;
    std::size_t here = at + name.size();
    if (here < text.size() && (text[here] == '"' || text[here] == '\'')) ++here;
    if (here >= text.size() || (text[here] != '=' && text[here] != ':')) continue;
    ++here;
    while (here < text.size() && (text[here] == ' ' || text[here] == '"' || text[here] == '\''))
      ++here;
    return here;
  }
  for (const auto scheme : kSchemes)
    if (starts_with_word(text.substr(at), scheme)) return at + scheme.size();
  return std::string_view::npos;
}

/// The `:` before a password of `scheme://user:password@host`, when `at` stands on `://`.
struct Span {
  std::size_t from;
  std::size_t to;
};
Span password_in_address(std::string_view text, std::size_t at) {
  const std::size_t end = value_end(text, at);
  const auto authority = text.substr(0, std::min(text.find('/', at + 3), end));
  const std::size_t host = authority.rfind('@');
  const std::size_t colon = authority.find(':', at + 3);
  if (host == std::string_view::npos || colon == std::string_view::npos || colon > host)
    return {0, 0};
  return {colon + 1, host};
}

}  // namespace

std::string redact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.substr(at).starts_with("://")) {
      if (const Span span = password_in_address(text, at); span.to > span.from) {
        out.append(text.substr(at, span.from - at)).append("***");
        at = span.to;
        continue;
      }
    }
    const std::size_t secret = secret_behind(text, at);
    if (secret == std::string_view::npos) {
      out += text[at++];
      continue;
    }
    out.append(text.substr(at, secret - at));
    at = secret;
    // `Authorization: Bearer x` hides behind its scheme.
    if (secret_behind(text, at) == std::string_view::npos) {
      const std::size_t end = value_end(text, at);
      if (end > at) out.append("***");
      at = end;
    }
  }
  return out;
}

}  // namespace tenon::server
