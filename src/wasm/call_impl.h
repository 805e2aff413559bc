#pragma once
// The state of one call and the callbacks the engine makes into it. For this room only.

#include <optional>

#include "wasm/call.h"
#include "wasm/engine_impl.h"
#include "wasm/handles.h"
#include "wasm/host_wait.h"
#include "wasm/linker_impl.h"
#include "wasm/type_text.h"

namespace tenon::wasm {

/// Members are declared in the order in which they may be destroyed last: a call first unwinds its
/// fiber, then its store goes, then what both point to.
struct CallState::Impl {
  Impl(const Program& linked, const Limits& bounds, void* host);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  enum class Stage : std::uint8_t { idle, running, poisoned };

  CallState face;
  Program program;
  const Limits limits;
  Engine::Impl& engine;
  Limiter limiter;
  Bill bill;
  Instant started;
  Instant wall_deadline;
  Instant slice_start;
  Stage stage = Stage::idle;
  bool in_guest = false;
  std::optional<TrapCause> stop;   // decided by the host, before the engine says anything
  std::optional<TrapCause> cause;  // of the last failure
  std::optional<Error> host_error;

  // What crosses. `answer` is what the guest gets from a host function, `returned` what it gives.
  Reply answer;
  Reply returned;
  const Definition* waiting_for = nullptr;
  std::optional<asio::awaitable<Reply>> pending;  // work of a host function, not yet started
  std::shared_ptr<HostWait> wait;                 // made by the first wait
  std::optional<Reply> late;                      // its answer, not yet taken by the guest

  // Dynamic values under way.
  const Export::Impl* running_export = nullptr;
  FunctionTypeHandle import_type;
  wasmtime_component_val_t* import_result = nullptr;
  wasmtime_component_val_t export_result{};

  StoreHandle store;
  wasmtime_component_instance_t instance{};
  CallHandle call;

  /// Prepares the call; nothing runs yet.
  [[nodiscard]] Result<> begin(const Export::Impl& function, Arguments arguments);
  /// Lets the guest run until it ends or gives the thread back (nothing).
  [[nodiscard]] std::optional<Result<Reply>> advance();
  /// Ends the call for good.
  [[nodiscard]] Error end(TrapCause why, std::string_view backtrace = {});
  void drop_guest() noexcept;

  /// Asks a host function: its answer, or nothing when it waits (`pending` is then set).
  [[nodiscard]] std::optional<Reply> ask(const Definition& definition,
                                         Arguments arguments) noexcept;
  /// Puts an answer where the engine reads it; false when it does not fit or ends the call.
  [[nodiscard]] bool give(Reply reply, const Definition& definition, Answer& out) noexcept;
  /// Whether a late answer fits the dynamic result that is waited for.
  [[nodiscard]] bool late_fits(const Reply& reply) const;
  void end_by_host(Error error) noexcept;
  [[nodiscard]] TickAnswer tick() noexcept;
  [[nodiscard]] Bill bill_now() const noexcept;

 private:
  [[nodiscard]] TrapCause cause_of(const wasmtime_error_t* error) const noexcept;
};

/// Callbacks of typed host functions. `state` is a CallState::Impl, `function` a Definition.
void call_host(const void* function, void* state, const Value* arguments, std::size_t count,
               Answer* answer) noexcept;
void resume_host(void* state, Answer* answer) noexcept;

/// Callback of host functions with dynamic values.
void call_host_dynamic(void* function, wasmtime_context_t* context,
                       const wasmtime_component_func_type_t* type,
                       wasmtime_component_val_t* arguments, std::size_t count,
                       wasmtime_component_val_t* results, std::size_t result_count,
                       wasmtime_error_t** error,
                       wasmtime_async_continuation_t* continuation) noexcept;

}  // namespace tenon::wasm
