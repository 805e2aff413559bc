#pragma once
// Which of a module's routes takes a request. The router does this for the whole server; a plugin
// is there for some tenants and in several versions, so what its tenant has is looked at again when
// the request comes.

#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"
#include "modules/module.h"

namespace tenon::modules {

struct RouteChoice {
  const Route* route = nullptr;  // null: none
  std::string allow;             // methods the path would take, when there is a path: `GET, HEAD`
};

/// Literals beat parameters, from the left; a GET route answers HEAD. Lifetime: of `routes`.
[[nodiscard]] RouteChoice choose_route(const std::vector<Route>& routes,
                                       const http::Request& request);

/// Whether `pattern` fits the path of `request`.
[[nodiscard]] bool fits(std::string_view pattern, const http::Request& request);

/// The pattern with its parameters named by place, so that equal shapes are equal texts.
[[nodiscard]] std::string shape_of(std::string_view pattern);

}  // namespace tenon::modules
