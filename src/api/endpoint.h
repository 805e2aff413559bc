#pragma once
// Every route of the API passes one gate: it builds the context, refuses who is not signed in or
// has not the right, and writes that come from other sites, runs the endpoint, and turns a failure
// into a problem document. No endpoint does any of this itself, so none can forget it.

#include <functional>
#include <string>
#include <string_view>

#include "api/context.h"
#include "api/cookie_policy.h"
#include "api/throttle.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "http/route.h"
#include "identity/identity.h"
#include "identity/operators.h"

namespace tenon::api {

/// decode → authorise → call → encode. The context and request are owned by the coroutine.
using Endpoint = std::function<Task<http::Response>(RequestContext, http::Request)>;

enum class Access : std::uint8_t {
  open,       // anybody; the principal is null when there is no session
  signed_in,  // a live session or an API token
  in_person,  // a live session: what a program must not do for its user
  administrator,
  operator_token,  // the operator of the whole server; no user of a tenant
};

/// Who may use a route.
struct Need {
  // NOLINTNEXTLINE(google-explicit-constructor): a route that needs no more than that says just
  // that
  Need(Access who) : access(who) {}
  explicit Need(std::string_view right, Access who = Access::signed_in)
      : access(who), permission(right) {}
  Access access;
  std::string permission = {};  // `tenon.users.read`; empty: none
  bool while_viewing = false;   // a write that is no change: also with another's eyes
  bool administrator = false;   // beside `access`: for administrators alone
};

/// Whether who asks in `context` may use a route with this need. Errors: denied (`permission`,
/// `http.unauthenticated`, `session.read_only`).
[[nodiscard]] Result<> check_access(const Need& need, const RequestContext& context,
                                    http::Method method);

/// Makes gated handlers. Thread: any. Lifetime: everything given outlives the handlers.
class Gate {
 public:
  /// `on_failure` sees each failure with its trace id, for the log; called on I/O threads.
  using FailureSink = std::function<void(const Error&, std::string_view trace)>;
  Gate(identity::Identity& identity, const identity::Operators& operators, CookiePolicy cookie,
       Random& random, Throttle& throttle, FailureSink on_failure);

  [[nodiscard]] http::Handler handler(Need need, Endpoint endpoint) const;

  /// The answer to a failure: status, problem document, `Retry-After` where waiting helps.
  /// `status` is 0 for that of the error.
  [[nodiscard]] static http::Response problem(const Error& error, std::string_view locale,
                                              std::string_view trace, int status = 0);
  /// `zh-CN` or `en` from Accept-Language; zh-CN when it says neither.
  [[nodiscard]] static std::string locale_of(const http::Request& request);

 private:
  struct Kept {
    Need need;
    Endpoint endpoint;
  };
  /// Everything but who asks.
  [[nodiscard]] RequestContext context_of(const http::Request& request) const;
  /// Errors: denied (`http.token`: a token was sent and is good for nothing), unavailable.
  [[nodiscard]] Task<> identify(RequestContext* context, const http::Request* request) const;
  /// Whether the tenant may grow. Errors: exhausted (`plan.storage`).
  [[nodiscard]] Task<> check_room(const RequestContext* context, http::Method method) const;
  [[nodiscard]] Task<http::Response> answer(const Kept* kept, RequestContext* context,
                                            http::Request request) const;
  [[nodiscard]] asio::awaitable<http::Response> run(const Kept* kept, http::Request request) const;
  /// Puts a refusal for want of a right into the tenant's audit.
  void note_refusal(const Error& error, const RequestContext& context, std::string what) const;

  identity::Identity& identity_;
  const identity::Operators& operators_;
  const CookiePolicy cookie_;
  Random& random_;
  Throttle& throttle_;
  FailureSink on_failure_;
};

}  // namespace tenon::api
