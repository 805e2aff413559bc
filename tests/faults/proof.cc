#include "proof.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/hash.h"

namespace tenon::testing {
namespace {

std::uint64_t number_in(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string digest_of_this_program() {
  std::ifstream in("/proc/self/exe", std::ios::binary);
  Sha256 sum;
  std::array<char, 65536> block{};
  while (in.read(block.data(), block.size()), in.gcount() > 0)
    sum.update(std::string_view(block.data(), static_cast<std::size_t>(in.gcount())));
  return hex(sum.finish()).substr(0, 12);
}

}  // namespace

std::uint64_t size_of_run(std::uint64_t brief, std::uint64_t full) {
  return number_in("TENON_ROUNDS", std::getenv("TENON_FULL") != nullptr ? full : brief);
}

std::uint64_t seed_of_run() {
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return number_in("TENON_SEED", static_cast<std::uint64_t>(now) % 1'000'000'000);
}

std::string build_of_run() {
  static const std::string build = fmt::format("{} {}", TENON_BUILD, digest_of_this_program());
  return build;
}

void report(std::string_view what, std::string_view text, std::uint64_t seed) {
  fmt::print("{}: {} · seed {} · build {}\n", what, text, seed, build_of_run());
  std::fflush(stdout);
}

}  // namespace tenon::testing
