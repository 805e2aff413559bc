// Host functions whose type has no fast shape.
#include "wasm/call_impl.h"
#include "wasm/dynamic_value.h"

namespace tenon::wasm {
namespace {

wasmtime_error_t* ended() { return wasmtime_error_new("ended by the host"); }

/// Writes the answer; false when the call is over.
bool give_dynamic(CallState::Impl& call, Reply reply, const wasmtime_component_func_type_t* type,
                  wasmtime_component_val_t* result) noexcept {
  if (reply.form() == Reply::Form::trap) {
    call.end_by_host(Error(reply.error()));
    return false;
  }
  if (result == nullptr) return true;
  auto lowered = lower_reply(reply, type, *result);
  if (lowered) return true;
  call.end_by_host(Error(ErrorCode::internal, "a host function answered with another type")
                       .because("host.reply")
                       .in_context(lowered.error().detail()));
  return false;
}

bool answered(void*) noexcept { return true; }

/// Asked at each poll while a host function is waited for. What ends the call instead (trap,
/// deadline, cancellation) drops the fiber without resuming it.
bool answered_late(void* state) noexcept {
  auto& call = *static_cast<CallState::Impl*>(state);
  if (!call.late) return false;
  const Reply reply = std::move(*call.late);
  call.late.reset();
  if (call.import_result == nullptr) return true;
  auto lowered = lower_reply(reply, call.import_type.get(), *call.import_result);
  // finish() has tried this reply already.
  if (!lowered) call.end_by_host(std::move(lowered.error()));
  return lowered.has_value();
}

}  // namespace

bool CallState::Impl::late_fits(const Reply& reply) const {
  if (import_result == nullptr) return true;
  wasmtime_component_val_t value{};
  const bool fits = lower_reply(reply, import_type.get(), value).has_value();
  wasmtime_component_val_delete(&value);
  return fits;
}

void call_host_dynamic(void* function, wasmtime_context_t* context,
                       const wasmtime_component_func_type_t* type,
                       wasmtime_component_val_t* arguments, std::size_t count,
                       wasmtime_component_val_t* results, std::size_t result_count,
                       wasmtime_error_t** error,
                       wasmtime_async_continuation_t* continuation) noexcept {
  auto& call = *static_cast<CallState::Impl*>(wasmtime_context_get_data(context));
  const auto& definition = *static_cast<const Definition*>(function);
  *continuation = {.callback = answered, .env = &call, .finalizer = nullptr};

  ValueTree tree;
  auto values = lift_arguments({arguments, count}, type, tree);
  if (!values) {
    call.end_by_host(std::move(values.error()));
    *error = ended();
    return;
  }
  wasmtime_component_val_t* const result = result_count == 0 ? nullptr : results;
  std::optional<Reply> ready = call.ask(definition, *values);
  if (!ready) {
    call.import_type.reset(wasmtime_component_func_type_clone(type));
    call.import_result = result;
    continuation->callback = answered_late;
    return;
  }
  if (!give_dynamic(call, std::move(*ready), type, result)) *error = ended();
}

}  // namespace tenon::wasm
