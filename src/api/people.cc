#include "api/people.h"

namespace tenon::api {

Result<std::shared_ptr<identity::Realm>> realm_of(const App& app, const RequestContext& context) {
  return app.identity.realms.find(context.principal->tenant);
}

http::Response json_response(int status, const json::value& value) {
  return http::Response::json(status, json::serialize(value));
}

http::Response versioned(int status, const json::value& value, std::uint64_t version) {
  auto response = json_response(status, value);
  response.set("ETag", "\"" + std::to_string(version) + "\"");
  return response;
}

std::string origin_of(const App& app, const http::Request& request) {
  if (!app.public_url.empty()) return app.public_url;
  const bool tls = request.transport() == http::Transport::tls;
  return (tls ? "https://" : "http://") + std::string(request.host());
}

}  // namespace tenon::api
