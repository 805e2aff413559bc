#pragma once
// A zero means nothing without the number of trials behind it, the seed to repeat them and the
// build that was tried. Every harness takes its size from here and prints all three.

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::testing {

/// `full` where TENON_FULL is set (tests/soak), else `brief`; TENON_ROUNDS overrides both.
[[nodiscard]] std::uint64_t size_of_run(std::uint64_t brief, std::uint64_t full);
/// TENON_SEED, or one of this moment.
[[nodiscard]] std::uint64_t seed_of_run();
/// Version and build type, and the first digits of the digest of this very program.
[[nodiscard]] std::string build_of_run();

/// Prints `what: text · seed … · build …`.
void report(std::string_view what, std::string_view text, std::uint64_t seed);

}  // namespace tenon::testing
