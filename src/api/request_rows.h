#pragma once
// The rows that a client sends: one JSON object, an array of them, or CSV with a header.

#include <optional>
#include <string>
#include <vector>

#include "api/prefer.h"
#include "base/json.h"
#include "data/sight.h"
#include "http/request.h"

namespace tenon::api {

inline constexpr std::size_t kMaxRows = 500;  // of one request

/// `columns=name,"city"`: the members that are read, all others are not. Errors: invalid
/// (`query.parameter`) for an unknown one.
[[nodiscard]] Result<std::optional<std::vector<std::string>>> columns_of(
    const http::Request& request, data::Sight sight);

/// Keeps the `columns` of a row; what it has not becomes null, or keeps its default.
[[nodiscard]] json::object only(json::object row, const std::vector<std::string>& columns,
                                Missing missing);

/// The rows in the body. Errors: invalid (`http.media_type`, those of json::parse and CsvReader,
/// `data.fields` for a cell, with the path `/n/field`), exhausted (`limit.batch`).
[[nodiscard]] Result<std::vector<json::object>> rows_of(const http::Request& request,
                                                        data::Sight sight,
                                                        const Preferences& preferences);

}  // namespace tenon::api
