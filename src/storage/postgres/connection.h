#pragma once
// One connection to PostgreSQL, with its prepared statements. libpq is used without blocking: every
// wait is a poll() with a deadline, and what runs past it is cancelled at the server. All goes
// through pipelines, so that statements whose answer nobody reads (BEGIN, SET LOCAL, SAVEPOINT)
// travel with the next one that matters and cost no round trip of their own.

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "async/blocking_pool.h"
#include "async/deadline.h"
#include "async/task.h"
#include "storage/postgres/handles.h"
#include "storage/session.h"

namespace tenon::storage::postgres {

struct ConnectOptions {
  std::string url;
  std::chrono::milliseconds statement_timeout{5000};
  // Longer than the second after which the server looks for a deadlock: that is to be run again.
  std::chrono::milliseconds lock_timeout{1200};
  std::chrono::milliseconds idle_in_transaction_timeout{10'000};
  std::shared_ptr<BlockingPool> cancels;  // shared with the pool; where cancel requests are sent
};

/// Thread: one at a time.
class Connection {
 public:
  /// Errors: unavailable (`storage.open`, `storage.connection`), invalid (`storage.url`).
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const ConnectOptions& options,
                                                                Deadline deadline);

  /// Sends `sql` with the next run(); its answer is not read, its failure is that run's.
  void queue(std::string sql) { queued_.push_back(std::move(sql)); }
  [[nodiscard]] bool has_queued() const noexcept { return !queued_.empty(); }
  void forget_queued() noexcept { queued_.clear(); }

  /// Sends what is queued, then `sql`, prepared once per connection and `place` (the tenant: the
  /// same text means another table there).
  [[nodiscard]] Result<ResultHandle> run(std::string_view place, std::string_view sql,
                                         Values values, Deadline deadline);
  /// Sends what is queued and nothing else.
  [[nodiscard]] Result<> flush(Deadline deadline);
  /// Several statements without values. Sends what is queued first.
  [[nodiscard]] Result<> script(std::string_view sql, Deadline deadline);
  /// COMMIT without a thread that waits. Errors: unavailable (`storage.unknown_outcome` when the
  /// connection broke meanwhile, `storage.rerun`), those of deferred constraints. Cancel: ignored.
  [[nodiscard]] Task<> commit();
  /// Sends ROLLBACK and does not wait: whoever uses the connection next reads the answer.
  void abandon() noexcept;

  /// Of no use any more.
  [[nodiscard]] bool broken() const noexcept { return broken_; }
  /// Whether the server has closed it while it lay idle. Cost: one poll().
  [[nodiscard]] bool hung_up() noexcept;
  /// Whether nothing has come from the server since its last answer: it has neither closed nor said
  /// that it will. Cost: one poll().
  [[nodiscard]] bool silent() const noexcept;
  /// hung_up() in the midst of a transaction.
  [[nodiscard]] bool closed_by_server() noexcept;
  [[nodiscard]] PGTransactionStatusType state() const noexcept {
    return PQtransactionStatus(handle_.get());
  }
  [[nodiscard]] std::string parameter(const char* name) const;
  [[nodiscard]] int server_version() const noexcept { return PQserverVersion(handle_.get()); }

  /// The tenant whose role and tables this session has; empty: none yet.
  [[nodiscard]] const std::string& place() const noexcept { return place_; }
  void settle_in(std::string place) { place_ = std::move(place); }

 private:
  Connection(Handle handle, std::shared_ptr<BlockingPool> cancels) noexcept
      : handle_(std::move(handle)), cancels_(std::move(cancels)) {}

  struct Prepared {
    std::string name;
    std::vector<Oid> types;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  [[nodiscard]] Result<> connect(Deadline deadline);
  [[nodiscard]] Result<> wait(short events, Deadline deadline);
  [[nodiscard]] Result<Prepared*> prepare(std::string_view place, std::string_view sql,
                                          Deadline deadline);
  void make_room();
  /// Puts the queued statements into the pipeline.
  [[nodiscard]] Result<> send_queued();
  [[nodiscard]] Result<> send(bool sent, std::string_view doing);
  /// Ends the pipeline and reads the answers of all that was sent; gives the last.
  [[nodiscard]] Result<ResultHandle> collect(std::string_view doing, Deadline deadline);
  [[nodiscard]] Result<ResultHandle> next(Deadline deadline);
  [[nodiscard]] Result<> drain(Deadline deadline);
  [[nodiscard]] Result<> forget_stale(Deadline deadline);
  void cancel() noexcept;
  [[nodiscard]] std::unexpected<Error> lost(std::string_view doing);

  Handle handle_;
  std::shared_ptr<BlockingPool> cancels_;  // shared with the other connections
  std::string place_;
  std::deque<std::string> queued_;
  std::vector<std::string> stale_;  // prepared statements to be forgotten outside a transaction
  std::size_t sent_ = 0;            // statements of the open pipeline
  bool owed_ = false;               // an answer that nobody has read
  bool abandoned_ = false;          // that of ROLLBACK
  bool late_ = false;               // the server was asked to cancel
  bool broken_ = false;
  std::uint64_t counter_ = 0;
  std::unordered_map<std::string, Prepared, Hash, std::equal_to<>> prepared_;
};

}  // namespace tenon::storage::postgres
