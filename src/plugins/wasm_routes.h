#pragma once
// A request on its way into a guest, and the guest's answer on its way out.

#include <functional>
#include <memory>
#include <string>

#include "modules/module.h"
#include "plugins/host.h"

namespace tenon::plugins {

[[nodiscard]] http::Method method_of(RouteMethod method) noexcept;

/// Calls the route export of what is installed now, in a transaction of its own with the caller's
/// rights. Errors: not_found when the plugin is gone, internal (`plugin.answer`).
[[nodiscard]] Task<http::Response> answer_route(
    Host* host, std::shared_ptr<Workspace> workspace, std::string plugin,
    std::function<void(std::string_view tenant)> committed, modules::RouteCall call,
    http::Request request);

}  // namespace tenon::plugins
