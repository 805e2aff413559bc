#include "api/table.h"

#include <iterator>
#include <utility>

namespace tenon::api {

void Table::join(Table other) {
  rows_.insert(rows_.end(), std::make_move_iterator(other.rows_.begin()),
               std::make_move_iterator(other.rows_.end()));
}

std::vector<http::Route> bind(const Table& table, const App& app, const Gate& gate) {
  std::vector<http::Route> routes;
  for (const auto& row : table.rows()) {
    http::Route route{.method = row.method,
                      .pattern = row.pattern,
                      .handler = {},
                      .body_bytes = row.body_bytes ? row.body_bytes(app.limits) : 0,
                      .streams_body = row.streams_body,
                      .sheddable = row.sheddable};
    if (row.plain)
      route.handler = [app = &app, function = row.plain](http::Request request) {
        return function(app, std::move(request));
      };
    else
      route.handler = gate.handler(row.need, [app = &app, function = row.function](
                                                 RequestContext context, http::Request request) {
        return function(app, std::move(context), std::move(request));
      });
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace tenon::api
