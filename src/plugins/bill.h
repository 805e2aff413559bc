#pragma once
// Every call has a budget and a bill. The meter is asked before each piece of work is done; the
// bill says afterwards, item by item, what was used. A limit that is hit ends the call and names
// itself.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "wasm/limits.h"

namespace tenon::plugins {

/// The part of `limits` that the engine enforces.
[[nodiscard]] wasm::Limits engine_limits(const Limits& limits) noexcept;

struct Bill {
  wasm::Bill engine;
  std::uint64_t queries = 0;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;
  std::uint64_t events = 0;
  std::uint64_t log_lines = 0;
  std::uint64_t log_bytes = 0;
};

/// Members: fuel, guest_us, wall_us, peak_memory, host_calls, bytes_in, bytes_out, queries,
/// rows_read, rows_written, events, log_lines, log_bytes.
[[nodiscard]] json::object to_json(const Bill& bill);

/// Thread: that of the call.
class Meter {
 public:
  explicit Meter(const Limits& limits) : limits_(limits) {}

  /// Each takes from the budget before the work is done. Errors: exhausted with reason
  /// `limit.<name>`.
  [[nodiscard]] Result<> take_query();
  [[nodiscard]] Result<> take_rows_read(std::uint64_t rows);
  [[nodiscard]] Result<> take_rows_written(std::uint64_t rows);
  [[nodiscard]] Result<> take_bytes(std::uint64_t bytes);
  [[nodiscard]] Result<> take_event();
  [[nodiscard]] Result<> take_log(std::uint64_t bytes);

  /// The bill so far, with the engine's part as given.
  [[nodiscard]] Bill bill(const wasm::Bill& engine) const noexcept;

 private:
  Limits limits_;
  Bill used_;
  std::uint64_t bytes_ = 0;
};

}  // namespace tenon::plugins
