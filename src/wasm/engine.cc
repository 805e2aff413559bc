#include "wasm/engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "wasm/engine_impl.h"

namespace tenon::wasm {
namespace {

// Mappings one live call may need: memory and guard, tables, core instances, stack and guard, each
// split in two when only part of it is accessible.
constexpr std::size_t kMappingsPerCall = 14;
constexpr std::size_t kMappingsForTheRest = 8'000;
constexpr std::size_t kLiveCallsMaximum = 1'000;
constexpr std::size_t kLiveCallsMinimum = 8;
constexpr std::uint32_t kPartsPerCall = 4;  // core instances and tables of an average component
constexpr std::size_t kGuardBytes = std::size_t{32} << 20;

struct Machine {
  std::size_t mappings = 65'530;
  std::size_t memory_bytes = 0;
};

Machine look_at_machine() {
  Machine machine;
  if (std::ifstream file("/proc/sys/vm/max_map_count"); file) file >> machine.mappings;
  const auto pages = sysconf(_SC_PHYS_PAGES);
  const auto page = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0)
    machine.memory_bytes = static_cast<std::size_t>(pages) * static_cast<std::size_t>(page);
  return machine;
}

std::unexpected<Error> refuse(std::string message) {
  return fail(Error(ErrorCode::invalid, std::move(message)).because("engine.options"));
}

std::unexpected<Error> too_small(std::string message) {
  return fail(Error(ErrorCode::unavailable, std::move(message)).because("engine.machine"));
}

/// The number of live calls: as asked for when the machine holds them, else what it holds.
Result<std::size_t> size_pool(const EngineOptions& options, const Machine& machine) {
  const std::size_t by_mappings = machine.mappings > kMappingsForTheRest
                                      ? (machine.mappings - kMappingsForTheRest) / kMappingsPerCall
                                      : 0;
  // A quarter of the memory may stay resident in idle slots.
  const std::size_t resident = options.memory_keep_resident + options.table_keep_resident + 65'536;
  const std::size_t by_memory = machine.memory_bytes / 4 / resident;
  const std::size_t possible = std::min({by_mappings, by_memory, kLiveCallsMaximum});
  if (options.live_calls == 0 && possible >= kLiveCallsMinimum) return possible;
  const std::size_t wanted = std::max(options.live_calls, kLiveCallsMinimum);
  if (by_mappings < wanted) {
    return too_small(
        fmt::format("vm.max_map_count is {}; {} live calls need at least {}: raise it with sysctl "
                    "or lower live_calls",
                    machine.mappings, wanted, kMappingsForTheRest + wanted * kMappingsPerCall));
  }
  if (by_memory < wanted) {
    return too_small(fmt::format(
        "this machine has {} MiB of memory; {} live calls may keep {} MiB resident, and that must "
        "be at most a quarter: lower live_calls or the keep-resident sizes",
        machine.memory_bytes >> 20, wanted, (wanted * resident) >> 20));
  }
  return options.live_calls;
}

using Config = Handle<wasm_config_t, wasm_config_delete>;

/// All that shapes native code, alike for both allocators.
void set_code_options(wasm_config_t* config, const EngineOptions& options) {
  wasmtime_config_wasm_component_model_set(config, true);
  wasmtime_config_wasm_component_model_map_set(config, false);
  wasmtime_config_wasm_component_model_async_set(config, false);
  wasmtime_config_concurrency_support_set(config, false);
  wasmtime_config_gc_support_set(config, false);
  wasmtime_config_shared_memory_set(config, false);
  wasmtime_config_wasm_memory64_set(config, false);
  wasmtime_config_wasm_relaxed_simd_set(config, false);
  wasmtime_config_wasm_tail_call_set(config, false);
  wasmtime_config_strategy_set(config, WASMTIME_STRATEGY_CRANELIFT);
  wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_SPEED);
  wasmtime_config_cranelift_nan_canonicalization_set(config, true);
  wasmtime_config_native_unwind_info_set(config, false);
  wasmtime_config_consume_fuel_set(config, true);
  wasmtime_config_epoch_interruption_set(config, true);
  wasmtime_config_max_wasm_stack_set(config, options.guest_stack_bytes);
  wasmtime_config_async_stack_size_set(config,
                                       options.guest_stack_bytes + options.host_stack_bytes);
  wasmtime_config_memory_reservation_set(config, options.memory_reservation);
  wasmtime_config_memory_reservation_for_growth_set(config, 0);
  wasmtime_config_memory_guard_size_set(config, kGuardBytes);
  wasmtime_config_memory_may_move_set(config, false);
  wasmtime_config_memory_init_cow_set(config, true);
}

void set_pool(wasm_config_t* config, const EngineOptions& options) {
  Handle<wasmtime_pooling_allocation_config_t, wasmtime_pooling_allocation_config_delete> pool(
      wasmtime_pooling_allocation_config_new());
  const auto calls = static_cast<std::uint32_t>(options.live_calls);
  auto* raw = pool.get();
  wasmtime_pooling_allocation_config_total_component_instances_set(raw, calls);
  wasmtime_pooling_allocation_config_total_core_instances_set(raw, calls * kPartsPerCall);
  wasmtime_pooling_allocation_config_total_memories_set(raw, calls);
  wasmtime_pooling_allocation_config_total_tables_set(raw, calls * 2);
  wasmtime_pooling_allocation_config_total_stacks_set(raw, calls);
  wasmtime_pooling_allocation_config_max_core_instances_per_component_set(raw, 16);
  wasmtime_pooling_allocation_config_max_memories_per_component_set(raw, 2);
  wasmtime_pooling_allocation_config_max_tables_per_component_set(raw, 8);
  wasmtime_pooling_allocation_config_max_memories_per_module_set(raw, 2);
  wasmtime_pooling_allocation_config_max_tables_per_module_set(raw, 4);
  wasmtime_pooling_allocation_config_table_elements_set(raw, options.table_elements);
  wasmtime_pooling_allocation_config_max_memory_size_set(raw, options.memory_bytes);
  wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(raw,
                                                                     options.memory_keep_resident);
  wasmtime_pooling_allocation_config_table_keep_resident_set(raw, options.table_keep_resident);
  wasmtime_pooling_allocation_config_async_stack_keep_resident_set(raw, 0);
  wasmtime_pooling_allocation_config_max_unused_warm_slots_set(raw, calls);
  tenon_pool_scan_pages(raw);
  wasmtime_pooling_allocation_strategy_set(config, raw);
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::create(EngineOptions options) {
  if (options.memory_bytes < 65'536 || options.memory_bytes % 65'536 != 0)
    return refuse("memory_bytes must be a positive multiple of 64 KiB");
  if (options.memory_reservation < options.memory_bytes)
    return refuse("memory_reservation must not be smaller than memory_bytes");
  if (options.guest_stack_bytes < 65'536 || options.host_stack_bytes < 131'072)
    return refuse("guest_stack_bytes must be at least 64 KiB and host_stack_bytes 128 KiB");
  if (options.tick.count() <= 0) return refuse("tick must be positive");
  if (options.allocator == Allocator::pooling) {
    TENON_ASSIGN(calls, size_pool(options, look_at_machine()));
    options.live_calls = calls;
  }

  Config config(wasm_config_new());
  set_code_options(config.get(), options);
  if (options.allocator == Allocator::pooling) set_pool(config.get(), options);

  wasmtime_error_t* raw = nullptr;
  EngineHandle handle(tenon_engine_new(config.release(), &raw));
  const ErrorHandle error(raw);
  if (!handle) {
    return fail(Error(ErrorCode::unavailable, "the engine cannot be started on this machine")
                    .because("engine.machine")
                    .in_context(text_of(error.get())));
  }
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->handle = std::move(handle);
  impl->ticker = std::make_unique<Ticker>(impl->handle.get(), options.tick);
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

const EngineOptions& Engine::options() const noexcept { return impl_->options; }

EngineCounts Engine::counts() const noexcept {
  return {.live_stores = impl_->live_stores.load(),
          .running_calls = impl_->ticker->running(),
          .live_calls_maximum = impl_->options.live_calls};
}

}  // namespace tenon::wasm
