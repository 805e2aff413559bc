#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(Error, has_one_word_for_each_code_and_internal_for_any_other_word) {
  for (int i = 0; i < 8; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_EQ(error_code_from(to_string(code)), code);
  }
  EXPECT_EQ(to_string(ErrorCode::not_found), "not_found");
  EXPECT_EQ(error_code_from("Conflict"), ErrorCode::internal);
}

TEST(Error, keeps_private_detail_apart_from_the_message) {
  const Error error = Error(ErrorCode::unavailable, "The tenant cannot be opened.")
                          .because("storage.open")
                          .in_context("open(): EACCES")
                          .in_context("opening tenant");
  EXPECT_EQ(error.message(), "The tenant cannot be opened.");
  EXPECT_EQ(error.detail(), "opening tenant: open(): EACCES");
  EXPECT_THAT(error.for_log(), ::testing::AllOf(::testing::HasSubstr("unavailable"),
                                                ::testing::HasSubstr("error_test.cc:")));
}

TEST(Error, is_copied_whole) {
  const Error error =
      Error(ErrorCode::invalid, "wrong").with_field({"/name", "required", "A name is needed."});
  Error copy = error;
  copy = std::move(copy).because("changed");
  EXPECT_EQ(copy.fields().size(), 1U);
  EXPECT_EQ(error.reason(), "");
}

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::invalid, "odd");
  return number / 2;
}

Result<int> quarter(int number) {
  TENON_ASSIGN(first, half(number));
  TENON_TRY(half(first));
  return first / 2;
}

TEST(Error, travels_through_the_macros) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message(), "odd");
  EXPECT_EQ(quarter(3).error().message(), "odd");
}

TEST(Error, a_broken_invariant_is_thrown_and_names_its_place) {
  try {
    TENON_ASSERT(1 + 1 == 3);
    FAIL();
  } catch (const BrokenInvariant& bug) {
    EXPECT_THAT(bug.what(), ::testing::HasSubstr("1 + 1 == 3"));
  }
}

TEST(ErrorDeathTest, fatal_ends_the_process_with_one_line) {
  EXPECT_DEATH(TENON_FATAL("no way on"), "tenon: fatal: no way on at");
}

}  // namespace
}  // namespace tenon
