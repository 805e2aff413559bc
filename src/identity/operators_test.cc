#include "identity/operators.h"

#include <sys/stat.h>

#include <fstream>

#include "identity/common_passwords.h"
#include "identity/test_fixture.h"

namespace tenon::identity {
namespace {

TEST(Operators, are_known_by_their_token_until_it_ends) {
  tenon::testing::ScratchDirectory folder;
  testing::TestClock clock;
  SystemRandom random;
  Operators operators(folder / "operators", clock);
  EXPECT_EQ(operators.name_of("operator~" + std::string(43, 'A')), "");
  const auto token = operators.create("anna", std::chrono::hours(1), random);
  ASSERT_TRUE(token) << token.error().for_log();
  EXPECT_EQ(operators.name_of(*token), "anna");
  EXPECT_EQ(operators.name_of(token->substr(1)), "");
  EXPECT_EQ(operators.create("anna", std::chrono::hours(1), random).error().reason(),
            "operator.exists");
  EXPECT_EQ(operators.create("A B", std::chrono::hours(1), random).error().reason(),
            "operator.name");
  struct stat facts{};
  ASSERT_EQ(::stat((folder / "operators").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(operators.name_of(*token), "");
  const auto again = operators.create("anna", std::chrono::hours(1), random);
  ASSERT_TRUE(again);
  ASSERT_TRUE(operators.remove("anna"));
  EXPECT_EQ(operators.name_of(*again), "");
  EXPECT_EQ(operators.remove("anna").error().reason(), "operator.unknown");
}

TEST(Operators, are_bounded_and_a_damaged_file_lets_nobody_in) {
  tenon::testing::ScratchDirectory folder;
  testing::TestClock clock;
  SystemRandom random;
  Operators operators(folder / "operators", clock);
  std::string token;
  for (std::size_t i = 0; i < kOperators; ++i)
    token = *operators.create("o" + std::to_string(i), std::chrono::hours(1), random);
  EXPECT_EQ(operators.create("over", std::chrono::hours(1), random).error().reason(),
            "operator.limit");
  EXPECT_EQ(operators.name_of(token), "o99");
  std::ofstream(folder / "operators", std::ios::app) << "nonsense\n";
  EXPECT_EQ(operators.name_of(token), "");
  EXPECT_EQ(operators.list().error().reason(), "operator.file");
}

TEST(CommonPasswords, are_more_than_three_thousand_and_long_enough_to_matter) {
  EXPECT_GE(common_password_count(), 3000U);
  EXPECT_TRUE(is_common_password("iloveyou"));
  EXPECT_TRUE(is_common_password("!qaz2wsx"));
  EXPECT_TRUE(is_common_password("zxcvbnm123"));
  EXPECT_FALSE(is_common_password(""));
  EXPECT_FALSE(is_common_password("correct horse battery staple"));
}

}  // namespace
}  // namespace tenon::identity
