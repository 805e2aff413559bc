#pragma once
// An answer that has no end yet (server-sent events, a long export) is written piece by piece; the
// writer waits while the client is slow, so that nothing piles up. A body that is too large to be
// held in memory is read the same way.

#include <functional>
#include <string>
#include <string_view>

#include "async/task.h"

namespace tenon::http {

/// Thread: the connection's executor. Lifetime: valid until the writer coroutine ends.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  /// Sends `piece` and returns when the system took it. Errors: cancelled when the client is gone,
  /// was too slow (Options::write_time) or the server drains; the writer should then return.
  [[nodiscard]] virtual Task<> write(std::string piece) = 0;
};

/// The body of a request whose route reads it itself (Route::streams_body). Thread: the
/// connection's executor. Lifetime: until the handler ends.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// The next bytes, as they came; empty at the end. Errors: invalid (`http.body_too_large`,
  /// `http.body`: its framing is broken, `http.too_slow`), cancelled when the client is gone. What
  /// is not read ends the connection after the answer.
  [[nodiscard]] virtual Task<std::string> read() = 0;
};

/// Runs after the head was sent; its end ends the answer. Has no handler deadline. An exception
/// cuts the connection, so that the client sees an incomplete answer.
using BodyWriter = std::function<asio::awaitable<void>(BodyStream&)>;

/// One server-sent event. `event` and `id` may be empty; line breaks in `data` become data lines.
/// Requires: no line break in `event` and `id`.
[[nodiscard]] std::string server_sent_event(std::string_view event, std::string_view data,
                                            std::string_view id = {});

}  // namespace tenon::http
