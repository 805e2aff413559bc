#include "base/secret.h"

#include <gtest/gtest.h>

#include <concepts>
#include <ostream>
#include <string>

namespace tenon {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

TEST(Secret, is_read_only_by_name) {
  static_assert(!Printable<Secret<std::string>>);
  static_assert(!std::convertible_to<Secret<std::string>, std::string>);
  static_assert(!std::convertible_to<std::string, Secret<std::string>>);
  static_assert(!std::equality_comparable<Secret<std::string>>);
  EXPECT_EQ(Secret<std::string>("key").reveal(), "key");
}

}  // namespace
}  // namespace tenon
