#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>

#include "async/wait_for.h"
#include "data/migrator.h"
#include "data/system.h"
#include "data/tenant_state.h"
#include "data/transfer/gate.h"
#include "data/transfer/place.h"
#include "storage/postgres.h"

namespace tenon::data {
namespace {

constexpr auto kOpenWithin = std::chrono::seconds(10);
constexpr auto kResumeWithin = std::chrono::minutes(10);

Task<> prepare(storage::Database& database, Random& random, std::span<const NativeModule> native,
               Timestamp now) {
  TENON_CO_ASSIGN(lease, co_await database.lease(Deadline::after(kOpenWithin)));
  TENON_CO_TRY(create_system_tables(lease.session(), random));
  for (const auto& module : native)
    TENON_CO_TRY(apply_scripts(lease.session(), module.name, module.scripts, now));
  TENON_CO_TRY(co_await lease.commit());
  co_return Result<>();
}

/// What a process before this one left half done is finished before anybody looks. A step of the
/// module itself waits for the module: until then the version before goes on.
Task<> settle_schema(storage::Database& database, const Clock& clock) {
  Migrator migrator(database, clock);
  TENON_CO_TRY(co_await migrator.prepare(Deadline::after(kOpenWithin)));
  auto resumed = co_await migrator.resume({}, Deadline::after(kResumeWithin));
  if (!resumed && resumed.error().reason() != "schema.callback")
    co_return std::unexpected(std::move(resumed.error()));
  co_return Result<>();
}

/// Waits until the writers of before have ended, in other processes too.
Task<> outlast_writers(storage::Database& database, Deadline deadline) {
  TENON_CO_ASSIGN(lease, co_await database.lease(deadline));
  lease.extend(deadline, storage::Others::kept_out);
  auto done = lease.session().query("SELECT 1 FROM meta WHERE key = 'cursor_key'", {},
                                    [](const storage::Row&) { return storage::Visit::more; });
  lease.rollback();
  co_return done;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stored(file);
  return {std::istreambuf_iterator<char>(stored), std::istreambuf_iterator<char>()};
}

/// Writes the address of a tenant's database, which may hold a password, for us alone and durably.
Result<> write_address(const std::filesystem::path& file, const std::string& address) {
  const auto sync = [](const std::filesystem::path& path, int flags, std::string_view text) {
    const int handle = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (handle < 0) return false;
    const bool good =
        ::write(handle, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(handle) == 0;
    ::close(handle);
    return good;
  };
  auto draft = file;
  draft += ".new";
  const auto sync_directory = [&] {
    const int handle = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool good = handle >= 0 && ::fsync(handle) == 0;
    if (handle >= 0) ::close(handle);
    return good;
  };
  if (sync(draft, O_WRONLY | O_CREAT | O_TRUNC, address) &&
      ::rename(draft.c_str(), file.c_str()) == 0 && sync_directory())
    return {};
  return fail(Error(ErrorCode::unavailable, fmt::format("{}: cannot be written.", file.string()))
                  .because("storage.open"));
}

}  // namespace

struct Tenants::State {
  std::filesystem::path directory;
  BlockingPool& pool;
  const Clock& clock;
  Random& random;
  Options options;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<storage::PostgresPool>> servers;  // by address; shared
  std::map<std::string, std::shared_ptr<Tenant>, std::less<>>
      open;  // shared with whoever works in a tenant
  std::map<std::string, std::shared_ptr<Gate>, std::less<>> gates;  // of those; shared with passes
  std::set<std::string, std::less<>> held;  // being moved: nobody opens them

  [[nodiscard]] std::string file(std::string_view name) const {
    return (directory / (std::string(name) + ".db")).string();
  }

  [[nodiscard]] std::filesystem::path address_file(std::string_view name) const {
    return directory / (std::string(name) + ".postgres");
  }

  /// Why no tenant can be made where there is a schema of its name.
  [[nodiscard]] Error taken(std::string_view name, const std::string& database) const {
    const auto folder = directory.parent_path();
    if (TenantFolder(folder).buried(name, {.address = database, .schema = std::string(name)}))
      return Error(
                 ErrorCode::conflict,
                 fmt::format("A tenant \"{0}\" was dropped from that database and lies in the "
                             "trash still. Delete it for good with: tenon tenant purge {0} --data "
                             "{1}",
                             name, folder.string()))
          .because("tenant.in_trash");
    return Error(
               ErrorCode::conflict,
               fmt::format("That database has a tenant \"{}\" already, which is none of this data "
                           "folder. Choose another name or another database.",
                           name))
        .because("tenant.exists");
  }

  Result<std::shared_ptr<storage::PostgresPool>> server(const std::string& address) {
    auto& known = servers[address];
    if (known == nullptr) {
      TENON_ASSIGN(made, storage::make_postgres_pool({.url = address}, random));
      TENON_TRY(made->check());
      known = made;
    }
    return known;
  }

  Result<std::shared_ptr<Tenant>> open_at(std::string_view name, const std::string& address,
                                          storage::Missing missing) {
    auto settings = options.storage;
    settings.format = kFormat;
    if (address.empty()) {
      TENON_ASSIGN(opened, storage::open_sqlite(file(name), missing, pool, settings));
      return adopt(name, std::move(opened), {}, {});
    }
    const auto place = place_from(address, name);
    TENON_ASSIGN(connections, server(place.address));
    auto claimed = storage::claim_postgres(connections, place.schema);
    if (!claimed && claimed.error().reason() == "storage.claimed") return fail(moving());
    if (!claimed) return std::unexpected(std::move(claimed.error()));
    TENON_ASSIGN(opened, storage::open_postgres(
                             connections, place.schema, missing,
                             options.servers == nullptr ? pool : *options.servers, settings));
    auto lives_here = [entry = address_file(name), address]() -> Result<> {
      if (text_of(entry) == address) return {};
      return fail(Error(ErrorCode::unavailable,
                        "This tenant is at another place now; restart the server to serve it.")
                      .because("tenant.moved"));
    };
    return adopt(name, std::move(opened), std::move(*claimed), std::move(lives_here));
  }

  Result<std::shared_ptr<Tenant>> adopt(std::string_view name,
                                        std::unique_ptr<storage::Database> database,
                                        std::shared_ptr<storage::PostgresClaim> claim,
                                        GatedDatabase::LivesHere lives_here) {
    const auto gate = std::make_shared<Gate>();  // shared with passes
    database = std::make_unique<GatedDatabase>(std::move(database), gate, std::move(claim),
                                               std::move(lives_here));
    auto state =
        std::make_unique<Tenant::State>(std::string(name), std::move(database), clock, random);
    TENON_TRY(wait_for(prepare(*state->database, random, options.native, clock.now())));
    TENON_TRY(wait_for(settle_schema(*state->database, clock)));
    {
      TENON_ASSIGN(reader, state->database->reader());
      TENON_ASSIGN(key, read_cursor_key(reader.session()));
      state->cursor_key = std::move(key);
    }
    TENON_TRY(state->reload());
    auto& inside = *state;
    auto tenant = std::make_shared<Tenant>(std::move(state));
    auto store = make_local_store(directory.parent_path() / "files" / std::string(name));
    inside.files = std::make_unique<Files>(*tenant, clock, random, std::move(store), options.files);
    open.emplace(std::string(name), tenant);
    gates.insert_or_assign(std::string(name), gate);
    return tenant;
  }
};

Tenants::Tenants(std::string directory, BlockingPool& pool, const Clock& clock, Random& random,
                 Options options)
    : state_(new State{.directory = std::filesystem::path(std::move(directory)) / "tenants",
                       .pool = pool,
                       .clock = clock,
                       .random = random,
                       .options = std::move(options),
                       .mutex = {},
                       .servers = {},
                       .open = {},
                       .gates = {},
                       .held = {}}) {}
Tenants::~Tenants() = default;

Result<std::shared_ptr<Tenant>> Tenants::open(std::string_view name) {
  TENON_TRY(check_tenant_name(name));
  const std::lock_guard lock(state_->mutex);
  if (state_->held.contains(name)) return fail(moving());
  if (const auto found = state_->open.find(name); found != state_->open.end()) return found->second;
  return state_->open_at(name, address(name), storage::Missing::refuse);
}

std::string Tenants::address(std::string_view name) const {
  return text_of(state_->address_file(name));
}

BlockingPool& Tenants::servers() noexcept {
  return state_->options.servers == nullptr ? state_->pool : *state_->options.servers;
}

std::span<const NativeModule> Tenants::native() const noexcept { return state_->options.native; }

Result<std::shared_ptr<Tenant>> Tenants::create(std::string_view name,
                                                const std::string& database) {
  TENON_TRY(check_tenant_name(name));
  const std::lock_guard lock(state_->mutex);
  std::error_code error;
  std::filesystem::create_directories(state_->directory, error);
  if (error)
    return fail(
        Error(ErrorCode::unavailable,
              fmt::format("{}: cannot be made: {}.", state_->directory.string(), error.message()))
            .because("storage.open"));
  if (std::filesystem::exists(state_->file(name), error) ||
      std::filesystem::exists(state_->address_file(name), error))
    return fail(Error(ErrorCode::conflict, fmt::format("There is a tenant \"{}\" already.", name))
                    .because("tenant.exists"));
  if (database.empty()) return state_->open_at(name, {}, storage::Missing::create);
  TENON_ASSIGN(server, state_->server(database));
  TENON_ASSIGN(taken, storage::postgres_has(server, std::string(name)));
  if (taken) return fail(state_->taken(name, database));
  TENON_ASSIGN(tenant, state_->open_at(name, database, storage::Missing::create));
  // Last, so that a name is listed only when there is a tenant behind it.
  if (auto noted = write_address(state_->address_file(name), database); !noted) {
    state_->open.erase(std::string(name));
    return std::unexpected(std::move(noted.error()));
  }
  return tenant;
}

Result<TenantHold> Tenants::hold(std::string_view name, Deadline deadline) {
  TENON_ASSIGN(tenant, open(name));
  std::shared_ptr<Gate> gate;
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->held.emplace(name).second) return fail(moving());
    gate = state_->gates.find(name)->second;
  }
  gate->close();
  auto finish = [state = state_.get(), name = std::string(name)](TenantHold::End end) {
    const std::lock_guard lock(state->mutex);
    state->held.erase(name);
    if (end == TenantHold::End::back) return;
    state->open.erase(name);
    state->gates.erase(name);
  };
  auto& database = dynamic_cast<GatedDatabase&>(tenant->database());
  TenantHold hold(std::move(tenant), database, gate, std::move(finish));
  if (!gate->wait_until_empty(deadline))
    return fail(Error(ErrorCode::unavailable, "Changes of this tenant are still under way.")
                    .because("tenant.busy"));
  if (const auto claim = hold.claim()) {
    if (auto alone = claim->take_alone(); !alone) {
      if (alone.error().reason() != "storage.in_use")
        return std::unexpected(std::move(alone.error()));
      return fail(
          Error(ErrorCode::unavailable,
                fmt::format("The tenant \"{}\" cannot be moved or dropped. {} Stop that first.",
                            name, alone.error().message()))
              .because("tenant.in_use"));
    }
    TENON_TRY(wait_for(outlast_writers(hold.database(), deadline)));
  }
  return hold;
}

Result<std::vector<std::string>> Tenants::list() const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(state_->directory, error), end; !error && it != end;
       it.increment(error))
    if (it->path().extension() == ".db" || it->path().extension() == ".postgres")
      names.push_back(it->path().stem().string());
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Error(ErrorCode::unavailable,
                      fmt::format("{}: cannot be read.", state_->directory.string()))
                    .because("storage.open"));
  std::ranges::sort(names);
  const auto twice = std::ranges::unique(names);  // a copy that was left behind, see place.h
  names.erase(twice.begin(), twice.end());
  return names;
}

void Tenants::close() {
  const std::lock_guard lock(state_->mutex);
  state_->open.clear();
  state_->gates.clear();
}

}  // namespace tenon::data
