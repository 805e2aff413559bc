#pragma once
// Typed values to and from wasm::Reply. The common shapes (text, bytes, numbers, and results of
// them with the two error types of our contracts) cross without a ValueTree and thus without an
// allocation of their own.

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "plugins/contract/codec.h"
#include "wasm/reply.h"

namespace tenon::contract {

template <class T>
concept PlainPayload = std::same_as<T, std::string> || std::same_as<T, Bytes>;
template <class E>
concept PlainError = std::same_as<E, std::string> || std::same_as<E, wasm::Failure>;

namespace detail {

inline std::string take(std::string&& text) { return std::move(text); }
inline std::string take(Bytes&& bytes) { return std::move(bytes.data); }
inline wasm::Reply failed(std::string&& message) {
  return wasm::Reply::failed(ErrorCode::internal, std::move(message));
}
inline wasm::Reply failed(wasm::Failure&& failure) {
  return wasm::Reply::failed(failure.code, std::move(failure.message), std::move(failure.fields));
}

template <class T>
struct Shape {
  static constexpr bool kPlain = std::is_unsigned_v<T> || std::is_enum_v<T> || PlainPayload<T>;
  static wasm::Reply reply(T&& value) {
    if constexpr (PlainPayload<T>)
      return wasm::Reply::payload(take(std::move(value)));
    else if constexpr (std::same_as<T, bool>)
      return wasm::Reply::boolean(value);
    else
      return wasm::Reply::number(static_cast<std::uint64_t>(value));
  }
  static T value(wasm::Reply&& reply) {
    if constexpr (PlainPayload<T>)
      return T{std::move(reply.payload())};
    else
      return static_cast<T>(reply.number());
  }
};

template <class T, class E>
struct Shape<std::expected<T, E>> {
  using Outcome = std::expected<T, E>;
  static constexpr bool kPlain = (std::is_void_v<T> || PlainPayload<T>) && PlainError<E>;
  static wasm::Reply reply(Outcome&& value) {
    if (!value) return failed(std::move(value.error()));
    if constexpr (std::is_void_v<T>)
      return wasm::Reply::ok();
    else
      return wasm::Reply::ok(take(std::move(*value)));
  }
  static Outcome value(wasm::Reply&& reply) {
    if (reply.is_failure()) {
      if constexpr (std::same_as<E, std::string>)
        return std::unexpected(std::move(reply.failure().message));
      else
        return std::unexpected(std::move(reply.failure()));
    }
    if constexpr (std::is_void_v<T>)
      return Outcome();
    else
      return Outcome(T{std::move(reply.payload())});
  }
};

}  // namespace detail

/// What a host function hands back; an Error ends the call.
template <class T>
[[nodiscard]] wasm::Reply to_reply(Result<T>&& result) {
  if (!result) return wasm::Reply::trap(std::move(result.error()));
  if constexpr (std::is_void_v<T>) {
    return wasm::Reply::nothing();
  } else if constexpr (detail::Shape<T>::kPlain) {
    return detail::Shape<T>::reply(std::move(*result));
  } else {
    wasm::ValueTree tree;
    tree.root = Codec<T>::encode(tree, *result);
    return wasm::Reply::tree(std::move(tree));
  }
}

/// What an export gave. Errors: internal (`contract.reply`) when the engine gave another shape.
template <class T>
[[nodiscard]] Result<T> from_reply(wasm::Reply&& reply) {
  if (const auto* tree = reply.tree()) return Codec<T>::decode(tree->root);
  if constexpr (detail::Shape<T>::kPlain)
    return detail::Shape<T>::value(std::move(reply));
  else
    return fail(Error(ErrorCode::internal, "The plugin gave a value of an unexpected shape.")
                    .because("contract.reply"));
}

}  // namespace tenon::contract
