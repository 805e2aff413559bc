#pragma once
// A Session over a pooled connection, in one of four manners: single statements on the newest
// state, all statements on one snapshot, a serializable transaction that writes, or one that does
// so on the newest state of each statement.

#include <memory>
#include <string>

#include "storage/postgres/pool.h"
#include "storage/postgres/turns.h"

namespace tenon::storage::postgres {

/// Where a tenant lives in its database. Both are made of [a-z0-9_-] only.
struct Place {
  std::string schema;
  std::string role;
};

enum class Manner : std::uint8_t { single, snapshot, serial_snapshot, writer, upkeep };

/// Thread: one at a time.
class PostgresSession final : public Session {
 public:
  PostgresSession(Slot slot, Place place, Manner manner,
                  Company company = Company::welcome) noexcept
      : slot_(std::move(slot)), place_(std::move(place)), manner_(manner), company_(company) {}

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::postgres; }
  [[nodiscard]] Result<> query(std::string_view sql, Values values, Visitor visit) override;
  [[nodiscard]] Result<std::int64_t> execute(std::string_view sql, Values values) override;
  [[nodiscard]] Result<> script(std::string_view sql) override;

  void set_deadline(Deadline deadline) noexcept { deadline_ = deadline; }
  /// Only the deadline bounds its statements, not the time that the server gives each. Requires:
  /// nothing was asked yet.
  void take_long() noexcept { long_ = true; }
  /// Waits until no writer of the tenant runs, and lets none begin. Requires: nothing was asked
  /// yet.
  void keep_out_others() noexcept { company_ = Company::alone; }
  /// From here on all statements see one state, that of this moment. Requires: Manner::single.
  [[nodiscard]] Result<> make_snapshot(Seen seen);
  [[nodiscard]] bool died() const noexcept { return died_; }
  /// Whether another transaction was in the way, so that this one must be run again.
  [[nodiscard]] bool raced() const noexcept { return raced_; }
  /// Cancel: ignored.
  [[nodiscard]] Task<> commit();
  void rollback() noexcept;

 private:
  [[nodiscard]] Result<> undo_or_keep(std::string_view sql) override;
  [[nodiscard]] Result<Connection*> begin();
  [[nodiscard]] Result<ResultHandle> run(std::string_view sql, Values values);
  [[nodiscard]] Result<> script_once(std::string_view sql);
  [[nodiscard]] bool another_try(const Error& error);
  [[nodiscard]] Result<ResultHandle> run_once(std::string_view sql, Values values);
  void leave_statement(Connection& connection);
  enum class Effect : std::uint8_t { none, some };
  void guard(Connection& connection, Effect effect);
  void after_failure(Connection& connection, const Error& error);
  [[nodiscard]] bool writes() const noexcept {
    return manner_ == Manner::writer || manner_ == Manner::upkeep;
  }

  Slot slot_;
  Place place_;
  Manner manner_;
  Company company_;
  Deadline deadline_ = Deadline::never();
  bool begun_ = false;
  bool long_ = false;
  bool died_ = false;
  bool raced_ = false;
  bool guarded_ = false;  // the savepoint of the last statement is open
  bool dirty_ = false;    // and something was written since
  bool undo_ = false;     // and must be gone back to
  bool locked_ = false;   // against other changes of the schema
};

}  // namespace tenon::storage::postgres
