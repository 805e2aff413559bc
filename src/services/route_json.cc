#include "services/route_json.h"

#include <algorithm>
#include <charconv>

#include "http/query.h"

namespace tenon::services {
namespace {

std::unexpected<Error> wrong_parameter(const std::string& name, std::string message) {
  return fail(
      Error(ErrorCode::invalid, "the parameter \"" + name.substr(0, 64) + "\": " + message)
          .because("query.parameter")
          .with_field(
              {.path = "/query/" + name.substr(0, 64), .code = "value", .message = message}));
}

}  // namespace

Result<json::object> body_object(const http::Request& request) {
  const auto type = request.header("Content-Type").value_or("");
  const auto media = type.substr(0, type.find(';'));
  constexpr std::string_view kJson = "application/json";
  const bool is_json = std::ranges::equal(media, kJson, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
  if (!is_json)
    return fail(Error(ErrorCode::invalid, "send application/json").because("http.media_type"));
  return json::parse_object(request.body(),
                            {.bytes = std::max(request.body().size(), json::ParseLimits{}.bytes),
                             .depth = request.body_depth()});
}

Result<> refuse_unknown(const json::object& object, std::span<const std::string_view> known) {
  std::vector<FieldError> errors;
  for (const auto& [name, value] : object)
    if (std::ranges::find(known, std::string_view(name)) == known.end())
      errors.push_back({.path = "/" + std::string(name).substr(0, 64),
                        .code = "unknown",
                        .message = "there is no such member"});
  if (errors.empty()) return {};
  return fail(Error(ErrorCode::invalid, "Some members are not known.")
                  .because("schema.fields")
                  .with_fields(std::move(errors)));
}

Result<PageOf> page_of(const http::Request& request, std::size_t usual, std::size_t most) {
  PageOf page{.limit = usual, .before = {}};
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  for (const auto& [name, value] : pairs) {
    if (name == "before") {
      page.before = value;
    } else if (name == "limit") {
      const char* const end = value.data() + value.size();
      const auto read = std::from_chars(value.data(), end, page.limit);
      if (read.ec != std::errc{} || read.ptr != end || page.limit == 0 || page.limit > most)
        return wrong_parameter(name, "a number from 1 to " + std::to_string(most));
    } else {
      return wrong_parameter(name, "there is no such parameter");
    }
  }
  return page;
}

http::Response answer(const json::value& value, int status) {
  return http::Response::json(status, json::serialize(value));
}

json::object label_json(const data::Localized& label) {
  json::object object;
  for (const auto& [locale, text] : label) object[locale] = text;
  return object;
}

json::value time_json(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

}  // namespace tenon::services
