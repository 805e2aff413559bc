#pragma once
// Most of a plugin's exports are called in a transaction of their own: commit when the call went
// well, undo when not, and run the whole of it again when the transaction was lost through no fault
// of its own.

#include <functional>
#include <memory>
#include <string>

#include "plugins/host.h"

namespace tenon::plugins {

/// The system itself, as a caller: what it may touch is bounded by the plugin's grants alone.
[[nodiscard]] std::shared_ptr<const identity::Principal> system_principal(
    const std::string& tenant);

struct AloneCall {
  CallOrigin origin;    // its installations have the plugin
  std::string plugin;   // id
  data::Viewer viewer;  // rights of the transaction
  data::Origin cause;
  Limits limits = Limits::sync_call();
  std::string subject = {};
  enum class End : std::uint8_t { commit, undo } end = End::commit;
};

struct AloneAnswer {
  std::string answer;
  std::uint64_t events = 0;  // published
};

using StartCall = std::function<asio::awaitable<Outcome>(Host&, CallArguments)>;

/// Runs `start` on a guest thread. Errors: not_found (`http.not_found`: the plugin is not there),
/// those of the call and of the commit.
[[nodiscard]] Task<AloneAnswer> run_alone(Host& host, AloneCall call, StartCall start);

}  // namespace tenon::plugins
