#pragma once
// What a client sent as one object, read member by member; all that is wrong is told at once.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "http/request.h"

namespace tenon::api {

/// Lifetime: borrows the object. Thread: one.
class Fields {
 public:
  explicit Fields(const json::object& object) : object_(object) {}

  /// Empty when it is missing and was not required; null counts as missing.
  [[nodiscard]] std::string text(std::string_view name);
  [[nodiscard]] std::string required(std::string_view name);
  /// Empty: missing. A null is the empty text.
  [[nodiscard]] std::optional<std::string> change(std::string_view name);
  [[nodiscard]] bool flag(std::string_view name);
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view name);
  template <class T>
  [[nodiscard]] std::optional<T> id(std::string_view name);
  /// Of a change: missing, or an id, or null.
  template <class T>
  [[nodiscard]] std::optional<std::optional<T>> id_change(std::string_view name);
  template <class T>
  [[nodiscard]] std::vector<T> ids(std::string_view name);
  [[nodiscard]] const json::array* list(std::string_view name);
  [[nodiscard]] const json::object* object(std::string_view name);

  void wrong(std::string_view name, std::string_view code, std::string_view text);
  /// Errors: invalid (`schema.fields`) with every wrong field, members that nobody asked for
  /// included.
  [[nodiscard]] Result<> done();

 private:
  [[nodiscard]] const json::value* find(std::string_view name);
  [[nodiscard]] std::optional<std::string> read(std::string_view name);
  const json::object& object_;
  std::vector<std::string_view> known_;
  std::vector<FieldError> errors_;
};

template <class T>
std::optional<T> Fields::id(std::string_view name) {
  const auto text = read(name);
  if (!text) return std::nullopt;
  auto id = T::parse(*text);
  if (!id) wrong(name, "format", "is not an id");
  return id;
}

template <class T>
std::optional<std::optional<T>> Fields::id_change(std::string_view name) {
  if (!object_.contains(name)) {
    (void)find(name);
    return std::nullopt;
  }
  return id<T>(name);
}

template <class T>
std::vector<T> Fields::ids(std::string_view name) {
  std::vector<T> ids;
  for (const auto& text : texts(name).value_or(std::vector<std::string>())) {
    if (const auto id = T::parse(text))
      ids.push_back(*id);
    else
      wrong(name, "format", "holds something that is not an id");
  }
  return ids;
}

/// The version a client read, from `If-Match: "7"`; `*` and a missing header mean any. Errors:
/// invalid (`http.if_match`).
[[nodiscard]] Result<std::optional<std::uint64_t>> if_match(const http::Request& request);
/// The id in the route's `{name}`. Errors: not_found.
template <class T>
[[nodiscard]] Result<T> id_in(const http::Request& request, std::string_view name) {
  if (const auto id = T::parse(request.parameter(name))) return *id;
  return fail(
      Error(ErrorCode::not_found, "There is no such thing here.").because("http.not_found"));
}

}  // namespace tenon::api
