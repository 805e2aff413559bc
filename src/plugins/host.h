#pragma once
// The one way to run a plugin's code. A call has a permit, a fresh instance, a budget, and a unit
// of work that the caller commits or rolls back; whatever happens inside, the caller gets an
// outcome with a bill and the process goes on.
//
//   runtime (this) → Loader: bytes to Plugin → wasm: Plugin to instance
//
// Cost: 2–3 µs above the bare engine call when nothing has to wait.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/executor_pool.h"
#include "plugins/guest_context.h"
#include "plugins/loader.h"

namespace tenon::plugins {

/// What came of a call.
struct Outcome {
  Result<std::string> result;  // JSON text; empty text for v0
  Bill bill;
  std::vector<LogLine> log;
};

struct CallArguments {
  const Installation& installation;
  data::UnitOfWork& work;
  CallOrigin origin;
  Limits limits = Limits::sync_call();
  std::string subject = {};  // for the log of calls; the functions that have a name set it
};

/// Thread: calls run on a guest executor, where the caller's coroutine must be; the rest any.
/// Lifetime: outlives every call; engine, clock and random outlive it.
class Host {
 public:
  /// Sees each line a guest wrote, after the call.
  using LogSink = std::function<void(const CallOrigin&, const Plugin&, const LogLine&)>;
  /// Sees each call that was admitted, with what came of it.
  using CallSink = std::function<void(const CallOrigin&, const Plugin&, const Outcome&)>;

  /// Errors: those of wasm::Linker::define (a bug: the contracts clash).
  [[nodiscard]] static Result<std::unique_ptr<Host>> create(const wasm::Engine& engine,
                                                            const Clock& clock, NativeCache cache,
                                                            std::size_t guest_threads, LogSink log);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  [[nodiscard]] Loader& loader() noexcept;
  /// An executor whose thread may run guests.
  [[nodiscard]] Executor executor() noexcept;
  [[nodiscard]] const Clock& clock() const noexcept;

  // Each gives `invalid` with reason `plugin.no_export` when the plugin does not offer the
  // function. An error the guest returns comes with its own code and fields and reason
  // `plugin.refused`; a trap or a limit as said in wasm/limits.h, with details
  // {"plugin","version","limit","bill"}.

  [[nodiscard]] asio::awaitable<Outcome> init(CallArguments call);
  [[nodiscard]] asio::awaitable<Outcome> tenant_created(CallArguments call);
  [[nodiscard]] asio::awaitable<Outcome> tenant_deleted(CallArguments call);
  [[nodiscard]] asio::awaitable<Outcome> health(CallArguments call);
  /// `event` is the JSON object of `event-handler.handle`; for v0 `type` and `payload` are handed
  /// over instead.
  [[nodiscard]] asio::awaitable<Outcome> handle_event(CallArguments call, std::string type,
                                                      std::string payload, std::string event);
  [[nodiscard]] asio::awaitable<Outcome> before_save(CallArguments call, std::string entity,
                                                     std::string operation, std::string change);
  [[nodiscard]] asio::awaitable<Outcome> run_action(CallArguments call, std::string name,
                                                    std::string input);
  [[nodiscard]] asio::awaitable<Outcome> handle_route(CallArguments call, std::string request);

  /// Requires: no call was made yet.
  void on_call(CallSink sink);
  /// Joins the guest threads. Requires: no call is under way.
  void stop();

 private:
  struct Impl;
  explicit Host(std::unique_ptr<Impl> impl);
  template <class F, class... A>
  [[nodiscard]] asio::awaitable<Outcome> call(const std::optional<contract::Function<F>>& function,
                                              CallArguments arguments, A... values);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::plugins
