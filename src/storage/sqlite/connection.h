#pragma once
// Every handle of SQLite lives here. A connection keeps its prepared statements, interrupts what
// runs past its deadline, and, as the writer's, refuses to work outside a transaction: one that has
// died must not turn into autocommit.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "async/deadline.h"
#include "storage/session.h"
#include "storage/sqlite/file_lock.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tenon::storage::sqlite {

struct CloseConnection {
  void operator()(sqlite3* handle) const noexcept;
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* handle) const noexcept;
};
using Handle = std::unique_ptr<sqlite3, CloseConnection>;
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// filler: a file that nobody else knows yet (storage/filling.h); copier: only reads, but may have
/// to recover the log of a file that nobody has open.
enum class Mode : std::uint8_t { reader, writer, creator, filler, copier };
enum class Outside : std::uint8_t { allowed, refused };  // work outside a transaction

/// Thread: one at a time.
class Connection final : public Session {
 public:
  /// Opens the file with our settings. Errors: as errors.h maps them.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const std::string& file, Mode mode);

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::sqlite; }
  [[nodiscard]] Result<> query(std::string_view sql, Values values, Visitor visit) override;
  [[nodiscard]] Result<std::int64_t> execute(std::string_view sql, Values values) override;
  [[nodiscard]] Result<> script(std::string_view sql) override;
  [[nodiscard]] Result<> without_references(const std::function<Result<>()>& work) override;

  /// execute() without the rule about transactions and without a deadline: BEGIN, COMMIT,
  /// SAVEPOINT, PRAGMA.
  [[nodiscard]] Result<> control(std::string_view sql);
  /// First column of the first row of a PRAGMA or SELECT.
  [[nodiscard]] Result<std::int64_t> number(std::string_view sql);

  /// Holds `lock` for as long as the file is open here.
  void keep(FileLock lock) noexcept { lock_ = std::move(lock); }
  void refuse_outside_transaction() noexcept { outside_ = Outside::refused; }
  void set_deadline(Deadline deadline) noexcept { deadline_ = deadline; }
  [[nodiscard]] bool in_transaction() const noexcept;
  /// Whether a deferred foreign key is violated now.
  [[nodiscard]] bool deferred_violation() const noexcept;
  /// Copies the log into the file as far as readers allow; returns the number of pages left in the
  /// log.
  [[nodiscard]] Result<std::uint32_t> checkpoint();
  /// Makes this file, page by page, what `source` is at this moment. Others may write to it
  /// meanwhile. Cost: the whole file.
  [[nodiscard]] Result<> become_copy_of(Connection& source);
  /// Pages in the log after the last commit.
  [[nodiscard]] std::uint32_t log_pages() const noexcept { return log_pages_; }

 private:
  explicit Connection(Handle handle) noexcept : handle_(std::move(handle)) {}
  [[nodiscard]] Result<> configure(Mode mode);
  [[nodiscard]] Result<> undo_or_keep(std::string_view sql) override;
  [[nodiscard]] Result<> configure_filler();
  [[nodiscard]] Result<> admit() const;
  [[nodiscard]] Result<> admit_anywhen() const;
  [[nodiscard]] Result<> run(std::string_view sql, Values values, const Visitor* visit);
  static int on_progress(void* self) noexcept;

  struct Cached {
    StatementHandle statement;
    bool busy = false;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  class Use;
  [[nodiscard]] Result<StatementHandle> prepare(std::string_view sql);

  FileLock lock_;  // outlives the handle
  Handle handle_;
  Outside outside_ = Outside::allowed;
  Deadline deadline_ = Deadline::never();
  std::uint32_t log_pages_ = 0;
  std::unordered_map<std::string, Cached, Hash, std::equal_to<>> statements_;
};

/// Adds our SQL functions. Errors: internal.
[[nodiscard]] Result<> add_functions(sqlite3* handle);

}  // namespace tenon::storage::sqlite
