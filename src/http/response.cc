#include "http/response.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "http/ascii.h"

namespace tenon::http {

bool is_field_value(std::string_view value) noexcept {
  if (value.empty()) return true;
  if (is_blank(value.front()) || is_blank(value.back())) return false;
  return std::ranges::all_of(value, is_value_byte);
}

bool is_field_name(std::string_view name) noexcept {
  return !name.empty() && std::ranges::all_of(name, is_token_byte);
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 207:
      return "Multi-Status";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 423:
      return "Locked";
    case 424:
      return "Failed Dependency";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    default:
      return {};
  }
}

Response Response::text(int status, std::string body) {
  Response response(status);
  response.set("Content-Type", "text/plain; charset=utf-8").set_body(std::move(body));
  return response;
}

Response Response::html(int status, std::string body) {
  Response response(status);
  response.set("Content-Type", "text/html; charset=utf-8").set_body(std::move(body));
  return response;
}

Response Response::json(int status, std::string body, std::string_view type) {
  Response response(status);
  response.set("Content-Type", type).set_body(std::move(body));
  return response;
}

Response Response::shared(int status, SharedBytes body, std::string_view type) {
  Response response(status);
  response.set("Content-Type", type).set_body(std::move(body));
  return response;
}

Response Response::events(BodyWriter writer) {
  Response response(200);
  response.set("Content-Type", "text/event-stream; charset=utf-8")
      .set("Cache-Control", "no-store")
      .set_body(std::move(writer));
  return response;
}

Response Response::redirect(int status, std::string_view location) {
  Response response(status);
  response.set("Location", location);
  return response;
}

namespace {

constexpr std::array<std::string_view, 5> kSessionFields = {
    "date", "content-length", "transfer-encoding", "connection", "keep-alive"};

struct FieldPlace {
  std::size_t from;
  std::size_t value;
  std::size_t end;  // behind CRLF
};

std::optional<FieldPlace> find_field(std::string_view fields, std::string_view name,
                                     std::size_t from = 0) noexcept {
  while (from < fields.size()) {
    const std::size_t end = fields.find("\r\n", from) + 2;
    const std::size_t value = from + name.size() + 2;
    if (value <= end && fields[from + name.size()] == ':' &&
        same_without_case(fields.substr(from, name.size()), name)) {
      return FieldPlace{from, value, end};
    }
    from = end;
  }
  return std::nullopt;
}

}  // namespace

Response& Response::set(std::string_view name, std::string_view value) {
  if (!fields_.empty()) remove(name);
  return add(name, value);
}

Response& Response::add(std::string_view name, std::string_view value) {
  TENON_ASSERT(is_field_name(name));
  TENON_ASSERT(is_field_value(value));
  TENON_ASSERT(std::ranges::none_of(
      kSessionFields, [&](std::string_view own) { return same_without_case(own, name); }));
  if (fields_.empty()) fields_.reserve(256);
  fields_.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

Response& Response::set_default(std::string_view name, std::string_view value) {
  return find_field(fields_, name) ? *this : add(name, value);
}

Response& Response::remove(std::string_view name) {
  for (auto place = find_field(fields_, name); place;
       place = find_field(fields_, name, place->from)) {
    fields_.erase(place->from, place->end - place->from);
  }
  return *this;
}

std::optional<std::string_view> Response::header(std::string_view name) const noexcept {
  const auto place = find_field(fields_, name);
  if (!place) return std::nullopt;
  return std::string_view(fields_).substr(place->value, place->end - 2 - place->value);
}

std::string_view Response::body() const noexcept {
  if (const auto* own = std::get_if<std::string>(&body_)) return *own;
  if (const auto* bytes = std::get_if<SharedBytes>(&body_))
    return *bytes ? std::string_view(**bytes) : std::string_view();
  return {};
}

}  // namespace tenon::http
