#include "api/range.h"

#include <algorithm>
#include <charconv>

namespace tenon::api {
namespace {

bool read_number(std::string_view text, std::size_t& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

std::unexpected<Error> wrong(std::string reason, std::string message) {
  return fail(Error(ErrorCode::invalid, std::move(message)).because(std::move(reason)));
}

}  // namespace

Result<> apply_range(const http::Request& request, data::Query& query) {
  const auto header = request.header("Range");
  if (!header || header->starts_with("bytes")) return {};
  auto text = *header;
  if (text.starts_with("items=")) text.remove_prefix(6);
  const auto dash = text.find('-');
  std::size_t first = 0;
  std::size_t last = 0;
  const bool open = dash != std::string_view::npos && dash + 1 == text.size();
  const bool read = dash != std::string_view::npos && read_number(text.substr(0, dash), first) &&
                    (open || read_number(text.substr(dash + 1), last));
  if (!read || first > data::kMaxOffset)
    return wrong("http.range", "Range wants places of a list, as 0-24.");
  // The parameters may ask for a part as well: what both have.
  const auto from = std::max(first, query.offset);
  auto to = query.limited ? query.offset + query.limit : std::numeric_limits<std::size_t>::max();
  if (!open && last < std::numeric_limits<std::size_t>::max()) to = std::min(to, last + 1);
  if (to <= from) return wrong("http.range_empty", "Nothing can be in this range.");
  query.offset = from;
  if (open && !query.limited) return {};
  query.limit = std::min(to - from, data::kMaxPage);
  query.limited = true;
  return {};
}

int status_of(const data::Page& page, std::size_t from) noexcept {
  if (!page.total) return 200;
  if (!page.capped && from > *page.total) return 416;
  return page.capped || page.rows < *page.total ? 206 : 200;
}

void put_range(http::Response& response, const data::Page& page, std::size_t from) {
  const std::string range =
      page.rows == 0 ? "*" : std::to_string(from) + "-" + std::to_string(from + page.rows - 1);
  response.set("Content-Range",
               range + "/" + (page.total && !page.capped ? std::to_string(*page.total) : "*"));
  if (page.capped) response.set("X-Count-Capped", std::to_string(page.total.value_or(0)));
  if (page.estimate) response.set("X-Count-Estimated", std::to_string(*page.estimate));
}

}  // namespace tenon::api
