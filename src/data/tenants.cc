#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "async/wait_for.h"
#include "data/system.h"
#include "data/tenant_state.h"

namespace tenon::data {
namespace {

constexpr auto kOpenWithin = std::chrono::seconds(10);

Task<> prepare(storage::Database& database, Random& random) {
  TENON_CO_ASSIGN(lease, co_await database.lease(Deadline::after(kOpenWithin)));
  TENON_CO_TRY(create_system_tables(lease.session(), random));
  co_return co_await lease.commit();
}

Result<> check_tenant_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= 40 && name.front() != '-' &&
                    std::ranges::all_of(name, [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                    });
  if (good) return {};
  return fail(Error(ErrorCode::invalid, "A tenant's name is made of 1 to 40 of a-z, 0-9 and -.")
                  .because("tenant.name"));
}

}  // namespace

struct Tenants::State {
  std::filesystem::path directory;
  BlockingPool& pool;
  const Clock& clock;
  Random& random;
  Options options;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Tenant>, std::less<>>
      open;  // shared with whoever works in a tenant

  [[nodiscard]] std::string file(std::string_view name) const {
    return (directory / (std::string(name) + ".db")).string();
  }

  Result<std::shared_ptr<Tenant>> open_file(std::string_view name, storage::Missing missing) {
    auto settings = options.storage;
    settings.format = kFormat;
    TENON_ASSIGN(database, storage::open_sqlite(file(name), missing, pool, settings));
    auto state =
        std::make_unique<Tenant::State>(std::string(name), std::move(database), clock, random);
    TENON_TRY(wait_for(prepare(*state->database, random)));
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
    return tenant;
  }
};

Tenants::Tenants(std::string directory, BlockingPool& pool, const Clock& clock, Random& random,
                 Options options)
    : state_(new State{.directory = std::filesystem::path(std::move(directory)) / "tenants",
                       .pool = pool,
                       .clock = clock,
                       .random = random,
                       .options = options,
                       .mutex = {},
                       .open = {}}) {}
Tenants::~Tenants() = default;

Result<std::shared_ptr<Tenant>> Tenants::open(std::string_view name) {
  TENON_TRY(check_tenant_name(name));
  const std::lock_guard lock(state_->mutex);
  if (const auto found = state_->open.find(name); found != state_->open.end()) return found->second;
  return state_->open_file(name, storage::Missing::refuse);
}

Result<std::shared_ptr<Tenant>> Tenants::create(std::string_view name) {
  TENON_TRY(check_tenant_name(name));
  const std::lock_guard lock(state_->mutex);
  std::error_code error;
  std::filesystem::create_directories(state_->directory, error);
  if (error)
    return fail(
        Error(ErrorCode::unavailable,
              fmt::format("{}: cannot be made: {}.", state_->directory.string(), error.message()))
            .because("storage.open"));
  if (std::filesystem::exists(state_->file(name), error))
    return fail(Error(ErrorCode::conflict, fmt::format("There is a tenant \"{}\" already.", name))
                    .because("tenant.exists"));
  return state_->open_file(name, storage::Missing::create);
}

Result<std::vector<std::string>> Tenants::list() const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(state_->directory, error), end; !error && it != end;
       it.increment(error))
    if (it->path().extension() == ".db") names.push_back(it->path().stem().string());
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Error(ErrorCode::unavailable,
                      fmt::format("{}: cannot be read.", state_->directory.string()))
                    .because("storage.open"));
  std::ranges::sort(names);
  return names;
}

void Tenants::close() {
  const std::lock_guard lock(state_->mutex);
  state_->open.clear();
}

}  // namespace tenon::data
