#pragma once
// Which fields have an index is asked twice: by who makes a table, and by who decides whether a
// question can be answered without reading all of it. Both ask here, so that they cannot disagree.

#include "data/schema.h"

namespace tenon::data {

/// The index that a field gets besides those that the entity declares.
enum class OwnIndex : std::uint8_t { none, plain, unique };

/// A unique field gets a unique one, a field that is sorted by, filtered by or refers to something
/// a plain one. Fields of few values or long text get one only where they are sorted by, and what
/// leads a declared index over all rows needs none to be filtered by.
[[nodiscard]] OwnIndex own_index(const Entity& entity, const Field& field);

/// Whether some index over all living rows begins with the field.
[[nodiscard]] bool leads_index(const Entity& entity, const Field& field);

/// The type that the field's values have: that of the result where the host computes it.
[[nodiscard]] FieldType type_of_values(const Field& field) noexcept;

}  // namespace tenon::data
