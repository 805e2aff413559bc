#include "storage/postgres/placeholders.h"

#include <gtest/gtest.h>

namespace tenon::storage::postgres {
namespace {

TEST(Placeholders, turns_numbered_places_into_dollars) {
  EXPECT_EQ(with_dollars("SELECT ?1, ?12 FROM t WHERE a=?3"), "SELECT $1, $12 FROM t WHERE a=$3");
  EXPECT_EQ(with_dollars(""), "");
  EXPECT_EQ(with_dollars("?"), "?");
  EXPECT_EQ(with_dollars("a ? b"), "a ? b");
}

TEST(Placeholders, leaves_literals_names_and_comments_alone) {
  EXPECT_EQ(with_dollars("'?1' || ?1"), "'?1' || $1");
  EXPECT_EQ(with_dollars("'it''s ?1' = ?2"), "'it''s ?1' = $2");
  EXPECT_EQ(with_dollars("\"?1\"\"?2\" = ?3"), "\"?1\"\"?2\" = $3");
  EXPECT_EQ(with_dollars("?1 -- ?2\n?3"), "$1 -- ?2\n$3");
  EXPECT_EQ(with_dollars("?1 /* ?2 */ ?3"), "$1 /* ?2 */ $3");
  EXPECT_EQ(with_dollars("ESCAPE '\\' ?1"), "ESCAPE '\\' $1");
}

TEST(Placeholders, ends_what_is_never_closed_at_the_end_of_the_text) {
  EXPECT_EQ(with_dollars("'?1"), "'?1");
  EXPECT_EQ(with_dollars("\"?1"), "\"?1");
  EXPECT_EQ(with_dollars("-- ?1"), "-- ?1");
  EXPECT_EQ(with_dollars("/* ?1"), "/* ?1");
  EXPECT_EQ(with_dollars("/*/ ?1"), "/*/ ?1");
}

}  // namespace
}  // namespace tenon::storage::postgres
