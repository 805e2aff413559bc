#pragma once
// What the endpoints of people, roles and sessions have in common.

#include <string>
#include <string_view>
#include <utility>

#include "api/app.h"
#include "api/endpoint.h"
#include "api/fields.h"
#include "api/json_body.h"
#include "identity/change.h"

namespace tenon::api {

/// The realm of who asks. Requires: signed in. Errors: unavailable.
[[nodiscard]] Result<std::shared_ptr<identity::Realm>> realm_of(const App& app,
                                                                const RequestContext& context);

/// identity::change() for who asks.
template <class Work, class R = std::invoke_result_t<Work&, identity::Change&>>
[[nodiscard]] asio::awaitable<R> change_for(const App& app, RequestContext context, Work work) {
  auto realm = realm_of(app, context);
  if (!realm) co_return std::unexpected(std::move(realm.error()));
  co_return co_await identity::change(app.identity.tools, *std::move(realm), context.actor(),
                                      context.deadline, std::move(work));
}

/// identity::look() in the tenant of who asks.
template <class Work, class R = std::invoke_result_t<Work&, storage::Session&>>
[[nodiscard]] asio::awaitable<R> look_for(const App& app, RequestContext context, Work work) {
  auto realm = realm_of(app, context);
  if (!realm) co_return std::unexpected(std::move(realm.error()));
  co_return co_await identity::look(*std::move(realm), std::move(work));
}

[[nodiscard]] http::Response json_response(int status, const json::value& value);
/// With the entity tag of a version.
[[nodiscard]] http::Response versioned(int status, const json::value& value, std::uint64_t version);

/// Where links in answers begin: what the operator set, or the host that was asked.
[[nodiscard]] std::string origin_of(const App& app, const http::Request& request);

}  // namespace tenon::api
