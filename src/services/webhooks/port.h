#pragma once
// The way out of the house, as webhooks see it. Who owns sockets and certificates, and which
// addresses the operator lets a company call, is the composition root's business.

#include <string>
#include <vector>

#include "async/deadline.h"
#include "async/task.h"
#include "http/request.h"

namespace tenon::services {

struct WebhookCall {
  std::string url;
  std::vector<http::HeaderField> fields;
  std::string body;
};

struct WebhookAnswer {
  int status = 0;
  std::string body;  // bounded by the port
};

/// Thread: any.
class WebhookPort {
 public:
  virtual ~WebhookPort() = default;
  /// One POST, no redirects. Errors: invalid, denied (where it leads is not called from here),
  /// unavailable, cancelled (`deadline`). Cancel: ends the connection.
  [[nodiscard]] virtual Task<WebhookAnswer> post(WebhookCall call, Deadline deadline) const = 0;
  /// Whether a webhook may have this address, as far as it can be said before a name is resolved.
  [[nodiscard]] virtual bool may_have(const std::string& url) const = 0;
};

}  // namespace tenon::services
