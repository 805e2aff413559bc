// Sixteen clerks move money between accounts and goods out of stock, in units of several postings.
// Now and then a unit is given up half-way, as a trap does it, or runs into its deadline.
#include <boost/asio/co_spawn.hpp>
#include <random>

#include "data/test_fixture.h"
#include "ledger.h"
#include "victim.h"

namespace tenon::testing {
namespace {

using data::UnitOfWork;

constexpr std::size_t kClerks = 16;

std::unexpected<Error> trap() {
  return fail(Error(ErrorCode::internal, "A trap.").because("test.trap"));
}

class Clerk {
 public:
  Clerk(std::shared_ptr<data::Tenant> tenant, Accounts accounts, std::uint64_t seed,
        Mistake mistake)
      : tenant_(std::move(tenant)),
        accounts_(std::move(accounts)),
        random_(seed),
        mistake_(mistake) {}

  Result<> work(UnitOfWork& unit) {
    told_.clear();
    const auto count = 1 + random_() % 8;
    const auto fate = random_() % 100;
    if (fate < 2) unit.set_deadline(Deadline::after(std::chrono::microseconds(random_() % 400)));
    for (std::uint64_t i = 0; i < count; ++i) {
      const bool half = random_() % 50 == 0;
      auto done = unit.within_savepoint([&]() -> Result<> { return transfer(unit, half); });
      if (!done && done.error().reason() != "test.trap") return done;
    }
    if (random_() % 8 == 0) TENON_TRY(issue(unit));
    if (fate >= 96) return trap();
    return {};
  }
  [[nodiscard]] const std::vector<Told>& told() const noexcept { return told_; }
  void foresee() {
    if (mistake_ != Mistake::stale_read) return;
    const auto& info = *tenant_->catalog()->find("ledger", "account");
    for (const auto id : accounts_.accounts)
      if (auto record = tenant_->get(info, id, {}))
        stale_[id.to_string()] = integer(*record, "balance");
  }

 private:
  Result<std::int64_t> balance(UnitOfWork& unit, const data::EntityInfo& info, RecordId id) {
    if (mistake_ == Mistake::stale_read) return stale_[id.to_string()];
    TENON_ASSIGN(record, unit.get(info, id));
    return integer(record, "balance");
  }

  Result<> transfer(UnitOfWork& unit, bool half) {
    TENON_ASSIGN(account, unit.catalog().entity("ledger", "account"));
    TENON_ASSIGN(posting, unit.catalog().entity("ledger", "posting"));
    const auto source = accounts_.accounts[random_() % accounts_.accounts.size()];
    const auto target = accounts_.accounts[random_() % accounts_.accounts.size()];
    if (source == target) return {};
    TENON_ASSIGN(has, balance(unit, *account, source));
    const auto amount = static_cast<std::int64_t>(1 + random_() % 500);
    auto taken = unit.update(*account, source, {{"balance", has - amount}}, std::nullopt);
    if (has < amount) {
      // The field's minimum refuses an overdraft. One that goes through ends the run.
      if (taken) std::_Exit(4);
      if (taken.error().code() == ErrorCode::invalid) return {};
    }
    if (!taken) return std::unexpected(std::move(taken.error()));
    if (half) {
      // Sometimes it is the deadline that cuts it off: what was taken must go back all the same.
      if (random_() % 4 == 0) unit.set_deadline(Deadline::after(std::chrono::seconds(-1)));
      return trap();
    }
    TENON_ASSIGN(gets, balance(unit, *account, target));
    TENON_TRY(unit.update(*account, target, {{"balance", gets + amount}}, std::nullopt));
    TENON_ASSIGN(made, unit.insert(*posting, {{"source", source.to_string()},
                                              {"target", target.to_string()},
                                              {"amount", amount}}));
    told_.push_back({.id = made.id.value.bytes, .version = 1});
    return {};
  }

  Result<> issue(UnitOfWork& unit) {
    TENON_ASSIGN(stock, unit.catalog().entity("ledger", "stock"));
    TENON_ASSIGN(issue, unit.catalog().entity("ledger", "issue"));
    const auto id = accounts_.stocks[random_() % accounts_.stocks.size()];
    TENON_ASSIGN(record, unit.get(*stock, id));
    const auto has = integer(record, "quantity");
    const auto wanted = static_cast<std::int64_t>(1 + random_() % 5);
    if (has < wanted) return {};
    TENON_TRY(unit.update(*stock, id, {{"quantity", has - wanted}}, std::nullopt));
    TENON_TRY(unit.insert(*issue, {{"stock", id.to_string()}, {"quantity", wanted}}));
    return {};
  }

  std::shared_ptr<data::Tenant> tenant_;
  Accounts accounts_;
  std::mt19937_64 random_;
  Mistake mistake_;
  std::map<std::string, std::int64_t> stale_;
  std::vector<Told> told_;
};

asio::awaitable<void> work_for_ever(std::shared_ptr<data::Tenant> tenant, Accounts accounts,
                                    int pipe, std::uint64_t seed, Mistake mistake) {
  Clerk clerk(tenant, std::move(accounts), seed, mistake);
  for (;;) {
    clerk.foresee();
    auto done = co_await data::run_unit(tenant, data::Viewer{}, data::Origin{.plugin = "ledger"},
                                        data::testing::soon(),
                                        [&clerk](UnitOfWork& unit) { return clerk.work(unit); });
    if (done) {
      for (const auto& told : clerk.told()) tell(pipe, told);
      continue;
    }
    const auto& reason = done.error().reason();
    if (died_under_us(*tenant, done.error())) continue;
    if (reason != "test.trap" && reason != "storage.deadline" && reason != "storage.rerun")
      co_return;
  }
}

}  // namespace

int keep_ledger(std::shared_ptr<data::Tenant> tenant, int pipe, std::uint64_t seed,
                Mistake mistake) {
  auto accounts = read_accounts(*tenant);
  if (!accounts) return 1;
  run_all(loops_for(*tenant, 2, kClerks), kClerks, [&](std::size_t i) {
    return work_for_ever(tenant, *accounts, pipe, seed * 100 + i, mistake);
  });
  return 3;
}

}  // namespace tenon::testing
