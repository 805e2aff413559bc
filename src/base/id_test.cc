#include "base/id.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace tenon {
namespace {

TEST(Uuid, writes_and_reads_36_characters_in_either_case) {
  SeededRandom random(1);
  const ManualClock clock(Timestamp(std::chrono::milliseconds(0x0123'4567'89ab)));
  const auto id = RecordId::make(clock, random);
  const auto text = id.to_string();
  EXPECT_EQ(text.substr(0, 15), "01234567-89ab-7");
  EXPECT_EQ(RecordId::parse(text), id);
  std::string upper = text;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(RecordId::parse(upper), id);
}

TEST(Uuid, refuses_other_forms) {
  for (const auto* text :
       {"", "01234567-89ab-7def-8123-456789abcde", "01234567-89ab-7def-8123-456789abcdefa",
        "0123456789ab7def8123456789abcdef", "{01234567-89ab-7def-8123-456789abcdef}",
        "01234567-89ab-7def-8123-456789abcdeg", "01234567-89ab-7def-8123_456789abcdef",
        "01234567-89ab-7def-81-3456789abcdef0"})
    EXPECT_FALSE(Uuid::parse(text)) << text;
}

TEST(Uuid, of_version_7_sorts_by_time_and_carries_version_and_variant) {
  SeededRandom random(7);
  ManualClock clock(*from_rfc3339("2026-11-23T00:00:00Z"));
  Uuid before;
  for (int i = 0; i < 1000; ++i) {
    const auto id = Uuid::make_v7(clock.now(), random);
    EXPECT_LT(before, id);
    EXPECT_LT(before.to_string(), id.to_string());
    EXPECT_EQ(id.bytes[6] >> 4, 7);
    EXPECT_EQ(id.bytes[8] >> 6, 2);
    before = id;
    clock.advance(std::chrono::milliseconds(1));
  }
}

TEST(Uuid, made_in_one_millisecond_do_not_collide) {
  SystemRandom random;
  const ManualClock clock(*from_rfc3339("2026-11-23T00:00:00Z"));
  std::unordered_set<RecordId> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(RecordId::make(clock, random));
  EXPECT_EQ(ids.size(), 10'000U);
}

}  // namespace
}  // namespace tenon
