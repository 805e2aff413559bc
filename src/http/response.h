#pragma once
// What a handler gives back. Fields are kept in wire form, so that sending is one append.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/body_stream.h"

namespace tenon::http {

/// True when `value` may stand in a header field: visible ASCII, space, tab and bytes from 0x80,
/// with no blank at either end.
[[nodiscard]] bool is_field_value(std::string_view value) noexcept;
/// True when `name` is an RFC 9110 token.
[[nodiscard]] bool is_field_name(std::string_view name) noexcept;
/// `OK` for 200; empty for a status we never send.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// Movable. `Date`, `Content-Length`, `Transfer-Encoding` and `Connection` belong to the session.
class Response {
 public:
  using SharedBytes = std::shared_ptr<const std::string>;  // shared: many answers, one asset

  explicit Response(int status = 200) : status_(status) {}
  [[nodiscard]] static Response text(int status, std::string body);  // text/plain; charset=utf-8
  [[nodiscard]] static Response html(int status, std::string body);
  [[nodiscard]] static Response json(int status, std::string body,
                                     std::string_view type = "application/json; charset=utf-8");
  [[nodiscard]] static Response shared(int status, SharedBytes body, std::string_view type);
  /// `text/event-stream` and `Cache-Control: no-store`.
  [[nodiscard]] static Response events(BodyWriter writer);
  [[nodiscard]] static Response redirect(int status, std::string_view location);

  [[nodiscard]] int status() const noexcept { return status_; }
  Response& set_status(int status) noexcept {
    status_ = status;
    return *this;
  }

  /// Replaces every field of that name. Requires: is_field_name, is_field_value, else
  /// BrokenInvariant: check what comes from outside first.
  Response& set(std::string_view name, std::string_view value);
  /// The same, but keeps fields of that name (`Set-Cookie`, `Link`, `Vary`).
  Response& add(std::string_view name, std::string_view value);
  /// The same as set(), unless the field is there already.
  Response& set_default(std::string_view name, std::string_view value);
  Response& remove(std::string_view name);
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
  /// All fields as `Name: value` CRLF.
  [[nodiscard]] const std::string& wire_fields() const noexcept { return fields_; }

  Response& set_body(std::string body) {
    body_ = std::move(body);
    return *this;
  }
  Response& set_body(SharedBytes body) {
    body_ = std::move(body);
    return *this;
  }
  /// With a `length` the client is told how much will come: a writer that gives less cuts the
  /// connection.
  Response& set_body(BodyWriter writer, std::optional<std::uint64_t> length = {}) {
    body_ = std::move(writer);
    length_ = length;
    return *this;
  }
  /// The bytes of the body; empty for a streamed one.
  [[nodiscard]] std::string_view body() const noexcept;
  [[nodiscard]] const BodyWriter* writer() const noexcept {
    return std::get_if<BodyWriter>(&body_);
  }
  /// Of a streamed body whose length is known.
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept { return length_; }
  [[nodiscard]] bool closes() const noexcept { return closes_; }
  /// Ends the connection after this answer.
  Response& close() noexcept {
    closes_ = true;
    return *this;
  }

 private:
  int status_;
  bool closes_ = false;
  std::optional<std::uint64_t> length_;
  std::string fields_;
  std::variant<std::string, SharedBytes, BodyWriter> body_;
};

}  // namespace tenon::http
