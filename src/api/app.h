#pragma once
// What the endpoints work with. The composition root makes one and hands it over; it owns nothing.

#include "async/blocking_pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "identity/sessions.h"
#include "identity/users.h"
#include "modules/live_feed.h"
#include "modules/module_registry.h"
#include "plugins/host.h"
#include "plugins/registry.h"

namespace tenon::api {

/// Lifetime: everything outlives the routes made with it.
struct App {
  plugins::Registry& registry;
  plugins::Host& host;
  modules::ModuleRegistry& modules;
  modules::LiveFeed& feed;
  identity::Sessions& sessions;
  identity::Users& users;
  BlockingPool& pool;
  BlockingPool& files;  // content of files; never waits for `pool`
  const Clock& clock;
  Random& random;
  bool demo = false;
};

}  // namespace tenon::api
