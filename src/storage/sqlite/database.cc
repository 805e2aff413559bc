#include "storage/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/readers.h"
#include "storage/sqlite/writer.h"

namespace tenon::storage {
namespace sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x54454e4f;  // "TENO"

std::unexpected<Error> refused(const char* reason, std::string message) {
  return fail(Error(ErrorCode::unavailable, std::move(message)).because(reason));
}

/// A new file is durable only when its directory entry is.
Result<> sync_directory(const std::string& file) {
  auto directory = std::filesystem::path(file).parent_path();
  if (directory.empty()) directory = ".";
  const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0)
    return refused("storage.open", fmt::format("{}: cannot be opened.", directory.string()));
  const int code = ::fsync(handle);
  ::close(handle);
  if (code != 0)
    return refused("storage.io", fmt::format("{}: cannot be synchronised.", directory.string()));
  return {};
}

}  // namespace

Result<> adopt(Connection& connection, const std::string& file, const Options& options) {
  TENON_ASSIGN(application, connection.number("PRAGMA application_id"));
  TENON_ASSIGN(format, connection.number("PRAGMA user_version"));
  TENON_ASSIGN(tables, connection.number("SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && format == 0 && tables == 0) {
    TENON_TRY(connection.control("BEGIN IMMEDIATE"));
    TENON_TRY(connection.control(fmt::format("PRAGMA application_id = {}", kApplicationId)));
    TENON_TRY(connection.control(fmt::format("PRAGMA user_version = {}", options.format)));
    TENON_TRY(connection.control("COMMIT"));
    return sync_directory(file);
  }
  if (application != kApplicationId)
    return refused("storage.corrupt", fmt::format("{}: this is no database of Tenon.", file));
  if (format > options.format)
    return refused(
        "storage.format",
        fmt::format("{}: written by a newer version of Tenon (format {}, this one reads up to {}).",
                    file, format, options.format));
  return {};
}

namespace {

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::unique_ptr<Connection> writer, std::string file, BlockingPool& pool,
                 Options options)
      : pool_(pool),
        readers_(std::make_shared<Readers>(std::move(file), options.readers)),
        writer_(std::make_shared<Writer>(std::move(writer), pool, options)) {}

  Task<Lease> lease(Deadline deadline) override { return Writer::lease(writer_, deadline); }
  Result<ReadLease> reader() override { return readers_->take(); }
  Dialect dialect() const noexcept override { return Dialect::sqlite; }
  BlockingPool& pool() noexcept override { return pool_; }
  Figures figures() const override { return writer_->figures(); }

  Result<> check() override {
    TENON_ASSIGN(reader, readers_->take());
    std::string wrong;
    TENON_TRY(reader.session().query("PRAGMA integrity_check(10)", {}, [&wrong](const Row& row) {
      if (row.text(0) != "ok") wrong.append(row.text(0)).append("; ");
      return Visit::more;
    }));
    if (wrong.empty()) return {};
    return fail(Error(ErrorCode::internal, "The database is damaged.")
                    .because("storage.corrupt")
                    .in_context(wrong));
  }

 private:
  BlockingPool& pool_;
  // Shared with leases and jobs that are out.
  std::shared_ptr<Readers> readers_;
  std::shared_ptr<Writer> writer_;
};

}  // namespace
}  // namespace sqlite

Result<std::unique_ptr<Database>> open_sqlite(const std::string& file, Missing missing,
                                              BlockingPool& pool, Options options) {
  std::error_code ignored;
  const bool exists = std::filesystem::exists(file, ignored);
  if (!exists && missing == Missing::refuse)
    return fail(ErrorCode::not_found, fmt::format("{}: there is no such database.", file));
  TENON_ASSIGN(lock, sqlite::FileLock::take(file, options.sharing));
  auto opened =
      sqlite::Connection::open(file, exists ? sqlite::Mode::writer : sqlite::Mode::creator);
  Result<> adopted =
      opened ? sqlite::adopt(**opened, file, options) : std::unexpected(opened.error());
  if (!adopted) {
    auto& error = adopted.error();
    if (error.reason() == "storage.corrupt" && !error.message().starts_with(file))
      return sqlite::refused("storage.corrupt",
                             fmt::format("{}: damaged, or no SQLite database.", file));
    if (error.reason() == "storage.open" || error.reason() == "storage.readonly")
      return sqlite::refused("storage.open",
                             fmt::format("{}: cannot be opened for writing.", file));
    return std::unexpected(std::move(error));
  }
  (*opened)->keep(std::move(lock));
  return std::make_unique<sqlite::SqliteDatabase>(std::move(*opened), file, pool, options);
}

}  // namespace tenon::storage
