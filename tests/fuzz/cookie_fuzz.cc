// Cookies: what is found has no byte that could end it, and what is set can be found. The input is
// a name, a line end, a value, a line end and a Cookie field.
#include "fuzz/fuzz.h"
#include "http/cookie.h"
#include "http/response.h"

using namespace tenon::http;
using tenon::fuzz::require;

namespace {

std::optional<std::string> find(std::string_view field, std::string_view name) {
  if (!is_field_value(field)) return std::nullopt;
  const HeaderField fields[] = {{"Cookie", std::string(field)}};
  const auto request = Request::make(Method::get, "/", fields);
  if (!request) return std::nullopt;
  const auto value = find_cookie(*request, name);
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto rest = tenon::fuzz::text_of(data, size);
  const auto name = tenon::fuzz::take_until(rest, '\n');
  const auto value = tenon::fuzz::take_until(rest, '\n');
  if (const auto found = find(rest, name))
    for (const char c : *found)
      require(c > 0x20 && c < 0x7F && c != ';' && c != ',' && c != '"', "a value is visible");
  const auto made = set_cookie({.name = std::string(name), .value = std::string(value)});
  if (!made) return 0;
  require(is_field_value(*made), "a cookie is a field");
  const auto pair = std::string_view(*made).substr(0, made->find(';'));
  require(find(pair, name) == std::string(value), "what is set is found");
  require(!find(std::string(pair) + "; " + std::string(pair), name), "a cookie twice is none");
  return 0;
}
