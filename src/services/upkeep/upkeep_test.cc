// What is cleared away, how much of it at once, and when: on a clock that the test moves.
#include "services/upkeep/upkeep.h"

#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "async/event.h"
#include "async/executor_pool.h"
#include "data/durably.h"
#include "data/once.h"
#include "data/test_fixture.h"
#include "modules/live_feed.h"
#include "modules/tenant_directory.h"

namespace tenon::services {
namespace {

using data::testing::soon;
using std::chrono::hours;
using std::chrono::seconds;
using tenon::testing::run;
using ::testing::HasSubstr;

class UpkeepTest : public data::testing::TenantTest, public modules::TenantDirectory {
 protected:
  ExecutorPool thread_{1, "upkeep"};
  ManualClock time_{clock_.now()};
  SeededRandom dice_{7};
  modules::EventBus bus_{clock_};
  modules::LiveFeed feed_{thread_.at(0)};
  std::vector<std::shared_ptr<data::Tenant>> tenants_served_;

  void SetUp() override {
    TenantTest::SetUp();
    tenants_served_ = {tenant_};
  }
  std::vector<std::shared_ptr<data::Tenant>> served() const override { return tenants_served_; }
  modules::ModuleContext context() {
    return {.executor = thread_.at(0),
            .clock = time_,
            .random = dice_,
            .events = bus_,
            .feed = feed_,
            .tenants = *this};
  }
  /// An upkeep that the test runs itself.
  std::unique_ptr<Upkeep> begin(std::vector<Chore> chores,
                                UpkeepOptions options = {.look = hours(1)}) {
    auto made = std::make_unique<Upkeep>(std::move(chores), options);
    EXPECT_TRUE(run(made->on_startup(context())));
    return made;
  }
  std::size_t round(Upkeep& upkeep) {
    const auto done = run(upkeep.run_due());
    EXPECT_TRUE(done) << done.error().for_log();
    return done.value_or(0);
  }
  static json::object chores_of(Upkeep& upkeep) {
    return run(upkeep.health_check(soon()))->details.at("chores").as_object();
  }
  static std::uint64_t removed(Upkeep& upkeep, std::string_view chore) {
    return chores_of(upkeep).at(chore).at("removed").to_number<std::uint64_t>();
  }
  void end(Upkeep& upkeep) { EXPECT_TRUE(run(upkeep.on_shutdown(soon()))); }
  std::int64_t count(const std::string& table) {
    std::int64_t rows = 0;
    auto lease = tenant_->database().reader();
    EXPECT_TRUE(lease);
    EXPECT_TRUE(
        lease->session().query("SELECT count(*) FROM " + table, {}, [&](const storage::Row& row) {
          rows = row.integer(0);
          return storage::Visit::more;
        }));
    return rows;
  }
  static std::int64_t micros(Timestamp time) { return time.time_since_epoch().count(); }
  /// `rows` idempotency keys that expire at `at`.
  void put_keys(int rows, Timestamp at) {
    const bool sqlite = database_.empty();
    const std::string bytes = sqlite ? "x'00000000000000000000000000000000'" : "'\\x00'::bytea";
    const std::string user = sqlite ? bytes : "'00000000-0000-0000-0000-000000000000'";
    plainly("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
            std::to_string(rows) +
            ") INSERT INTO idempotency(\"user\", route, key, request, status, response, "
            "expires_at) SELECT " +
            user + ", 'r', CAST(i AS TEXT) || '-" + std::to_string(micros(at)) + "', " + bytes +
            ", 200, '', " + std::to_string(micros(at)) + " FROM n");
  }
};

TEST_F(UpkeepTest, clears_away_what_is_due_and_nothing_else) {
  put_keys(3, time_.now() - hours(1));
  put_keys(2, time_.now() + hours(1));
  ASSERT_TRUE(within([](data::UnitOfWork& unit) -> Result<> {
    for (const auto* name : {"old", "new"}) TENON_TRY(unit.publish("t", name, "{}"));
    return {};
  }));
  const auto long_ago = std::to_string(micros(time_.now() - hours(32 * 24)));
  plainly("UPDATE outbox SET state = 1");
  plainly("UPDATE outbox SET created_at = " + long_ago + " WHERE aggregate = 'old'");
  auto upload = tenant_->files().begin();
  ASSERT_TRUE(upload);
  ASSERT_TRUE(upload->write(bytes_of("nobody names me")));
  ASSERT_TRUE(run(upload->finish({}, "a.txt", soon())));
  plainly("UPDATE file SET unused_since = 0");
  plainly("UPDATE blob SET pinned_until = 0");

  const auto upkeep = begin(standard_chores());
  time_.advance(seconds(601));
  EXPECT_EQ(round(*upkeep), 0U) << "it gets its place in the interval first";
  time_.advance(seconds(601));
  EXPECT_EQ(round(*upkeep), 1U);
  EXPECT_EQ(removed(*upkeep, "idempotency_keys"), 3U);
  EXPECT_EQ(count("idempotency"), 2);
  EXPECT_EQ(removed(*upkeep, "outbox"), 1U);
  EXPECT_EQ(count("outbox"), 1);
  EXPECT_EQ(removed(*upkeep, "files"), 2U) << "the row and its bytes";
  EXPECT_EQ(count("file"), 0);
  time_.advance(seconds(721));
  EXPECT_EQ(round(*upkeep), 1U);
  EXPECT_EQ(removed(*upkeep, "files"), 2U) << "a second time there is nothing";
  end(*upkeep);
}

TEST_F(UpkeepTest, one_round_removes_at_most_ten_thousand_keys) {
  put_keys(10'700, time_.now() - hours(1));
  const auto upkeep = begin(standard_chores());
  (void)round(*upkeep);
  time_.advance(seconds(601));
  EXPECT_EQ(round(*upkeep), 1U);
  EXPECT_EQ(removed(*upkeep, "idempotency_keys"), 10'000U);
  time_.advance(seconds(721));
  EXPECT_EQ(round(*upkeep), 1U);
  EXPECT_EQ(removed(*upkeep, "idempotency_keys"), 10'700U);
  end(*upkeep);
}

TEST_F(UpkeepTest, rounds_of_a_tenant_are_an_interval_apart_give_or_take_a_fifth) {
  std::vector<Timestamp> rounds;
  const auto upkeep =
      begin({{.name = "look", .run = [&](std::shared_ptr<data::Tenant>, Timestamp now, Deadline) {
                rounds.push_back(now);
                struct Done {
                  static Task<std::uint64_t> run() { co_return 0U; }
                };
                return Done::run();
              }}});
  const auto began = time_.now();
  for (int second = 0; second < 20'000; ++second) {
    (void)round(*upkeep);
    time_.advance(seconds(1));
  }
  ASSERT_GT(rounds.size(), 20U);
  EXPECT_LE(rounds.front() - began, seconds(601));
  std::set<std::int64_t> spans;
  for (std::size_t i = 1; i < rounds.size(); ++i) {
    const auto span = rounds[i] - rounds[i - 1];
    EXPECT_GE(span, seconds(480));
    EXPECT_LE(span, seconds(721));
    spans.insert(std::chrono::duration_cast<seconds>(span).count());
  }
  EXPECT_GT(spans.size(), 10U) << "not all alike";
  end(*upkeep);
}

TEST_F(UpkeepTest, a_chore_that_fails_is_named_and_the_others_are_done) {
  bool broken = true;
  int others = 0;
  struct Answer {
    static Task<std::uint64_t> run(bool broken) {
      if (broken) co_return fail(Error(ErrorCode::internal, "as asked").because("test.asked"));
      co_return 1U;
    }
  };
  const auto upkeep =
      begin({{.name = "broken",
              .run = [&](std::shared_ptr<data::Tenant>, Timestamp,
                         Deadline) { return Answer::run(broken); }},
             {.name = "other", .run = [&](std::shared_ptr<data::Tenant>, Timestamp, Deadline) {
                ++others;
                return Answer::run(false);
              }}});
  (void)round(*upkeep);
  time_.advance(seconds(601));
  (void)round(*upkeep);
  EXPECT_EQ(others, 1);
  auto health = *run(upkeep->health_check(soon()));
  EXPECT_EQ(health.status, modules::Health::Status::degraded);
  EXPECT_THAT(health.message, HasSubstr("\"broken\" fails: as asked"));
  EXPECT_EQ(json::serialize(chores_of(*upkeep).at("broken")),
            R"({"removed":0,"failures":1,"failing_tenants":1,"error":"as asked"})");
  broken = false;
  time_.advance(seconds(721));
  (void)round(*upkeep);
  health = *run(upkeep->health_check(soon()));
  EXPECT_EQ(health.status, modules::Health::Status::healthy);
  EXPECT_EQ(removed(*upkeep, "broken"), 1U);
  end(*upkeep);
}

TEST_F(UpkeepTest, runs_by_itself_until_it_is_stopped_and_takes_chores_of_others) {
  Event ran;
  std::atomic<int> times = 0;
  auto upkeep = std::make_unique<Upkeep>(
      std::vector<Chore>{},
      UpkeepOptions{.interval = seconds(0), .look = std::chrono::milliseconds(1)});
  upkeep->add({.name = "mine", .run = [&](std::shared_ptr<data::Tenant>, Timestamp, Deadline) {
                 ++times;
                 ran.set();
                 struct Done {
                   static Task<std::uint64_t> run() { co_return 1U; }
                 };
                 return Done::run();
               }});
  ASSERT_TRUE(run(upkeep->on_startup(context())));
  ASSERT_TRUE(run(ran.wait(soon())));
  end(*upkeep);
  const int then = times;
  end(*upkeep);
  EXPECT_EQ(times, then);
}

}  // namespace
}  // namespace tenon::services
