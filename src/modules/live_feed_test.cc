// Who hears of which change, and what happens to those who do not listen fast enough.
#include "modules/live_feed.h"

#include "async/executor_pool.h"
#include "data/test_fixture.h"

namespace tenon::modules {
namespace {

using data::testing::soon;
using tenon::testing::run;

constexpr LiveLimits kSmall{.queue = 8,
                            .listeners = 3,
                            .listeners_per_user = 2,
                            .catch_up = 4,
                            .look = std::chrono::milliseconds(20)};

class LiveFeedTest : public data::testing::TenantTest {
 protected:
  ExecutorPool thread_{1, "feed"};
  LiveFeed feed_{thread_.at(0), kSmall};
  std::shared_ptr<const identity::Principal> clerk_ = principal("clerk", {});
  std::shared_ptr<const identity::Principal> boss_ = principal("boss", {"crm.customer.list"});

  void SetUp() override {
    TenantTest::SetUp();
    if (!HasFatalFailure()) feed_.open(tenant_);
  }
  void TearDown() override { EXPECT_TRUE(run(feed_.stop(soon()))); }

  std::shared_ptr<const identity::Principal> principal(std::string name,
                                                       std::vector<std::string> rights) {
    std::map<std::string, data::Scope, std::less<>> held;
    for (auto& right : rights) held.emplace(std::move(right), data::Scope::all);
    return std::make_shared<const identity::Principal>(
        identity::Principal{.tenant = "acme",
                            .user = UserId::make(clock_, random_),
                            .name = std::move(name),
                            .permissions = std::move(held)});
  }
  /// Sees the rows of `scope` of customers and nothing else.
  static data::Viewer viewer(const identity::Principal& who, data::Scope scope) {
    std::map<std::string, data::Access, std::less<>> table;
    table["crm.customer"] = {.scope = scope, .hidden = {}, .locked = {}};
    return {.user = who.user, .rights = std::make_shared<data::RightsTable>(std::move(table))};
  }
  std::unique_ptr<LiveListener> listen(const identity::Principal& who,
                                       std::optional<std::int64_t> last = {}) {
    auto made = run(feed_.listen("acme", who.user, last));
    EXPECT_TRUE(made) << made.error().for_log();
    return made ? *std::move(made) : nullptr;
  }
  static std::string text_of(const LiveMessage& message) {
    if (message.event != "record") return message.event;
    const auto data = json::parse_object(message.data).value();
    return std::string(data.at("action").as_string());
  }
  /// Waits until `count` messages have come; gives them as `created;deleted;`.
  std::string hear(LiveListener& listener, const std::shared_ptr<const identity::Principal>& who,
                   const data::Viewer& as, std::size_t count,
                   std::vector<LiveMessage>* all = nullptr) {
    std::string text;
    for (std::size_t heard = 0; heard < count;) {
      const auto woken = run(listener.wait(soon()));
      EXPECT_TRUE(woken) << woken.error().for_log();
      if (!woken) break;
      auto messages = run(listener.take(who, as, soon()));
      EXPECT_TRUE(messages) << messages.error().for_log();
      if (!messages) break;
      heard += messages->size();
      for (auto& message : *messages) {
        text += text_of(message) + ";";
        if (all != nullptr) all->push_back(std::move(message));
      }
    }
    return text;
  }
  /// Makes what is committed visible to the feed at once.
  void told() {
    ASSERT_TRUE(run(tenant_->seal_audit(100, soon())));
    feed_.committed("acme");
  }
  Result<data::Record> insert_as(const identity::Principal& who, std::string_view name) {
    return within(
        [&](data::UnitOfWork& unit) {
          return unit.insert(entity("customer"), {{"name", std::string(name)}});
        },
        {.plugin = "crm"}, {.user = who.user});
  }
  void change(RecordId id, std::string_view name) {
    ASSERT_TRUE(within([&](data::UnitOfWork& unit) {
      return unit.update(entity("customer"), id, {{"name", std::string(name)}}, std::nullopt);
    }));
  }
  void erase(RecordId id) {
    ASSERT_TRUE(within(
        [&](data::UnitOfWork& unit) { return unit.erase(entity("customer"), id, std::nullopt); }));
  }
};

TEST_F(LiveFeedTest, a_listener_hears_only_of_records_that_it_may_read) {
  auto to_boss = listen(*boss_);
  auto to_clerk = listen(*clerk_);
  ASSERT_TRUE(to_boss && to_clerk);
  const auto of_boss = insert_as(*boss_, "of the boss");
  const auto of_clerk = insert_as(*clerk_, "of the clerk");
  ASSERT_TRUE(of_boss && of_clerk);
  change(of_boss->id, "still of the boss");
  erase(of_clerk->id);
  erase(of_boss->id);
  told();
  const auto everything = viewer(*boss_, data::Scope::all);
  const auto own = viewer(*clerk_, data::Scope::self);
  // A record that is gone when its change is told is heard of as deleted only.
  EXPECT_EQ(hear(*to_boss, boss_, everything, 3), "ready;deleted;deleted;");
  std::vector<LiveMessage> heard;
  EXPECT_EQ(hear(*to_clerk, clerk_, own, 2, &heard), "ready;deleted;");
  const auto data = json::parse_object(heard.at(1).data).value();
  EXPECT_EQ(data.at("id").as_string(), of_clerk->id.to_string());
  EXPECT_EQ(data.at("entity").as_string(), "crm.customer");
}

TEST_F(LiveFeedTest, who_may_see_nothing_hears_nothing_and_rights_count_when_it_is_told) {
  auto listener = listen(*clerk_);
  ASSERT_TRUE(listener);
  const auto none = viewer(*clerk_, data::Scope::none);
  EXPECT_EQ(hear(*listener, clerk_, none, 1), "ready;");
  ASSERT_TRUE(insert_as(*boss_, "secret"));
  told();
  ASSERT_TRUE(run(listener->wait(soon())));
  EXPECT_TRUE(run(listener->take(clerk_, none, soon()))->empty());
  ASSERT_TRUE(insert_as(*boss_, "not secret"));
  told();
  EXPECT_EQ(hear(*listener, clerk_, viewer(*clerk_, data::Scope::all), 1), "created;");
}

TEST_F(LiveFeedTest, of_what_is_gone_for_good_hears_who_may_see_all) {
  const auto record = insert_as(*clerk_, "short-lived");
  ASSERT_TRUE(record);
  erase(record->id);
  auto to_boss = listen(*boss_);
  auto to_clerk = listen(*clerk_);
  ASSERT_TRUE(to_boss && to_clerk);
  ASSERT_TRUE(
      within([&](data::UnitOfWork& unit) { return unit.purge(entity("customer"), record->id); }));
  feed_.tell("acme", {.event = "menu", .data = "{}"});
  told();
  EXPECT_EQ(hear(*to_clerk, clerk_, viewer(*clerk_, data::Scope::self), 2), "ready;menu;");
  EXPECT_EQ(hear(*to_boss, boss_, viewer(*boss_, data::Scope::all), 3), "ready;menu;purged;");
}

TEST_F(LiveFeedTest, notices_reach_those_they_are_for) {
  auto to_boss = listen(*boss_);
  auto to_clerk = listen(*clerk_);
  ASSERT_TRUE(to_boss && to_clerk);
  feed_.tell("acme", {.event = "job", .data = "{}", .user = clerk_->user});
  feed_.tell("acme", {.event = "price", .data = "{}", .permission = "crm.customer.list"});
  feed_.tell("acme", {.event = "menu", .data = "{}"});
  feed_.tell("globex", {.event = "menu", .data = "{}"});
  EXPECT_EQ(hear(*to_boss, boss_, {}, 3), "ready;price;menu;");
  EXPECT_EQ(hear(*to_clerk, clerk_, {}, 3), "ready;job;menu;");
}

TEST_F(LiveFeedTest, a_full_queue_is_emptied_and_the_client_told_that_it_lost_something) {
  auto listener = listen(*boss_);
  ASSERT_TRUE(listener);
  for (std::size_t i = 0; i < kSmall.queue + 3; ++i)
    feed_.tell("acme", {.event = "n" + std::to_string(i), .data = "{}"});
  EXPECT_EQ(hear(*listener, boss_, {}, 1), "lost;n8;n9;n10;");
}

TEST_F(LiveFeedTest, after_a_short_break_it_goes_on_and_after_a_long_one_it_says_so) {
  std::vector<LiveMessage> heard;
  const auto all = viewer(*boss_, data::Scope::all);
  // Has heard it: then the feed has come so far.
  const auto witness = listen(*clerk_);
  auto listener = listen(*boss_);
  ASSERT_TRUE(witness && listener);
  ASSERT_TRUE(insert_as(*boss_, "one"));
  told();
  ASSERT_EQ(hear(*witness, clerk_, all, 2), "ready;created;");
  ASSERT_EQ(hear(*listener, boss_, all, 2, &heard), "ready;created;");
  const auto last = std::stoll(heard.back().id);
  listener.reset();

  ASSERT_TRUE(insert_as(*boss_, "two"));
  ASSERT_TRUE(insert_as(*boss_, "three"));
  told();
  ASSERT_EQ(hear(*witness, clerk_, all, 2), "created;created;");
  listener = listen(*boss_, last);
  ASSERT_TRUE(listener);
  EXPECT_EQ(hear(*listener, boss_, all, 3), "created;created;ready;");
  listener.reset();

  for (std::size_t i = 0; i < kSmall.catch_up; ++i)
    ASSERT_TRUE(insert_as(*boss_, "more " + std::to_string(i)));
  told();
  (void)hear(*witness, clerk_, all, kSmall.catch_up);
  listener = listen(*boss_, last);
  ASSERT_TRUE(listener);
  EXPECT_EQ(hear(*listener, boss_, all, 1), "lost;");
  listener = listen(*boss_, 1'000'000);
  ASSERT_TRUE(listener);
  EXPECT_EQ(hear(*listener, boss_, all, 1), "lost;") << "an id of another time";
}

TEST_F(LiveFeedTest, connections_are_bounded_per_user_and_per_tenant_and_given_back) {
  auto one = listen(*boss_);
  auto two = listen(*boss_);
  const auto third = run(feed_.listen("acme", boss_->user, {}));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().reason(), "events.listeners");
  EXPECT_EQ(third.error().code(), ErrorCode::exhausted);
  auto other = listen(*clerk_);
  EXPECT_FALSE(run(feed_.listen("acme", clerk_->user, {}))) << "three of the tenant";
  EXPECT_EQ(feed_.listeners(), 3U);
  one.reset();
  EXPECT_EQ(feed_.listeners(), 2U);
  EXPECT_TRUE(listen(*boss_));
}

TEST_F(LiveFeedTest, listeners_end_when_their_tenant_goes) {
  auto listener = listen(*boss_);
  ASSERT_TRUE(listener);
  EXPECT_EQ(hear(*listener, boss_, {}, 1), "ready;");
  feed_.close("acme");
  const auto ended = run(listener->wait(soon()));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().reason(), "mailbox.closed");
  EXPECT_EQ(run(feed_.listen("acme", boss_->user, {})).error().reason(), "tenant.gone");
}

}  // namespace
}  // namespace tenon::modules
