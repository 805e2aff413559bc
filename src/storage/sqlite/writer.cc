#include "storage/sqlite/writer.h"

#include <algorithm>
#include <utility>

namespace tenon::storage::sqlite {
namespace {

std::unexpected<Error> rerun() {
  return fail(Error(ErrorCode::unavailable, "The transaction was lost; run it again.")
                  .because("storage.rerun"));
}

std::unexpected<Error> failed() {
  return fail(
      Error(ErrorCode::unavailable, "This database takes no changes until it is opened again.")
          .because("storage.failed"));
}

}  // namespace

/// One holder that works: a savepoint in the shared transaction.
class Writer::Member final : public Lease::Backend {
 public:
  explicit Member(std::shared_ptr<Writer> writer)
      : writer_(std::move(writer)), cap_(Deadline::after(writer_->options_.lease_cap)) {
    connection().set_deadline(cap_);
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;
  ~Member() override { rollback(); }

  Session& session() noexcept override { return connection(); }
  void set_deadline(Deadline deadline) noexcept override {
    connection().set_deadline(cap_.min(deadline));
  }

  void extend(Deadline cap, Others /*others*/) noexcept override {  // nobody is beside
    cap_ = cap;
    connection().set_deadline(cap);
  }

  Task<> commit() override {
    auto pending = prepare();
    if (!pending) {
      rollback();
      co_return std::unexpected(std::move(pending.error()));
    }
    ended_ = true;
    writer_->pass_on();
    co_await Waiter::wait((*pending)->waiter, Deadline::never(), Cancellation::ignored);
    co_return (*pending)->outcome;
  }

  void rollback() noexcept override {
    if (std::exchange(ended_, true)) return;
    if (connection().in_transaction()) {
      // A failure here means that the transaction has died, which the next lines find out.
      (void)connection().control("ROLLBACK TO m");
      (void)connection().control("RELEASE m");
    }
    if (!connection().in_transaction()) writer_->transaction_died();
    writer_->end_if_empty();
    writer_->pass_on();
  }

 private:
  Connection& connection() const noexcept { return *writer_->connection_; }

  Result<std::shared_ptr<Pending>> prepare() {
    if (!connection().in_transaction()) return rerun();
    if (cap_.passed())
      return fail(Error(ErrorCode::cancelled, "The transaction was open for too long.")
                      .because("storage.lease_cap"));
    if (connection().deferred_violation())
      return fail(Error(ErrorCode::conflict, "A record that is referred to is missing.")
                      .because("storage.foreign_key"));
    TENON_TRY(connection().control("RELEASE m"));
    return writer_->join();
  }

  std::shared_ptr<Writer> writer_;
  Deadline cap_;
  bool ended_ = false;
};

/// A place in the line that cannot be lost: when the waiting coroutine goes away, the place is
/// given up, and if the lease was handed to it already, that is passed on.
class Writer::Turn {
 public:
  Turn(Writer& writer, std::shared_ptr<Waiter> waiter)
      : writer_(writer), waiter_(std::move(waiter)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (taken_) return;
    // The turn may come while the waiter is being called off.
    const bool has_turn = waiter_ == nullptr || waiter_->woken() == Woken::notified ||
                          (!waiter_->wake(Woken::cancelled) && waiter_->woken() == Woken::notified);
    if (has_turn)
      writer_.pass_on();
    else
      writer_.leave(waiter_);
  }
  void take() noexcept { taken_ = true; }

 private:
  Writer& writer_;
  std::shared_ptr<Waiter> waiter_;  // null: granted at once
  bool taken_ = false;
};

Writer::Writer(std::unique_ptr<Connection> connection, BlockingPool& pool, Options options)
    : connection_(std::move(connection)), pool_(pool), options_(options) {
  connection_->refuse_outside_transaction();
}

Task<Lease> Writer::lease(std::shared_ptr<Writer> self, Deadline deadline) {
  TENON_CO_ASSIGN(waiter, self->enter());
  Turn turn(*self, waiter);
  if (waiter != nullptr) {
    const auto why = co_await Waiter::wait(waiter, deadline, Cancellation::heeded);
    if (why != Woken::notified) co_return fail(wait_error(why, "storage.deadline"));
  }
  TENON_CO_TRY(self->begin_member());
  turn.take();
  co_return Lease(std::make_unique<Member>(self));
}

/// Null when the lease is the caller's at once.
Result<std::shared_ptr<Waiter>> Writer::enter() {
  const std::lock_guard lock(mutex_);
  if (failed_) return failed();
  if (!std::exchange(held_, true)) return nullptr;
  if (line_.size() >= options_.queue)
    return fail(Error(ErrorCode::unavailable, "Too many changes wait for this tenant.")
                    .because("storage.queue"));
  line_.push_back({.waiter = std::make_shared<Waiter>()});
  return line_.back().waiter;
}

Result<> Writer::begin_member() {
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return failed();
  }
  if (!connection_->in_transaction()) TENON_TRY(connection_->control("BEGIN IMMEDIATE"));
  return connection_->control("SAVEPOINT m");
}

void Writer::leave(const std::shared_ptr<Waiter>& waiter) {
  const std::lock_guard lock(mutex_);
  std::erase_if(line_, [&](const Ticket& ticket) { return ticket.waiter == waiter; });
}

std::shared_ptr<Writer::Pending> Writer::join() {
  auto pending = std::make_shared<Pending>();
  bool schedule = false;
  {
    const std::lock_guard lock(mutex_);
    group_.push_back(pending);
    schedule = !std::exchange(commit_due_, true);
    if (group_.size() == last_group_) gathered_.notify_one();
  }
  if (schedule) schedule_commit();
  return pending;
}

/// Requires: the caller is the holder.
void Writer::pass_on() {
  for (;;) {
    Ticket next;
    {
      const std::lock_guard lock(mutex_);
      if (line_.empty()) {
        held_ = false;
        return;
      }
      next = std::move(line_.front());
      line_.pop_front();
    }
    if (next.waiter == nullptr) {
      if (!pool_.post([self = shared_from_this()] { self->commit_held(); })) commit_held();
      return;
    }
    if (next.waiter->wake(Woken::notified)) return;
  }
}

void Writer::schedule_commit() {
  if (pool_.post([self = shared_from_this()] { self->gather(); })) return;
  // A full pool must not delay an acknowledgement for ever: the holder that meets this ticket
  // commits itself.
  const std::lock_guard lock(mutex_);
  line_.push_front({.waiter = nullptr});
}

void Writer::gather() {
  {
    std::unique_lock lock(mutex_);
    const auto patience = std::min<std::chrono::nanoseconds>(options_.gather, last_commit_ / 2);
    gathered_.wait_for(lock, patience, [this] { return group_.size() >= last_group_; });
    if (std::exchange(held_, true)) {
      line_.push_back({.waiter = nullptr});
      return;
    }
  }
  commit_held();
}

/// Requires: the caller is the holder.
void Writer::commit_held() {
  std::vector<std::shared_ptr<Pending>> members;
  {
    const std::lock_guard lock(mutex_);
    members.swap(group_);
    commit_due_ = false;
    if (!members.empty()) last_group_ = members.size();
  }
  if (!members.empty()) finish(members, commit_transaction());
  if (connection_->log_pages() >= options_.checkpoint_pages) {
    // A checkpoint that fails leaves the log longer; the next commit tries again. A failed sync is
    // another matter: a second one may succeed for pages that the system has thrown away.
    if (const auto done = connection_->checkpoint();
        !done && done.error().reason() == "storage.sync") {
      const std::lock_guard lock(mutex_);
      failed_ = true;
    }
  }
  pass_on();
}

Result<> Writer::commit_transaction() {
  if (!connection_->in_transaction()) return rerun();
  const auto start = std::chrono::steady_clock::now();
  auto outcome = connection_->control("COMMIT");
  const auto took = std::chrono::steady_clock::now() - start;
  const std::lock_guard lock(mutex_);
  last_commit_ = (last_commit_ * 3 + took) / 4;
  if (outcome) {
    ++figures_.commits;
    return {};
  }
  const std::string reason = outcome.error().reason();
  if (connection_->in_transaction() && !connection_->control("ROLLBACK")) failed_ = true;
  // A full disk and a busy file leave the database as it was. After any other failure nobody knows
  // what is on the disk: no more acknowledgements until the file has been recovered by opening it
  // again.
  if (reason != "storage.full" && reason != "storage.busy") failed_ = true;
  return outcome;
}

void Writer::finish(const std::vector<std::shared_ptr<Pending>>& members, const Result<>& outcome) {
  {
    const std::lock_guard lock(mutex_);
    if (outcome) figures_.members += members.size();
  }
  std::vector<std::shared_ptr<Waiter>> waiters;
  waiters.reserve(members.size());
  for (const auto& member : members) {
    member->outcome = outcome;
    waiters.push_back(member->waiter);
  }
  Waiter::wake_all(waiters, Woken::notified);
}

/// Requires: the caller is the holder and found no transaction.
void Writer::transaction_died() {
  std::vector<std::shared_ptr<Pending>> members;
  {
    const std::lock_guard lock(mutex_);
    members.swap(group_);
    figures_.reruns += members.size();
  }
  finish(members, rerun());
}

/// An open transaction without members would hold back the reset of the log.
void Writer::end_if_empty() {
  {
    const std::lock_guard lock(mutex_);
    if (!group_.empty()) return;
  }
  if (connection_->in_transaction() && !connection_->control("ROLLBACK")) {
    const std::lock_guard lock(mutex_);
    failed_ = true;
  }
}

Figures Writer::figures() const {
  const std::lock_guard lock(mutex_);
  Figures figures = figures_;
  figures.failed = failed_;
  return figures;
}

}  // namespace tenon::storage::sqlite
