#pragma once
// For tests: the corpora that stand beside the repository. The unit tests run in the source folder.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tenon::testing {

inline std::filesystem::path corpus(const std::string& name) {
  return std::filesystem::path("../shared/corpora") / name;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace tenon::testing

/// Leaves the test when the corpus is not there: skipped on a developer's machine, failed where CI
/// is set, so that it cannot go missing unseen.
#define TENON_NEED_CORPUS(name)                                                  \
  do {                                                                           \
    if (!std::filesystem::exists(::tenon::testing::corpus(name))) {              \
      if (std::getenv("CI")) FAIL() << "the corpus " << (name) << " is missing"; \
      GTEST_SKIP() << "the corpus " << (name) << " is not beside the source";    \
    }                                                                            \
  } while (false)
