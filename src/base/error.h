#pragma once
// Expected failure is a value. Callers branch on what they can do about a failure, so an error
// carries one of eight codes chosen for that purpose, a text for people, and a private detail that
// never leaves the server.

#include <cstdint>
#include <expected>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// What the caller should do. The same eight words are used in C++, WIT, JSON and on the screen.
enum class ErrorCode : std::uint8_t {
  invalid,      // mend the input
  not_found,    // it is not there, or not for you
  conflict,     // read again, merge, retry
  denied,       // ask for a right
  exhausted,    // a limit was reached; ask for less, or wait
  unavailable,  // try again later
  cancelled,    // the caller went away or the deadline passed
  internal,     // a bug of ours or of a plugin
};

/// The word of `code` as it stands in JSON and WIT (`not_found`).
[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;
/// The code of a word; `internal` for any word that is not one of the eight.
[[nodiscard]] ErrorCode error_code_from(std::string_view word) noexcept;

/// One wrong field. `path` is a JSON pointer (`/lines/2/quantity`), `code` a stable word
/// (`required`).
struct FieldError {
  std::string path;
  std::string code;
  std::string message;
};

/// A failure. Cheap to move (one pointer), copied only where a failure is told twice.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message,
        std::source_location where = std::source_location::current());
  Error(const Error& other);
  Error& operator=(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  [[nodiscard]] ErrorCode code() const noexcept { return body_->code; }
  /// For people, in English; edges translate by `reason()` where a catalogue has it.
  [[nodiscard]] const std::string& message() const noexcept { return body_->message; }
  /// Stable machine word of the exact rule (`limit.fuel`, `schema.unknown_field`); may be empty.
  [[nodiscard]] const std::string& reason() const noexcept { return body_->reason; }
  /// Public structured details as JSON text; may be empty.
  [[nodiscard]] const std::string& details() const noexcept { return body_->details; }
  /// For the log only: never sent to a client or a guest.
  [[nodiscard]] const std::string& detail() const noexcept { return body_->detail; }
  [[nodiscard]] const std::vector<FieldError>& fields() const noexcept { return body_->fields; }
  [[nodiscard]] const std::source_location& where() const noexcept { return body_->where; }

  Error&& because(std::string reason) &&;
  Error&& with_field(FieldError field) &&;
  Error&& with_fields(std::vector<FieldError> fields) &&;
  Error&& with_details(std::string json) &&;
  /// Adds private context in front of what is there: "opening tenant: open(): EACCES".
  Error&& in_context(std::string_view context) &&;

  /// One line for the log: code, message, detail, source place.
  [[nodiscard]] std::string for_log() const;

 private:
  struct Body {
    ErrorCode code;
    std::string message;
    std::string reason;
    std::string details;
    std::string detail;
    std::vector<FieldError> fields;
    std::source_location where;
  };
  std::unique_ptr<Body> body_;
};

template <class T = void>
using Result = std::expected<T, Error>;

/// Shorthand for `return fail(ErrorCode::invalid, "…")`.
[[nodiscard]] inline std::unexpected<Error> fail(
    ErrorCode code, std::string message,
    std::source_location where = std::source_location::current()) {
  return std::unexpected<Error>(Error(code, std::move(message), where));
}

[[nodiscard]] inline std::unexpected<Error> fail(Error&& error) {
  return std::unexpected<Error>(std::move(error));
}

[[noreturn]] void fatal(std::string_view what, std::source_location where) noexcept;

/// Thrown by TENON_ASSERT; the edge that runs a request catches it, ends that request, and the
/// process goes on.
class BrokenInvariant : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};
[[noreturn]] void broken_invariant(std::string_view what, std::source_location where);

}  // namespace tenon

/// Returns the error of a Result-valued expression from the enclosing function.
#define TENON_TRY(expression)                                                \
  do {                                                                       \
    if (auto tenon_try_ = (expression); !tenon_try_)                         \
      return std::unexpected<::tenon::Error>(std::move(tenon_try_.error())); \
  } while (false)

/// Declares `name` as the value of a Result-valued expression, or returns its error.
#define TENON_ASSIGN(name, expression)                                                            \
  auto name##_result_ = (expression);                                                             \
  if (!name##_result_) return std::unexpected<::tenon::Error>(std::move(name##_result_.error())); \
  auto& name = *name##_result_  // NOLINT(bugprone-macro-parentheses): it declares the name

/// The same two inside a coroutine.
#define TENON_CO_TRY(expression)                                                \
  do {                                                                          \
    if (auto tenon_try_ = (expression); !tenon_try_)                            \
      co_return std::unexpected<::tenon::Error>(std::move(tenon_try_.error())); \
  } while (false)

#define TENON_CO_ASSIGN(name, expression)                                         \
  auto name##_result_ = (expression);                                             \
  if (!name##_result_)                                                            \
    co_return std::unexpected<::tenon::Error>(std::move(name##_result_.error())); \
  auto& name = *name##_result_  // NOLINT(bugprone-macro-parentheses): it declares the name

/// A broken invariant is a bug. Stays on in release; ends this request.
#define TENON_ASSERT(condition)                                               \
  do {                                                                        \
    if (!(condition)) [[unlikely]]                                            \
      ::tenon::broken_invariant(#condition, std::source_location::current()); \
  } while (false)

/// A bug after which the process cannot be trusted: prints one line and aborts.
#define TENON_FATAL(what) ::tenon::fatal((what), std::source_location::current())
