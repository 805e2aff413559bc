#include "services/comments/mentions.h"

#include <gmock/gmock.h>

namespace tenon::services {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Mentions, are_names_behind_an_at_sign) {
  EXPECT_THAT(mentions_in("@anna please, and @li.na: look. @anna!"), ElementsAre("anna", "li.na"));
  EXPECT_THAT(mentions_in("请 @王小明，看一下。（@李娜）"), ElementsAre("王小明", "李娜"));
  EXPECT_THAT(mentions_in("看@王小明"), ElementsAre("王小明"));
  EXPECT_THAT(mentions_in("ask @anna."), ElementsAre("anna"));
  EXPECT_THAT(mentions_in("@\"Li Na\" and (@bob)"), ElementsAre("Li Na", "bob"));
}

TEST(Mentions, are_no_addresses_and_nothing_that_is_no_name) {
  EXPECT_THAT(mentions_in("write to anna@example.com, a.b-c+d@x"), IsEmpty());
  EXPECT_THAT(mentions_in("@ @@ @, @\"open"), IsEmpty());
  EXPECT_THAT(mentions_in("@" + std::string(65, 'x')), IsEmpty());
  EXPECT_THAT(mentions_in(""), IsEmpty());
}

TEST(Mentions, are_at_most_twenty) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "@u" + std::to_string(i) + " ";
  EXPECT_EQ(mentions_in(text).size(), kMaxMentions);
}

}  // namespace
}  // namespace tenon::services
