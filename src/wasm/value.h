#pragma once
// Values that cross between host and guest. A Value is a view: text, bytes and children belong to
// somebody else (guest memory, the caller's buffers, a ValueTree). One flat layout is shared with
// third_party/engine/crossing.rs, so that the hot path hands arguments over without translating
// them.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::wasm {

/// The kinds of WIT values. Sizes of integers and names of cases, fields and flags are in the
/// function's type, not in the value.
enum class Kind : std::uint32_t {
  nothing,      // absent payload
  boolean,      // bool
  number,       // u8 u16 u32 u64
  integer,      // s8 s16 s32 s64
  real,         // f32 f64
  character,    // char
  text,         // string (UTF-8)
  bytes,        // list<u8>
  enumeration,  // case number
  list,
  record,   // fields in order
  tuple,    // members in order
  variant,  // case number and at most one payload
  option,   // at most one payload
  result,   // case 0 ok, 1 error, and at most one payload
  flags,    // bit n is flag n, at most 64
};

/// A borrowed value of 32 bytes. Lifetime: as long as what it points to; never in a member or
/// across a suspension.
class Value {
 public:
  constexpr Value() = default;
  [[nodiscard]] static Value boolean(bool value) noexcept {
    return {Kind::boolean, value ? 1U : 0U};
  }
  [[nodiscard]] static Value number(std::uint64_t value) noexcept { return {Kind::number, value}; }
  [[nodiscard]] static Value integer(std::int64_t value) noexcept {
    return {Kind::integer, std::bit_cast<std::uint64_t>(value)};
  }
  [[nodiscard]] static Value real(double value) noexcept {
    return {Kind::real, std::bit_cast<std::uint64_t>(value)};
  }
  [[nodiscard]] static Value character(char32_t value) noexcept { return {Kind::character, value}; }
  /// `value` must be UTF-8; text that is not ends the call with an error where it crosses.
  [[nodiscard]] static Value text(std::string_view value) noexcept {
    return {Kind::text, 0, value.data(), value.size()};
  }
  [[nodiscard]] static Value bytes(std::string_view value) noexcept {
    return {Kind::bytes, 0, value.data(), value.size()};
  }
  [[nodiscard]] static Value enumeration(std::uint32_t which) noexcept {
    return {Kind::enumeration, which};
  }
  [[nodiscard]] static Value flags(std::uint64_t bits) noexcept { return {Kind::flags, bits}; }
  /// list, record, tuple, option, and (with the case number) variant and result.
  [[nodiscard]] static Value compound(Kind kind, std::span<const Value> items,
                                      std::uint32_t which = 0) noexcept {
    return {kind, which, items.data(), items.size()};
  }

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  /// The accessors below return zero or empty for a value of another kind.
  [[nodiscard]] bool boolean() const noexcept { return kind_ == Kind::boolean && number_ != 0; }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] std::int64_t integer() const noexcept {
    return std::bit_cast<std::int64_t>(number_);
  }
  [[nodiscard]] double real() const noexcept { return std::bit_cast<double>(number_); }
  /// Text or bytes.
  [[nodiscard]] std::string_view text() const noexcept {
    if (kind_ != Kind::text && kind_ != Kind::bytes) return {};
    return {static_cast<const char*>(data_), size_};
  }
  /// Case of an enumeration, variant or result.
  [[nodiscard]] std::uint32_t which() const noexcept { return static_cast<std::uint32_t>(number_); }
  [[nodiscard]] std::span<const Value> items() const noexcept {
    if (kind_ < Kind::list || kind_ == Kind::flags) return {};
    return {static_cast<const Value*>(data_), size_};
  }

 private:
  constexpr Value(Kind kind, std::uint64_t number, const void* data = nullptr,
                  std::size_t size = 0) noexcept
      : kind_(kind), number_(number), data_(data), size_(size) {}

  Kind kind_ = Kind::nothing;
  std::uint64_t number_ = 0;
  const void* data_ = nullptr;
  std::size_t size_ = 0;
};
static_assert(sizeof(Value) == 32);

using Arguments = std::span<const Value>;

/// Owns what a compound value points to. Movable; the values stay where they are.
class ValueTree {
 public:
  [[nodiscard]] Value text(std::string value) {
    return Value::text(texts_.emplace_back(std::move(value)));
  }
  [[nodiscard]] Value bytes(std::string value) {
    return Value::bytes(texts_.emplace_back(std::move(value)));
  }
  [[nodiscard]] Value compound(Kind kind, std::vector<Value> items, std::uint32_t which = 0) {
    return Value::compound(kind, items_.emplace_back(std::move(items)), which);
  }

  Value root;

 private:
  std::deque<std::string> texts_;
  std::deque<std::vector<Value>> items_;
};

}  // namespace tenon::wasm
