#pragma once
// Where the composition root plugs in: what an error page looks like, which headers every answer
// carries, what is logged. All of them are called on I/O threads, from several at once.

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "http/notes.h"
#include "http/route.h"
#include "http/transport.h"

namespace tenon::http {

/// An answer that no handler made.
struct Problem {
  int status = 400;                  // 400 404 405 408 413 414 417 431 500 503
  std::string_view rule;             // `host.missing`, `route.not_found`, `handler.threw`
  std::string_view text;             // for people, in English
  const Request* request = nullptr;  // null while there is none
  Notes* notes = nullptr;            // what is noted of this exchange; null when it has none
};

/// One finished exchange, for the access log and the metrics.
struct Exchange {
  std::string_view method;  // empty when the head was refused
  std::string_view target;  // with the query: treat as personal data
  std::string_view route;   // the pattern; empty when none matched
  std::string_view remote_address;
  int status = 0;                  // 0: the client was gone, its request was cancelled
  std::size_t received_bytes = 0;  // body of the request, as far as it was taken
  std::size_t sent_bytes = 0;      // of the answer, head and framing included
  std::chrono::nanoseconds took{};
  Transport transport = Transport::plain;
  const Notes* notes = nullptr;  // what was noted on the way; never null
};

struct Hooks {
  /// Makes the body of a Problem; the session sets status, `Allow` and `Retry-After` itself.
  /// Default: text/plain.
  std::function<Response(const Problem&)> problem;
  /// Runs around each handler; must `co_return co_await next(std::move(request))` or answer itself.
  /// `next` outlives the call. Empty: the handler is called directly.
  std::function<asio::awaitable<Response>(const Handler& next, Request request)> around;
  /// Sees each answer, problems included, before it is written: the place for security headers.
  std::function<void(Response&, Transport)> answer;
  /// Sees each exchange after it was written or cut.
  std::function<void(const Exchange&)> exchange;
  /// An exception that left a handler, or an accept that failed: text for the log.
  std::function<void(std::string_view what)> fault;
};

}  // namespace tenon::http
