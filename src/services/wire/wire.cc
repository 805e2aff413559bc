#include "services/wire/wire.h"

#include <algorithm>
#include <charconv>

#include "http/query.h"

namespace tenon::services {

namespace {

/// Whether two ASCII words are the same without case; `word` is in lower case.
bool same_word(std::string_view text, std::string_view word) noexcept {
  return std::ranges::equal(text, word, [](char left, char right) {
    return (left >= 'A' && left <= 'Z' ? left - 'A' + 'a' : left) == right;
  });
}

}  // namespace

Result<json::object> object_of(const http::Request& request) {
  if (request.body().empty()) return json::object();
  const auto type = request.header("Content-Type").value_or("");
  if (!same_word(type.substr(0, type.find(';')), "application/json"))
    return fail(Error(ErrorCode::invalid, "send application/json").because("http.media_type"));
  const auto bytes = std::max(request.body().size(), json::ParseLimits{}.bytes);
  TENON_ASSIGN(value, json::parse(request.body(), {.bytes = bytes, .depth = request.body_depth()}));
  if (!value.is_object())
    return fail(Error(ErrorCode::invalid, "expected a JSON object").because("json.not_object"));
  return std::move(value.get_object());
}

const json::value* BodyReader::find(std::string_view name) {
  known_.push_back(name);
  const auto* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> BodyReader::text(std::string_view name, std::size_t longest) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    wrong(name, "type", "is a text");
    return std::nullopt;
  }
  const std::string_view text = value->get_string();
  if (text.size() > longest)
    wrong(name, "max_length", "has at most " + std::to_string(longest) + " bytes");
  else if (!is_plain_text(text))
    wrong(name, "characters", "is plain text without control characters");
  return std::string(text);
}

std::string BodyReader::required(std::string_view name, std::size_t longest) {
  const auto before = errors_.size();
  auto found = text(name, longest);
  if (errors_.size() == before && (!found || found->empty()))
    wrong(name, "required", "must be filled in");
  return std::move(found).value_or(std::string());
}

std::optional<bool> BodyReader::flag(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  wrong(name, "type", "is true or false");
  return std::nullopt;
}

std::optional<std::vector<std::string>> BodyReader::texts(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> list;
  if (value->is_array())
    for (const auto& item : value->get_array())
      if (item.is_string()) list.emplace_back(item.get_string());
  if (!value->is_array() || list.size() != value->get_array().size()) {
    wrong(name, "type", "is a list of texts");
    return std::nullopt;
  }
  return list;
}

void BodyReader::wrong(std::string_view name, std::string_view code, std::string_view text) {
  errors_.push_back({"/" + std::string(name), std::string(code), std::string(text)});
}

Result<> BodyReader::done() {
  for (const auto& [key, value] : object_)
    if (std::ranges::find(known_, std::string_view(key)) == known_.end())
      wrong(std::string_view(key).substr(0, 64), "unknown_field", "There is no such field.");
  if (errors_.empty()) return {};
  return fail(Error(ErrorCode::invalid, "Some fields are wrong.")
                  .because("schema.fields")
                  .with_fields(std::move(errors_)));
}

std::unexpected<Error> wrong_parameter(std::string_view name, std::string_view text) {
  const auto shown = std::string(name.substr(0, 64));
  return fail(Error(ErrorCode::invalid, "The parameter \"" + shown + "\" is wrong.")
                  .because("query.parameter")
                  .with_field({"/query/" + shown, "syntax", std::string(text)}));
}

Result<Parameters> parameters_of(const http::Request& request,
                                 std::span<const std::string_view> known) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  Parameters found;
  for (auto& pair : pairs) {
    if (std::ranges::find(known, pair.name) == known.end())
      return wrong_parameter(pair.name, "there is no such parameter here");
    const auto name = pair.name;
    if (!found.emplace(std::move(pair.name), std::move(pair.value)).second)
      return wrong_parameter(name, "it is given twice");
  }
  return found;
}

Result<std::size_t> limit_of(const Parameters& parameters, std::size_t fallback, std::size_t most) {
  const auto found = parameters.find("limit");
  if (found == parameters.end()) return fallback;
  const auto& text = found->second;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error == std::errc() && end == text.data() + text.size() && limit >= 1 && limit <= most)
    return limit;
  return wrong_parameter("limit", "a number from 1 to " + std::to_string(most));
}

http::Response answer_of(int status, const json::value& body) {
  return http::Response::json(status, json::serialize(body));
}

bool is_plain_text(std::string_view text) noexcept {
  return http::is_utf8(text) && std::ranges::all_of(text, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return (byte >= 0x20 && byte != 0x7F) || c == '\n' || c == '\t' || c == '\r';
         });
}

}  // namespace tenon::services
