#pragma once
// Every key is an Id<Tag>: a UUIDv7 (RFC 9562) that sorts by time of making and cannot be mixed up
// with the key of another kind of thing.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace tenon {

/// 128 bits in network order.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  /// Version 7: 48 bits of milliseconds, 74 random bits. Monotonic within a process is not
  /// promised.
  [[nodiscard]] static Uuid make_v7(Timestamp now, Random& random) noexcept;
  /// The 36-character form, either case. Empty when `text` is anything else.
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text) noexcept;
  /// 36 characters, lower case.
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool is_nil() const noexcept { return *this == Uuid{}; }

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

template <class Tag>
struct Id {
  Uuid value;

  [[nodiscard]] static Id make(const Clock& clock, Random& random) noexcept {
    return Id{Uuid::make_v7(clock.now(), random)};
  }
  [[nodiscard]] static std::optional<Id> parse(std::string_view text) noexcept {
    if (auto uuid = Uuid::parse(text)) return Id{*uuid};
    return std::nullopt;
  }
  [[nodiscard]] std::string to_string() const { return value.to_string(); }

  friend auto operator<=>(const Id&, const Id&) = default;
};

using TenantId = Id<struct TenantTag>;
using UserId = Id<struct UserTag>;
using RecordId = Id<struct RecordTag>;
using DepartmentId = Id<struct DepartmentTag>;
using EventId = Id<struct EventTag>;
using TraceId = Id<struct TraceTag>;

}  // namespace tenon

template <>
struct std::hash<tenon::Uuid> {
  std::size_t operator()(const tenon::Uuid& id) const noexcept {
    std::uint64_t low = 0;
    for (std::size_t i = 8; i < 16; ++i) low = low << 8 | id.bytes[i];
    return std::hash<std::uint64_t>{}(low);
  }
};
template <class Tag>
struct std::hash<tenon::Id<Tag>> {
  std::size_t operator()(const tenon::Id<Tag>& id) const noexcept {
    return std::hash<tenon::Uuid>{}(id.value);
  }
};
