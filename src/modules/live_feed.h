#pragma once
// A browser that shows a list wants to know when it is out of date. The feed tells connected
// clients of record changes, and of whatever services tell their people (the progress of a job, a
// menu that has changed), at the moment it happens. It is a hint, never the truth: a client that
// was away, or too slow, is told that it has lost something and reads again.
//
//   audit → one follower per tenant that has listeners → a bounded queue per listener → its client
//
// Rights are applied when a change is told, by asking the planner as that listener: who may not
// read a record does not hear of it. A record that was deleted is looked for in the trash; of one
// that is gone for good only those hear who may see all records of its kind.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "async/task.h"
#include "data/changes.h"
#include "data/tenant.h"
#include "identity/principal.h"

namespace tenon::modules {

/// What a service tells. Empty audience: everybody signed in to the tenant.
struct Notice {
  std::string event;                // `job`, `menu`
  std::string data;                 // JSON text
  std::optional<UserId> user = {};  // only this one
  std::string permission = {};      // only who holds it
};

/// One message as a client gets it.
struct LiveMessage {
  std::string event;  // `record`, `lost`, or a notice's
  std::string data;   // JSON text
  std::string id;     // where to go on after a break; empty for notices
};

struct LiveLimits {
  std::size_t queue = 256;       // messages that wait for one client
  std::size_t listeners = 1000;  // of one tenant
  std::size_t listeners_per_user = 16;
  std::size_t catch_up = 200;           // changes that are told after a break; fewer than `queue`
  std::chrono::milliseconds look{500};  // how often the audit is looked at without a hint
};

class LiveFeed;

/// One client. Thread: one at a time. Lifetime: may outlive the feed. Ends by destruction.
class LiveListener {
 public:
  LiveListener(const LiveListener&) = delete;
  LiveListener& operator=(const LiveListener&) = delete;
  ~LiveListener();

  /// Waits until something is there. Errors: cancelled (`mailbox.deadline`, `task.cancelled`),
  /// unavailable (`mailbox.closed`: the tenant is not served here any more).
  [[nodiscard]] Task<> wait(Deadline deadline);
  /// Takes what is there and gives what `principal`, looking as `viewer`, may hear of it, in order.
  /// Errors: those of Tenant::list; then nothing was taken.
  [[nodiscard]] Task<std::vector<LiveMessage>> take(
      std::shared_ptr<const identity::Principal> principal, data::Viewer viewer, Deadline deadline);

 private:
  friend class LiveFeed;
  struct State;
  explicit LiveListener(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;  // shared with the tenant's follower
};

/// Thread: any; open, close and stop from one owner.
class LiveFeed {
 public:
  /// Followers run on `executor`.
  explicit LiveFeed(Executor executor, LiveLimits limits = {});
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;
  ~LiveFeed();

  void open(std::shared_ptr<data::Tenant> tenant);
  /// Its listeners end.
  void close(std::string_view tenant);

  /// A client that begins to listen. `last` is the id of the last message it got before a break.
  /// Errors: unavailable (`tenant.gone`), exhausted (`events.listeners`), those of a read.
  [[nodiscard]] Task<std::unique_ptr<LiveListener>> listen(std::string tenant, UserId user,
                                                           std::optional<std::int64_t> last);
  /// Tells the clients of a tenant that are connected at this moment.
  void tell(std::string_view tenant, Notice notice);
  /// Something was committed for this tenant: look now. A hint only.
  void committed(std::string_view tenant);

  [[nodiscard]] std::size_t listeners() const;
  /// Ends the followers and the listeners. Idempotent.
  [[nodiscard]] Task<> stop(Deadline deadline);

 private:
  struct Channel;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::modules
