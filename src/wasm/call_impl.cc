#include "wasm/call_impl.h"

#include <exception>

#include "wasm/dynamic_value.h"
#include "wasm/engine_impl.h"

namespace tenon::wasm {
namespace {

constexpr std::uint32_t kMemoryRefused = 1;
constexpr std::uint32_t kTableRefused = 2;
// A guest that got the thread back less than this ago keeps it at a tick.
constexpr std::chrono::milliseconds kShortestSlice{1};

Instant now() noexcept { return std::chrono::steady_clock::now(); }

TickAnswer on_tick(void* state) noexcept { return static_cast<CallState::Impl*>(state)->tick(); }

/// Copies what an export returned.
void accept(void* state, const Answer* answer) noexcept {
  auto& call = *static_cast<CallState::Impl*>(state);
  const auto text = answer->value.text();
  const auto fields = answer->fields.text();
  call.bill.bytes_from_guest += text.size() + fields.size();
  if (answer->form == Answer::failed) {
    call.returned =
        Reply::failed(static_cast<ErrorCode>(answer->code), std::string(text), std::string(fields));
  } else {
    call.returned = Reply::ok(std::string(text));
  }
}

bool fits(ParameterShape shape, Arguments arguments) noexcept {
  std::size_t texts = 0;
  switch (shape) {
    case ParameterShape::none:
      break;
    case ParameterShape::text:
      texts = 1;
      break;
    case ParameterShape::text2:
      texts = 2;
      break;
    case ParameterShape::text3:
      texts = 3;
      break;
    case ParameterShape::text_bytes:
      return arguments.size() == 2 && arguments[0].kind() == Kind::text &&
             arguments[1].kind() == Kind::bytes;
    default:
      return false;
  }
  if (arguments.size() != texts) return false;
  for (const Value& argument : arguments)
    if (argument.kind() != Kind::text) return false;
  return true;
}

Result<> unfit() {
  return fail(Error(ErrorCode::invalid, "the arguments do not fit the type of the function")
                  .because("wasm.arguments"));
}

}  // namespace

CallState::Impl::Impl(const Program& linked, const Limits& bounds, void* host)
    : program(linked),
      limits(bounds),
      engine(linked.impl()->engine->impl()),
      limiter{.memory_limit = bounds.memory_bytes,
              .table_limit = bounds.table_elements,
              .instances = bounds.instances,
              .tables = bounds.tables,
              .memories = bounds.memories} {
  face.host_ = host;
  face.impl_ = this;
}

CallState::Impl::~Impl() {
  drop_guest();
  if (wait) wait->rest();
}

void CallState::Impl::drop_guest() noexcept {
  call.reset();
  if (!store) return;
  bill = bill_now();
  store.reset();
  engine.live_stores.fetch_sub(1, std::memory_order_relaxed);
  wasmtime_component_val_delete(&export_result);
  export_result = {};
}

Result<> CallState::Impl::begin(const Export::Impl& function, Arguments arguments) {
  const auto bug = [](std::string_view reason, std::string_view message) {
    return fail(Error(ErrorCode::internal, std::string(message)).because(std::string(reason)));
  };
  if (stage == Stage::poisoned) return bug("call.poisoned", "an earlier error ended this call");
  if (stage == Stage::running) return bug("call.busy", "this call is running already");
  if (function.owner != program.impl().get())
    return bug("call.export", "the export belongs to another program");
  if (!function.shape.dynamic() && !fits(function.shape.parameters, arguments)) return unfit();

  if (!store) {
    store.reset(tenon_store_new(engine.handle.get(), this, &limiter, on_tick,
                                limits.fuel - std::min(limits.fuel, kInstanceFuel),
                                limits.crossing_bytes));
    engine.live_stores.fetch_add(1, std::memory_order_relaxed);
    started = now();
    wall_deadline = started + std::chrono::duration_cast<Instant::duration>(limits.wall_time);
  }
  running_export = &function;
  const Target target{program.impl()->handle.get(), function.index.get(),
                      static_cast<std::uint32_t>(function.shape.parameters),
                      static_cast<std::uint32_t>(function.shape.result), accept};
  if (function.shape.dynamic()) {
    DynamicValues values;
    TENON_TRY(lower_arguments(arguments, function.type.get(), values));
    const std::size_t results = has_result(function.type.get()) ? 1 : 0;
    call.reset(tenon_call_new_dynamic(store.get(), &instance, &target, values.data(), values.size(),
                                      &export_result, results));
  } else {
    call.reset(tenon_call_new(store.get(), &instance, &target, arguments.data(), arguments.size()));
  }
  if (!call) return unfit();
  for (const Value& argument : arguments) bill.bytes_to_guest += argument.text().size();
  stage = Stage::running;
  return {};
}

std::optional<Result<Reply>> CallState::Impl::advance() {
  wasmtime_error_t* raw = nullptr;
  in_guest = true;
  slice_start = now();
  engine.ticker->begin();
  const PollAnswer polled = tenon_call_poll(call.get(), &raw);
  engine.ticker->end();
  bill.guest_time += now() - slice_start;
  in_guest = false;
  if (polled == PollAnswer::pending) return std::nullopt;
  const ErrorHandle error(raw);
  if (polled == PollAnswer::failed)
    return std::unexpected(end(cause_of(error.get()), text_of(error.get())));
  call.reset();
  stage = Stage::idle;
  if (!running_export->shape.dynamic()) return Result<Reply>(std::move(returned));
  ValueTree tree;
  auto lifted = lift_result(export_result, running_export->type.get(), tree);
  if (!lifted) return std::unexpected(std::move(lifted.error()));
  tree.root = *lifted;
  return Result<Reply>(Reply::tree(std::move(tree)));
}

TrapCause CallState::Impl::cause_of(const wasmtime_error_t* error) const noexcept {
  const std::int32_t code = tenon_error_code(error);
  if (stop) return *stop;
  switch (code) {
    case WASMTIME_TRAP_CODE_OUT_OF_FUEL:
      return TrapCause::out_of_fuel;
    case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
      return TrapCause::stack;
    case kPoolFull:
      return TrapCause::slots;
    case kCrossingTooLarge:
      return TrapCause::crossing;
    default:
      break;
  }
  if ((limiter.refused & kMemoryRefused) != 0) return TrapCause::memory;
  if ((limiter.refused & kTableRefused) != 0) return TrapCause::table;
  // Without a trap code and before there is an instance, only the engine's counts refuse.
  if (code == kNoTrapCode && instance.store_id == 0) return TrapCause::instances;
  return TrapCause::trap;
}

Error CallState::Impl::end(TrapCause why, std::string_view backtrace) {
  stage = Stage::poisoned;
  cause = why;
  pending.reset();
  if (wait) wait->rest();
  drop_guest();
  if (why == TrapCause::host_error && host_error) return *std::exchange(host_error, std::nullopt);
  return to_error(why, backtrace);
}

void CallState::Impl::end_by_host(Error error) noexcept {
  stop = TrapCause::host_error;
  host_error.emplace(std::move(error));
}

std::optional<Reply> CallState::Impl::ask(const Definition& definition,
                                          Arguments arguments) noexcept {
  ++bill.host_calls;
  for (const Value& argument : arguments) bill.bytes_from_guest += argument.text().size();
  HostReply reply = [&]() -> HostReply {
    try {
      return definition.function(face, arguments);
    } catch (const std::exception& thrown) {
      return Reply::trap(Error(ErrorCode::internal, "a host function failed")
                             .because("host.exception")
                             .in_context(thrown.what()));
    }
  }();
  if (Reply* ready = reply.ready()) return std::move(*ready);
  if (definition.waits == Waits::never) {
    return Reply::trap(Error(ErrorCode::internal, "a host function waits that said it never does")
                           .because("host.reply")
                           .in_context(definition.name));
  }
  pending.emplace(std::move(*reply.later()));
  waiting_for = &definition;
  return std::nullopt;
}

bool CallState::Impl::give(Reply reply, const Definition& definition, Answer& out) noexcept {
  using Form = Reply::Form;
  if (reply.form() == Form::trap) {
    end_by_host(Error(reply.error()));
    return false;
  }
  answer = std::move(reply);
  const Form form = answer.form();
  out.form = form == Form::failed ? Answer::failed : Answer::ok;
  bool fit = false;
  switch (definition.shape.result) {
    case ResultShape::none:
      fit = form == Form::plain;
      break;
    case ResultShape::number:
    case ResultShape::boolean:
      fit = form == Form::plain;
      out.value = Value::number(answer.number());
      break;
    case ResultShape::text:
      fit = form == Form::plain;
      out.value = Value::text(answer.payload());
      break;
    case ResultShape::text_or_error:
    case ResultShape::bytes_or_text:
    case ResultShape::nothing_or_text:
      fit = form == Form::ok || form == Form::failed;
      out.value = Value::text(answer.payload());
      break;
    case ResultShape::dynamic:
      break;
  }
  if (form == Form::failed && fit) {
    const Failure& failure = answer.failure();
    out.code = static_cast<std::uint32_t>(failure.code);
    out.value = Value::text(failure.message);
    out.fields = Value::text(failure.fields);
  }
  if (!fit) {
    end_by_host(Error(ErrorCode::internal, "a host function answered with another type")
                    .because("host.reply")
                    .in_context(definition.name + " -> " + definition.type));
    return false;
  }
  bill.bytes_to_guest += out.value.text().size() + out.fields.text().size();
  return true;
}

TickAnswer CallState::Impl::tick() noexcept {
  const Instant at = now();
  const auto slice = at - slice_start;
  if (bill.guest_time + slice >= limits.guest_time) {
    stop = TrapCause::guest_time;
    return TickAnswer::stop;
  }
  if (at >= wall_deadline) {
    stop = TrapCause::wall_time;
    return TickAnswer::stop;
  }
  return slice < kShortestSlice ? TickAnswer::go_on : TickAnswer::yield;
}

Bill CallState::Impl::bill_now() const noexcept {
  Bill out = bill;
  if (in_guest) out.guest_time += now() - slice_start;
  if (!store) return out;
  out.wall_time = now() - started;
  out.peak_memory = limiter.memory_peak;
  std::uint64_t left = 0;
  wasmtime_error_t* raw = wasmtime_context_get_fuel(wasmtime_store_context(store.get()), &left);
  const ErrorHandle error(raw);
  out.fuel = limits.fuel > left ? limits.fuel - left : 0;
  return out;
}

void call_host(const void* function, void* state, const Value* arguments, std::size_t count,
               Answer* answer) noexcept {
  auto& call = *static_cast<CallState::Impl*>(state);
  const auto& definition = *static_cast<const Definition*>(function);
  auto reply = call.ask(definition, {arguments, count});
  if (!reply)
    answer->form = Answer::pending;
  else if (!call.give(std::move(*reply), definition, *answer))
    answer->form = Answer::trap;
}

void resume_host(void* state, Answer* answer) noexcept {
  auto& call = *static_cast<CallState::Impl*>(state);
  if (!call.late) {
    answer->form = Answer::pending;
    return;
  }
  Reply reply = std::move(*call.late);
  call.late.reset();
  if (!call.give(std::move(reply), *call.waiting_for, *answer)) answer->form = Answer::trap;
}

}  // namespace tenon::wasm
