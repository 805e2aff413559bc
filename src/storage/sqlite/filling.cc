#include "storage/filling.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <utility>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/errors.h"

namespace tenon::storage {
namespace sqlite {
namespace {

class FileFilling final : public Filling {
 public:
  explicit FileFilling(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  Session& session() noexcept override { return *connection_; }
  Result<> commit() override {
    TENON_TRY(connection_->control("COMMIT"));
    return connection_->control("BEGIN IMMEDIATE");
  }
  Result<> finish() override {
    std::string dangling;
    TENON_TRY(connection_->query("PRAGMA foreign_key_check", {}, [&dangling](const Row& row) {
      dangling = fmt::format("{} refers to {}", row.text(0), row.text(2));
      return Visit::stop;
    }));
    if (dangling.empty()) return connection_->control("COMMIT");
    return fail(Error(ErrorCode::conflict, "A record that is referred to is missing.")
                    .because("storage.foreign_key")
                    .in_context(dangling));
  }

 private:
  std::unique_ptr<Connection> connection_;
};

std::unexpected<Error> unsynced(const std::string& path) {
  return fail(Error(ErrorCode::unavailable, fmt::format("{}: cannot be synchronised.", path))
                  .because("storage.sync"));
}

Result<> sync(const std::string& path, int flags) {
  const int handle = ::open(path.c_str(), flags | O_CLOEXEC);
  if (handle < 0) return unsynced(path);
  const int code = ::fsync(handle);
  ::close(handle);
  if (code != 0) return unsynced(path);
  return {};
}

}  // namespace

/// In one step, so in one read transaction: a backup in several begins anew after each commit of
/// another connection.
Result<> Connection::become_copy_of(Connection& source) {
  auto* backup = sqlite3_backup_init(handle_.get(), "main", source.handle_.get(), "main");
  if (backup == nullptr)
    return fail(to_error(sqlite3_errcode(handle_.get()), handle_.get(), "sqlite3_backup_init"));
  const int step = sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (step == SQLITE_DONE && code == SQLITE_OK) return {};
  return fail(to_error(code != SQLITE_OK ? code : step, handle_.get(), "sqlite3_backup_step"));
}

}  // namespace sqlite

Result<std::unique_ptr<Filling>> fill_sqlite(const std::string& file, std::uint32_t format) {
  TENON_ASSIGN(connection, sqlite::Connection::open(file, sqlite::Mode::filler));
  TENON_TRY(sqlite::adopt(*connection, file, {.format = format}));
  TENON_TRY(connection->control("BEGIN IMMEDIATE"));
  connection->refuse_outside_transaction();
  return std::make_unique<sqlite::FileFilling>(std::move(connection));
}

Result<std::unique_ptr<Session>> read_sqlite(const std::string& file, std::uint32_t newest_format) {
  auto opened = sqlite::Connection::open(file, sqlite::Mode::reader);
  Result<> good = opened ? Result<>() : std::unexpected(opened.error());
  if (good) good = sqlite::adopt(**opened, file, {.format = newest_format});
  if (good) good = (*opened)->control("BEGIN");
  if (!good) {
    const auto reason = good.error().reason();
    if (reason == "storage.format" || good.error().message().starts_with(file))
      return std::unexpected(std::move(good.error()));
    return fail(
        Error(ErrorCode::unavailable, fmt::format("{}: damaged, or no SQLite database.", file))
            .because("storage.corrupt")
            .in_context(good.error().for_log()));
  }
  return std::unique_ptr<Session>(std::move(*opened));
}

Result<> copy_sqlite(const std::string& from, const std::string& to) {
  const auto open = [](const std::string& file, sqlite::Mode mode) {
    auto opened = sqlite::Connection::open(file, mode);
    if (!opened && opened.error().reason() == "storage.open")
      opened = fail(Error(ErrorCode::unavailable, fmt::format("{}: cannot be opened.", file))
                        .because("storage.open"));
    return opened;
  };
  TENON_ASSIGN(source, open(from, sqlite::Mode::copier));
  TENON_ASSIGN(target, open(to, sqlite::Mode::filler));
  TENON_TRY(target->become_copy_of(*source));
  // The mark of a log came over with the first page; a file that lies still has none.
  TENON_TRY(target->number("PRAGMA journal_mode = DELETE"));
  return {};
}

Result<> sync_file(const std::string& file) { return sqlite::sync(file, O_RDONLY); }
Result<> sync_folder(const std::string& folder) {
  return sqlite::sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace tenon::storage
