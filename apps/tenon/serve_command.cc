#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "commands.h"
#include "server/config.h"
#include "server/server.h"

namespace tenon::app {
namespace {

struct ServeOptions {
  std::string listen = "127.0.0.1:8080";
  server::Config config;
};

/// `ADDR:PORT`, an IPv6 address in brackets. Port 0 lets the system choose.
Result<> parse_listen(const std::string& text, http::Options& http) {
  const auto colon = text.rfind(':');
  const auto bad = [&] {
    return fail(ErrorCode::invalid, "--listen wants ADDRESS:PORT, got \"" + text + "\"");
  };
  if (colon == std::string::npos || colon + 1 == text.size()) return bad();
  unsigned long port = 0;
  for (const char c : text.substr(colon + 1)) {
    if (c < '0' || c > '9') return bad();
    port = port * 10 + static_cast<unsigned long>(c - '0');
    if (port > 65'535) return bad();
  }
  http.port = static_cast<std::uint16_t>(port);
  http.address = text.substr(0, colon);
  if (http.address.size() > 2 && http.address.front() == '[' && http.address.back() == ']')
    http.address = http.address.substr(1, http.address.size() - 2);
  if (http.address.empty()) return bad();
  return {};
}

/// Where the build and the package put what belongs to the program.
std::filesystem::path share_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path("share") : program.parent_path() / "share";
}

Result<int> serve(ServeOptions options) {
  TENON_TRY(parse_listen(options.listen, options.config.http));
  // Blocked before any thread starts, so that every thread inherits it and only sigwait sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
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

  int received = 0;
  sigwait(&signals, &received);
  TENON_TRY(server->stop());
  return 0;
}

}  // namespace

void add_serve(CLI::App& app, Command& selected) {
  auto options =
      std::make_shared<ServeOptions>();  // shared: CLI11 keeps references until the command runs
  CLI::App* command = app.add_subcommand("serve", "Run the server until SIGTERM or SIGINT");
  auto& config = options->config;
  config.web = share_folder() / "web";
  config.plugins = share_folder() / "plugins";
  command->add_option("--data", config.data, "Folder of all data; made when it is missing")
      ->required();
  command->add_option("--listen", options->listen, "ADDRESS:PORT to listen on")
      ->capture_default_str();
  CLI::Option* demo = command->add_flag("--demo", config.demo,
                                        "Make a demo tenant with user demo / demo; loopback only");
  command->add_option("--demo-rows", config.demo_rows, "Customers of a new demo tenant")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command
      ->add_option("--database", config.demo_database,
                   "postgresql://… of the database that holds a new demo tenant, instead of a file")
      ->needs(demo);
  command->add_option("--public-url", config.public_url,
                      "https://… where people reach this server, when a proxy stands in front");
  command
      ->add_option("--sign-ins-per-address", config.sign_ins_per_address,
                   "Attempts to sign in from one address a minute")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_flag("--outbound-private", config.outbound_private,
                    "Sign-in services that companies name may lie in private networks");
  command->add_option("--outbound-ca", config.outbound_ca,
                      "PEM file of more authorities that those services may be certified by");
  command->add_option("--key-file", config.key_file,
                      "Key that seals stored secrets; made when it is missing (default: secret.key "
                      "in the data folder)");
  command->add_option("--web", config.web, "Folder of the built web application");
  command->add_option("--plugins", config.plugins, "Folder of first-party plugins, for --demo");
  command->add_option("--io-threads", config.http.threads, "I/O threads")->check(CLI::Range(1, 64));
  command->add_option("--guest-threads", config.guest_threads, "Threads that run plugins")
      ->check(CLI::Range(1, 64));
  command
      ->add_option("--connections-per-address", config.http.connections_per_address,
                   "Connections from one address")
      ->check(CLI::Range(1, 100'000));
  command->add_option("--requests-per-connection", config.http.requests_per_connection,
                      "Requests on one connection before it is closed");
  command->callback([options, &selected] { selected = [options] { return serve(*options); }; });
}

}  // namespace tenon::app
