#pragma once
// What a call may use, and what it used. Every limit is enforced by the engine or by the room, none
// by trust in the guest.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace tenon::wasm {

/// What a fresh instance costs before its first instruction, in units of fuel: making it is work
/// too, so a call with less never starts.
inline constexpr std::uint64_t kInstanceFuel = 250;

/// The defaults are those of a synchronous call in the plan "standard".
struct Limits {
  std::uint64_t fuel = 50'000'000;  // kInstanceFuel, then about one per WebAssembly instruction
  std::chrono::nanoseconds guest_time = std::chrono::milliseconds(50);  // host waits excluded
  std::chrono::nanoseconds wall_time = std::chrono::seconds(2);         // host waits included
  std::size_t memory_bytes = std::size_t{64} << 20;  // of all linear memories together
  std::size_t table_elements = 10'000;               // of all tables together
  std::size_t instances = 16;
  std::size_t tables = 8;
  std::size_t memories = 2;
  std::size_t crossing_bytes = std::size_t{4} << 20;  // guest to host, per crossing
};

/// What a call has used so far. Thread: that of the call.
struct Bill {
  std::uint64_t fuel = 0;
  std::chrono::nanoseconds guest_time{0};
  std::chrono::nanoseconds wall_time{0};
  std::size_t peak_memory = 0;  // bytes of all linear memories together
  std::uint64_t host_calls = 0;
  std::uint64_t bytes_from_guest = 0;  // text and bytes handed to host functions and returned
  std::uint64_t bytes_to_guest = 0;
};

/// Why a call did not return. Known from host state and the engine's trap code, never from text.
enum class TrapCause : std::uint8_t {
  out_of_fuel,  // exhausted, `limit.fuel`
  guest_time,   // exhausted, `limit.guest_time`
  wall_time,    // exhausted, `limit.wall`
  memory,       // exhausted, `limit.memory`: a growth was refused and the guest then trapped
  table,        // exhausted, `limit.table`: likewise
  instances,   // exhausted, `limit.instances`: too many instances, tables or memories, or too large
  stack,       // exhausted, `limit.stack`
  crossing,    // exhausted, `limit.crossing`
  slots,       // unavailable, `engine.full`: no free slot in the pool
  trap,        // internal, `plugin.trap`: unreachable, out of bounds, division by zero …
  host_error,  // the error a host function ended the call with
  cancelled,   // cancelled, `call.cancelled`
};

/// The stable word of a cause (`limit.fuel`).
[[nodiscard]] std::string_view to_reason(TrapCause cause) noexcept;
/// The error of a cause, with `backtrace` of the guest as private detail. Not for host_error.
[[nodiscard]] Error to_error(TrapCause cause, std::string_view backtrace);

}  // namespace tenon::wasm
