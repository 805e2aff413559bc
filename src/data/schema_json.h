#pragma once
// Entities as JSON text: how an installed schema is kept beside its tables.

#include <string>
#include <string_view>

#include "base/error.h"
#include "data/schema.h"

namespace tenon::data {

[[nodiscard]] std::string_view to_string(FieldType type) noexcept;
[[nodiscard]] std::string_view to_string(OnDelete on_delete) noexcept;
[[nodiscard]] std::string_view to_string(ScopeRole role) noexcept;
[[nodiscard]] std::string_view to_string(DataScope scope) noexcept;
[[nodiscard]] std::string_view to_string(RelationKind kind) noexcept;
[[nodiscard]] std::string_view to_string(Aggregate function) noexcept;
[[nodiscard]] std::string_view to_string(Numbering::Mode mode) noexcept;

[[nodiscard]] std::string to_json(const Entity& entity);
/// Errors: internal (`schema.stored`) for a text that to_json did not write.
[[nodiscard]] Result<Entity> entity_from_json(std::string_view text);

}  // namespace tenon::data
