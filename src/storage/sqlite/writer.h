#pragma once
// Group commit. A durable COMMIT costs an fsync, whatever it carries, so the units of work that
// arrive while one is under way share the next.
//
// One line, first come first served, hands the connection from holder to holder. A holder is a
// member (it works in a savepoint of the open transaction, then joins the group that waits) or the
// commit itself, which stands in the line like any other and so takes along everybody who came
// before it. While COMMIT runs on the pool nobody else holds the connection; who arrives meanwhile
// is the next group. Before it queues, the commit waits a moment for as many members as the last
// group had: they were woken together and are likely on their way back.
//
// Invariants: held_ ⇔ exactly one holder exists; members in group_ have released their savepoint
// inside the transaction that is open now; when that transaction dies, group_ is emptied with
// `storage.rerun` before the next holder begins.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "async/waiter.h"
#include "storage/database.h"
#include "storage/sqlite/connection.h"

namespace tenon::storage::sqlite {

/// Thread: any. Lifetime: shared by leases and by jobs on the pool, so that a late commit ends in
/// peace.
class Writer : public std::enable_shared_from_this<Writer> {
 public:
  Writer(std::unique_ptr<Connection> connection, BlockingPool& pool, Options options);

  [[nodiscard]] static Task<Lease> lease(std::shared_ptr<Writer> self, Deadline deadline);
  [[nodiscard]] Figures figures() const;

 private:
  class Member;
  class Turn;
  struct Pending {
    std::shared_ptr<Waiter> waiter = std::make_shared<Waiter>();
    Result<> outcome;
  };
  struct Ticket {
    std::shared_ptr<Waiter> waiter;  // null: the commit
  };

  [[nodiscard]] Result<std::shared_ptr<Waiter>> enter();
  [[nodiscard]] Result<> begin_member();
  void leave(const std::shared_ptr<Waiter>& waiter);
  [[nodiscard]] std::shared_ptr<Pending> join();
  void pass_on();
  void schedule_commit();
  void gather();
  void commit_held();
  void finish(const std::vector<std::shared_ptr<Pending>>& members, const Result<>& outcome);
  void transaction_died();
  void end_if_empty();
  [[nodiscard]] Result<> commit_transaction();

  const std::unique_ptr<Connection> connection_;  // the holder's
  BlockingPool& pool_;
  const Options options_;

  mutable std::mutex mutex_;
  std::condition_variable gathered_;
  bool held_ = false;
  bool commit_due_ = false;
  bool failed_ = false;
  std::deque<Ticket> line_;
  std::vector<std::shared_ptr<Pending>> group_;
  std::size_t last_group_ = 1;
  std::chrono::nanoseconds last_commit_{0};
  Figures figures_;
};

}  // namespace tenon::storage::sqlite
