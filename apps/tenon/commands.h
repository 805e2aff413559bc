#pragma once
// The commands of the program. Each adds its options to the command line and, when it was chosen,
// sets `selected` to the work to run; the work gives the exit code.

#include <functional>
#include <string>

#include "base/error.h"

namespace CLI {
class App;
}

namespace tenon::app {

using Command = std::function<Result<int>()>;

[[nodiscard]] std::string version_text();

/// `tenon serve`: the server, until SIGTERM or SIGINT.
void add_serve(CLI::App& app, Command& selected);
/// `tenon routes`: every address the server would answer, for checks of its access table. Hidden.
void add_routes(CLI::App& app, Command& selected);
/// `tenon config reference|check`: what can be set, and whether a file is right.
void add_config(CLI::App& app, Command& selected);
/// `tenon plugin call|check`: author's tools that need no server.
void add_plugin(CLI::App& app, Command& selected);
/// `tenon audit verify`: whether anybody has changed what the audit says.
void add_audit(CLI::App& app, Command& selected);
/// `tenon tenant …`: create, list, back up, restore, move and drop tenants.
void add_tenant(CLI::App& app, Command& selected);
/// `tenon user …`: the people of a tenant.
void add_user(CLI::App& app, Command& selected);
/// `tenon role …`: what they may be given.
void add_role(CLI::App& app, Command& selected);
/// `tenon job …`: what is scheduled for a tenant, and how it went.
void add_job(CLI::App& app, Command& selected);
/// `tenon backup …`: make, list, check and restore backups.
void add_backup(CLI::App& app, Command& selected);
/// `tenon operator …`: who may make tenants over HTTP.
void add_operator(CLI::App& app, Command& selected);

}  // namespace tenon::app
