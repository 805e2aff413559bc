#pragma once
// What tests that run built components share: files, results that must be there, a call to its end.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "wasm/call.h"

namespace tenon::testing {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
T need(Result<T> result) {
  if (!result) fatal(result.error().for_log(), std::source_location::current());
  return std::move(*result);
}
inline void need(Result<> result) {
  if (!result) fatal(result.error().for_log(), std::source_location::current());
}

/// The standard limits with time to spare, so that a busy machine does not end a call before the
/// limit under test does.
inline wasm::Limits patient() {
  wasm::Limits limits;
  limits.guest_time = std::chrono::seconds(30);
  limits.wall_time = std::chrono::seconds(60);
  return limits;
}

/// start(), and the rest on an event loop of its own when the guest gave the thread back.
inline Result<wasm::Reply> run_to_end(wasm::Call& call, wasm::Export function,
                                      wasm::Arguments arguments) {
  auto started = call.start(function, arguments);
  if (started) return std::move(*started);
  std::optional<Result<wasm::Reply>> result;
  asio::io_context loop{1};
  asio::co_spawn(loop, call.finish(),
                 [&](const std::exception_ptr& thrown, Result<wasm::Reply> reply) {
                   if (thrown) std::rethrow_exception(thrown);
                   result.emplace(std::move(reply));
                 });
  loop.run();
  return std::move(*result);
}

}  // namespace tenon::testing
