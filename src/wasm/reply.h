#pragma once
// What one side answers to the other, with ownership: the result of a host function, or of a guest
// export. The type of the function decides how it is encoded, so that the same Reply serves
// `result<string, error>`, `result<list<u8>, string>` and `result<_, string>`.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "async/task.h"
#include "base/error.h"
#include "wasm/value.h"

namespace tenon::wasm {

/// The error case of a `result`. For an error type of `string` only `message` crosses; for the
/// error record all three.
struct Failure {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  std::string fields;  // JSON array, or empty
};

/// Cost: no allocation but the payload's own.
class [[nodiscard]] Reply {
 public:
  /// For a function without a result.
  [[nodiscard]] static Reply nothing() { return Reply(Form::plain); }
  [[nodiscard]] static Reply boolean(bool value) { return number(value ? 1 : 0); }
  /// For `u8` … `u64` and enumerations.
  [[nodiscard]] static Reply number(std::uint64_t value) {
    Reply reply(Form::plain);
    reply.number_ = value;
    return reply;
  }
  /// For `string` and `list<u8>`.
  [[nodiscard]] static Reply payload(std::string value) {
    Reply reply(Form::plain);
    reply.payload_ = std::move(value);
    return reply;
  }
  /// The ok case of a `result`; the payload is empty for `result<_, E>`.
  [[nodiscard]] static Reply ok(std::string value = {}) {
    Reply reply(Form::ok);
    reply.payload_ = std::move(value);
    return reply;
  }
  /// The error case of a `result`: the guest sees it and may go on.
  [[nodiscard]] static Reply failed(ErrorCode code, std::string message, std::string fields = {}) {
    Reply reply(Form::failed);
    reply.failure_ =
        std::make_unique<Failure>(Failure{code, std::move(message), std::move(fields)});
    return reply;
  }
  /// Ends the call with `error`; the guest never runs on.
  [[nodiscard]] static Reply trap(Error error) {
    Reply reply(Form::trap);
    reply.error_.emplace(std::move(error));
    return reply;
  }
  /// Any other result type; the root must match the function's type.
  [[nodiscard]] static Reply tree(ValueTree value) {
    Reply reply(Form::tree);
    reply.tree_ = std::make_unique<ValueTree>(std::move(value));
    return reply;
  }

  /// What the answer is, before the function's type is known.
  enum class Form : std::uint8_t { plain, ok, failed, trap, tree };

  Reply() = default;
  Reply(Reply&&) noexcept = default;
  Reply& operator=(Reply&&) noexcept = default;

  [[nodiscard]] bool is_failure() const noexcept { return form_ == Form::failed; }
  /// Requires: is_failure().
  [[nodiscard]] const Failure& failure() const { return *failure_; }
  [[nodiscard]] Failure& failure() { return *failure_; }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] const std::string& payload() const noexcept { return payload_; }
  [[nodiscard]] std::string& payload() noexcept { return payload_; }
  /// Null unless the function's type has no fast shape.
  [[nodiscard]] const ValueTree* tree() const noexcept { return tree_.get(); }

  [[nodiscard]] Form form() const noexcept { return form_; }
  /// Requires: made by trap().
  [[nodiscard]] const Error& error() const { return *error_; }

 private:
  explicit Reply(Form form) : form_(form) {}

  Form form_ = Form::plain;
  std::uint64_t number_ = 0;
  std::string payload_;
  std::unique_ptr<Failure> failure_;
  std::optional<Error> error_;
  std::unique_ptr<ValueTree> tree_;
};

/// A host function answers at once, or with work that is awaited on the call's executor while the
/// guest is suspended.
class [[nodiscard]] HostReply {
 public:
  HostReply(Reply reply) : value_(std::move(reply)) {}                   // NOLINT: implicit
  HostReply(asio::awaitable<Reply> later) : value_(std::move(later)) {}  // NOLINT: implicit

  [[nodiscard]] Reply* ready() noexcept { return std::get_if<Reply>(&value_); }
  [[nodiscard]] asio::awaitable<Reply>* later() noexcept {
    return std::get_if<asio::awaitable<Reply>>(&value_);
  }

 private:
  std::variant<Reply, asio::awaitable<Reply>> value_;
};

}  // namespace tenon::wasm
