#include "identity/sessions.h"

#include <gtest/gtest.h>

namespace tenon::identity {
namespace {

using std::chrono::minutes;

class SessionsTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string open() {
    return sessions.open(
        std::make_shared<const Principal>(Principal{.tenant = "demo", .name = "anna"}));
  }
  ManualClock clock{Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23))};
  SeededRandom random{1};
  Sessions sessions{{.capacity = 3, .idle = minutes(30), .absolute = minutes(120)}, clock, random};
};

TEST_F(SessionsTest, are_found_by_their_token_until_they_are_closed) {
  const std::string token = open();
  EXPECT_EQ(token.size(), 43U);
  ASSERT_NE(sessions.find(token), nullptr);
  EXPECT_EQ(sessions.find(token)->name, "anna");
  sessions.close(token);
  EXPECT_EQ(sessions.find(token), nullptr);
}

TEST_F(SessionsTest, refuse_every_other_text) {
  const std::string token = open();
  for (const std::string& wrong :
       {std::string(), token.substr(1), token + "A", std::string(43, 'A')})
    EXPECT_EQ(sessions.find(wrong), nullptr) << wrong;
}

TEST_F(SessionsTest, end_when_they_are_idle_for_too_long) {
  const std::string token = open();
  clock.advance(minutes(29));
  EXPECT_NE(sessions.find(token), nullptr);
  clock.advance(minutes(29));
  EXPECT_NE(sessions.find(token), nullptr) << "use counts as activity";
  clock.advance(minutes(31));
  EXPECT_EQ(sessions.find(token), nullptr);
}

TEST_F(SessionsTest, end_at_their_greatest_age_however_busy) {
  const std::string token = open();
  for (int i = 0; i < 6; ++i) {
    clock.advance(minutes(20));
    EXPECT_NE(sessions.find(token), nullptr);
  }
  clock.advance(minutes(1));
  EXPECT_EQ(sessions.find(token), nullptr);
}

TEST_F(SessionsTest, make_room_by_ending_the_one_idle_for_longest) {
  const std::string first = open();
  clock.advance(minutes(1));
  const std::string second = open();
  const std::string third = open();
  EXPECT_NE(sessions.find(first), nullptr);  // now `second` is the one idle for longest
  clock.advance(minutes(1));
  EXPECT_NE(sessions.find(third), nullptr);
  const std::string fourth = open();
  EXPECT_EQ(sessions.find(second), nullptr);
  for (const std::string& token : {first, third, fourth}) EXPECT_NE(sessions.find(token), nullptr);
}

}  // namespace
}  // namespace tenon::identity
