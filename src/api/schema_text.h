#pragma once
// The types of requests and answers are written beside the routes, one line each
// (modules/operation.h has the language); here a line becomes a JSON Schema (draft 2020-12).

#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

namespace tenon::api {

/// Names of types are references into `#/components/schemas/`; each is added to `names`. Objects
/// are closed unless the text ends them with `...`. Errors: invalid (`openapi.type`) with the
/// place.
[[nodiscard]] Result<json::object> schema_from(std::string_view text,
                                               std::set<std::string, std::less<>>& names);

[[nodiscard]] json::object schema_reference(std::string_view name);

}  // namespace tenon::api
