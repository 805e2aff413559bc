#include "storage/sqlite/connection.h"

#include <sqlite3.h>

#include <mutex>
#include <utility>

#include "storage/sqlite/errors.h"

namespace tenon::storage::sqlite {
namespace {

constexpr std::size_t kStatements = 256;
constexpr int kProgressSteps = 2000;
constexpr int kBusyMilliseconds = 5000;

class StatementRow final : public Row {
 public:
  explicit StatementRow(sqlite3_stmt* statement) noexcept : statement_(statement) {}
  int width() const noexcept override { return sqlite3_column_count(statement_); }
  bool is_null(int column) const noexcept override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  std::int64_t integer(int column) const noexcept override {
    return sqlite3_column_int64(statement_, column);
  }
  std::string_view text(int column) const noexcept override {
    const auto* data = sqlite3_column_text(statement_, column);
    if (data == nullptr) return {};
    return {reinterpret_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  Blob blob(int column) const noexcept override {
    const auto* data = sqlite3_column_blob(statement_, column);
    if (data == nullptr) return {};
    return {static_cast<const std::uint8_t*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

int bind(sqlite3_stmt* statement, int place, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return sqlite3_bind_int64(statement, place, *number);
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    const char* data = text->data() != nullptr ? text->data() : "";
    return sqlite3_bind_text64(statement, place, data, text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    if (blob->empty()) return sqlite3_bind_zeroblob(statement, place, 0);
    return sqlite3_bind_blob64(statement, place, blob->data(), blob->size(), SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, place);
}

constexpr std::pair<int, int> kLimits[] = {
    {SQLITE_LIMIT_SQL_LENGTH, 100'000}, {SQLITE_LIMIT_EXPR_DEPTH, 200},
    {SQLITE_LIMIT_COLUMN, 250},         {SQLITE_LIMIT_VARIABLE_NUMBER, 2000},
    {SQLITE_LIMIT_ATTACHED, 0},         {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 10},   {SQLITE_LIMIT_LENGTH, 64 << 20},
    {SQLITE_LIMIT_COMPOUND_SELECT, 50}, {SQLITE_LIMIT_WORKER_THREADS, 0},
};

/// With SQLITE_OMIT_AUTOINIT the library is set up once, by whoever opens first.
int initialize() {
  static const int code = sqlite3_initialize();
  return code;
}

}  // namespace

void CloseConnection::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
void FinalizeStatement::operator()(sqlite3_stmt* handle) const noexcept {
  sqlite3_finalize(handle);
}

int Connection::on_progress(void* self) noexcept {
  return static_cast<Connection*>(self)->deadline_.passed() ? 1 : 0;
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& file, Mode mode) {
  if (const int code = initialize(); code != SQLITE_OK) return fail(to_error(code, nullptr, file));
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (mode == Mode::reader) flags |= SQLITE_OPEN_READONLY;
  if (mode != Mode::reader) flags |= SQLITE_OPEN_READWRITE;
  if (mode == Mode::creator || mode == Mode::filler) flags |= SQLITE_OPEN_CREATE;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  Handle handle(raw);
  if (code != SQLITE_OK) return fail(to_error(code, raw, file));
  auto connection = std::unique_ptr<Connection>(new Connection(std::move(handle)));
  if (auto done = connection->configure(mode); !done)
    return fail(std::move(done.error()).in_context(file));
  return connection;
}

Result<> Connection::configure(Mode mode) {
  sqlite3* handle = handle_.get();
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  for (const auto& [limit, value] : kLimits) sqlite3_limit(handle, limit, value);
  sqlite3_progress_handler(handle, kProgressSteps, &Connection::on_progress, this);
  for (const int option : {SQLITE_DBCONFIG_DEFENSIVE, SQLITE_DBCONFIG_ENABLE_FKEY})
    if (const int code = sqlite3_db_config(handle, option, 1, nullptr); code != SQLITE_OK)
      return fail(to_error(code, handle, "sqlite3_db_config"));
  for (const int option :
       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
        SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL})
    if (const int code = sqlite3_db_config(handle, option, 0, nullptr); code != SQLITE_OK)
      return fail(to_error(code, handle, "sqlite3_db_config"));
  TENON_TRY(add_functions(handle));
  if (mode == Mode::filler) return configure_filler();
  if (mode == Mode::reader || mode == Mode::copier) return {};
  // Where it may not write, SQLite opens for reading without a word.
  if (sqlite3_db_readonly(handle, "main") == 1)
    return fail(to_error(SQLITE_READONLY, handle, "open"));
  sqlite3_wal_hook(
      handle,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Connection*>(self)->log_pages_ = static_cast<std::uint32_t>(pages);
        return SQLITE_OK;
      },
      this);
  TENON_TRY(number("PRAGMA journal_mode = WAL"));
  TENON_TRY(control("PRAGMA synchronous = FULL"));
  TENON_TRY(control("PRAGMA cell_size_check = ON"));
  TENON_TRY(number("PRAGMA journal_size_limit = 67108864"));
  return {};
}

Result<> Connection::configure_filler() {
  if (const int code = sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_ENABLE_FKEY, 0, nullptr);
      code != SQLITE_OK)
    return fail(to_error(code, handle_.get(), "sqlite3_db_config"));
  TENON_TRY(control("PRAGMA synchronous = OFF"));
  return control("PRAGMA cell_size_check = ON");
}

Result<StatementHandle> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return fail(to_error(code, handle_.get(), sql));
  if (raw == nullptr) return fail(ErrorCode::internal, "An empty statement was run.");
  return StatementHandle(raw);
}

/// A statement out of the cache for the time of one run; one that is in use already is prepared
/// anew.
class Connection::Use {
 public:
  Use(Connection& connection, std::string_view sql) : connection_(connection), sql_(sql) {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() {
    if (cached_ == nullptr) return;
    sqlite3_reset(cached_->statement.get());
    sqlite3_clear_bindings(cached_->statement.get());
    cached_->busy = false;
  }

  Result<sqlite3_stmt*> take() {
    auto& all = connection_.statements_;
    auto found = all.find(sql_);
    if (found == all.end()) {
      TENON_ASSIGN(statement, connection_.prepare(sql_));
      if (all.size() >= kStatements)
        std::erase_if(all, [](const auto& entry) { return !entry.second.busy; });
      found =
          all.emplace(std::string(sql_), Cached{.statement = std::move(statement), .busy = false})
              .first;
    }
    if (found->second.busy) {
      TENON_ASSIGN(statement, connection_.prepare(sql_));
      own_ = std::move(statement);
      return own_.get();
    }
    cached_ = &found->second;
    cached_->busy = true;
    return cached_->statement.get();
  }

 private:
  Connection& connection_;
  std::string_view sql_;
  Cached* cached_ = nullptr;
  StatementHandle own_;
};

Result<> Connection::admit_anywhen() const {
  if (outside_ == Outside::refused && !in_transaction())
    return fail(Error(ErrorCode::unavailable, "The transaction was lost; run it again.")
                    .because("storage.rerun"));
  return {};
}

Result<> Connection::admit() const {
  TENON_TRY(admit_anywhen());
  if (deadline_.passed())
    return fail(Error(ErrorCode::cancelled, "The database work took too long.")
                    .because("storage.deadline"));
  return {};
}

Result<> Connection::run(std::string_view sql, Values values, const Visitor* visit) {
  Use use(*this, sql);
  TENON_ASSIGN(statement, use.take());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (const int code = bind(statement, static_cast<int>(i) + 1, values[i]); code != SQLITE_OK)
      return fail(to_error(code, handle_.get(), sql));
  const StatementRow row(statement);
  for (;;) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return fail(to_error(code, handle_.get(), sql));
    if (visit != nullptr && (*visit)(row) == Visit::stop) return {};
  }
}

Result<> Connection::query(std::string_view sql, Values values, Visitor visit) {
  TENON_TRY(admit());
  return run(sql, values, &visit);
}

Result<std::int64_t> Connection::execute(std::string_view sql, Values values) {
  TENON_TRY(admit());
  TENON_TRY(run(sql, values, nullptr));
  return sqlite3_changes64(handle_.get());
}

Result<> Connection::script(std::string_view sql) {
  TENON_TRY(admit());
  const std::string text(sql);
  if (const int code = sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr);
      code != SQLITE_OK)
    return fail(to_error(code, handle_.get(), sql));
  return {};
}

Result<> Connection::undo_or_keep(std::string_view sql) {
  TENON_TRY(admit_anywhen());
  return control(sql);
}

Result<> Connection::without_references(const std::function<Result<>()>& work) {
  TENON_TRY(admit());
  // PRAGMA foreign_keys is ignored inside a transaction; the setting behind it is not.
  const auto enforce = [this](int value) -> Result<> {
    const int code = sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_ENABLE_FKEY, value, nullptr);
    if (code != SQLITE_OK) return fail(to_error(code, handle_.get(), "sqlite3_db_config"));
    return {};
  };
  TENON_TRY(enforce(0));
  auto done = work();
  TENON_TRY(enforce(1));
  TENON_TRY(std::move(done));
  std::string dangling;
  TENON_TRY(query("PRAGMA foreign_key_check", {}, [&dangling](const Row& row) {
    dangling = std::string(row.text(0)) + " refers to " + std::string(row.text(2));
    return Visit::stop;
  }));
  if (dangling.empty()) return {};
  return fail(Error(ErrorCode::conflict, "A record that is referred to is missing.")
                  .because("storage.foreign_key")
                  .in_context(dangling));
}

Result<> Connection::control(std::string_view sql) {
  const auto kept = std::exchange(deadline_, Deadline::never());
  auto result = run(sql, {}, nullptr);
  deadline_ = kept;
  return result;
}

Result<std::int64_t> Connection::number(std::string_view sql) {
  std::int64_t answer = 0;
  const auto take = [&answer](const Row& row) {
    answer = row.integer(0);
    return Visit::more;
  };
  const Visitor visit(take);
  TENON_TRY(run(sql, {}, &visit));
  return answer;
}

bool Connection::in_transaction() const noexcept {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

bool Connection::deferred_violation() const noexcept {
  int now = 0;
  int highest = 0;
  sqlite3_db_status(handle_.get(), SQLITE_DBSTATUS_DEFERRED_FKS, &now, &highest, 0);
  return now != 0;
}

Result<std::uint32_t> Connection::checkpoint() {
  int in_log = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             &in_log, &copied);
  if (code != SQLITE_OK && code != SQLITE_BUSY)
    return fail(to_error(code, handle_.get(), "checkpoint"));
  log_pages_ = static_cast<std::uint32_t>(std::max(0, in_log - copied));
  return log_pages_;
}

}  // namespace tenon::storage::sqlite
