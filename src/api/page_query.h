#pragma once
// The parameters of the platform's own lists: how many, and from where.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "http/request.h"

namespace tenon::api {

struct PageQuery {
  std::size_t limit = 50;
  std::uint64_t from = 0;                                // 0: from the beginning
  std::map<std::string, std::string, std::less<>> more;  // parameters with texts
};

/// Reads `limit` (1…200), `from_name` (a number) and the texts named in `more`. Errors: invalid
/// (`query.invalid`) with each wrong parameter, unknown ones among them.
[[nodiscard]] Result<PageQuery> read_page_query(const http::Request& request,
                                                std::string_view from_name,
                                                std::vector<std::string_view> more = {});

}  // namespace tenon::api
