#pragma once
// Translation of one value. The linker has checked the types of both sides before any of this
// runs, so decoding reads by the type and never asks the value what it is. Generated records
// specialise Codec.

#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "wasm/reply.h"
#include "wasm/value.h"

namespace tenon::contract {

/// `list<u8>`: types of their own, so that a change from `list<u8>` to `string` does not compile.
struct BytesView {
  std::string_view data;
};
struct Bytes {
  std::string data;
};

/// Storage of arguments that are flat: nothing.
struct NoStorage {};

template <class T>
struct Codec;

template <class T>
[[nodiscard]] T decode(const wasm::Value& value) {
  return Codec<T>::decode(value);
}
/// `Storage` is a ValueTree, or NoStorage where all arguments are flat.
template <class T, class Storage>
[[nodiscard]] wasm::Value encode(Storage& storage, const T& value) {
  return Codec<T>::encode(storage, value);
}

template <>
struct Codec<bool> {
  static bool decode(const wasm::Value& value) { return value.boolean(); }
  static wasm::Value encode(auto&, bool value) { return wasm::Value::boolean(value); }
};

template <std::unsigned_integral T>
struct Codec<T> {
  static T decode(const wasm::Value& value) { return static_cast<T>(value.number()); }
  static wasm::Value encode(auto&, T value) { return wasm::Value::number(value); }
};

template <std::signed_integral T>
struct Codec<T> {
  static T decode(const wasm::Value& value) { return static_cast<T>(value.integer()); }
  static wasm::Value encode(auto&, T value) { return wasm::Value::integer(value); }
};

template <>
struct Codec<double> {
  static double decode(const wasm::Value& value) { return value.real(); }
  static wasm::Value encode(auto&, double value) { return wasm::Value::real(value); }
};

template <class T>
  requires std::is_enum_v<T>
struct Codec<T> {
  static T decode(const wasm::Value& value) { return static_cast<T>(value.which()); }
  static wasm::Value encode(auto&, T value) {
    return wasm::Value::enumeration(static_cast<std::uint32_t>(value));
  }
};

template <>
struct Codec<std::string_view> {
  static std::string_view decode(const wasm::Value& value) { return value.text(); }
  static wasm::Value encode(auto&, std::string_view value) { return wasm::Value::text(value); }
};

template <>
struct Codec<std::string> {
  static std::string decode(const wasm::Value& value) { return std::string(value.text()); }
  static wasm::Value encode(wasm::ValueTree& tree, const std::string& value) {
    return tree.text(value);
  }
};

template <>
struct Codec<BytesView> {
  static BytesView decode(const wasm::Value& value) { return {value.text()}; }
  static wasm::Value encode(auto&, BytesView value) { return wasm::Value::bytes(value.data); }
};

template <>
struct Codec<Bytes> {
  static Bytes decode(const wasm::Value& value) { return {std::string(value.text())}; }
  static wasm::Value encode(wasm::ValueTree& tree, const Bytes& value) {
    return tree.bytes(value.data);
  }
};

template <class T>
struct Codec<std::vector<T>> {
  static std::vector<T> decode(const wasm::Value& value) {
    std::vector<T> items;
    items.reserve(value.items().size());
    for (const auto& item : value.items()) items.push_back(Codec<T>::decode(item));
    return items;
  }
  static wasm::Value encode(wasm::ValueTree& tree, const std::vector<T>& value) {
    std::vector<wasm::Value> items;
    items.reserve(value.size());
    for (const auto& item : value) items.push_back(Codec<T>::encode(tree, item));
    return tree.compound(wasm::Kind::list, std::move(items));
  }
};

template <class T>
struct Codec<std::optional<T>> {
  static std::optional<T> decode(const wasm::Value& value) {
    if (value.items().empty()) return std::nullopt;
    return Codec<T>::decode(value.items().front());
  }
  static wasm::Value encode(wasm::ValueTree& tree, const std::optional<T>& value) {
    std::vector<wasm::Value> items;
    if (value) items.push_back(Codec<T>::encode(tree, *value));
    return tree.compound(wasm::Kind::option, std::move(items));
  }
};

/// Members in order, for tuples and (through generated code) records.
template <wasm::Kind kind, class... T>
[[nodiscard]] wasm::Value encode_members(wasm::ValueTree& tree, const T&... members) {
  return tree.compound(kind, {Codec<T>::encode(tree, members)...});
}
template <class T>
[[nodiscard]] T decode_member(const wasm::Value& value, std::size_t index) {
  return index < value.items().size() ? Codec<T>::decode(value.items()[index]) : T{};
}

template <class... T>
struct Codec<std::tuple<T...>> {
  static std::tuple<T...> decode(const wasm::Value& value) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::tuple<T...>{decode_member<T>(value, I)...};
    }(std::index_sequence_for<T...>{});
  }
  static wasm::Value encode(wasm::ValueTree& tree, const std::tuple<T...>& value) {
    return std::apply(
        [&](const auto&... members) { return encode_members<wasm::Kind::tuple>(tree, members...); },
        value);
  }
};

/// wasm::Failure is the record `error` of the contract: code, message, fields.
template <>
struct Codec<wasm::Failure> {
  static wasm::Failure decode(const wasm::Value& value) {
    return {decode_member<ErrorCode>(value, 0), decode_member<std::string>(value, 1),
            decode_member<std::string>(value, 2)};
  }
  static wasm::Value encode(wasm::ValueTree& tree, const wasm::Failure& value) {
    return encode_members<wasm::Kind::record>(tree, value.code, value.message, value.fields);
  }
};

/// `_` in `result<_, E>` and `result<T>`: no payload.
template <class T>
using Unit = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T, class E>
struct Codec<std::expected<T, E>> {
  using Outcome = std::expected<T, E>;
  static Outcome decode(const wasm::Value& value) {
    if (value.which() != 0) {
      if constexpr (std::same_as<E, std::monostate>)
        return std::unexpected(E{});
      else
        return std::unexpected(decode_member<E>(value, 0));
    }
    if constexpr (std::is_void_v<T>)
      return Outcome();
    else
      return decode_member<T>(value, 0);
  }
  static wasm::Value encode(wasm::ValueTree& tree, const Outcome& value) {
    std::vector<wasm::Value> items;
    if (value) {
      if constexpr (!std::is_void_v<T>) items.push_back(Codec<T>::encode(tree, *value));
    } else if constexpr (!std::same_as<E, std::monostate>) {
      items.push_back(Codec<E>::encode(tree, value.error()));
    }
    return tree.compound(wasm::Kind::result, std::move(items), value ? 0U : 1U);
  }
};

}  // namespace tenon::contract
