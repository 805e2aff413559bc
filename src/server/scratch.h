#pragma once
// A plugin run by hand, without a server: a scratch tenant in a temporary folder, the real engine,
// the real limits, and everything the call did told afterwards.

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "plugins/host.h"

namespace tenon::server {

struct ScratchCall {
  std::string component;  // bytes of the .wasm
  std::optional<std::string>
      manifest;  // text of plugin.toml; without one: entity `test_entity` with a text `name`
  std::string function;                // init, handle-event, before-save, action, route
  std::vector<std::string> arguments;  // as `tenon plugin call --help` lists them
  std::optional<std::uint64_t> fuel;   // instead of the default limit
};

struct ScratchReport {
  plugins::Outcome outcome;
  std::vector<std::pair<std::string, std::string>>
      rows;  // entity and its rows as a JSON array, after the call
};

/// Errors: those of Loader::load; invalid (`call.arguments`) for a wrong function or number of
/// arguments. A call that fails is no error here: its outcome says so.
[[nodiscard]] Result<ScratchReport> run_scratch(const ScratchCall& call);

}  // namespace tenon::server
