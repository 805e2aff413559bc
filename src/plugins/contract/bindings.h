#pragma once
// The C++ types of WIT types, and the translation between them and the engine's untyped values.
// tools/wit_host.py writes one header per contract version on top of this one, so that a host
// function with a stale signature, or an export called with stale arguments, does not compile.
//
// | WIT                  | parameter                | result                |
// |----------------------|--------------------------|-----------------------|
// | bool, u8…u64, f64    | bool, std::uint8_t…      | the same              |
// | string               | std::string_view         | std::string           |
// | list<u8>             | BytesView                | Bytes                 |
// | list<T>              | std::vector<parameter T> | std::vector<result T> |
// | option<T>, tuple<…>  | std::optional, tuple     | the same              |
// | record, enum         | generated struct, enum   | the same              |
// | result<T, E>         | –                        | std::expected<T, E>   |
//
// The record `error` of `types` is wasm::Failure. Views given to a host function die when it
// returns: copy what a coroutine needs.

#include <concepts>
#include <cstdint>
#include <exception>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "async/task.h"
#include "base/error.h"
#include "plugins/contract/codec.h"
#include "plugins/contract/replies.h"
#include "wasm/call.h"
#include "wasm/linker.h"
#include "wasm/reply.h"
#include "wasm/value.h"

namespace tenon::contract {

/// What a host function that may suspend answers: its value at once (or anything the value is made
/// from), the value later (a Task), or a tenon::Error that ends the call. The error case of a WIT
/// `result` is part of the value (`std::unexpected(wasm::Failure{…})`) and reaches the guest.
template <class T>
class [[nodiscard]] Answer {
 public:
  /// A function without a result is done.
  Answer()
    requires std::is_void_v<T>
      : value_(Result<T>()) {}
  template <class U>
    requires(!std::same_as<std::remove_cvref_t<U>, Answer> && std::convertible_to<U, T>)
  Answer(U&& value)  // NOLINT: implicit
      : value_(std::in_place_type<Result<T>>, std::in_place, std::forward<U>(value)) {}
  Answer(std::unexpected<Error> error) : value_(Result<T>(std::move(error))) {}  // NOLINT: implicit
  Answer(Task<T> later) : value_(std::move(later)) {}                            // NOLINT: implicit

  [[nodiscard]] wasm::HostReply reply() && {
    if (auto* ready = std::get_if<Result<T>>(&value_)) return to_reply(std::move(*ready));
    return wait(std::move(std::get<Task<T>>(value_)));
  }
  /// The value when it is there; null when it comes later.
  [[nodiscard]] Result<T>* ready() noexcept { return std::get_if<Result<T>>(&value_); }

 private:
  static asio::awaitable<wasm::Reply> wait(Task<T> later) {
    co_return to_reply(co_await std::move(later));
  }

  std::variant<Result<T>, Task<T>> value_;
};

/// Runs a host function. An exception must not reach the guest's frames: it is a bug and ends the
/// call.
template <class F>
[[nodiscard]] wasm::HostReply guarded(F&& function) noexcept {
  try {
    return function();
  } catch (const std::exception& bug) {
    return wasm::Reply::trap(Error(ErrorCode::internal, "The host failed.").in_context(bug.what()));
  }
}

/// One row of a link table: what the host offers, spelled as wasm::Item spells it.
struct LinkRow {
  std::string_view interface;
  std::string_view name;
  std::string_view type;
  wasm::Waits waits;
};

/// An export of a program whose type was checked against its generated descriptor `F`.
/// Lifetime: the Program's. Cheap to copy.
template <class F>
class Function {
 public:
  explicit Function(wasm::Export item) : item_(item) {}

  /// Requires: what the arguments point to lives until the task has ended.
  /// Errors: those of wasm::Call::run. The guest's own error is in the value.
  template <class... A>
    requires std::invocable<decltype(F::arguments), typename F::Storage&, const A&...>
  [[nodiscard]] Task<typename F::Output> run(wasm::Call& call, A... arguments) const {
    typename F::Storage storage;
    const auto values = F::arguments(storage, arguments...);
    auto reply = co_await call.run(item_, values);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    if constexpr (std::is_void_v<typename F::Output>)
      co_return Result<>();
    else
      co_return from_reply<typename F::Output>(std::move(*reply));
  }

  /// For callers on the hot path that drive wasm::Call::start() themselves.
  [[nodiscard]] wasm::Export item() const noexcept { return item_; }

 private:
  wasm::Export item_;
};

/// The export described by `F`; empty when the component does not offer it.
/// Errors: invalid (`contract.export_type`) when it is there with another type.
template <class F>
[[nodiscard]] Result<std::optional<Function<F>>> find(const wasm::Program& program) {
  const auto* item = program.component().find_export(F::kInterface, F::kName);
  if (item == nullptr) return std::optional<Function<F>>();
  if (item->type != F::kType)
    return fail(Error(ErrorCode::invalid, "The export " + std::string(F::kInterface) + "#" +
                                              std::string(F::kName) + " has type " + item->type +
                                              "; the contract says " + std::string(F::kType) + ".")
                    .because("contract.export_type"));
  auto found = program.find(F::kInterface, F::kName);
  if (!found) return std::optional<Function<F>>();
  return std::optional(Function<F>(*found));
}

}  // namespace tenon::contract
