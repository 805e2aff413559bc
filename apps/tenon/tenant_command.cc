#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "async/wait_for.h"
#include "commands.h"
#include "identity/users.h"

namespace tenon::app {
namespace {

struct CreateOptions {
  std::string data;
  std::string name;
  std::string user;
  std::string database;  // empty: a file
};

/// The password comes from standard input: never from the command line, where others can read it.
Result<int> create(const CreateOptions& options) {
  std::string password;
  if (!std::getline(std::cin, password))
    return fail(ErrorCode::invalid, "write the administrator's password to standard input");
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool({.threads = 1, .queue = 16, .name = "blocking"});
  data::Tenants tenants(options.data, pool, clock, random);
  TENON_ASSIGN(tenant, tenants.create(options.name, options.database));
  identity::Users users(pool, clock, random);
  const auto id = wait_for(users.create(
      tenant,
      {.name = options.user, .password = Secret<std::string>(password), .administrator = true},
      identity::Users::PasswordRule::enforced, Deadline::after(std::chrono::seconds(30))));
  if (!id) return fail(Error(id.error()));
  std::printf("tenant \"%s\" with administrator \"%s\"\n", options.name.c_str(),
              options.user.c_str());
  return 0;
}

}  // namespace

std::string version_text() { return TENON_PLATFORM_VERSION; }

void add_tenant(CLI::App& app, Command& selected) {
  CLI::App* tenant =
      app.add_subcommand("tenant", "Tenants of a data folder; the server must not run");
  tenant->require_subcommand(1);
  auto options =
      std::make_shared<CreateOptions>();  // shared: CLI11 keeps references until the command runs
  CLI::App* command =
      tenant->add_subcommand("create", "Make a tenant with its first administrator");
  command->add_option("name", options->name, "Name of the tenant, as typed at sign-in")->required();
  command->add_option("--data", options->data, "Folder of all data")->required();
  command->add_option("--user", options->user, "Name of the administrator")->required();
  command->add_option("--database", options->database,
                      "postgresql://… of the database that holds the tenant, instead of a file");
  command->callback([options, &selected] { selected = [options] { return create(*options); }; });
}

}  // namespace tenon::app
