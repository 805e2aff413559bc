#pragma once
// What routes of native modules have in common: bodies and parameters in, JSON out. The edge has
// checked rights, sizes and who asks already.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/module.h"

namespace tenon::services {

/// Errors: invalid (`http.media_type`, `json.…`).
[[nodiscard]] Result<json::object> body_object(const http::Request& request);
/// Errors: invalid (`schema.fields`) with each member that is not among `known`.
[[nodiscard]] Result<> refuse_unknown(const json::object& object,
                                      std::span<const std::string_view> known);
/// The parameters `limit` (1 to `most`) and `before` of a list. Errors: invalid (`query.parameter`)
/// with the place.
struct PageOf {
  std::size_t limit = 0;
  std::string before;  // empty: from the newest
};
[[nodiscard]] Result<PageOf> page_of(const http::Request& request, std::size_t usual,
                                     std::size_t most);
[[nodiscard]] http::Response answer(const json::value& value, int status = 200);
[[nodiscard]] json::object label_json(const data::Localized& label);
/// RFC 3339, or null.
[[nodiscard]] json::value time_json(const std::optional<Timestamp>& time);

}  // namespace tenon::services
