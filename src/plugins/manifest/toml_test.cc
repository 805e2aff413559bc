#include "plugins/manifest/toml.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "plugins/manifest/depth.h"

namespace tenon::plugins {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Toml, agrees_with_every_file_of_the_toml_1_0_corpus) {
  const fs::path corpus = "../shared/corpora/toml/tests";
  if (!fs::exists(corpus / "files-toml-1.0.0")) {
    if (std::getenv("CI") != nullptr) FAIL() << corpus << " is missing";
    GTEST_SKIP() << corpus << " is missing: the TOML corpus was not tried";
  }
  std::ifstream list(corpus / "files-toml-1.0.0");
  std::size_t tried = 0;
  for (std::string name; std::getline(list, name);) {
    if (!name.ends_with(".toml")) continue;
    ++tried;
    const auto tree = parse_toml(read_file(corpus / name));
    EXPECT_EQ(tree.has_value(), name.starts_with("valid/"))
        << name << ": " << (tree ? "was read" : tree.error().message);
  }
  EXPECT_EQ(tried, 709U);
}

TEST(Toml, gives_the_place_of_keys_and_values_in_code_points) {
  const auto tree = parse_toml("# 客户\n\"客户\" = { a = [1, \"二\"] }\n");
  ASSERT_TRUE(tree.has_value());
  const auto& member = tree->members.at(0);
  EXPECT_EQ(member.place.line, 2U);
  EXPECT_EQ(member.place.column, 1U);
  EXPECT_EQ(member.value.place.column, 8U);
  EXPECT_EQ(member.value.members.at(0).value.items.at(1).place.column, 18U);
}

TEST(Toml, keeps_the_order_of_the_file) {
  const auto tree = parse_toml("z = 1\na = 2\nm = 3\n");
  ASSERT_TRUE(tree.has_value());
  EXPECT_EQ(tree->members.at(0).key, "z");
  EXPECT_EQ(tree->members.at(2).key, "m");
}

struct DepthCase {
  std::string text;
  std::size_t depth;
};

TEST(Toml, counts_depth_on_the_text) {
  const std::vector<DepthCase> cases = {
      {"a = 1", 0},
      {"a.b.c = 1", 2},
      {"[a.b.c]", 3},
      {"[[a.b]]\nc.d = 1", 4},
      {"[a.b]\n[c]\nd.e = 1", 2},
      {"a = [[1], [2]]", 2},
      {"a.b = { c.d = { e = 1 } }", 4},
      {"a = \"x.y.z\" # a.b.c.d", 0},
      {"\"a.b\".'c.d'.e = 1", 2},
      {"a = '''\n[[[[\n''''\nb = \"\"\"\\\"\"\".....\"\"\"", 0},
  };
  for (const auto& [text, depth] : cases) {
    EXPECT_FALSE(find_too_deep(text, depth).has_value()) << text;
    if (depth > 0) EXPECT_TRUE(find_too_deep(text, depth - 1).has_value()) << text;
  }
}

}  // namespace
}  // namespace tenon::plugins
