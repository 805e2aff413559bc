#include "plugins/host.h"

#include <utility>

#include "base/json.h"
#include "plugins/host_api/clock.h"
#include "plugins/host_api/data.h"
#include "plugins/host_api/events.h"
#include "plugins/host_api/identity.h"
#include "plugins/host_api/log.h"
#include "plugins/host_api/v0.h"

namespace tenon::plugins {
namespace {

/// Host functions of every contract version.
struct Apis {
  V0Api v0_host;
  DataApi data;
  EventsApi events;
  LogApi log;
  ClockApi clock;
  IdentityApi identity;

  [[nodiscard]] Result<> link(wasm::Linker& linker) {
    TENON_TRY(v0::link(linker, v0::Imports{.host = v0_host}));
    return v1::link(
        linker,
        v1::Imports{
            .data = data, .events = events, .log = log, .clock = clock, .identity = identity});
  }
};

std::vector<FieldError> fields_from(const std::string& text) {
  std::vector<FieldError> fields;
  const auto parsed = json::parse(text);
  if (!parsed || !parsed->is_array()) return fields;
  const auto word = [](const json::object& object, std::string_view name) -> std::string {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
  };
  for (const json::value& item : parsed->get_array()) {
    if (!item.is_object()) continue;
    const auto& object = item.get_object();
    fields.push_back(FieldError{.path = word(object, "path"),
                                .code = word(object, "code"),
                                .message = word(object, "message")});
  }
  return fields;
}

/// The guest's own refusal, with control characters escaped: its text goes to people and to logs.
/// v0 has only text; `code: message`, as the host itself words failures, gives the code.
Error to_error(const wasm::Failure& failure) {
  return Error(failure.code, escape_log_text(failure.message))
      .because("plugin.refused")
      .with_fields(fields_from(failure.fields));
}

Error to_error(const std::string& text) {
  const auto colon = text.find(": ");
  if (colon != std::string::npos) {
    const auto code = error_code_from(text.substr(0, colon));
    if (to_string(code) == std::string_view(text).substr(0, colon))
      return Error(code, escape_log_text(std::string_view(text).substr(colon + 2)))
          .because("plugin.refused");
  }
  return Error(ErrorCode::invalid, escape_log_text(text)).because("plugin.refused");
}

std::string value_of(std::expected<std::string, wasm::Failure>& value) { return std::move(*value); }
std::string value_of(std::expected<void, std::string>&) { return {}; }

/// `actions#run` of `erp:plugin/actions@1.0.0` and `run`.
std::string function_name(std::string_view interface, std::string_view name) {
  interface = interface.substr(0, interface.find('@'));
  const auto slash = interface.rfind('/');
  if (slash != std::string_view::npos) interface.remove_prefix(slash + 1);
  return std::string(interface).append("#").append(name);
}

/// A failure that the guest did not choose is told with whose it is and what it cost.
Error with_bill(Error error, const Plugin& plugin, const Bill& bill) {
  json::object details{{"plugin", plugin.id()},
                       {"version", plugin.manifest.metadata.version.text()},
                       {"bill", to_json(bill)}};
  if (error.reason().starts_with("limit."))
    details["limit"] = std::string_view(error.reason()).substr(6);
  return std::move(error).with_details(json::serialize(details));
}

}  // namespace

struct Host::Impl {
  Impl(const wasm::Engine& engine, const Clock& the_clock, NativeCache cache_, std::size_t threads,
       LogSink log_)
      : clock(the_clock),
        cache(std::move(cache_)),
        linker(engine),
        loader(engine, linker, cache),
        log(std::move(log_)),
        guests(threads, "guest") {}

  const Clock& clock;
  NativeCache cache;
  Apis apis;
  wasm::Linker linker;
  Loader loader;
  LogSink log;
  CallSink calls;
  ExecutorPool guests;
};

Host::Host(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Host::~Host() { stop(); }

Result<std::unique_ptr<Host>> Host::create(const wasm::Engine& engine, const Clock& clock,
                                           NativeCache cache, std::size_t guest_threads,
                                           LogSink log) {
  auto impl =
      std::make_unique<Impl>(engine, clock, std::move(cache), guest_threads, std::move(log));
  TENON_TRY(impl->apis.link(impl->linker));
  return std::unique_ptr<Host>(new Host(std::move(impl)));
}

Loader& Host::loader() noexcept { return impl_->loader; }
Executor Host::executor() noexcept { return impl_->guests.next(); }
const Clock& Host::clock() const noexcept { return impl_->clock; }
void Host::on_call(CallSink sink) { impl_->calls = std::move(sink); }
void Host::stop() { impl_->guests.stop(); }

template <class F, class... A>
asio::awaitable<Outcome> Host::call(const std::optional<contract::Function<F>>& function,
                                    CallArguments arguments, A... values) {
  const Plugin& plugin = *arguments.installation.plugin;
  const auto refuse = [](Error error) {
    return Outcome{.result = std::unexpected(std::move(error)), .bill = {}, .log = {}};
  };
  if (!function)
    co_return refuse(
        Error(ErrorCode::invalid, "the plugin \"" + plugin.id() + "\" does not offer this")
            .because("plugin.no_export"));
  if (arguments.origin.depth >= kMaxDepth)
    co_return refuse(Error(ErrorCode::exhausted, "plugin calls are nested deeper than 16")
                         .because("limit.depth"));

  // A nested call draws on what its outermost call was admitted with: waiting here could deadlock
  // two plugins.
  Permit permit;
  if (arguments.origin.depth == 0) {
    auto admitted = arguments.installation.permits->try_acquire();
    if (!admitted)
      admitted = co_await arguments.installation.permits->acquire(arguments.origin.deadline);
    if (!admitted) co_return refuse(std::move(admitted.error()));
    permit = *std::move(admitted);
  }

  GuestContext context{.host = *this,
                       .plugin = plugin,
                       .origin = arguments.origin,
                       .work = arguments.work,
                       .now = impl_->clock.now(),
                       .meter = Meter(arguments.limits),
                       .log = {}};
  Outcome outcome{.result = std::string(), .bill = {}, .log = {}};
  {
    wasm::Call guest(plugin.program, engine_limits(arguments.limits), &context);
    auto reply = co_await function->run(guest, std::move(values)...);
    outcome.bill = context.meter.bill(guest.bill());
    if (!reply) {
      outcome.result = std::unexpected(with_bill(std::move(reply.error()), plugin, outcome.bill));
    } else if (!*reply) {
      outcome.result = std::unexpected(to_error(reply->error()));
    } else {
      outcome.result = value_of(*reply);
    }
  }
  if (arguments.installation.calls)
    arguments.installation.calls->note(
        {.at = context.now,
         .trace = arguments.origin.trace,
         .user = arguments.origin.principal->user.value.is_nil()
                     ? std::nullopt
                     : std::optional(arguments.origin.principal->user),
         .version = plugin.manifest.metadata.version.text(),
         .function = function_name(F::kInterface, F::kName),
         .subject = std::move(arguments.subject),
         .depth = arguments.origin.depth,
         .error = outcome.result ? std::nullopt : std::optional(outcome.result.error()),
         .bill = outcome.bill});
  outcome.log = std::move(context.log);
  if (impl_->log)
    for (const LogLine& line : outcome.log) impl_->log(arguments.origin, plugin, line);
  if (impl_->calls) impl_->calls(arguments.origin, plugin, outcome);
  co_return outcome;
}

asio::awaitable<Outcome> Host::init(CallArguments arguments) {
  const Exports& exports = arguments.installation.plugin->exports;
  if (exports.v0_init) return call(exports.v0_init, std::move(arguments));
  return call(exports.init, std::move(arguments));
}

asio::awaitable<Outcome> Host::tenant_created(CallArguments arguments) {
  const Exports& exports = arguments.installation.plugin->exports;
  return call(exports.tenant_created, std::move(arguments));
}

asio::awaitable<Outcome> Host::tenant_deleted(CallArguments arguments) {
  const Exports& exports = arguments.installation.plugin->exports;
  return call(exports.tenant_deleted, std::move(arguments));
}

asio::awaitable<Outcome> Host::health(CallArguments arguments) {
  const Exports& exports = arguments.installation.plugin->exports;
  return call(exports.health, std::move(arguments));
}

asio::awaitable<Outcome> Host::handle_event(CallArguments arguments, std::string type,
                                            std::string payload, std::string event) {
  arguments.subject = type;
  // The strings are owned by this frame until the call has ended; what crosses are views into them.
  const Exports& exports = arguments.installation.plugin->exports;
  if (exports.v0_handle_event)
    co_return co_await call(exports.v0_handle_event, std::move(arguments), std::string_view(type),
                            contract::BytesView{payload});
  co_return co_await call(exports.handle_event, std::move(arguments), std::string_view(event));
}

asio::awaitable<Outcome> Host::before_save(CallArguments arguments, std::string entity,
                                           std::string operation, std::string change) {
  arguments.subject = entity;
  const Exports& exports = arguments.installation.plugin->exports;
  co_return co_await call(exports.before_save, std::move(arguments), std::string_view(entity),
                          std::string_view(operation), std::string_view(change));
}

asio::awaitable<Outcome> Host::run_action(CallArguments arguments, std::string name,
                                          std::string input) {
  arguments.subject = name;
  const Exports& exports = arguments.installation.plugin->exports;
  co_return co_await call(exports.run_action, std::move(arguments), std::string_view(name),
                          std::string_view(input));
}

asio::awaitable<Outcome> Host::handle_route(CallArguments arguments, std::string request) {
  const Exports& exports = arguments.installation.plugin->exports;
  co_return co_await call(exports.handle_route, std::move(arguments), std::string_view(request));
}

}  // namespace tenon::plugins
