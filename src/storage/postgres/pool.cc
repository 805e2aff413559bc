#include "storage/postgres/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "async/wait_for.h"
#include "base/hash.h"
#include "storage/postgres/errors.h"

namespace tenon::storage {
namespace postgres {
namespace {

constexpr int kOldestServer = 150'000;
constexpr std::chrono::milliseconds kFirstPause{20};

std::unexpected<Error> unfit(std::string what) {
  return fail(Error(ErrorCode::unavailable, std::move(what)).because("storage.server"));
}

std::string database_of(const std::string& url) {
  const OptionsHandle all(PQconninfoParse(url.c_str(), nullptr));
  std::string name;
  for (const auto* option = all.get(); option != nullptr && option->keyword != nullptr; ++option)
    if (std::string_view(option->keyword) == "dbname" && option->val != nullptr) name = option->val;
  return name;
}

Error pool_error(Error error) {
  if (error.reason() != "permit.full" && error.reason() != "permit.deadline") return error;
  return Error(ErrorCode::unavailable, "All connections to the database are in use.")
      .because("storage.pool");
}

}  // namespace

Slot::~Slot() {
  if (connection_ != nullptr) pool_->give_back(std::move(connection_));
}

void Slot::drop() noexcept {
  if (connection_ != nullptr) pool_->close(std::move(connection_));
}

void Slot::forget_place(const std::string& place) noexcept { pool_->forget(place); }

Result<Connection*> Slot::connection(const std::string& place, Deadline deadline) {
  if (connection_ == nullptr) {
    TENON_ASSIGN(taken, pool_->take(place, deadline));
    connection_ = std::move(taken);
  }
  return connection_.get();
}

Pool::Pool(PostgresOptions options, Random& random)
    : options_(std::move(options)),
      random_(random),
      mark_(hex(sha256(database_of(options_.url))).substr(0, 8)),
      permits_(options_.connections, options_.queue),
      cancels_(std::make_shared<BlockingPool>(
          BlockingPool::Options{.threads = 1, .queue = options_.connections, .name = "cancel"})),
      claims_({.url = options_.url, .cancels = cancels_}, options_.connect_within) {}

Task<Slot> Pool::enter(Deadline deadline) {
  auto self = shared_from_this();
  auto permit = self->permits_.try_acquire();
  if (!permit)
    permit =
        co_await self->permits_.acquire(deadline.min(Deadline::after(self->options_.patience)));
  if (!permit) co_return fail(pool_error(std::move(permit.error())));
  co_return Slot(self, std::move(*permit));
}

Result<Slot> Pool::enter_now() {
  if (auto permit = permits_.try_acquire()) return Slot(shared_from_this(), std::move(*permit));
  auto permit = wait_for(permits_.acquire(Deadline::after(options_.patience)));
  if (!permit) return fail(pool_error(std::move(permit.error())));
  return Slot(shared_from_this(), std::move(*permit));
}

Result<std::unique_ptr<Connection>> Pool::take(const std::string& place, Deadline deadline) {
  for (;;) {
    std::unique_ptr<Connection> found;
    {
      const std::lock_guard lock(mutex_);
      auto best = std::ranges::find_if(idle_.rbegin(), idle_.rend(), [&](const auto& connection) {
        return connection->place() == place;
      });
      // One of another tenant is taken when there may be no more of them or many lie idle. Whoever
      // asks has a permit and no connection, so that fewer than all are in use.
      const bool enough = open_ >= options_.connections || idle_.size() > options_.connections / 2;
      if (best == idle_.rend() && enough) best = idle_.rend() - 1;
      if (best != idle_.rend()) {
        found = std::move(*best);
        idle_.erase(std::next(best).base());
      } else {
        ++open_;
      }
    }
    if (found == nullptr) {
      auto made = connect(deadline);
      if (!made) close(nullptr);
      return made;
    }
    if (!found->hung_up()) return found;
    close(std::move(found));
  }
}

/// Tries again while the server cannot be reached: it may be starting.
Result<std::unique_ptr<Connection>> Pool::connect(Deadline deadline) {
  deadline = deadline.min(Deadline::after(options_.connect_within));
  for (auto pause = kFirstPause;; pause = std::min(pause * 2, kFirstPause * 16)) {
    auto made = Connection::open({.url = options_.url, .cancels = cancels_}, deadline);
    if (made || made.error().reason() != "storage.connection") return made;
    const auto jitter = std::chrono::microseconds(
        random_.next() % static_cast<std::uint64_t>(std::chrono::microseconds(pause).count()));
    const auto until = Deadline::after(pause / 2 + jitter);
    if (until.min(deadline).when() == deadline.when()) return made;
    std::this_thread::sleep_until(until.when());
  }
}

void Pool::give_back(std::unique_ptr<Connection> connection) noexcept {
  connection->abandon();
  if (connection->broken()) return close(std::move(connection));
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

void Pool::close(std::unique_ptr<Connection> connection) noexcept {
  connection.reset();
  const std::lock_guard lock(mutex_);
  --open_;
}

void Pool::forget(const std::string& place) noexcept {
  std::vector<std::unique_ptr<Connection>> stale;
  {
    const std::lock_guard lock(mutex_);
    for (auto& connection : idle_)
      if (connection->place() == place) stale.push_back(std::move(connection));
    std::erase(idle_, nullptr);
  }
  for (auto& connection : stale) close(std::move(connection));
}

Result<> Pool::check() {
  TENON_ASSIGN(slot, enter_now());
  const auto deadline = Deadline::after(options_.connect_within);
  TENON_ASSIGN(connection, slot.connection({}, deadline));
  if (connection->server_version() < kOldestServer)
    return unfit("The database server is older than PostgreSQL 15.");
  if (connection->parameter("server_encoding") != "UTF8")
    return unfit("The database is not encoded in UTF8.");
  constexpr std::string_view kQuestion =
      "SELECT d.datcollate = ANY (ARRAY['C', 'POSIX', 'C.UTF-8', 'C.utf8']), r.rolsuper OR "
      "r.rolbypassrls, r.rolinherit FROM pg_database d, pg_roles r "
      "WHERE d.datname = current_database() AND r.rolname = session_user";
  TENON_ASSIGN(answer, connection->run({}, kQuestion, {}, deadline));
  const auto yes = [&](int column) {
    return PQntuples(answer.get()) == 1 && *PQgetvalue(answer.get(), 0, column) == 1;
  };
  if (!yes(0)) return unfit("The database does not order text bytewise; create it with C.UTF-8.");
  if (yes(1)) return unfit("Tenon does not sign in as a superuser of the database.");
  if (yes(2)) return unfit("The login role inherits the tenants' rights; it must be NOINHERIT.");
  return {};
}

}  // namespace postgres

Result<std::shared_ptr<PostgresPool>> make_postgres_pool(PostgresOptions options, Random& random) {
  char* text = nullptr;
  const postgres::OptionsHandle parsed(PQconninfoParse(options.url.c_str(), &text));
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(text, &PQfreemem);
  if (parsed == nullptr || !options.url.starts_with("postgres"))
    return fail(Error(ErrorCode::invalid, "This is no address of a PostgreSQL database.")
                    .because("storage.url"));
  return std::make_shared<postgres::Pool>(std::move(options), random);
}

}  // namespace tenon::storage
