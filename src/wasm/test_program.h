#pragma once
// The hostile guest, linked, with host functions the tests steer.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <optional>

#include "wasm/test_guest.h"

namespace tenon::wasm::testing {

/// What a test puts behind the host functions of the hostile guest.
struct Host {
  std::function<HostReply(CallState&, std::string)> ask = [](CallState&, std::string question) {
    return HostReply(Reply::ok(std::move(question)));
  };
  std::function<HostReply(Arguments)> mix = [](Arguments) { return HostReply(Reply::nothing()); };
  int notes = 0;
};

class HostileProgram {
 public:
  explicit HostileProgram(EngineOptions options = {.live_calls = 32})
      : engine(need(Engine::create(options))), linker(*engine) {
    const std::string api = "test:host/api";
    need(linker.define(api, "ask", "(string) -> result<string, " + std::string(kErrorType) + ">",
                       Waits::maybe, [](CallState& call, Arguments arguments) -> HostReply {
                         return call.host<Host>().ask(call, std::string(arguments[0].text()));
                       }));
    need(linker.define(api, "note", "(string, string)", Waits::never,
                       [](CallState& call, Arguments) -> HostReply {
                         ++call.host<Host>().notes;
                         return Reply::nothing();
                       }));
    need(linker.define(api, "ping", "()", Waits::never,
                       [](CallState&, Arguments) -> HostReply { return Reply::nothing(); }));
    need(linker.define(api, "mix", "(u32, list<string>) -> tuple<s16, string>", Waits::maybe,
                       [](CallState& call, Arguments arguments) -> HostReply {
                         return call.host<Host>().mix(arguments);
                       }));
    component = need(Component::compile(*engine, guest("hostile")));
    program = need(linker.link(*component));
  }

  [[nodiscard]] Export find(std::string_view name) const { return program->find("", name).value(); }

  /// Runs `name` on a fresh call to its end.
  Result<Reply> run(std::string_view name, std::vector<Value> arguments = {},
                    const Limits& limits = {}) {
    Call call(*program, limits, &host);
    return run_on(call, name, std::move(arguments));
  }
  Result<Reply> run_on(Call& call, std::string_view name, std::vector<Value> arguments = {}) {
    std::optional<Result<Reply>> result;
    asio::co_spawn(loop, await(call, find(name), arguments, result), rethrow);
    loop.restart();
    loop.run();
    cause = call.cause();
    return std::move(*result);
  }

  static asio::awaitable<void> await(Call& call, Export function, std::span<const Value> arguments,
                                     std::optional<Result<Reply>>& result) {
    result = co_await call.run(function, arguments);
  }
  static void rethrow(const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  }

  std::unique_ptr<Engine> engine;
  Linker linker;
  std::optional<Component> component;
  std::optional<Program> program;
  Host host;
  std::optional<TrapCause> cause;
  asio::io_context loop{1};
};

}  // namespace tenon::wasm::testing
