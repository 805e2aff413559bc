#pragma once
// What a client, a guest or a filter says becomes typed values here, or a list of all that is wrong
// with it.

#include <expected>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "data/catalog.h"
#include "data/fields/number.h"
#include "data/unit_of_work.h"
#include "data/value.h"

namespace tenon::data {

/// A JSON value for `column`, with every rule of the field but references.
[[nodiscard]] std::expected<Value, Reason> decode_json(const Column& column,
                                                       const json::value& value);
/// The text form of a value, as it stands in a filter. Rules on length and range do not apply.
[[nodiscard]] std::expected<Value, Reason> decode_text(const Column& column, std::string_view text);

enum class Change : std::uint8_t { insert, update };

/// Column positions and their new values. For an insert: every field, with defaults; for an update:
/// those named.
using Assignments = std::vector<std::pair<std::size_t, Value>>;

/// Errors: invalid (`data.fields`) with a FieldError for each wrong field.
[[nodiscard]] Result<Assignments> decode_fields(const EntityInfo& entity,
                                                const json::object& fields, Change change,
                                                Author author);

}  // namespace tenon::data
