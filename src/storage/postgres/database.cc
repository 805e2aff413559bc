#include "storage/database.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "storage/postgres.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/schema.h"

namespace tenon::storage {
namespace postgres {
namespace {

/// After a transaction had to be run again, so many go one after another: its repetition is among
/// them and cannot lose again, however hot the row is that all of them write.
constexpr int kInTurn = 32;

struct Counters {
  std::atomic<int> in_turn = 0;
  std::atomic<std::uint64_t> commits = 0, reruns = 0;
  std::atomic<std::size_t> readers = 0;
};

class WriterLease final : public Lease::Backend {
 public:
  WriterLease(Slot slot, const Place& place, Manner manner, Deadline cap,
              std::shared_ptr<Counters> counters)
      : session_(std::move(slot), place, manner, company(manner, *counters)),
        cap_(cap),
        counters_(std::move(counters)) {
    session_.set_deadline(cap_);
  }
  WriterLease(const WriterLease&) = delete;
  WriterLease& operator=(const WriterLease&) = delete;
  ~WriterLease() override {
    if (!session_.raced()) return;
    ++counters_->reruns;
    counters_->in_turn = kInTurn;
  }

  Session& session() noexcept override { return session_; }
  void set_deadline(Deadline deadline) noexcept override {
    session_.set_deadline(cap_.min(deadline));
  }

  void extend(Deadline cap) noexcept override {
    cap_ = cap;
    session_.take_long();
    session_.set_deadline(cap_);
  }

  Task<> commit() override {
    if (cap_.passed()) {
      rollback();
      co_return fail(Error(ErrorCode::cancelled, "The transaction was open for too long.")
                         .because("storage.lease_cap"));
    }
    auto done = co_await session_.commit();
    if (done) ++counters_->commits;
    co_return done;
  }
  void rollback() noexcept override { session_.rollback(); }

 private:
  static Company company(Manner manner, Counters& counters) noexcept {
    if (manner != Manner::writer || counters.in_turn <= 0) return Company::welcome;
    return --counters.in_turn >= 0 ? Company::alone : Company::welcome;
  }

  PostgresSession session_;
  Deadline cap_;
  std::shared_ptr<Counters> counters_;  // shared: a lease may outlive its database's closing
};

class Reader final : public ReadLease::Backend {
 public:
  Reader(Slot slot, const Place& place, std::shared_ptr<Counters> counters)
      : session_(std::move(slot), place, Manner::single), counters_(std::move(counters)) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() override { --counters_->readers; }

  Session& session() noexcept override { return session_; }
  Result<> snapshot() override {
    if (std::exchange(fixed_, true)) return {};
    return session_.make_snapshot();
  }
  void set_deadline(Deadline deadline) noexcept override { session_.set_deadline(deadline); }

 private:
  PostgresSession session_;
  std::shared_ptr<Counters> counters_;  // shared for the same reason
  bool fixed_ = false;
};

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(std::shared_ptr<Pool> pool, Place place, BlockingPool& blocking, Options options)
      : pool_(std::move(pool)), place_(std::move(place)), blocking_(blocking), options_(options) {}

  Task<Lease> lease(Deadline deadline) override { return take(Manner::writer, deadline); }
  Task<Lease> upkeep_lease(Deadline deadline) override { return take(Manner::upkeep, deadline); }

  Result<ReadLease> reader() override {
    if (counters_->readers++ >= options_.readers) {
      --counters_->readers;
      return fail(Error(ErrorCode::unavailable, "Too many reads of this tenant at once.")
                      .because("storage.readers"));
    }
    auto slot = pool_->enter_now();
    if (!slot) {
      --counters_->readers;
      return std::unexpected(std::move(slot.error()));
    }
    return ReadLease(std::make_unique<Reader>(std::move(*slot), place_, counters_));
  }

  Dialect dialect() const noexcept override { return Dialect::postgres; }
  BlockingPool& pool() noexcept override { return blocking_; }
  Figures figures() const override {
    return {
        .commits = counters_->commits, .members = counters_->commits, .reruns = counters_->reruns};
  }

  Result<> check() override {
    TENON_ASSIGN(lease, reader());
    std::vector<std::string> tables;
    TENON_TRY(
        lease.session().query("SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND "
                              "c.relnamespace = current_schema()::regnamespace ORDER BY c.relname",
                              {}, [&](const Row& row) {
                                tables.emplace_back(row.text(0));
                                return Visit::more;
                              }));
    for (const auto& table : tables)
      TENON_TRY(lease.session().query(fmt::format("SELECT count(*) FROM \"{}\" AS t WHERE t IS "
                                                  "DISTINCT FROM NULL",
                                                  table),
                                      {}, [](const Row&) { return Visit::more; }));
    return {};
  }

 private:
  Task<Lease> take(Manner manner, Deadline deadline) {
    TENON_CO_ASSIGN(slot, co_await pool_->enter(deadline));
    co_return Lease(std::make_unique<WriterLease>(std::move(slot), place_, manner,
                                                  Deadline::after(options_.lease_cap), counters_));
  }

  std::shared_ptr<Pool> pool_;  // shared with the other tenants of the server
  Place place_;
  BlockingPool& blocking_;
  Options options_;
  std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();  // shared with leases
};

std::shared_ptr<Pool> own(const std::shared_ptr<PostgresPool>& pool) {
  auto ours = std::dynamic_pointer_cast<Pool>(pool);
  TENON_ASSERT(ours != nullptr);
  return ours;
}

}  // namespace
}  // namespace postgres

Result<std::unique_ptr<Database>> open_postgres(std::shared_ptr<PostgresPool> pool,
                                                const std::string& name, Missing missing,
                                                BlockingPool& blocking, Options options) {
  auto ours = postgres::own(pool);
  TENON_ASSIGN(place, postgres::place_of(*ours, name));
  TENON_ASSIGN(exists, postgres::has_schema(*ours, place));
  if (!exists && missing == Missing::refuse)
    return fail(ErrorCode::not_found, fmt::format("{}: there is no such tenant.", place.schema));
  if (!exists) TENON_TRY(postgres::create_schema(*ours, place, options.format));
  TENON_TRY(postgres::check_format(*ours, place, options.format));
  return std::make_unique<postgres::PostgresDatabase>(std::move(ours), place, blocking, options);
}

Result<bool> postgres_has(const std::shared_ptr<PostgresPool>& pool, const std::string& name) {
  const auto ours = postgres::own(pool);
  TENON_ASSIGN(place, postgres::place_of(*ours, name));
  return postgres::has_schema(*ours, place);
}

Result<> drop_postgres(const std::shared_ptr<PostgresPool>& pool, const std::string& name) {
  const auto ours = postgres::own(pool);
  TENON_ASSIGN(place, postgres::place_of(*ours, name));
  return postgres::drop_schema(*ours, place);
}

}  // namespace tenon::storage
