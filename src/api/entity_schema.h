#pragma once
// An entity as JSON Schemas, as one viewer sees it: what a record looks like, what may be sent for
// a new one and for a change, and by which operators each field is asked. Fields that the viewer
// cannot see are not in them, and those that he cannot write are not in what may be sent.

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "data/sight.h"

namespace tenon::api {

/// A whole record: every column, closed.
[[nodiscard]] json::object record_schema(data::Sight sight, std::string_view locale);
/// What `select` made of a record: anything but a whole one.
[[nodiscard]] json::object selection_schema(data::Sight sight);
enum class Sent : std::uint8_t { whole, change };
[[nodiscard]] json::object sent_schema(data::Sight sight, Sent sent, std::string_view locale);
/// The input of an action. What it does not name may come too: the plugin decides.
[[nodiscard]] json::object input_schema(std::span<const data::Field> fields,
                                        std::string_view locale);
[[nodiscard]] json::object input_parameter(const data::Field& field);

/// The schema of `?column=…`, one of filter_schemas().
[[nodiscard]] std::string filter_schema_of(const data::Column& column);
/// By its name in the document; null for one that is no filter's.
[[nodiscard]] json::object filter_schema(std::string_view name);

/// The text in `locale`, else in English, else whichever there is, else `otherwise`.
[[nodiscard]] std::string_view text_of(const data::Localized& texts, std::string_view locale,
                                       std::string_view otherwise);

}  // namespace tenon::api
