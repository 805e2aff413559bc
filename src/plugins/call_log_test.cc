#include "plugins/call_log.h"

#include <gtest/gtest.h>

namespace tenon::plugins {
namespace {

CallNote call(std::string subject, bool fails = false) {
  CallNote note;
  note.subject = std::move(subject);
  if (fails) note.error = Error(ErrorCode::invalid, "as asked");
  return note;
}

TEST(CallLog, gives_the_newest_first_and_goes_on_where_it_stopped) {
  CallLog log;
  for (const auto* name : {"a", "b", "c"}) log.note(call(name));
  const auto first = log.newest(0, 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].subject, "c");
  EXPECT_EQ(first[1].subject, "b");
  const auto rest = log.newest(first[1].number, 2);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].subject, "a");
}

TEST(CallLog, keeps_so_many_and_counts_all) {
  CallLog log;
  for (std::size_t i = 0; i < kCallsKept + 10; ++i) log.note(call(std::to_string(i), i % 10 == 0));
  const auto all = log.newest(0, 10'000);
  EXPECT_EQ(all.size(), kCallsKept);
  EXPECT_EQ(all.back().subject, "10");
  EXPECT_EQ(log.counts().calls, kCallsKept + 10);
  EXPECT_EQ(log.counts().failed, kCallsKept / 10 + 1);
}

}  // namespace
}  // namespace tenon::plugins
