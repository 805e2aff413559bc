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

struct Counters {
  std::atomic<std::uint64_t> commits = 0, reruns = 0;
  std::atomic<std::size_t> readers = 0;
};

class WriterLease final : public Lease::Backend {
 public:
  WriterLease(Slot slot, const Place& place, Manner manner, Turn turn, Deadline cap,
              std::shared_ptr<Turns> turns, std::shared_ptr<Counters> counters)
      : session_(std::move(slot), place, manner, turn.company()),
        turn_(std::move(turn)),
        cap_(cap),
        turns_(std::move(turns)),
        counters_(std::move(counters)) {
    session_.set_deadline(cap_);
  }
  WriterLease(const WriterLease&) = delete;
  WriterLease& operator=(const WriterLease&) = delete;
  ~WriterLease() override { rollback(); }

  Session& session() noexcept override { return session_; }
  void set_deadline(Deadline deadline) noexcept override {
    session_.set_deadline(cap_.min(deadline));
  }

  void extend(Deadline cap, Others others) noexcept override {
    cap_ = cap;
    session_.take_long();
    if (others == Others::kept_out) session_.keep_out_others();
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
    pass_on();
    co_return done;
  }
  void rollback() noexcept override {
    if (ended_) return;
    session_.rollback();
    pass_on();
  }

 private:
  void pass_on() noexcept {
    if (std::exchange(ended_, true)) return;
    if (session_.raced()) {
      ++counters_->reruns;
      turns_->race();
    }
    turn_.end();
  }

  PostgresSession session_;
  Turn turn_;
  Deadline cap_;
  bool ended_ = false;
  std::shared_ptr<Turns> turns_;        // shared for the same reason
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
  Result<> snapshot(Seen seen) override {
    if (std::exchange(fixed_, true)) return {};
    return session_.make_snapshot(seen);
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

  Task<Lease> lease(Deadline deadline) override {
    TENON_CO_ASSIGN(turn, co_await turns_->enter(deadline));
    co_return co_await take(Manner::writer, std::move(turn), deadline);
  }
  Task<Lease> upkeep_lease(Deadline deadline) override {
    return take(Manner::upkeep, Turn(), deadline);
  }

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
  Task<Lease> take(Manner manner, Turn turn, Deadline deadline) {
    TENON_CO_ASSIGN(slot, co_await pool_->enter(deadline));
    co_return Lease(std::make_unique<WriterLease>(std::move(slot), place_, manner, std::move(turn),
                                                  Deadline::after(options_.lease_cap), turns_,
                                                  counters_));
  }

  std::shared_ptr<Pool> pool_;  // shared with the other tenants of the server
  Place place_;
  BlockingPool& blocking_;
  Options options_;
  std::shared_ptr<Turns> turns_ = std::make_shared<Turns>(options_.queue);  // shared with leases
  std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();       // too
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
