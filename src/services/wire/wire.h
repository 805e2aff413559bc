#pragma once
// What routes of native modules read of a request and answer with. Everything from outside is
// decoded here, member by member; what is wrong is told all at once, and nothing unknown passes.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/request.h"
#include "http/response.h"

namespace tenon::services {

/// The body as an object; none is an empty one. Errors: invalid (`http.media_type`,
/// `json.not_object`, those of json::parse).
[[nodiscard]] Result<json::object> object_of(const http::Request& request);

/// Lifetime: borrows the object. Thread: one.
class BodyReader {
 public:
  explicit BodyReader(const json::object& object) : object_(object) {}

  /// Empty when it is missing or null.
  [[nodiscard]] std::optional<std::string> text(std::string_view name, std::size_t longest);
  /// The same, and neither missing nor empty.
  [[nodiscard]] std::string required(std::string_view name, std::size_t longest);
  [[nodiscard]] std::optional<bool> flag(std::string_view name);
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view name);
  void wrong(std::string_view name, std::string_view code, std::string_view text);
  /// Errors: invalid (`schema.fields`) with every wrong member, unknown ones included.
  [[nodiscard]] Result<> done();

 private:
  [[nodiscard]] const json::value* find(std::string_view name);
  const json::object& object_;
  std::vector<std::string_view> known_;
  std::vector<FieldError> errors_;
};

using Parameters = std::map<std::string, std::string, std::less<>>;
/// The query, each parameter at most once and none but `known`. Errors: invalid
/// (`query.parameter`).
[[nodiscard]] Result<Parameters> parameters_of(const http::Request& request,
                                               std::span<const std::string_view> known);
[[nodiscard]] std::unexpected<Error> wrong_parameter(std::string_view name, std::string_view text);
/// `limit`, from 1 to `most`.
[[nodiscard]] Result<std::size_t> limit_of(const Parameters& parameters, std::size_t fallback,
                                           std::size_t most);
/// The parameter as an id. Errors: invalid (`query.parameter`).
template <class T>
[[nodiscard]] Result<std::optional<T>> id_of(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::optional<T>();
  const auto id = T::parse(found->second);
  if (!id) return wrong_parameter(name, "an id is expected");
  return std::optional(*id);
}

[[nodiscard]] http::Response answer_of(int status, const json::value& body);
/// Whether `text` is UTF-8 without control characters but line ends and tabs.
[[nodiscard]] bool is_plain_text(std::string_view text) noexcept;

}  // namespace tenon::services
