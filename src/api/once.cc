#include "api/once.h"

#include "base/json.h"

namespace tenon::api {
namespace {

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

}  // namespace

http::Response to_response(Answer answer) {
  constexpr std::string_view kJson = "application/json; charset=utf-8";
  // 204 has no content; any other status has some, if only an empty text: so the description can
  // say that nothing is shown beside what may be.
  auto response = !answer.body.empty()
                      ? http::Response::json(answer.status, std::move(answer.body),
                                             answer.type.empty() ? kJson : answer.type)
                  : answer.status == 204 ? http::Response(204)
                                         : http::Response::text(answer.status, "");
  if (!answer.range.empty()) response.set("Content-Range", answer.range);
  if (!answer.applied.empty()) response.set("Preference-Applied", answer.applied);
  if (!answer.etag.empty()) response.set("ETag", answer.etag);
  if (!answer.location.empty()) response.set("Location", answer.location);
  if (answer.replayed) response.set("Idempotency-Replayed", "true");
  return response;
}

std::optional<data::OnceKey> once_key(const RequestContext& context, const http::Request& request) {
  const auto key = request.header("Idempotency-Key");
  if (!key) return std::nullopt;
  Sha256 hash;
  const auto part = [&hash](std::string_view text) {
    hash.update(std::to_string(text.size()) + ":");
    hash.update(text);
  };
  part(request.target());
  part(request.header("If-Match").value_or(""));
  part(request.header("Accept").value_or(""));
  request.for_each_header([&](std::string_view name, std::string_view value) {
    if (name.size() == 6 && (name[0] == 'P' || name[0] == 'p') && name.ends_with("refer"))
      part(value);
  });
  part(request.body());
  return data::OnceKey{
      .user = context.principal->user,
      .route = std::string(to_string(request.method())) + " " + std::string(request.path()),
      .key = std::string(*key),
      .request = hash.finish()};
}

namespace detail {

Result<std::optional<Answer>> stored_answer(data::UnitOfWork& unit, const data::OnceKey& key) {
  TENON_ASSIGN(known, unit.begin_once(key));
  if (!known) return std::optional<Answer>();
  TENON_ASSIGN(object, json::parse_object(known->response, {.bytes = 2 * data::kMaxStoredAnswer}));
  return Answer{.status = static_cast<int>(known->status),
                .body = text_of(object, "body"),
                .type = text_of(object, "type"),
                .etag = text_of(object, "etag"),
                .location = text_of(object, "location"),
                .range = text_of(object, "range"),
                .applied = text_of(object, "applied"),
                .replayed = true};
}

Result<> store_answer(data::UnitOfWork& unit, const data::OnceKey& key, const Answer& answer) {
  return unit.finish_once(key,
                          {.status = answer.status,
                           .response = json::serialize(json::object{{"body", answer.body},
                                                                    {"type", answer.type},
                                                                    {"etag", answer.etag},
                                                                    {"location", answer.location},
                                                                    {"range", answer.range},
                                                                    {"applied", answer.applied}})});
}

}  // namespace detail
}  // namespace tenon::api
