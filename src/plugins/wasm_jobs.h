#pragma once
// The jobs of a plugin: actions that are called at times, as the system itself and under background
// limits. A run and what it wrote are kept together: one that was taken over by another process
// keeps nothing.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "modules/job_board.h"
#include "plugins/host.h"
#include "plugins/workspace.h"

namespace tenon::plugins {

/// Lifetime: host and `committed` outlive the runs.
[[nodiscard]] std::vector<modules::Job> jobs_of(
    Host& host, const std::shared_ptr<Workspace>& workspace, const PluginHandle& plugin,
    const std::function<void(std::string_view tenant)>& committed);

}  // namespace tenon::plugins
