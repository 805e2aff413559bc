#pragma once
// Bytes in, requests or refusals out. The protocol side of a connection has no socket and no clock,
// so that every framing rule is tested by a table and every split of the input can be tried.

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "http/head_check.h"
#include "http/options.h"

namespace tenon::http {

/// Usage: read into space(), filled(n), then next() until it says need_more. Thread: one.
class RequestReader {
 public:
  enum class Step {
    need_more,
    head,      // the head passed: look at head(), then begin_body()
    complete,  // take_head() and take_body(), then next() again for a pipelined request
    refused,   // answer refusal() and close; nothing more comes
  };

  explicit RequestReader(const Options& options);
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;
  ~RequestReader();

  /// Where the next bytes go; never empty while next() says need_more.
  [[nodiscard]] std::span<char> space();
  void filled(std::size_t bytes) noexcept { end_ += bytes; }
  [[nodiscard]] Step next();

  /// The part of the body that came since the last time; for a body that is not to be kept whole.
  [[nodiscard]] std::string take_part() noexcept { return std::exchange(body_, {}); }

  /// After Step::head: bounds the body, whose length in the head may already be too much.
  void begin_body(std::size_t limit);

  [[nodiscard]] const Head& head() const noexcept { return *head_; }
  [[nodiscard]] std::unique_ptr<Head> take_head() noexcept { return std::move(head_); }
  [[nodiscard]] std::string take_body() noexcept { return std::move(body_); }
  [[nodiscard]] const Refusal& refusal() const noexcept { return refusal_; }

  /// True when bytes of a request that is not complete are there.
  [[nodiscard]] bool started() const noexcept { return state_ != State::head || begin_ != end_; }
  /// True when bytes wait that no request has taken.
  [[nodiscard]] bool has_unread() const noexcept { return begin_ != end_; }
  /// Bytes of this body seen on the wire.
  [[nodiscard]] std::size_t body_wire_bytes() const noexcept { return wire_; }

 private:
  enum class State { head, checked, body, refused };
  struct Parser;  // llhttp

  Step refuse(int status, std::string_view rule, std::string_view text);
  Step next_head();
  Step accept_head(std::size_t size);
  Step next_body();
  Step look_at_start();
  void note_tail(std::string_view used) noexcept;

  const Options& options_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t scanned_ = 0;     // bytes behind begin_ that hold no end of head
  std::size_t line_start_ = 0;  // behind begin_: where the line being scanned starts
  bool line_checked_ = false;   // the request line is right, of a head that is not whole yet
  State state_ = State::head;
  std::unique_ptr<Head> head_;
  BodyKind body_kind_ = BodyKind::none;  // the head may be gone before its body is read
  std::string body_;
  std::size_t body_limit_ = 0;
  std::size_t body_bytes_ = 0;  // of this body so far
  std::size_t wire_ = 0;
  std::array<char, 4> tail_{};  // the last bytes of the body on the wire
  Refusal refusal_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace tenon::http
