#pragma once
// Expected failure is a value here as in the host: a guest has no exceptions, and a failure that
// leaves it must say what the caller should do. A trap is for bugs only: it ends the call and rolls
// everything back without a word for people.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::plugin {

/// What the caller should do about a failure; the words of the contract, in its order.
enum class ErrorCode : std::uint8_t {
  invalid,
  not_found,
  conflict,
  denied,
  exhausted,
  unavailable,
  cancelled,
  internal,
};

/// One field of a record or of an input that is wrong, so that a form can point at it.
struct FieldError {
  std::string path;     // JSON pointer: `/phone`
  std::string code;     // a stable word: `required`, `format`
  std::string message;  // for people, in the language of the module
};

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;  // for people
  std::vector<FieldError> fields;
};

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string_view message) {
  return std::unexpected(Error{code, std::string(message), {}});
}

}  // namespace tenon::plugin

// Gives the failure of `expression` to the caller; otherwise goes on, with its value in
// `declaration`.
#define TENON_PLUGIN_JOIN_(a, b) a##b
#define TENON_PLUGIN_JOIN(a, b) TENON_PLUGIN_JOIN_(a, b)
#define TENON_TRY(expression)                                  \
  do {                                                         \
    auto tenon_result = (expression);                          \
    if (!tenon_result) [[unlikely]]                            \
      return std::unexpected(std::move(tenon_result).error()); \
  } while (false)
#define TENON_ASSIGN_(result, declaration, expression) \
  auto result = (expression);                          \
  if (!result) [[unlikely]]                            \
    return std::unexpected(std::move(result).error()); \
  declaration = std::move(*result)
#define TENON_ASSIGN(declaration, expression) \
  TENON_ASSIGN_(TENON_PLUGIN_JOIN(tenon_result_, __LINE__), declaration, expression)
