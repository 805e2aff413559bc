#pragma once
// What an operator watches: counts, times and fill levels in Prometheus' text format. Labels come
// from tables of ours (routes, statuses, tenants with plugins), and even so their number is
// bounded.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/hooks.h"
#include "http/server.h"
#include "plugins/host.h"
#include "plugins/registry.h"

namespace tenon::server {

/// Thread: any. Lifetime: what the sources look at outlives it.
class Metrics {
 public:
  /// Looked at when somebody asks.
  struct Sources {
    std::function<http::Server::Figures()> edge;
    std::function<plugins::Registry::Health()> tenants;
    std::function<std::uint64_t()> dropped_log_lines;
    std::function<std::optional<Timestamp>()> certificate_expires;
  };
  Metrics(Sources sources, const Clock& clock);
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  ~Metrics();

  void count(const http::Exchange& exchange);
  /// One call of a plugin with what it cost.
  void count(std::string_view tenant, std::string_view plugin, const plugins::Bill& bill,
             bool failed);

  /// Text format 0.0.4.
  [[nodiscard]] std::string text();

  static constexpr std::size_t kMostSeries = 2000;  // of requests, and of plugins

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::server
