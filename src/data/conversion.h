#pragma once
// What becomes of the values of a column when its field changes its kind.

#include <optional>
#include <string>

#include "data/catalog.h"
#include "data/dialect.h"

namespace tenon::data {

struct Conversion {
  std::string forward;   // the new value, over the old column
  std::string backward;  // the old value, over the new column; empty: from the quarantine only
  std::string loses;     // condition over the old column: rows whose value is lost; empty: none
  std::string refuses;   // condition over the old column: rows that cannot be kept at all
};

/// Empty when the kinds have nothing in common: the old column goes, a new one comes.
[[nodiscard]] std::optional<Conversion> conversion(const Column& before, const Column& after,
                                                   Dialect dialect);

}  // namespace tenon::data
