#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "commands.h"
#include "server/config_file.h"
#include "server/server.h"
#include "server/settings.h"
#include "supervisor.h"

namespace tenon::app {
namespace {

/// What the command line says; a flag is a setting with a shorter name, and flags win over the
/// file.
struct ServeOptions {
  std::string file;
  std::vector<std::string> assignments;  // KEY=VALUE of --set
  std::vector<server::NamedText> flags;
  server::Config config;
};

Result<> configure(ServeOptions& options) {
  if (!options.file.empty()) TENON_TRY(server::load_config(options.config, options.file));
  for (const std::string& assignment : options.assignments)
    TENON_TRY(server::put_setting(options.config, assignment));
  for (const auto& flag : options.flags) TENON_TRY(server::put_setting(options.config, flag));
  return {};
}

/// Where the build and the package put what belongs to the program.
std::filesystem::path share_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path("share") : program.parent_path() / "share";
}

/// Serves until SIGTERM or SIGINT; SIGHUP reads the certificate again and opens the logs anew.
Result<int> serve(ServeOptions options) {
  TENON_TRY(configure(options));
  // Blocked before any thread starts, so that every thread inherits it and only sigwait sees them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int one : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, one);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  TENON_ASSIGN(server, server::Server::create(std::move(options.config)));
  TENON_TRY(server->start());
  std::printf("Tenon is ready at %s\n", server->address().c_str());
  if (const auto link = server->setup_link(); !link.empty())
    std::printf("There is no company yet. Make the first one, once and within a day, at\n  %s\n",
                link.c_str());
  if (server->demo())
    std::printf("Demo: company \"demo\", user \"demo\", password \"demo\". Not for real data.\n");
  std::fflush(stdout);
  tell_supervisor("READY=1");

  int received = 0;
  for (sigwait(&signals, &received); received == SIGHUP; sigwait(&signals, &received))
    server->reload();
  tell_supervisor("STOPPING=1");
  TENON_TRY(server->stop());
  return 0;
}

/// A line of JSON for each route of the server as these options would start it; it does not listen.
Result<int> print_routes(ServeOptions options) {
  TENON_TRY(configure(options));
  TENON_ASSIGN(server, server::Server::create(std::move(options.config)));
  for (const auto& route : server->routes())
    std::printf("%s\n", json::serialize(json::object{{"owner", route.owner},
                                                     {"method", http::to_string(route.method)},
                                                     {"pattern", route.pattern}})
                            .c_str());
  TENON_TRY(server->stop());
  return 0;
}

/// What the server is started with.
std::shared_ptr<ServeOptions> add_options(CLI::App& command) {
  auto options =
      std::make_shared<ServeOptions>();  // shared: CLI11 keeps references until the command runs
  auto& config = options->config;
  config.web = share_folder() / "web";
  config.plugins = share_folder() / "plugins";
  command.add_option("--config", options->file,
                     "Configuration file (TOML); see `tenon config reference`");
  command.add_option("--set", options->assignments,
                     "KEY=VALUE, a key of the configuration file; may be given several times");
  const auto flag = [&](const std::string& name, const std::string& key, const std::string& help) {
    command.add_option_function<std::string>(
        name,
        [options = options.get(), name, key](const std::string& value) {
          options->flags.push_back({.origin = name, .key = key, .value = value});
        },
        help);
  };
  flag("--data", "server.data", "Folder of all data; made when it is missing");
  flag("--listen", "server.listen", "ADDRESS:PORT to listen on [127.0.0.1:8080]");
  flag("--web", "server.web", "Folder of the built web application");
  flag("--plugins", "server.plugins", "Folder of first-party plugins, for --demo");
  flag("--io-threads", "server.io_threads", "I/O threads");
  flag("--guest-threads", "server.guest_threads", "Threads that run plugins");
  flag("--connections-per-address", "limits.connections_per_address",
       "Connections from one address");
  flag("--requests-per-connection", "limits.requests_per_connection",
       "Requests on one connection before it is closed");
  CLI::Option* demo = command.add_flag("--demo", config.demo,
                                       "Make a demo tenant with user demo / demo; loopback only");
  command.add_option("--demo-rows", config.demo_rows, "Customers of a new demo tenant")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command
      .add_option("--database", config.demo_database,
                  "postgresql://… of the database that holds a new demo tenant, instead of a file")
      ->needs(demo);
  return options;
}

}  // namespace

void add_serve(CLI::App& app, Command& selected) {
  CLI::App* command = app.add_subcommand("serve", "Run the server until SIGTERM or SIGINT");
  const auto options = add_options(*command);
  command->callback([options, &selected] { selected = [options] { return serve(*options); }; });
}

void add_routes(CLI::App& app, Command& selected) {
  CLI::App* command = app.add_subcommand("routes", "Print every address the server would answer");
  command->group("");  // hidden
  const auto options = add_options(*command);
  command->callback(
      [options, &selected] { selected = [options] { return print_routes(*options); }; });
}

}  // namespace tenon::app
