#include "data/transfer/tenant_operations.h"

#include <fmt/format.h>

#include <array>

#include "async/wait_for.h"
#include "data/audit.h"
#include "data/durably.h"
#include "data/files/blob_store.h"
#include "data/system.h"
#include "data/transfer/copy.h"
#include "data/transfer/gate.h"

namespace tenon::data {
namespace {

namespace fs = std::filesystem;

constexpr auto kQuietWithin = std::chrono::seconds(30);
constexpr auto kSealWithin = std::chrono::minutes(10);
constexpr std::chrono::milliseconds kCopyCap = std::chrono::hours(24);
constexpr std::size_t kSeals = 10'000;
// Of an archive that is copied as it is: more would swell the new tenant's file.
constexpr std::uint64_t kSpareRoom = std::uint64_t{64} << 20;

std::unexpected<Error> refused(ErrorCode code, std::string_view reason, std::string text) {
  return fail(Error(code, std::move(text)).because(std::string(reason)));
}

void remove_draft(const fs::path& draft) {
  std::error_code ignored;
  for (const auto* ending : {"", "-journal", "-wal", "-shm"})
    fs::remove(draft.string() + ending, ignored);
}

/// What has no seal yet gets it, so that the copy of the audit is the audit.
Result<> seal_rest(storage::Database& database) {
  for (;;) {
    TENON_ASSIGN(sealed, wait_for(run_durably(database, Deadline::after(kSealWithin),
                                              [](storage::Session& session) {
                                                return seal_audit(session, kSeals);
                                              })));
    if (sealed == 0) return {};
  }
}

}  // namespace

TenantOperations::TenantOperations(Tenants& tenants, fs::path directory, BlockingPool& pool,
                                   const Clock& clock, Random& random, Steps steps)
    : tenants_(tenants),
      directory_(std::move(directory)),
      folder_(directory_),
      pool_(pool),
      clock_(clock),
      random_(random),
      steps_(std::move(steps)) {}

Result<std::shared_ptr<storage::PostgresPool>> TenantOperations::server(
    const std::string& address) {
  auto& known = servers_[address];
  if (known != nullptr) return known;
  TENON_ASSIGN(made, storage::make_postgres_pool({.url = address, .connections = 4}, random_));
  TENON_TRY(made->check());
  known = made;
  return known;
}

Result<std::unique_ptr<storage::Database>> TenantOperations::open_schema(const Place& place,
                                                                         storage::Missing missing) {
  TENON_ASSIGN(connections, server(place.address));
  return storage::open_postgres(connections, place.schema, missing, pool_,
                                {.format = kFormat, .lease_cap = kCopyCap});
}

Result<Place> TenantOperations::find(const std::string& name) const {
  TENON_TRY(check_tenant_name(name));
  TENON_ASSIGN(place, folder_.find(name));
  if (place) return std::move(*place);
  return refused(ErrorCode::not_found, "tenant.unknown",
                 fmt::format("There is no tenant \"{}\".", name));
}

Result<> TenantOperations::refuse_existing(const std::string& name) const {
  TENON_ASSIGN(place, folder_.find(name));
  if (!place) return {};
  return refused(ErrorCode::conflict, "tenant.exists",
                 fmt::format("There is a tenant \"{}\" already.", name));
}

/// One command at a time, and nothing left of an earlier one.
Result<FolderLock> TenantOperations::begin(const std::string& name) {
  TENON_TRY(check_tenant_name(name));
  TENON_TRY(folder_.make_folders());
  TENON_ASSIGN(lock, FolderLock::take(directory_));
  TENON_TRY(tidy(name));
  return std::move(lock);
}

Result<> TenantOperations::tidy(const std::string& name) {
  std::error_code error;
  remove_draft(folder_.draft(name));
  TENON_ASSIGN(place, folder_.find(name));
  if (fs::exists(folder_.incoming(name), error)) {
    TENON_ASSIGN(text, read_text(folder_.incoming(name)));
    const auto incoming = place_from(text, name);
    TENON_TRY(drop_unless_lived_in(incoming));
    fs::remove(folder_.incoming(name), error);
  }
  if (place && !place->in_file() && fs::exists(folder_.file(name), error))
    TENON_TRY(bury_file(name));
  if (!place && fs::exists(folder_.blobs(name), error)) {
    TENON_ASSIGN(grave, make_grave(name));
    TENON_TRY(bury_files(name, grave));
  }
  return {};
}

/// A directory of its own in the trash: `<name>@<microseconds>`.
Result<fs::path> TenantOperations::make_grave(const std::string& name) {
  const auto grave =
      folder_.trash() / fmt::format("{}@{}", name, clock_.now().time_since_epoch().count());
  TENON_TRY(make_folder(grave));
  return grave;
}

/// Requires: the tenant is elsewhere. A file that somebody still has open stays for the next time.
Result<> TenantOperations::bury_file(const std::string& name) {
  const auto file = folder_.file(name);
  {
    // Opening it for ourselves shows that nobody has it; closing it writes its log into it.
    auto opened =
        storage::open_sqlite(file.string(), storage::Missing::refuse, pool_, {.format = kFormat});
    if (!opened && opened.error().reason() == "storage.locked") return {};
  }
  TENON_ASSIGN(grave, make_grave(name));
  return rename_durably(file, grave / "tenant.db");
}

Result<> TenantOperations::bury_files(const std::string& name, const fs::path& grave) {
  std::error_code error;
  if (!fs::exists(folder_.blobs(name), error)) return {};
  return rename_durably(folder_.blobs(name), grave / "files");
}

/// A move that died before its one step leaves the place of a living tenant in the trash; one that
/// died before it made its schema leaves the name of none.
Result<> TenantOperations::drop_unless_lived_in(const Place& place) {
  if (place.in_file()) return {};
  TENON_ASSIGN(names, folder_.names());
  for (const auto& name : names) {
    TENON_ASSIGN(other, folder_.find(name));
    if (other && *other == place) return {};
  }
  TENON_ASSIGN(connections, server(place.address));
  TENON_ASSIGN(there, storage::postgres_has(connections, place.schema));
  if (!there) return {};
  return storage::drop_postgres(connections, place.schema);
}

/// Never a schema that was used before: an old copy keeps its name, and nothing has to be renamed.
Place TenantOperations::fresh_place(const std::string& name, const std::string& database) {
  return {
      .address = database,
      .schema = fmt::format("{}-{:012x}", name.substr(0, 27), random_.next() & 0xffff'ffff'ffffU)};
}

Result<std::uint64_t> TenantOperations::fill_schema(const std::string& name, const Place& place,
                                                    storage::Session& from) {
  TENON_TRY(write_text(folder_.incoming(name), to_text(place, name)));
  step("intent");
  TENON_ASSIGN(database, open_schema(place, storage::Missing::create));
  step("schema");
  TENON_ASSIGN(filling, fill_database(*database));
  TENON_ASSIGN(report, copy_tenant(from, *filling, random_, tenants_.native()));
  step("copied");
  return report.rows;
}

Result<std::uint64_t> TenantOperations::fill_file(const std::string& name, storage::Session& from) {
  const auto draft = folder_.draft(name).string();
  std::uint64_t rows = 0;
  TENON_TRY(make_private_file(draft));
  {
    TENON_ASSIGN(filling, storage::fill_sqlite(draft, kFormat));
    TENON_ASSIGN(report, copy_tenant(from, *filling, random_, tenants_.native()));
    rows = report.rows;
  }
  TENON_TRY(storage::sync_file(draft));
  step("copied");
  return rows;
}

Result<ArchiveReport> TenantOperations::backup(const std::string& name,
                                               const std::string& archive) {
  TENON_ASSIGN(place, find(name));
  std::error_code error;
  if (fs::exists(archive, error))
    return refused(ErrorCode::conflict, "archive.exists",
                   fmt::format("{}: there is such a file already.", archive));
  const auto part = archive + ".part";
  remove_draft(part);
  TENON_TRY(make_private_file(part));
  const auto make = [&]() -> Result<ArchiveReport> {
    if (place.in_file()) {
      TENON_TRY(storage::copy_sqlite(folder_.file(name).string(), part));
    } else {
      TENON_ASSIGN(database, open_schema(place, storage::Missing::refuse));
      TENON_ASSIGN(reader, database->reader());
      TENON_TRY(reader.snapshot(storage::Seen::serial_state));
      TENON_ASSIGN(filling, storage::fill_sqlite(part, kFormat));
      TENON_TRY(copy_tenant(reader.session(), *filling, random_, tenants_.native()));
    }
    step("copied");
    const auto store = make_local_store(folder_.blobs(name));
    TENON_ASSIGN(report, seal_archive(part, name, *store, clock_.now()));
    step("sealed");
    TENON_TRY(rename_durably(part, archive));
    return std::move(report);
  };
  auto report = make();
  if (!report) remove_draft(part);
  return report;
}

Result<ArchiveReport> TenantOperations::restore(const std::string& archive, const std::string& name,
                                                const std::string& database) {
  const auto lock = begin(name);
  if (!lock) return std::unexpected(Error(lock.error()));
  TENON_TRY(refuse_existing(name));
  TENON_ASSIGN(report, verify_archive(archive));
  step("verified");
  TENON_ASSIGN(source, storage::read_sqlite(archive, kFormat));
  const auto store = make_local_store(folder_.blobs(name));
  TENON_TRY(restore_files(*source, *store));
  step("files");
  if (database.empty()) {
    if (report.file_bytes <= kSpareRoom) {
      TENON_TRY(make_private_file(folder_.draft(name)));
      TENON_TRY(extract_tenant(archive, folder_.draft(name).string()));
      step("copied");
    } else {
      TENON_TRY(fill_file(name, *source));
    }
    TENON_TRY(rename_durably(folder_.draft(name), folder_.file(name)));
  } else {
    TENON_TRY(fill_schema(name, fresh_place(name, database), *source));
    TENON_TRY(rename_durably(folder_.incoming(name), folder_.entry(name)));
  }
  step("placed");
  return std::move(report);
}

/// The one step that moves a tenant.
Result<> TenantOperations::switch_place(const std::string& name, const Place& from,
                                        const Place& to) {
  if (to.in_file()) {
    TENON_TRY(rename_durably(folder_.draft(name), folder_.file(name)));
    step("beside");
    TENON_ASSIGN(grave, make_grave(name));
    TENON_TRY(write_text(grave / "tenant.postgres", to_text(from, name)));
    std::error_code error;
    if (!fs::remove(folder_.entry(name), error) || error)
      return refused(ErrorCode::unavailable, "tenant.folder",
                     fmt::format("{}: cannot be removed.", folder_.entry(name).string()));
    return storage::sync_folder(folder_.entry(name).parent_path().string());
  }
  if (!from.in_file()) {
    TENON_ASSIGN(grave, make_grave(name));
    TENON_TRY(write_text(grave / "tenant.postgres", to_text(from, name)));
    step("beside");
  }
  return rename_durably(folder_.incoming(name), folder_.entry(name));
}

Result<std::uint64_t> TenantOperations::move(const std::string& name, const std::string& database) {
  const auto lock = begin(name);
  if (!lock) return std::unexpected(Error(lock.error()));
  TENON_ASSIGN(from, find(name));
  if (from.address == database)
    return refused(ErrorCode::conflict, "tenant.there",
                   fmt::format("The tenant \"{}\" is there already.", name));
  const auto to =
      database.empty() ? Place{.address = {}, .schema = name} : fresh_place(name, database);
  std::uint64_t rows = 0;
  TENON_ASSIGN(hold, tenants_.hold(name, Deadline::after(kQuietWithin)));
  step("held");
  {
    TENON_TRY(seal_rest(hold.database()));
    TENON_ASSIGN(reader, hold.database().reader());
    TENON_TRY(reader.snapshot(storage::Seen::serial_state));
    TENON_ASSIGN(copied, to.in_file() ? fill_file(name, reader.session())
                                      : fill_schema(name, to, reader.session()));
    rows = copied;
  }
  TENON_TRY(switch_place(name, from, to));
  step("switched");
  hold.leave();
  if (from.in_file()) TENON_TRY(bury_file(name));
  step("buried");
  return rows;
}

Result<> TenantOperations::drop(const std::string& name) {
  const auto lock = begin(name);
  if (!lock) return std::unexpected(Error(lock.error()));
  TENON_ASSIGN(place, find(name));
  TENON_ASSIGN(hold, tenants_.hold(name, Deadline::after(kQuietWithin)));
  if (!hold.alone())
    return refused(ErrorCode::unavailable, "tenant.in_use",
                   fmt::format("The tenant \"{}\" is in use.", name));
  const auto claim = hold.claim();  // until its entry is gone
  hold.leave();
  if (place.in_file()) {
    auto opened = storage::open_sqlite(folder_.file(name).string(), storage::Missing::refuse, pool_,
                                       {.format = kFormat});
    TENON_TRY(std::move(opened));
  }
  TENON_ASSIGN(grave, make_grave(name));
  step("grave");
  TENON_TRY(place.in_file() ? rename_durably(folder_.file(name), grave / "tenant.db")
                            : rename_durably(folder_.entry(name), grave / "tenant.postgres"));
  step("dropped");
  return bury_files(name, grave);
}

Result<std::size_t> TenantOperations::purge(const std::string& name) {
  const auto lock = begin(name);
  if (!lock) return std::unexpected(Error(lock.error()));
  std::size_t purged = 0;
  std::error_code error;
  std::vector<fs::path> graves;
  for (fs::directory_iterator it(folder_.trash(), error), end; !error && it != end;
       it.increment(error))
    if (const auto grave = it->path().filename().string(); grave.substr(0, grave.find('@')) == name)
      graves.push_back(it->path());
  for (const auto& grave : graves) {
    if (const auto entry = grave / "tenant.postgres"; fs::exists(entry, error)) {
      TENON_ASSIGN(text, read_text(entry));
      TENON_TRY(drop_unless_lived_in(place_from(text, name)));
    }
    fs::remove_all(grave, error);
    if (error)
      return refused(ErrorCode::unavailable, "tenant.folder",
                     fmt::format("{}: cannot be removed.", grave.string()));
    ++purged;
  }
  return purged;
}

Result<std::uint64_t> TenantOperations::size_of(const std::string& name, const Place& place) {
  std::error_code error;
  if (place.in_file()) {
    std::uint64_t bytes = 0;
    for (const auto* ending : {"", "-wal"}) {
      const auto size = fs::file_size(folder_.file(name).string() + ending, error);
      if (!error) bytes += size;
    }
    return bytes;
  }
  TENON_ASSIGN(database, open_schema(place, storage::Missing::refuse));
  TENON_ASSIGN(reader, database->reader());
  std::uint64_t bytes = 0;
  TENON_TRY(reader.session().query(
      "SELECT CAST(coalesce(sum(pg_total_relation_size(c.oid)), 0) AS BIGINT) FROM pg_class AS c "
      "WHERE c.relkind = 'r' AND c.relnamespace = CAST(CAST(current_schema() AS TEXT) AS "
      "regnamespace)",
      {}, [&](const storage::Row& row) {
        bytes = static_cast<std::uint64_t>(row.integer(0));
        return storage::Visit::stop;
      }));
  return bytes;
}

Result<std::vector<TenantListing>> TenantOperations::list() {
  TENON_ASSIGN(names, folder_.names());
  std::vector<TenantListing> all;
  for (const auto& name : names) {
    TENON_ASSIGN(place, folder_.find(name));
    if (!place) continue;
    TenantListing one{.name = name,
                      .place = place->in_file() ? "file" : without_password(place->address)};
    TENON_ASSIGN(bytes, size_of(name, *place));
    one.bytes = bytes;
    std::error_code error;
    for (fs::recursive_directory_iterator it(folder_.blobs(name), error), end; !error && it != end;
         it.increment(error))
      if (it->is_regular_file(error)) one.file_bytes += it->file_size(error);
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace tenon::data
