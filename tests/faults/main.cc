// The tests of this folder, and in the same program the processes that they kill.
#include <gtest/gtest.h>

#include <string_view>

#include "victim.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "victim")
    return tenon::testing::run_victim({argv + 2, static_cast<std::size_t>(argc - 2)});
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
