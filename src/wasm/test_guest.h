#pragma once
// What the tests and benchmarks of this room share: guest files, an engine, host functions.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "wasm/call.h"
#include "wasm/component.h"
#include "wasm/engine.h"
#include "wasm/linker.h"

namespace tenon::wasm::testing {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The bytes of guests/<name>.wat as a binary.
inline std::string guest(const std::string& name) {
  return read_file(std::string(TENON_WASM_GUESTS) + name + ".wasm");
}

template <class T>
T need(Result<T> result) {
  if (!result) fatal(result.error().for_log(), std::source_location::current());
  return std::move(*result);
}
inline void need(Result<> result) {
  if (!result) fatal(result.error().for_log(), std::source_location::current());
}

/// start(), and the rest on an event loop of its own when the guest gave the thread back.
inline Result<Reply> run_to_end(Call& call, Export function, Arguments arguments) {
  auto started = call.start(function, arguments);
  if (started) return std::move(*started);
  std::optional<Result<Reply>> result;
  asio::io_context loop{1};
  asio::co_spawn(loop, call.finish(), [&](const std::exception_ptr& thrown, Result<Reply> reply) {
    if (thrown) std::rethrow_exception(thrown);
    result.emplace(std::move(reply));
  });
  loop.run();
  return std::move(*result);
}

inline std::unique_ptr<Engine> small_engine() { return need(Engine::create({.live_calls = 32})); }

inline Limits generous() {
  Limits limits;
  limits.fuel = std::uint64_t{1} << 62;
  limits.guest_time = std::chrono::hours(10);
  limits.wall_time = std::chrono::hours(10);
  return limits;
}

/// The two host functions of contract v0: the row comes back, the line is dropped.
inline void define_v0(Linker& linker) {
  need(linker.define("erp:plugin/host", "db-insert",
                     "(string, list<u8>) -> result<list<u8>, string>", Waits::maybe,
                     [](CallState&, Arguments arguments) -> HostReply {
                       return Reply::ok(std::string(arguments[1].text()));
                     }));
  need(linker.define("erp:plugin/host", "log-write", "(string, string)", Waits::never,
                     [](CallState&, Arguments) -> HostReply { return Reply::nothing(); }));
}

}  // namespace tenon::wasm::testing
