#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include "base/json.h"
#include "commands.h"
#include "identity/passwords.h"
#include "identity/rights.h"
#include "identity/users.h"
#include "workplace.h"

namespace tenon::app {
namespace {

/// One set for all of these commands; each reads what it asked for.
struct TenantOptions {
  std::string data;
  std::string name;
  std::string user;
  std::string database;  // empty: a file
  std::string archive;
  bool to_file = false;  // said, so that a move to a file is meant
  bool json = false;
};

/// One line for people, or one object for programs.
void tell(const TenantOptions& options, const std::string& line, const json::object& object) {
  const auto text = options.json ? json::serialize(object) : line;
  std::printf("%s\n", text.c_str());
}

/// The password comes from standard input: never from the command line, where others can read it.
Result<int> create(const TenantOptions& options) {
  std::string password;
  if (!std::getline(std::cin, password))
    return fail(ErrorCode::invalid, "write the administrator's password to standard input");
  Workplace here(options.data);
  const Secret<std::string> secret(password);
  const std::array<std::string_view, 2> own{options.user, options.name};
  TENON_TRY(identity::check_password(secret, own));
  identity::NewUser user{.name = options.user, .roles = {identity::kAdministratorRole}};
  TENON_TRY(identity::check_new_user(user));
  TENON_ASSIGN(hash, hash_password(secret));
  user.password = std::move(hash);
  TENON_ASSIGN(tenant, here.tenants.create(options.name, options.database));
  TENON_TRY(change(here, std::make_shared<identity::Realm>(tenant),
                   [&](identity::Change& change) { return identity::create_user(change, user); }));
  tell(options, "tenant \"" + options.name + "\" with administrator \"" + options.user + "\"",
       {{"tenant", options.name}, {"administrator", options.user}});
  return 0;
}

Result<int> list(const TenantOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(all, here.operations.list());
  json::array array;
  for (const auto& one : all) {
    array.emplace_back(json::object{{"name", one.name},
                                    {"place", one.place},
                                    {"bytes", one.bytes},
                                    {"file_bytes", one.file_bytes}});
    if (!options.json)
      std::printf("%-40s %12llu %12llu  %s\n", one.name.c_str(),
                  static_cast<unsigned long long>(one.bytes),
                  static_cast<unsigned long long>(one.file_bytes), one.place.c_str());
  }
  if (options.json) std::printf("%s\n", json::serialize(array).c_str());
  return 0;
}

json::object to_json(const data::ArchiveReport& report) {
  return {{"tenant", report.tenant}, {"made_at", report.made_at},       {"rows", report.rows},
          {"files", report.files},   {"file_bytes", report.file_bytes}, {"bytes", report.bytes}};
}

std::string in_words(const data::ArchiveReport& report) {
  return std::to_string(report.rows) + " rows, " + std::to_string(report.files) + " files, " +
         std::to_string(report.bytes) + " bytes";
}

Result<int> backup(const TenantOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(report, here.operations.backup(options.name, options.archive));
  tell(options, options.archive + ": tenant \"" + options.name + "\", " + in_words(report),
       to_json(report));
  return 0;
}

Result<int> verify(const TenantOptions& options) {
  TENON_ASSIGN(report, data::verify_archive(options.archive));
  tell(options, options.archive + ": good; tenant \"" + report.tenant + "\", " + in_words(report),
       to_json(report));
  return 0;
}

Result<int> restore(const TenantOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(report, here.operations.restore(options.archive, options.name, options.database));
  tell(options, "tenant \"" + options.name + "\" from " + options.archive + ": " + in_words(report),
       to_json(report));
  return 0;
}

Result<int> move(const TenantOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(rows, here.operations.move(options.name, options.database));
  const auto place = options.database.empty() ? "file" : data::without_password(options.database);
  tell(options,
       "tenant \"" + options.name + "\" is in " + place + " now: " + std::to_string(rows) + " rows",
       {{"tenant", options.name}, {"place", place}, {"rows", rows}});
  return 0;
}

Result<int> drop(const TenantOptions& options) {
  Workplace here(options.data);
  TENON_TRY(here.operations.drop(options.name));
  tell(options, "tenant \"" + options.name + "\" is in the trash",
       {{"tenant", options.name}, {"dropped", true}});
  return 0;
}

Result<int> purge(const TenantOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(purged, here.operations.purge(options.name));
  tell(options,
       std::to_string(purged) + " old copies of \"" + options.name + "\" are deleted for good",
       {{"tenant", options.name}, {"purged", purged}});
  return 0;
}

/// Adds commands that share their options.
class Group {
 public:
  Group(CLI::App& parent, Command& selected)
      : parent_(parent), selected_(selected), options_(std::make_shared<TenantOptions>()) {}

  TenantOptions& options() noexcept { return *options_; }
  CLI::App* add(const std::string& name, const std::string& text,
                Result<int> (*work)(const TenantOptions&)) {
    CLI::App* command = parent_.add_subcommand(name, text);
    command->add_flag("--json", options_->json, "Tell the outcome as JSON");
    command->callback([options = options_, work, &selected = selected_] {
      selected = [options, work] { return work(*options); };
    });
    return command;
  }
  CLI::App* with_data(CLI::App* command) {
    command->add_option("--data", options_->data, "Folder of all data")->required();
    return command;
  }
  CLI::App* with_name(CLI::App* command) {
    command->add_option("name", options_->name, "Name of the tenant")->required();
    return with_data(command);
  }
  CLI::App* with_database(CLI::App* command, const std::string& option, const std::string& text) {
    command->add_option(option, options_->database, text);
    return command;
  }

 private:
  CLI::App& parent_;
  Command& selected_;
  std::shared_ptr<TenantOptions> options_;  // shared: CLI11 keeps references until the command runs
};

constexpr const char* kDatabase =
    "postgresql://… of the database that holds the tenant, instead of a file";

}  // namespace

std::string version_text() { return TENON_PLATFORM_VERSION; }

void add_tenant(CLI::App& app, Command& selected) {
  CLI::App* tenant = app.add_subcommand(
      "tenant", "Tenants of a data folder. The server may run for backup and list only");
  tenant->require_subcommand(1);
  Group group(*tenant, selected);
  auto& options = group.options();

  auto* made = group.add("create", "Make a tenant with its first administrator", create);
  group.with_database(group.with_name(made), "--database", kDatabase);
  made->add_option("--user", options.user, "Name of the administrator")->required();

  group.with_data(group.add("list", "Name, bytes, bytes of files and place of each", list));

  auto* saved = group.with_name(group.add("backup", "Write one tenant into one file", backup));
  saved->add_option("archive", options.archive, "The new file")->required();
  auto* checked = group.add("verify", "Read a whole archive and check all of it", verify);
  checked->add_option("archive", options.archive, "The archive")->required();

  auto* restored = group.add("restore", "Make a new tenant from an archive", restore);
  restored->add_option("archive", options.archive, "The archive")->required();
  group.with_database(group.with_name(restored), "--database", kDatabase);

  auto* moved = group.with_name(group.add("move", "Move a tenant to another place", move));
  auto* to = moved->add_option_group("to");
  group.with_database(to, "--database", "To the PostgreSQL database postgresql://…");
  to->add_flag("--file", options.to_file, "Into a file");
  to->require_option(1);

  group.with_name(group.add("drop", "Put a tenant into the trash, with its files", drop));
  group.with_name(group.add("purge", "Delete for good what the trash holds of a tenant", purge));
}

}  // namespace tenon::app
