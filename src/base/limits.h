#pragma once
// What one plugin call may use. Every number here has a test that breaks it; which one was hit is
// told by its `limit.…` word, so names in code, bill and message agree.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tenon {

/// The limits of one call. The member initialisers are the column "sync call" of plan "standard".
struct Limits {
  std::uint64_t fuel = 50'000'000;                                      // limit.fuel
  std::chrono::nanoseconds guest_time = std::chrono::milliseconds(50);  // limit.guest_time
  std::chrono::nanoseconds wall_time = std::chrono::seconds(2);         // limit.wall
  std::size_t memory_bytes = std::size_t{64} << 20;                     // limit.memory
  std::uint32_t call_depth = 16;        // limit.depth: hooks, events, plugin to plugin
  std::uint64_t queries = 100;          // limit.queries
  std::uint64_t rows_read = 50'000;     // limit.rows_read
  std::uint64_t rows_written = 10'000;  // limit.rows_written
  std::size_t crossing_bytes = std::size_t{4} << 20;  // limit.crossing: guest to host, at once
  std::size_t call_bytes = std::size_t{32} << 20;     // limit.bytes: guest to host, whole call
  std::uint64_t events = 100;                         // limit.events: published
  std::uint64_t log_lines = 64;                       // limit.log_lines
  std::size_t log_bytes = std::size_t{16} << 10;      // limit.log_bytes

  /// A call that a user waits for.
  [[nodiscard]] static constexpr Limits sync_call() noexcept { return {}; }
  /// A job, a migration step, an asynchronous event.
  [[nodiscard]] static constexpr Limits background() noexcept {
    Limits limits;
    limits.fuel = 2'000'000'000;
    limits.guest_time = std::chrono::seconds(5);
    limits.wall_time = std::chrono::seconds(60);
    limits.memory_bytes = std::size_t{128} << 20;
    limits.queries = 1'000;
    limits.rows_read = 500'000;
    limits.rows_written = 100'000;
    limits.events = 1'000;
    return limits;
  }

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// What an uploaded package may weigh; apart from the general upload limit of the server.
struct PackageLimits {
  std::size_t package_bytes = std::size_t{32} << 20;
  std::size_t wasm_bytes = std::size_t{32} << 20;
};

}  // namespace tenon
