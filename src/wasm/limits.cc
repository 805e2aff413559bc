#include "wasm/limits.h"

#include <string>

namespace tenon::wasm {
namespace {

struct Row {
  ErrorCode code;
  std::string_view reason;
  std::string_view message;
};

Row row(TrapCause cause) noexcept {
  using enum ErrorCode;
  switch (cause) {
    case TrapCause::out_of_fuel:
      return {exhausted, "limit.fuel", "the call used up its instructions"};
    case TrapCause::guest_time:
      return {exhausted, "limit.guest_time", "the call used up its computing time"};
    case TrapCause::wall_time:
      return {exhausted, "limit.wall", "the call took too long"};
    case TrapCause::memory:
      return {exhausted, "limit.memory", "the call used up its memory"};
    case TrapCause::table:
      return {exhausted, "limit.table", "the call used up its table elements"};
    case TrapCause::instances:
      return {exhausted, "limit.instances", "the module has too many parts to be instantiated"};
    case TrapCause::stack:
      return {exhausted, "limit.stack", "the call used up its stack"};
    case TrapCause::crossing:
      return {exhausted, "limit.crossing", "too much data crossed from the module at once"};
    case TrapCause::slots:
      return {unavailable, "engine.full", "too many modules are running"};
    case TrapCause::trap:
      return {internal, "plugin.trap", "the module failed"};
    case TrapCause::host_error:
      return {internal, "host.error", "the host ended the call"};
    case TrapCause::cancelled:
      return {cancelled, "call.cancelled", "the call was cancelled"};
  }
  return {internal, "plugin.trap", "the module failed"};
}

}  // namespace

std::string_view to_reason(TrapCause cause) noexcept { return row(cause).reason; }

Error to_error(TrapCause cause, std::string_view backtrace) {
  const Row found = row(cause);
  Error error = Error(found.code, std::string(found.message)).because(std::string(found.reason));
  if (backtrace.empty()) return error;
  return std::move(error).in_context(backtrace);
}

}  // namespace tenon::wasm
