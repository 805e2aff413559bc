#include "storage/filling.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/database.h"

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
    TENON_TRY(connection_->control("COMMIT"));
    std::string dangling;
    TENON_TRY(connection_->query("PRAGMA foreign_key_check", {}, [&dangling](const Row& row) {
      dangling = fmt::format("{} refers to {}", row.text(0), row.text(2));
      return Visit::stop;
    }));
    if (dangling.empty()) return {};
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
}  // namespace sqlite

Result<std::unique_ptr<Filling>> fill_sqlite(const std::string& file, std::uint32_t format) {
  TENON_ASSIGN(connection, sqlite::Connection::open(file, sqlite::Mode::filler));
  TENON_TRY(sqlite::adopt(*connection, file, {.format = format}));
  TENON_TRY(connection->control("BEGIN IMMEDIATE"));
  connection->refuse_outside_transaction();
  return std::make_unique<sqlite::FileFilling>(std::move(connection));
}

Result<> shrink_sqlite(const std::string& file) {
  TENON_ASSIGN(connection, sqlite::Connection::open(file, sqlite::Mode::filler));
  return connection->control("VACUUM");
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
  TENON_ASSIGN(connection, sqlite::Connection::open(from, sqlite::Mode::copier));
  const Value target = std::string_view(to);
  TENON_TRY(connection->execute("VACUUM INTO ?1", {&target, 1}));
  return {};
}

Result<> sync_file(const std::string& file) { return sqlite::sync(file, O_RDONLY); }
Result<> sync_folder(const std::string& folder) {
  return sqlite::sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace tenon::storage
