#pragma once
// Which part of a list is wanted and which part was given, by `Range` and `Content-Range` counted
// in items as PostgREST has it. Bytes of a list are nobody's unit: `Range: bytes=…` is read over.

#include <optional>
#include <string>

#include "data/query.h"
#include "data/record.h"
#include "http/request.h"
#include "http/response.h"

namespace tenon::api {

/// Narrows `query` to the part that `Range: 10-19` asks for. Errors: invalid (`http.range`: it is
/// no range; `http.range_empty`: nothing can be in it).
[[nodiscard]] Result<> apply_range(const http::Request& request, data::Query& query);

/// 200; 206 for a part of a list that was counted; 416 for one behind its end.
[[nodiscard]] int status_of(const data::Page& page, std::size_t from) noexcept;
/// `Content-Range: 10-19/57`, `X-Count-Capped` and `X-Count-Estimated`.
void put_range(http::Response& response, const data::Page& page, std::size_t from);

}  // namespace tenon::api
