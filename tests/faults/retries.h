#pragma once
// Requests that must have their effect once, however often they are sent: each adds one row that
// carries the number of its key. Nothing but the key keeps the row from being there twice.

#include <cstdint>

#include "data/test_fixture.h"

namespace tenon::testing {

inline constexpr std::uint64_t kSendings = 5;  // of each request, at about the same time

[[nodiscard]] inline data::Package retries_package() {
  data::Entity effect{.plugin = "crm", .name = "effect"};
  effect.fields = {data::testing::field("number", data::FieldType::integer)};
  return data::testing::crm({effect});
}

}  // namespace tenon::testing
