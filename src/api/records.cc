// All routes about records and what hangs on them.

#include <algorithm>
#include <iterator>
#include <map>

#include "api/routes.h"

namespace tenon::api {
namespace {

Task<http::Response> allowed(std::string methods) {
  co_return http::Response(204).set("Allow", methods);
}

/// OPTIONS says for each address what else it takes.
Table options_of(const Table& table) {
  std::map<std::string, std::pair<std::string, const Row*>> known;
  for (const auto& row : table.rows()) {
    auto& [text, first] = known[row.pattern];
    text += http::to_string(row.method);
    text += row.method == http::Method::get ? ", HEAD, " : ", ";
    // Whoever may read knows the address; the rest of the table says who that is.
    if (first == nullptr || row.right == "list") first = &row;
  }
  Table made("options", {});
  for (const auto& [pattern, entry] : known) {
    const auto& [text, first] = entry;
    // Which thing is meant is not looked at.
    std::vector<modules::Parameter> names;
    for (auto open = pattern.find('{'); open != std::string::npos;
         open = pattern.find('{', open + 1))
      names.push_back({pattern.substr(open + 1, pattern.find('}', open) - open - 1), "text"});
    auto& row =
        made.add(http::Method::options, pattern, Need(Access::signed_in),
                 [allow = text + "OPTIONS"](const App*, const RequestContext&,
                                            const http::Request&) { return allowed(allow); },
                 {.id = "options_of_" + first->operation.id,
                  .summary = {"该地址支持的方法", "The methods of this address"},
                  .path = std::move(names),
                  .replies = {{204, "", {"Allow"}}}});
    row.each = first->each;
    row.right = first->right;
  }
  return made;
}

}  // namespace

std::vector<Table> record_routes() {
  std::vector<Table> all;
  Table records("records", {"记录", "Records"});
  records.join(record_read_routes());
  records.join(record_write_routes());
  all.push_back(std::move(records));
  for (auto* part : {batch_routes, trash_routes, file_routes, rpc_routes, step_routes,
                     approval_routes, schema_routes, personal_routes, audit_routes})
    all.push_back(part());
  // The trash has addresses below those of records: what takes which method is said of all.
  Table options("options", {"方法", "Methods"});
  for (const auto& table : all) options.join(options_of(table));
  all.push_back(std::move(options));
  return all;
}

}  // namespace tenon::api
