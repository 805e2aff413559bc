#include "plugins/native_cache.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>

#include "base/hash.h"

namespace tenon::plugins {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class NativeCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tenon-native-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    const std::string bytes = read_file(std::string(TENON_GUESTS) + "/cpp_v0.wasm");
    digest = hex(sha256(bytes));
    component.emplace(wasm::Component::compile(*engine, bytes).value());
    file = folder / (digest + ".native");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  SystemRandom random;
  std::unique_ptr<wasm::Engine> engine = wasm::Engine::create().value();
  std::filesystem::path folder, file;
  std::string digest;
  std::optional<wasm::Component> component;
};

TEST_F(NativeCacheTest, gives_back_what_was_kept_also_after_it_was_opened_again) {
  NativeCache::open(folder, random).value().keep(digest, *component);
  const auto cache = NativeCache::open(folder, random).value();
  const auto found = cache.find(*engine, digest);
  ASSERT_TRUE(found) << found.error().for_log();
  EXPECT_EQ(found->exports().size(), component->exports().size());
}

TEST_F(NativeCacheTest, never_runs_a_file_that_was_changed_cut_or_renamed) {
  const auto cache = NativeCache::open(folder, random).value();
  cache.keep(digest, *component);
  const std::string good = read_file(file);
  const auto is_refused = [&](const std::string& content) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
    return !cache.find(*engine, digest).has_value();
  };
  SeededRandom where(7);
  for (int i = 0; i < 200; ++i) {
    std::string flipped = good;
    const std::uint64_t bit = where.next() % (flipped.size() * 8);
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(is_refused(flipped)) << "bit " << bit;
  }
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{32}, good.size() / 2, good.size() - 1})
    EXPECT_TRUE(is_refused(good.substr(0, size))) << size;
  EXPECT_FALSE(is_refused(good));
  const std::string other(64, 'a');
  std::filesystem::copy_file(file, folder / (other + ".native"));
  EXPECT_FALSE(cache.find(*engine, other).has_value()) << "the tag covers the name";
}

TEST_F(NativeCacheTest, keeps_nothing_without_a_folder) {
  const NativeCache cache;
  cache.keep(digest, *component);
  EXPECT_FALSE(cache.find(*engine, digest).has_value());
}

}  // namespace
}  // namespace tenon::plugins
