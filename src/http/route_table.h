#pragma once
// The immutable tree behind a Router: one level per path segment. Private to the room.

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/router.h"

namespace tenon::http {

/// Checks the pattern and fills in where its parameters are. Errors: invalid (`route.pattern`).
[[nodiscard]] Result<> compile_pattern(Route& route);

class RouteTable {
 public:
  /// Requires: compile_pattern. Errors: conflict (`route.taken`).
  [[nodiscard]] Result<> add(const std::shared_ptr<const Route>& route);
  [[nodiscard]] RouteMatch find(const Head& head) const;

 private:
  using ByMethod = std::array<std::shared_ptr<const Route>, kMethods>;
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    ByMethod here;  // routes that end at this node
    ByMethod rest;  // routes whose wildcard starts below this node
  };

  /// Literals first, then parameters, then the rest; `depth` counts the segments that are matched,
  /// `seen` collects the methods of paths that matched without the wanted one.
  [[nodiscard]] const std::shared_ptr<const Route>* walk(const Node& node, const Head& head,
                                                         std::size_t depth,
                                                         std::array<bool, kMethods>& seen) const;

  Node root_;
};

}  // namespace tenon::http
