// The inbox is bounded, forgets what is old, and speaks both languages.
#include "services/notifications/inbox.h"

#include <gtest/gtest.h>

#include "data/durably.h"
#include "data/test_fixture.h"
#include "services/notifications/kinds.h"

namespace tenon::services {
namespace {

using data::testing::soon;
using std::chrono::hours;

class InboxTest : public data::testing::TenantTest {
 protected:
  UserId anna_ = UserId::make(clock_, random_);
  UserId ben_ = UserId::make(clock_, random_);

  void SetUp() override {
    TenantTest::SetUp();
    with([this](storage::Session& session) -> Result<> {
      const auto tables = inbox_tables();
      TENON_TRY(data::apply_scripts(session, "notifications", tables.scripts, clock_.now()));
      return {};
    });
  }
  template <class Work>
  void with(Work work) {
    const auto done =
        tenon::testing::run(data::run_durably(tenant_->database(), soon(), std::move(work)));
    ASSERT_TRUE(done) << done.error().for_log();
  }
  Notification one(UserId user, Timestamp at, std::string kind = "job.failed") {
    return {.id = NotificationId{Uuid::make_v7(at, random_)},
            .user = user,
            .kind = std::move(kind),
            .arguments = R"({"name":"night","error":"x"})",
            .entity = {},
            .record = {},
            .at = at,
            .read_at = {}};
  }
  std::uint64_t count(UserId user) {
    auto lease = tenant_->database().reader();
    EXPECT_TRUE(lease);
    return unread(lease->session(), user).value_or(0);
  }
};

TEST_F(InboxTest, keeps_the_newest_of_each_user) {
  const auto start = clock_.now() - hours(1);
  for (int from = 0; from < 520; from += 65)
    with([&](storage::Session& session) -> Result<> {
      for (int i = from; i < from + 65; ++i)
        TENON_TRY(put(session, one(anna_, start + std::chrono::milliseconds(i))));
      TENON_TRY(put(session, one(ben_, start)));
      return {};
    });
  EXPECT_EQ(count(anna_), kInbox);
  EXPECT_EQ(count(ben_), 8U);
  auto lease = tenant_->database().reader();
  ASSERT_TRUE(lease);
  const auto newest =
      services::list(lease->session(), anna_, {.unread = false, .before = {}, .limit = 1});
  ASSERT_TRUE(newest) << newest.error().for_log();
  EXPECT_EQ(newest->at(0).at, start + std::chrono::milliseconds(519));
}

TEST_F(InboxTest, forgets_what_is_old_a_piece_at_a_time) {
  const auto now = clock_.now();
  with([&](storage::Session& session) -> Result<> {
    for (int i = 0; i < 3; ++i) TENON_TRY(put(session, one(anna_, now - hours(24 * 91))));
    TENON_TRY(put(session, one(anna_, now - hours(24 * 89))));
    return {};
  });
  std::uint64_t gone = 0;
  with([&](storage::Session& session) -> Result<> {
    TENON_ASSIGN(some, forget_old(session, now, 2));
    gone = some;
    return {};
  });
  EXPECT_EQ(gone, 2U);
  EXPECT_EQ(count(anna_), 2U);
}

TEST(NoticeKinds, say_the_same_in_both_languages) {
  for (const auto& kind : notice_kinds()) {
    EXPECT_FALSE(kind.title_en.empty() || kind.title_zh.empty()) << kind.name;
    EXPECT_EQ(find_kind(kind.name), &kind);
    for (const auto* name : {"{who}", "{what}", "{step}", "{name}", "{error}", "{reason}"})
      EXPECT_EQ(kind.text_en.find(name) == std::string_view::npos,
                kind.text_zh.find(name) == std::string_view::npos)
          << kind.name << " " << name;
  }
  EXPECT_EQ(find_kind("nothing"), nullptr);
  const auto& kind = *find_kind("approval.waiting");
  const json::object arguments{{"who", "安娜"},
                               {"what", json::object{{"en", "Invoice"}, {"zh-CN", "发票"}}},
                               {"step", json::object{{"en", "Post"}}}};
  EXPECT_EQ(text_of(kind, arguments, "zh-CN"), "安娜 请您审批：发票，Post。");
  EXPECT_EQ(text_of(kind, arguments, "en"), "安娜 asks you to approve: Post, Invoice.");
  EXPECT_EQ(text_of(kind, {}, "en"), " asks you to approve: , .");
}

}  // namespace
}  // namespace tenon::services
