#pragma once
// What the commands that work on a data folder have in common: the tenants in it, and changes of
// people and rights done as the command line, which the audit names.

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "async/wait_for.h"
#include "base/json.h"
#include "data/transfer/tenant_operations.h"
#include "identity/change.h"
#include "server/modules.h"

namespace tenon::app {

struct Workplace {
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool{{.threads = 2, .queue = 64, .name = "blocking"}};
  data::Tenants tenants;
  data::TenantOperations operations;

  explicit Workplace(const std::string& data)
      : tenants(
            data, pool, clock, random,
            {.storage = {}, .files = {}, .servers = nullptr, .native = server::native_tables()}),
        operations(tenants, data, pool, clock, random) {}

  [[nodiscard]] Result<std::shared_ptr<identity::Realm>> realm(const std::string& tenant) {
    TENON_ASSIGN(opened, tenants.open(tenant));
    return std::make_shared<identity::Realm>(opened);
  }
};

/// Runs `work(identity::Change&) -> Result<T>` in a transaction.
template <class Work, class R = std::invoke_result_t<Work&, identity::Change&>>
[[nodiscard]] R change(Workplace& here, std::shared_ptr<identity::Realm> realm, Work work) {
  return wait_for(identity::change(identity::Tools{here.clock, here.random}, std::move(realm),
                                   identity::Actor{.by = "command"},
                                   Deadline::after(std::chrono::seconds(30)), std::move(work)));
}

/// Runs `work(storage::Session&) -> Result<T>` on what is stored.
template <class Work, class R = std::invoke_result_t<Work&, storage::Session&>>
[[nodiscard]] R look_at(const std::shared_ptr<identity::Realm>& realm, Work work) {
  auto reader = realm->tenant()->database().reader();
  if (!reader) return std::unexpected(std::move(reader.error()));
  return work(reader->session());
}

/// One line for people, or JSON for programs.
inline void say(bool as_json, const std::string& line, const json::value& value) {
  std::printf("%s\n", as_json ? json::serialize(value).c_str() : line.c_str());
}

}  // namespace tenon::app
