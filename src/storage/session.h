#pragma once
// One conversation with a database: SQL text with numbered placeholders (`?1`) in, rows out through
// a visitor. The data room writes all SQL; nothing above it sees this interface.

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/error.h"
#include "storage/dialect.h"
#include "storage/value.h"
#include "storage/visitor.h"

namespace tenon::storage {

/// Errors of every operation: conflict (`storage.unique` with the physical column as field path,
/// `storage.foreign_key`, `storage.check`), invalid (`storage.not_null`, `storage.range`: a number
/// that does not fit), exhausted (`storage.full`, `storage.limit`), cancelled
/// (`storage.deadline`), unavailable
/// (`storage.busy`, `storage.rerun`: the transaction has died through no fault of the caller, run
/// the whole unit again; `storage.failed`: this database takes no writes any more), internal.
/// Thread: one at a time.
class Session {
 public:
  virtual ~Session() = default;

  [[nodiscard]] virtual Dialect dialect() const noexcept = 0;

  /// Runs one statement and gives each row to `visit`, which may end it early and must not throw.
  [[nodiscard]] virtual Result<> query(std::string_view sql, Values values, Visitor visit) = 0;
  /// Runs one statement that gives no rows; returns the number of rows changed.
  [[nodiscard]] virtual Result<std::int64_t> execute(std::string_view sql, Values values = {}) = 0;
  /// Runs several statements without values (DDL).
  [[nodiscard]] virtual Result<> script(std::string_view sql) = 0;

  /// Runs `work` while references are neither enforced nor carried out, then checks all of them:
  /// for rebuilding a table that others refer to. Where ALTER can do everything this is just
  /// `work()`. Errors: conflict (`storage.foreign_key`) when a reference is left dangling.
  [[nodiscard]] virtual Result<> without_references(const std::function<Result<>()>& work) {
    return work();
  }

  /// A point to come back to inside the transaction. They nest.
  [[nodiscard]] Result<> savepoint(std::uint32_t level);
  [[nodiscard]] Result<> release(std::uint32_t level);
  [[nodiscard]] Result<> rollback_to(std::uint32_t level);
};

}  // namespace tenon::storage
