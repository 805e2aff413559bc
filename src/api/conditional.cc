#include "api/conditional.h"

#include <charconv>

#include "http/ascii.h"

namespace tenon::api {

std::string etag_of(std::uint64_t version) { return "\"" + std::to_string(version) + "\""; }

Result<std::optional<std::uint64_t>> expected_version(const http::Request& request) {
  const auto header = request.header("If-Match");
  if (!header || *header == "*") return std::optional<std::uint64_t>();
  std::string_view text = *header;
  std::uint64_t version = 0;
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error == std::errc{} && end == text.data() + text.size()) return std::optional(version);
  }
  return fail(Error(ErrorCode::invalid, "If-Match wants one entity tag, as \"7\"")
                  .because("http.if_match"));
}

bool is_known(const http::Request& request, std::string_view etag) {
  bool known = false;
  request.for_each_header([&](std::string_view name, std::string_view value) {
    if (!http::same_without_case(name, "if-none-match")) return;
    while (!value.empty()) {
      const auto comma = value.find(',');
      auto tag = value.substr(0, comma);
      value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
      while (tag.starts_with(' ')) tag.remove_prefix(1);
      while (tag.ends_with(' ')) tag.remove_suffix(1);
      if (tag.starts_with("W/")) tag.remove_prefix(2);
      known = known || tag == etag || tag == "*";
    }
  });
  return known;
}

}  // namespace tenon::api
