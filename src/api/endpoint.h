#pragma once
// Every route of the API passes one gate: it builds the context, refuses who is not signed in and
// writes that come from other sites, runs the endpoint, and turns a failure into a problem
// document. No endpoint does any of this itself, so none can forget it.

#include <functional>
#include <string_view>

#include "api/context.h"
#include "api/throttle.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "http/route.h"
#include "identity/sessions.h"

namespace tenon::api {

/// decode → authorise → call → encode. The context and request are owned by the coroutine.
using Endpoint = std::function<Task<http::Response>(RequestContext, http::Request)>;

enum class Access : std::uint8_t {
  open,       // anybody; the principal is null when there is no session
  signed_in,  // a live session
  administrator,
};

/// Name of the session cookie: plain HTTP is for loopback only and cannot carry a `__Host-` cookie.
inline constexpr std::string_view kSessionCookie = "tenon-sid";

/// Makes gated handlers. Thread: any. Lifetime: everything given outlives the handlers.
class Gate {
 public:
  /// `on_failure` sees each failure with its trace id, for the log; called on I/O threads.
  using FailureSink = std::function<void(const Error&, std::string_view trace)>;
  Gate(identity::Sessions& sessions, Random& random, Throttle& throttle, FailureSink on_failure);

  [[nodiscard]] http::Handler handler(Access access, Endpoint endpoint) const;

  /// The answer to a failure: status, problem document, `Retry-After` where waiting helps.
  /// `status` is 0 for that of the error.
  [[nodiscard]] static http::Response problem(const Error& error, std::string_view locale,
                                              std::string_view trace, int status = 0);
  /// `zh-CN` or `en` from Accept-Language; zh-CN when it says neither.
  [[nodiscard]] static std::string locale_of(const http::Request& request);

 private:
  /// Everything but who asks.
  [[nodiscard]] RequestContext context_of(const http::Request& request) const;
  void identify(RequestContext& context, const http::Request& request) const;
  [[nodiscard]] asio::awaitable<http::Response> run(Access access, const Endpoint* endpoint,
                                                    http::Request request) const;
  [[nodiscard]] Task<http::Response> answer(Access access, const Endpoint* endpoint,
                                            RequestContext context, http::Request request) const;
  identity::Sessions& sessions_;
  Random& random_;
  Throttle& throttle_;
  FailureSink on_failure_;
};

}  // namespace tenon::api
