#pragma once
// Which database speaks. Nearly all SQL text is the same on both; where it is not, data/dialect.h
// asks this.

#include <cstdint>

namespace tenon::storage {

enum class Dialect : std::uint8_t { sqlite, postgres };

}  // namespace tenon::storage
