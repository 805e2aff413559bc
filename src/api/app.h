#pragma once
// What the endpoints work with. The composition root makes one and hands it over; it owns nothing.

#include <functional>
#include <string>

#include "api/cookie_policy.h"
#include "api/limits.h"
#include "async/blocking_pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "http/outbound.h"
#include "identity/identity.h"
#include "identity/operators.h"
#include "modules/live_feed.h"
#include "modules/module_registry.h"
#include "plugins/host.h"
#include "plugins/registry.h"

namespace tenon::api {

class FirstStart;
class OpenApi;

/// Lifetime: everything outlives the routes made with it.
struct App {
  data::Tenants& tenants;
  plugins::Registry& registry;
  plugins::Host& host;
  modules::ModuleRegistry& modules;
  modules::LiveFeed& feed;
  identity::Identity& identity;
  identity::Operators& operators;
  FirstStart& first_start;
  OpenApi& openapi;
  const http::Outbound& outbound;
  BlockingPool& pool;
  BlockingPool& files;  // content of files; never waits for `pool`
  const Clock& clock;
  Random& random;
  Limits limits = {};
  CookiePolicy cookie = {};
  std::string public_url = {};  // `https://erp.example.com`: where people reach this server
  /// For the log; for failures that a person is told by a page and not by a problem document.
  std::function<void(const Error&, std::string_view trace)> on_failure = {};
  bool demo = false;
};

}  // namespace tenon::api
