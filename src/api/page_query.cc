#include "api/page_query.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/query.h"

namespace tenon::api {
namespace {

constexpr std::uint64_t kMostRows = 200;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<PageQuery> read_page_query(const http::Request& request, std::string_view from_name,
                                  std::vector<std::string_view> more) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  PageQuery page;
  std::vector<FieldError> wrong;
  const auto refuse = [&](const std::string& name, std::string code, std::string message) {
    wrong.push_back({"/query/" + name, std::move(code), std::move(message)});
  };
  for (const auto& [name, value] : pairs) {
    const auto given = number(value);
    if (name == "limit") {
      if (given && *given >= 1 && *given <= kMostRows)
        page.limit = *given;
      else
        refuse(name, "range", "is a number from 1 to 200");
    } else if (name == from_name) {
      if (given && *given <= static_cast<std::uint64_t>(INT64_MAX))
        page.from = *given;
      else
        refuse(name, "format", "is a number from the answer before");
    } else if (std::ranges::find(more, name) != more.end()) {
      page.more[name] = value;
    } else {
      refuse(name, "unknown_field", "is no parameter of this list");
    }
  }
  if (wrong.empty()) return page;
  return fail(Error(ErrorCode::invalid, "some parameters are wrong")
                  .because("query.invalid")
                  .with_fields(std::move(wrong)));
}

}  // namespace tenon::api
