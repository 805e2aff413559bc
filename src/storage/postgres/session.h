#pragma once
// A Session over a pooled connection, in one of three manners: single statements on the newest
// state, all statements on one snapshot, or a serializable transaction that writes.

#include <memory>
#include <string>

#include "storage/postgres/pool.h"

namespace tenon::storage::postgres {

/// Where a tenant lives in its database. Both are made of [a-z0-9_-] only.
struct Place {
  std::string schema;
  std::string role;
};

enum class Manner : std::uint8_t { single, snapshot, writer };

/// Thread: one at a time.
class PostgresSession final : public Session {
 public:
  PostgresSession(Slot slot, Place place, Manner manner) noexcept
      : slot_(std::move(slot)), place_(std::move(place)), manner_(manner) {}

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::postgres; }
  [[nodiscard]] Result<> query(std::string_view sql, Values values, Visitor visit) override;
  [[nodiscard]] Result<std::int64_t> execute(std::string_view sql, Values values) override;
  [[nodiscard]] Result<> script(std::string_view sql) override;

  void set_deadline(Deadline deadline) noexcept { deadline_ = deadline; }
  /// From here on all statements see one state, that of this moment. Requires: Manner::single.
  [[nodiscard]] Result<> make_snapshot();
  [[nodiscard]] bool died() const noexcept { return died_; }
  /// Cancel: ignored.
  [[nodiscard]] Task<> commit();
  void rollback() noexcept;

 private:
  [[nodiscard]] Result<> undo_or_keep(std::string_view sql) override;
  [[nodiscard]] Result<Connection*> begin();
  [[nodiscard]] Result<ResultHandle> run(std::string_view sql, Values values);
  [[nodiscard]] Result<ResultHandle> run_once(std::string_view sql, Values values);
  void leave_statement(Connection& connection);
  void after_failure(Connection& connection, const Error& error);

  Slot slot_;
  Place place_;
  Manner manner_;
  Deadline deadline_ = Deadline::never();
  bool begun_ = false;
  bool died_ = false;
  bool guarded_ = false;  // the savepoint of the last statement is open
  bool undo_ = false;     // and must be gone back to
  bool locked_ = false;   // against other changes of the schema
};

}  // namespace tenon::storage::postgres
