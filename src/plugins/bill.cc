#include "plugins/bill.h"

#include <string_view>

namespace tenon::plugins {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

/// Adds `amount` to `used` when it stays within `limit`; never overflows.
Result<> take(std::uint64_t& used, std::uint64_t amount, std::uint64_t limit,
              std::string_view reason, std::string_view what) {
  if (amount > limit - used) {
    used = limit;
    return fail(Error(ErrorCode::exhausted, "the plugin call reached its limit of " +
                                                std::to_string(limit) + " " + std::string(what))
                    .because(std::string(reason)));
  }
  used += amount;
  return {};
}

}  // namespace

wasm::Limits engine_limits(const Limits& limits) noexcept {
  wasm::Limits engine;
  engine.fuel = limits.fuel;
  engine.guest_time = limits.guest_time;
  engine.wall_time = limits.wall_time;
  engine.memory_bytes = limits.memory_bytes;
  engine.crossing_bytes = limits.crossing_bytes;
  return engine;
}

json::object to_json(const Bill& bill) {
  return {
      {"fuel", bill.engine.fuel},
      {"guest_us", duration_cast<microseconds>(bill.engine.guest_time).count()},
      {"wall_us", duration_cast<microseconds>(bill.engine.wall_time).count()},
      {"peak_memory", bill.engine.peak_memory},
      {"host_calls", bill.engine.host_calls},
      {"bytes_in", bill.engine.bytes_from_guest},
      {"bytes_out", bill.engine.bytes_to_guest},
      {"queries", bill.queries},
      {"rows_read", bill.rows_read},
      {"rows_written", bill.rows_written},
      {"events", bill.events},
      {"log_lines", bill.log_lines},
      {"log_bytes", bill.log_bytes},
  };
}

Result<> Meter::take_query() {
  return take(used_.queries, 1, limits_.queries, "limit.queries", "queries");
}

Result<> Meter::take_rows_read(std::uint64_t rows) {
  return take(used_.rows_read, rows, limits_.rows_read, "limit.rows_read", "rows read");
}

Result<> Meter::take_rows_written(std::uint64_t rows) {
  return take(used_.rows_written, rows, limits_.rows_written, "limit.rows_written", "rows written");
}

Result<> Meter::take_bytes(std::uint64_t bytes) {
  return take(bytes_, bytes, limits_.call_bytes, "limit.bytes", "bytes handed to the host");
}

Result<> Meter::take_event() {
  return take(used_.events, 1, limits_.events, "limit.events", "events");
}

Result<> Meter::take_log(std::uint64_t bytes) {
  TENON_TRY(take(used_.log_lines, 1, limits_.log_lines, "limit.log_lines", "log lines"));
  return take(used_.log_bytes, bytes, limits_.log_bytes, "limit.log_bytes", "bytes of log");
}

Bill Meter::bill(const wasm::Bill& engine) const noexcept {
  Bill bill = used_;
  bill.engine = engine;
  return bill;
}

}  // namespace tenon::plugins
