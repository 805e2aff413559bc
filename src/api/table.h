#pragma once
// The API as data: one table per resource, in which each row is a route, who may use it, what runs,
// and what it says of itself. The edge routes by these rows and the OpenAPI document is written
// from them, so neither can know what the other does not.
//
// A row cannot be made without a description; `table_test.cc` reads all of them.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/app.h"
#include "api/endpoint.h"
#include "http/route.h"
#include "modules/operation.h"

namespace tenon::api {

/// For which addresses of the document a row stands. Where it stands for several, `@` in the id and
/// the types of its description is the name of the thing, in its texts what people call it.
enum class Each : std::uint8_t {
  once,
  entity,        // {plugin} and {entity}
  trash_entity,  // the same, of entities that have a trash
  file_entity,   // the same, of entities with fields that hold files; {field}
  action,        // {plugin} and {action}
};

struct Row {
  using Function = std::function<Task<http::Response>(const App*, RequestContext, http::Request)>;
  /// Answered without the gate: health must not depend on it.
  using Plain = std::function<asio::awaitable<http::Response>(const App*, http::Request)>;

  http::Method method = http::Method::get;
  std::string pattern;
  Need need = Access::open;
  Function function = {};
  Plain plain = {};
  modules::Operation operation;
  Each each = Each::once;
  std::string right = {};  // of the entity: `list`, `manage`
  std::function<std::size_t(const Limits&)> body_bytes = {};
  bool streams_body = false;
  bool sheddable = true;
};

class Table {
 public:
  /// `owner` is its name in the router and the tag of its operations.
  Table(std::string owner, modules::Text title)
      : owner_(std::move(owner)), title_(std::move(title)) {}

  /// `function(const App*, RequestContext, http::Request)`. The row stays open for what is seldom.
  template <class F>
  Row& add(http::Method method, std::string pattern, Need need, F function,
           modules::Operation operation) {
    rows_.push_back({.method = method,
                     .pattern = std::move(pattern),
                     .need = std::move(need),
                     .function = std::move(function),
                     .operation = std::move(operation)});
    return rows_.back();
  }
  /// For each entity that the reader has `right` to.
  template <class F>
  Row& add(http::Method method, std::string pattern, std::string_view right, F function,
           modules::Operation operation) {
    auto& row = add(method, std::move(pattern), Need(Access::signed_in), std::move(function),
                    std::move(operation));
    row.each = Each::entity;
    row.right = right;
    return row;
  }
  template <class F>
  Row& add_plain(http::Method method, std::string pattern, F function,
                 modules::Operation operation) {
    rows_.push_back({.method = method,
                     .pattern = std::move(pattern),
                     .plain = std::move(function),
                     .operation = std::move(operation),
                     .sheddable = false});
    return rows_.back();
  }
  /// Takes the rows of another table.
  void join(Table other);

  [[nodiscard]] const std::string& owner() const noexcept { return owner_; }
  [[nodiscard]] const modules::Text& title() const noexcept { return title_; }
  [[nodiscard]] const std::vector<Row>& rows() const noexcept { return rows_; }

 private:
  std::string owner_;
  modules::Text title_;
  std::vector<Row> rows_;
};

/// The rows as routes. Lifetime: app and gate outlive them.
[[nodiscard]] std::vector<http::Route> bind(const Table& table, const App& app, const Gate& gate);

}  // namespace tenon::api
