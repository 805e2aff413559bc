#pragma once
// A plugin host on a real tenant in a temporary folder: engine, database, one guest thread. For
// tests that look at what a call does without a server around it.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "data/tenant.h"
#include "plugins/host.h"
#include "plugins/workspace.h"

namespace tenon::testing {

/// The bytes of a file; fails the test when it cannot be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);
/// A component built with the tests (`cpp_v0`).
[[nodiscard]] std::string guest(const std::string& name);
/// A manifest of a v0 plugin with one entity `test_entity` that has a text `name`.
[[nodiscard]] std::string manifest_v0(const std::string& id);

/// What came of a call and of its transaction.
struct Called {
  plugins::Outcome outcome;
  Result<> committed;
};

class PluginKit {
 public:
  PluginKit();
  PluginKit(const PluginKit&) = delete;
  PluginKit& operator=(const PluginKit&) = delete;
  ~PluginKit();

  /// Loads, stores and enables a plugin; its `init` is not called.
  [[nodiscard]] Result<plugins::PluginHandle> install(const std::string& manifest,
                                                      const std::string& component);

  /// Calls in a unit of work of its own: commit on success, else roll back.
  [[nodiscard]] std::future<Called> init(const std::string& plugin, Limits limits = {});
  [[nodiscard]] std::future<Called> handle_event(const std::string& plugin, std::string type,
                                                 std::string payload, Limits limits = {});
  [[nodiscard]] std::future<Called> before_save(const std::string& plugin, std::string entity,
                                                std::string after, Limits limits = {});

  /// The living rows of an entity as a JSON array.
  [[nodiscard]] std::string rows(const std::string& plugin, const std::string& entity);

  [[nodiscard]] data::Tenant& tenant() noexcept { return *tenant_; }
  [[nodiscard]] const std::shared_ptr<data::Tenant>& tenant_handle() noexcept { return tenant_; }
  [[nodiscard]] const std::shared_ptr<plugins::Workspace>& workspace() noexcept {
    return workspace_;
  }
  [[nodiscard]] data::Tenants& tenants() noexcept { return *tenants_; }
  [[nodiscard]] const Clock& clock() noexcept { return clock_; }
  [[nodiscard]] Random& random() noexcept { return random_; }
  [[nodiscard]] BlockingPool& pool() noexcept { return pool_; }
  [[nodiscard]] plugins::Host& host() noexcept { return *host_; }
  [[nodiscard]] wasm::Engine& engine() noexcept { return *engine_; }
  /// Runs a task on the guest thread and waits for it.
  template <class R>
  R wait(asio::awaitable<R> task) {
    return asio::co_spawn(host_->executor(), std::move(task), asio::use_future).get();
  }

 private:
  template <class Start>
  [[nodiscard]] std::future<Called> start(const std::string& plugin, Limits limits,
                                          Start start_call);

  std::filesystem::path folder_;
  SystemClock clock_;
  SystemRandom random_;
  BlockingPool pool_;
  std::unique_ptr<wasm::Engine> engine_;
  std::unique_ptr<data::Tenants> tenants_;
  std::unique_ptr<plugins::Host> host_;
  std::shared_ptr<data::Tenant> tenant_;           // shared as everywhere
  std::shared_ptr<plugins::Workspace> workspace_;  // shared as everywhere
};

}  // namespace tenon::testing
