#pragma once
// Every change of users, roles, departments, sessions and tokens is one transaction with its audit
// row, done for somebody who is named. What changes somebody's rights says so, and every open
// session looks again before the change is acknowledged.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "async/deadline.h"
#include "base/json.h"
#include "base/random.h"
#include "data/act.h"
#include "data/audit.h"
#include "data/run_unit.h"
#include "identity/principal.h"
#include "identity/realm.h"

namespace tenon::identity {

/// On whose behalf. `principal` is null for the program itself, its command line and the operator.
struct Actor {
  std::shared_ptr<const Principal> principal = {};  // shared with the request
  std::optional<TraceId> trace = {};
  std::string by = {};  // `operator:anna`, `command`: who it was when it was no user
};

/// Thread: that of the transaction. Lifetime: of the call that it is handed to.
class Change {
 public:
  Change(storage::Session& session, const Actor& actor, std::string_view tenant, Timestamp now,
         Random& random)
      : session_(session), actor_(actor), tenant_(tenant), now_(now), random_(random) {}

  [[nodiscard]] storage::Session& session() noexcept { return session_; }
  [[nodiscard]] Timestamp now() const noexcept { return now_; }
  [[nodiscard]] Random& random() noexcept { return random_; }
  [[nodiscard]] std::string_view tenant() const noexcept { return tenant_; }
  /// Null: the program itself, which may do everything.
  [[nodiscard]] const Principal* principal() const noexcept { return actor_.principal.get(); }

  template <class T>
  [[nodiscard]] T make_id() noexcept {
    return T{Uuid::make_v7(now_, random_)};
  }
  /// 43 characters of base64url, 256 random bits.
  [[nodiscard]] std::string make_secret();

  /// Runs one statement that gives no rows; gives the number of rows changed.
  template <std::size_t N>
  [[nodiscard]] Result<std::int64_t> execute(std::string_view text,
                                             const std::array<storage::Value, N>& values) {
    return session_.execute(text, values);
  }

  /// One audit row: `kind` is `user`, `role`, …; texts that are empty are left out.
  [[nodiscard]] Result<> audit(std::string_view kind, const Uuid& id, std::string_view action,
                               const json::object& before, const json::object& after);
  /// Says that rights, sessions or states have changed.
  void touch() noexcept { touched_ = true; }
  [[nodiscard]] bool touched() const noexcept { return touched_; }
  /// Writes the next number when something was touched; 0: nothing was.
  [[nodiscard]] Result<std::int64_t> next_epoch();

 private:
  storage::Session& session_;
  const Actor& actor_;
  std::string_view tenant_;
  Timestamp now_;
  Random& random_;
  std::optional<data::ChainHead> head_;
  bool touched_ = false;
};

/// What the changes of one process share. Lifetime: both outlive it.
struct Tools {
  const Clock& clock;
  Random& random;
};

namespace detail {
template <class R>
struct Settled {
  R result;
  std::int64_t epoch = 0;
};

/// The work of a change and its epoch, on whichever thread the database wants.
template <class Work, class R>
[[nodiscard]] Result<Settled<R>> carry_out(Change& change, Work& work) {
  R result = work(change);
  if (!result) return std::unexpected(std::move(result.error()));
  TENON_ASSIGN(epoch, change.next_epoch());
  return Settled<R>{.result = std::move(result), .epoch = epoch};
}
}  // namespace detail

/// Runs `work(Change&) -> Result<T>` in a transaction and commits it; at most data::kMaxRuns times
/// when it is lost through no fault of its own. `work` must not suspend. Errors: those of `work`
/// and of Database::lease().
template <class Work, class R = std::invoke_result_t<Work&, Change&>>
[[nodiscard]] asio::awaitable<R> change(Tools tools, std::shared_ptr<Realm> realm, Actor actor,
                                        Deadline deadline, Work work) {
  auto& database = realm->tenant()->database();
  for (int run = 1;; ++run) {
    auto lease = co_await database.lease(deadline);
    if (!lease) co_return std::unexpected(std::move(lease.error()));
    lease->set_deadline(deadline);
    Change made(lease->session(), actor, realm->name(), tools.clock.now(), tools.random);
    auto settled = TENON_CO_ACT(database, (detail::carry_out<Work, R>(made, work)));
    if (settled) {
      auto done = co_await lease->commit();
      if (done) {
        if (settled->epoch != 0) realm->set_epoch(settled->epoch, tools.clock.instant());
        co_return std::move(settled->result);
      }
      if (run == data::kMaxRuns || !data::wants_rerun(done.error()))
        co_return std::unexpected(std::move(done.error()));
      continue;
    }
    lease->rollback();
    if (run == data::kMaxRuns || !data::wants_rerun(settled.error()))
      co_return std::unexpected(std::move(settled.error()));
  }
}

/// Runs `work(storage::Session&) -> Result<T>` on the newest committed state.
template <class Work, class R = std::invoke_result_t<Work&, storage::Session&>>
[[nodiscard]] asio::awaitable<R> look(std::shared_ptr<Realm> realm, Work work) {
  auto& tenant = *realm->tenant();
  const auto read = [&]() -> R {
    auto reader = tenant.database().reader();
    if (!reader) return std::unexpected(std::move(reader.error()));
    return work(reader->session());
  };
  co_return TENON_CO_ACT(tenant, read());
}

}  // namespace tenon::identity
