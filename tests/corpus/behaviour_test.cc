// Every file of this folder on both databases. An answer that differs is shown with its line.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "corpus/places.h"
#include "corpus/script.h"

namespace tenon::corpus {
namespace {

/// JSON written in one way, so that spaces in a file do not matter.
std::string plain(const std::string& text) {
  if (!text.starts_with("= ")) return text;
  const bool more = text.ends_with(" more");
  auto parsed = json::parse(text.substr(2, text.size() - 2 - (more ? 5 : 0)));
  return parsed ? "= " + json::serialize(*parsed) + (more ? " more" : "") : text;
}

class Behaviour : public ::testing::Test {
 public:
  Behaviour(std::string file, Place place) : file_(std::move(file)), place_(place) {}

  void TestBody() override {
    if (place_ == Place::postgres && tenon::testing::PrivatePostgres::shared() == nullptr) {
      ASSERT_FALSE(must_run()) << "there is no PostgreSQL server";
      GTEST_SKIP() << "there is no PostgreSQL server (package postgresql-15)";
    }
    auto script = read_script(file_);
    ASSERT_TRUE(script) << script.error().message();
    ASSERT_FALSE(script->steps.empty());
    Stage stage;
    auto tenant = stage.tenant(place_, script->entities);
    ASSERT_TRUE(tenant) << tenant.error().for_log();
    Player player(*tenant);
    const bool print = std::getenv("TENON_CORPUS_PRINT") != nullptr;
    for (const auto& step : script->steps) {
      const auto given = player.play(step);
      if (print) std::printf("%s\n%s\n", step.operation.c_str(), given.c_str());
      const bool good =
          step.expected.empty() ? given.starts_with("=") : plain(given) == plain(step.expected);
      EXPECT_TRUE(good) << script->name << ":" << step.line << ": " << step.operation
                        << "\n  expected " << step.expected << "\n  given    " << given;
    }
  }

 private:
  std::string file_;
  Place place_;
};

void register_all() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(TENON_CORPUS_DIR))
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt")
      files.push_back(entry.path().string());
  std::ranges::sort(files);
  for (const auto& file : files)
    for (const auto place : {Place::sqlite, Place::postgres}) {
      const auto name = std::filesystem::path(file).stem().string() +
                        (place == Place::sqlite ? ".sqlite" : ".postgres");
      ::testing::RegisterTest("Behaviour", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                              [file, place]() -> Behaviour* { return new Behaviour(file, place); });
    }
}

}  // namespace
}  // namespace tenon::corpus

int main(int count, char** arguments) {
  ::testing::InitGoogleTest(&count, arguments);
  tenon::corpus::register_all();
  return RUN_ALL_TESTS();
}
