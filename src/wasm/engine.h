#pragma once
// One engine per process compiles and runs all guests. It owns the pool of memories, tables and
// stacks that calls draw on, and the ticker that lets the room take the thread back from a guest.
//
// No WASI, threads, garbage collection, exceptions, 64-bit memories or second compiler: a guest
// sees its own memory and what the Linker gives it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/error.h"

namespace tenon::wasm {

enum class Allocator : std::uint8_t {
  pooling,    // slots reserved at start: a new instance costs microseconds
  on_demand,  // nothing reserved: for the compile child under RLIMIT_AS
};

/// Everything but `allocator`, `live_calls` and the keep-resident sizes changes the native code:
/// code compiled under one set loads only under the same.
struct EngineOptions {
  Allocator allocator = Allocator::pooling;
  /// Calls that hold an instance at the same time. 0: as many as the machine allows, at most 1,000.
  std::size_t live_calls = 0;
  std::size_t memory_bytes = std::size_t{128} << 20;  // of one memory; no limit may be larger
  /// Address space per memory. With 4 GiB the native code needs no bounds checks.
  std::size_t memory_reservation = std::size_t{4} << 30;
  std::size_t table_elements = 10'000;
  std::size_t guest_stack_bytes = std::size_t{512} << 10;
  std::size_t host_stack_bytes = std::size_t{1} << 20;  // of a fiber, beyond the guest's share
  std::size_t memory_keep_resident = std::size_t{512} << 10;  // per warm slot, at most
  std::size_t table_keep_resident = std::size_t{64} << 10;    // per warm slot
  std::chrono::milliseconds tick{5};
};

/// Counts for tests and metrics.
struct EngineCounts {
  std::size_t live_stores = 0;
  std::size_t running_calls = 0;  // not ended, suspended ones included
  std::size_t live_calls_maximum = 0;
};

/// Thread: any. Lifetime: outlives every Component, Linker, Program and Call made from it.
class Engine {
 public:
  /// Errors: invalid (`engine.options`) naming the option; unavailable (`engine.machine`) when the
  /// machine cannot hold the pool, with what to change (`vm.max_map_count`, memory).
  [[nodiscard]] static Result<std::unique_ptr<Engine>> create(EngineOptions options = {});
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  [[nodiscard]] const EngineOptions& options() const noexcept;
  [[nodiscard]] EngineCounts counts() const noexcept;

  struct Impl;
  [[nodiscard]] Impl& impl() const noexcept { return *impl_; }  // for this room only

 private:
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::wasm
