// Every module in this repository has a manifest that the platform accepts, and offers what the
// manifest says.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "plugins/manifest/read.h"

namespace tenon::plugins {
namespace {

class ModuleManifest : public ::testing::TestWithParam<const char*> {};

TEST_P(ModuleManifest, keeps_every_rule) {
  std::ifstream file(GetParam());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(text.empty());
  const auto manifest = read_manifest(text);
  if (!manifest) FAIL() << print_issues(manifest.error(), GetParam(), text);
}

INSTANTIATE_TEST_SUITE_P(Modules, ModuleManifest,
                         ::testing::Values("plugins/crm/plugin.toml", "samples/cpp_v0/plugin.toml",
                                           "samples/rust_v0/plugin.toml",
                                           "tests/guests/supplier/plugin.toml",
                                           "tests/guests/trapping/plugin.toml"));

}  // namespace
}  // namespace tenon::plugins
