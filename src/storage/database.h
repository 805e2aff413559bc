#pragma once
// One tenant, one database. Writers go one after another through a lease and share the cost of
// making their work durable (group commit); readers run beside them on snapshots.
//
// A member of a group works inside a savepoint of a transaction it shares with the members before
// it, so it sees their work before that is durable. It is told so only when all of it is: an
// acknowledgement is sent strictly after COMMIT has returned. When the shared transaction dies (an
// interrupted write, a full disk), every member that is not acknowledged yet gets `storage.rerun`
// and must be run again from its start.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "async/blocking_pool.h"
#include "async/deadline.h"
#include "async/task.h"
#include "storage/session.h"

namespace tenon::storage {

/// Whether other writers may run beside a lease where the database lets several be out.
enum class Others : std::uint8_t { welcome, kept_out };

/// The right to write. Exactly one is out at a time. Movable; destroying it rolls back.
/// Thread: the holder's; it may move between threads as long as uses do not overlap.
class Lease {
 public:
  class Backend {
   public:
    virtual ~Backend() = default;  // rolls back when neither commit nor rollback was called
    [[nodiscard]] virtual Session& session() noexcept = 0;
    virtual void set_deadline(Deadline deadline) noexcept = 0;
    virtual void extend(Deadline /*cap*/, Others /*others*/) noexcept {}
    [[nodiscard]] virtual Task<> commit() = 0;
    virtual void rollback() noexcept = 0;
  };

  Lease() = default;
  explicit Lease(std::unique_ptr<Backend> backend) noexcept : backend_(std::move(backend)) {}

  [[nodiscard]] bool held() const noexcept { return backend_ != nullptr; }
  /// Requires: held().
  [[nodiscard]] Session& session() noexcept { return backend_->session(); }
  /// A statement that runs past `deadline` is interrupted (`storage.deadline`). Never later than
  /// the lease's own cap.
  void set_deadline(Deadline deadline) noexcept { backend_->set_deadline(deadline); }
  /// Gives this lease another cap and deadline, for changes of the schema, which keep everybody
  /// waiting for longer than a unit of work may; with Others::kept_out until the writers of before
  /// have ended, in other processes too. Requires: nothing was asked yet.
  void extend(Deadline cap, Others others = Others::welcome) noexcept {
    backend_->extend(cap, others);
  }

  /// Keeps `pass` for as long as this lease lives: who counts leases knows by that.
  void keep(std::shared_ptr<const void> pass) noexcept { pass_ = std::move(pass); }

  /// Passes the lease on and waits until the work is durable. Errors: unavailable (`storage.rerun`,
  /// `storage.failed`), conflict (`storage.foreign_key`: a deferred violation is left, the work is
  /// undone), cancelled
  /// (`storage.lease_cap`). Cancel: ignored, the outcome must be known.
  [[nodiscard]] Task<> commit();
  /// Undoes the holder's work, leaves that of the members before it, passes the lease on.
  /// Idempotent.
  void rollback() noexcept;

 private:
  std::shared_ptr<const void> pass_;  // shared with who counts; outlives the backend
  std::unique_ptr<Backend> backend_;
};

/// What all statements of a snapshot see. `one_state` is what was committed when it began. Beside
/// two writers that a database lets run at once, that can be a state which no order of the units
/// leads to (the anomaly of read-only transactions); `serial_state` never is, and may wait for the
/// writers of the moment.
enum class Seen : std::uint8_t { one_state, serial_state };

/// A read-only connection, given back on destruction. Each statement sees the newest committed
/// state, unless snapshot() was called: then all see one state. Keep it short: a long snapshot
/// keeps the log from being reset.
class ReadLease {
 public:
  class Backend {
   public:
    virtual ~Backend() = default;
    [[nodiscard]] virtual Session& session() noexcept = 0;
    [[nodiscard]] virtual Result<> snapshot(Seen seen) = 0;
    virtual void set_deadline(Deadline deadline) noexcept = 0;
  };
  ReadLease() = default;
  explicit ReadLease(std::unique_ptr<Backend> backend) noexcept : backend_(std::move(backend)) {}

  [[nodiscard]] bool held() const noexcept { return backend_ != nullptr; }
  [[nodiscard]] Session& session() noexcept { return backend_->session(); }
  [[nodiscard]] Result<> snapshot(Seen seen) { return backend_->snapshot(seen); }
  void set_deadline(Deadline deadline) noexcept { backend_->set_deadline(deadline); }
  void reset() noexcept { backend_.reset(); }

 private:
  std::unique_ptr<Backend> backend_;
};

/// Whether other processes may have the same file open for writing. What a server keeps in memory
/// of a tenant is true only while it is alone; workers that keep nothing there may share.
enum class Sharing : std::uint8_t { alone, shared };

struct Options {
  std::uint32_t format = 1;  // newest format this build reads
  std::size_t readers = 8;   // connections
  std::size_t queue = 4096;  // writers that wait; one more is `unavailable`
  std::chrono::milliseconds lease_cap{2000};
  std::chrono::microseconds gather{300};  // longest wait for the other members of a group
  std::uint32_t checkpoint_pages = 10'000;
  Sharing sharing = Sharing::alone;
};

struct Figures {
  std::uint64_t commits = 0;  // transactions made durable
  std::uint64_t members = 0;  // acknowledged units of work
  std::uint64_t reruns = 0;
  bool failed = false;
};

/// Thread: any. Lifetime: outlives its leases; the pool outlives it.
class Database {
 public:
  virtual ~Database() = default;

  /// Waits in line for the writer lease. Errors: unavailable (`storage.queue`, `storage.failed`),
  /// cancelled
  /// (`storage.deadline`) when `deadline` passes first. Cancel: leaves the line.
  [[nodiscard]] virtual Task<Lease> lease(Deadline deadline) = 0;
  /// A lease for upkeep that no rule of the business reads: on PostgreSQL its statements each see
  /// the newest state (READ COMMITTED), so that it makes no other transaction run again.
  [[nodiscard]] virtual Task<Lease> upkeep_lease(Deadline deadline) { return lease(deadline); }
  /// A reader now, without waiting. Errors: unavailable (`storage.readers`) when all are out.
  [[nodiscard]] virtual Result<ReadLease> reader() = 0;
  [[nodiscard]] virtual Dialect dialect() const noexcept = 0;
  /// The pool that this database's blocking work runs on.
  [[nodiscard]] virtual BlockingPool& pool() noexcept = 0;
  [[nodiscard]] virtual Figures figures() const = 0;
  /// Reads every page. Cost: the whole file; for the pool. Errors: internal (`storage.corrupt`)
  /// with what is wrong.
  [[nodiscard]] virtual Result<> check() = 0;
};

/// Opens or creates a database file (`create` says whether a missing one is made; its directory
/// entry is then durable). Errors: not_found, unavailable (`storage.format`: the file is of a newer
/// version, `storage.corrupt`: it is damaged or no database of ours, `storage.locked`: another
/// process has it open, and one of the two will not share, `storage.open`), each with the file's
/// name in one line for the operator. Blocks.
enum class Missing : std::uint8_t { refuse, create };
[[nodiscard]] Result<std::unique_ptr<Database>> open_sqlite(const std::string& file,
                                                            Missing missing, BlockingPool& pool,
                                                            Options options = {});

}  // namespace tenon::storage
