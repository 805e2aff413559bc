#include "storage/postgres/claims.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <utility>

#include "storage/postgres/schema.h"

namespace tenon::storage {
namespace postgres {
namespace {

constexpr std::chrono::milliseconds kWithin{2000};
constexpr std::chrono::milliseconds kPause{1000};  // between two vain attempts to connect

/// The key of a tenant's lock; 8 tells it from other locks by the same name.
constexpr std::string_view kShare =
    "SELECT pg_try_advisory_lock_shared(hashtextextended(CAST(?1 AS TEXT), 8))";
constexpr std::string_view kAlone =
    "SELECT pg_try_advisory_lock(hashtextextended(CAST(?1 AS TEXT), 8))";
constexpr std::string_view kLetGo =
    "SELECT pg_advisory_unlock_shared(hashtextextended(CAST(?1 AS TEXT), 8))";
constexpr std::string_view kLetGoAlone =
    "SELECT pg_advisory_unlock(hashtextextended(CAST(?1 AS TEXT), 8))";
/// Who else has it: both halves of the key are columns of the view of locks.
constexpr std::string_view kOthers =
    "SELECT a.application_name || coalesce(' from ' || host(a.client_addr), '') FROM pg_locks AS l "
    "JOIN pg_stat_activity AS a ON a.pid = l.pid, "
    "(SELECT hashtextextended(CAST(?1 AS TEXT), 8) AS key) AS k WHERE l.locktype = 'advisory' AND "
    "l.granted AND l.objsubid = 1 AND l.pid <> pg_backend_pid() AND l.database = (SELECT oid FROM "
    "pg_database WHERE datname = current_database()) AND CAST(l.classid AS BIGINT) = ((k.key >> "
    "32) "
    "& 4294967295) AND CAST(l.objid AS BIGINT) = (k.key & 4294967295) ORDER BY 1 LIMIT 1";

/// What an administrator sees in pg_stat_activity, and who is refused is told.
std::string our_name() {
  std::array<char, 64> host{};
  (void)::gethostname(host.data(), host.size() - 1);
  std::string name;
  for (const char c : std::string_view(host.data()))
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.') name += c;
  return fmt::format("tenon, process {} on {}", ::getpid(), name.substr(0, 30));
}

std::unexpected<Error> claimed(const std::string& schema) {
  return fail(Error(ErrorCode::unavailable,
                    fmt::format("{}: another process moves or drops this tenant.", schema))
                  .because("storage.claimed"));
}

}  // namespace

bool Claims::alive() noexcept { return connection_ != nullptr && !connection_->hung_up(); }

Result<> Claims::connect() {
  if (alive()) return {};
  for (auto& [schema, claim] : claims_) claim.held = false;
  connection_.reset();
  // Who waited for an attempt that failed does not make another one.
  if (std::chrono::steady_clock::now() < next_try_)
    return fail(Error(ErrorCode::unavailable, "The database cannot be reached.")
                    .because("storage.connection"));
  auto made = Connection::open(options_, Deadline::after(connect_within_));
  if (made)
    if (auto named = (*made)->script(
            fmt::format("SET application_name = '{}'; SET idle_session_timeout = 0", our_name()),
            Deadline::after(kWithin));
        !named)
      made = std::unexpected(std::move(named.error()));
  if (!made) {
    next_try_ = std::chrono::steady_clock::now() + kPause;
    return std::unexpected(std::move(made.error()));
  }
  connection_ = std::move(*made);
  return {};
}

Result<bool> Claims::ask(std::string_view sql, const std::string& schema) {
  const Value name = std::string_view(schema);
  TENON_ASSIGN(answer, connection_->run({}, sql, {&name, 1}, Deadline::after(kWithin)));
  return PQntuples(answer.get()) == 1 && *PQgetvalue(answer.get(), 0, 0) == 1;
}

std::string Claims::others(const std::string& schema) {
  const Value name = std::string_view(schema);
  auto answer = connection_->run({}, kOthers, {&name, 1}, Deadline::after(kWithin));
  if (!answer || PQntuples(answer->get()) != 1) return "another process";
  return PQgetvalue(answer->get(), 0, 0);
}

Result<> Claims::take(const std::string& schema) {
  const std::lock_guard lock(mutex_);
  TENON_TRY(connect());
  auto& claim = claims_[schema];
  if (!claim.held) {
    auto got = ask(kShare, schema);
    if (!got || !*got) {
      if (claim.users == 0) claims_.erase(schema);
      if (!got) return std::unexpected(std::move(got.error()));
      return claimed(schema);
    }
    claim.held = true;
  }
  ++claim.users;
  return {};
}

Result<> Claims::take_alone(const std::string& schema) {
  const std::lock_guard lock(mutex_);
  TENON_TRY(connect());
  auto& claim = claims_[schema];
  TENON_ASSERT(claim.users > 0);
  if (claim.alone && claim.held) return {};
  if (!claim.held) {
    TENON_ASSIGN(shared, ask(kShare, schema));
    if (!shared) return claimed(schema);
    claim.held = true;
  }
  TENON_ASSIGN(got, ask(kAlone, schema));
  if (!got)
    return fail(
        Error(ErrorCode::unavailable, fmt::format("{}: in use by {}.", schema, others(schema)))
            .because("storage.in_use"));
  claim.alone = true;
  return {};
}

void Claims::share(const std::string& schema) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = claims_.find(schema);
  if (found == claims_.end() || !std::exchange(found->second.alone, false)) return;
  // Without the connection the server lets go of all; they are taken again when asked for.
  if (found->second.held && alive() && !ask(kLetGoAlone, schema)) connection_.reset();
}

void Claims::let_go(const std::string& schema) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = claims_.find(schema);
  if (found == claims_.end() || --found->second.users > 0) return;
  const auto claim = found->second;
  claims_.erase(found);
  if (!alive() || !claim.held) return;
  bool good = ask(kLetGo, schema).has_value();
  if (claim.alone) good = ask(kLetGoAlone, schema).has_value() && good;
  if (!good) connection_.reset();
}

bool Claims::held(const std::string& schema) noexcept {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  const auto found = claims_.find(schema);
  return found != claims_.end() && found->second.held && alive();
}

Result<> Claims::regain(const std::string& schema) {
  const std::lock_guard lock(mutex_);
  TENON_TRY(connect());
  auto& claim = claims_[schema];
  if (claim.held) return {};
  TENON_ASSIGN(shared, ask(kShare, schema));
  if (!shared) return claimed(schema);
  claim.held = true;
  if (!claim.alone) return {};
  TENON_ASSIGN(alone, ask(kAlone, schema));
  if (alone) return {};
  claim.held = false;
  return claimed(schema);
}

namespace {

class Claimed final : public PostgresClaim {
 public:
  Claimed(std::shared_ptr<Pool> pool, std::string schema)
      : pool_(std::move(pool)), schema_(std::move(schema)) {}
  Claimed(const Claimed&) = delete;
  Claimed& operator=(const Claimed&) = delete;
  ~Claimed() override { pool_->claims().let_go(schema_); }

  bool held() noexcept override { return pool_->claims().held(schema_); }
  Result<> regain() override { return pool_->claims().regain(schema_); }
  Result<> take_alone() override { return pool_->claims().take_alone(schema_); }
  void share() noexcept override { pool_->claims().share(schema_); }

 private:
  std::shared_ptr<Pool> pool_;  // shared with the other tenants of the server
  std::string schema_;
};

}  // namespace
}  // namespace postgres

Result<std::unique_ptr<PostgresClaim>> claim_postgres(const std::shared_ptr<PostgresPool>& pool,
                                                      const std::string& name) {
  auto ours = std::dynamic_pointer_cast<postgres::Pool>(pool);
  TENON_ASSERT(ours != nullptr);
  TENON_ASSIGN(place, postgres::place_of(*ours, name));
  TENON_TRY(ours->claims().take(place.schema));
  return std::make_unique<postgres::Claimed>(std::move(ours), place.schema);
}

}  // namespace tenon::storage
