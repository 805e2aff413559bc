#pragma once
// Endpoints are plain functions `Task<Response>(const App*, RequestContext, Request)`; here they
// become routes behind the gate.

#include <string>
#include <utility>

#include "api/app.h"
#include "api/endpoint.h"
#include "http/route.h"

namespace tenon::api {

/// Lifetime: app and gate outlive what is bound.
class Binder {
 public:
  Binder(const App& app, const Gate& gate) : app_(&app), gate_(&gate) {}

  template <class Function>
  [[nodiscard]] http::Route route(http::Method method, std::string pattern, Access access,
                                  Function function) const {
    return {.method = method,
            .pattern = std::move(pattern),
            .handler = gate_->handler(
                access, [app = app_, function](RequestContext context, http::Request request) {
                  return function(app, std::move(context), std::move(request));
                })};
  }

 private:
  const App* app_;
  const Gate* gate_;
};

}  // namespace tenon::api
