#pragma once
// What every endpoint knows about its request before it looks at anything the client wrote: who
// asks, for which tenant, in which language, until when, and under which trace id.

#include <memory>
#include <string>

#include "async/deadline.h"
#include "base/id.h"
#include "identity/change.h"
#include "identity/principal.h"

namespace tenon::api {

struct RequestContext {
  std::shared_ptr<const identity::Principal>
      principal;          // null on public endpoints; shared with the session
  std::string operator_;  // name of the operator whose token came; empty: none did
  std::string locale;     // `zh-CN` or `en`
  TraceId trace_id{};
  std::string trace;  // the same as 32 hexadecimal digits (W3C trace-id)
  Deadline deadline = Deadline::never();
  std::string address;  // of the peer
  std::string agent;    // what the client says it is

  /// For whom a change of people and rights is made.
  [[nodiscard]] identity::Actor actor() const {
    return {.principal = principal,
            .trace = trace_id,
            .by = operator_.empty() ? std::string() : "operator:" + operator_};
  }
};

}  // namespace tenon::api
