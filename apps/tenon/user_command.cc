#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "identity/hand_over.h"
#include "identity/roles.h"
#include "identity/second_factor.h"
#include "identity/tickets.h"
#include "identity/users.h"
#include "workplace.h"

namespace tenon::app {
namespace {

using identity::Change;

/// One set for all commands of this group; each reads what it asked for.
struct UserOptions {
  std::string data, tenant, name;
  std::string full_name, email, locale = "zh-CN", successor, url = "http://127.0.0.1:8080";
  std::vector<std::string> roles;
  bool json = false;
};

Result<UserId> user_named(storage::Session& session, const std::string& name) {
  TENON_ASSIGN(user, identity::find_user(session, name));
  if (user) return user->id;
  return fail(ErrorCode::not_found, "there is no user \"" + name + "\"");
}

Result<std::vector<identity::RoleId>> roles_named(storage::Session& session,
                                                  const std::vector<std::string>& names) {
  std::vector<identity::RoleId> roles;
  for (const auto& name : names) {
    TENON_ASSIGN(role, identity::find_role(session, name));
    if (!role) return fail(ErrorCode::not_found, "there is no role \"" + name + "\"");
    roles.push_back(*role);
  }
  return roles;
}

json::object ticket_json(const UserOptions& options, const identity::Ticket& ticket) {
  return {{"user", options.name},
          {"purpose", to_string(ticket.purpose)},
          {"link", options.url + "/welcome#" + ticket.token},
          {"expires_at", to_rfc3339(ticket.expires)}};
}

int tell_ticket(const UserOptions& options, const identity::Ticket& ticket) {
  const auto object = ticket_json(options, ticket);
  say(options.json,
      "user \"" + options.name + "\" chooses a password at " +
          std::string(object.at("link").as_string()),
      object);
  return 0;
}

Result<int> list(const UserOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(realm, here.realm(options.tenant));
  json::array all;
  identity::UserQuery query{.limit = 200};
  do {
    TENON_ASSIGN(page, look_at(realm, [&](storage::Session& session) {
                   return identity::list_users(session, query);
                 }));
    for (const auto& user : page.users) {
      all.push_back(to_json(user));
      if (!options.json)
        std::printf("%-32s %-12s %s\n", user.name.c_str(),
                    std::string(to_string(user.state)).c_str(), user.email.c_str());
    }
    query.after = page.next;
  } while (!query.after.empty());
  if (options.json) std::printf("%s\n", json::serialize(all).c_str());
  return 0;
}

Result<int> create(const UserOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(realm, here.realm(options.tenant));
  TENON_ASSIGN(ticket, change(here, realm, [&](Change& change) -> Result<identity::Ticket> {
                 TENON_ASSIGN(roles, roles_named(change.session(), options.roles));
                 TENON_ASSIGN(id, identity::create_user(change, {.name = options.name,
                                                                 .full_name = options.full_name,
                                                                 .email = options.email,
                                                                 .locale = options.locale,
                                                                 .roles = roles}));
                 return identity::make_ticket(change, id);
               }));
  return tell_ticket(options, ticket);
}

Result<int> reset_password(const UserOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(realm, here.realm(options.tenant));
  TENON_ASSIGN(ticket, change(here, realm, [&](Change& change) -> Result<identity::Ticket> {
                 TENON_ASSIGN(id, user_named(change.session(), options.name));
                 return identity::make_ticket(change, id);
               }));
  return tell_ticket(options, ticket);
}

Result<int> deactivate(const UserOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(realm, here.realm(options.tenant));
  struct Ids {
    UserId user;
    std::optional<UserId> successor;
  };
  TENON_ASSIGN(ids, change(here, realm, [&](Change& change) -> Result<Ids> {
                 TENON_ASSIGN(id, user_named(change.session(), options.name));
                 Ids found{.user = id, .successor = {}};
                 if (!options.successor.empty()) {
                   TENON_ASSIGN(heir, user_named(change.session(), options.successor));
                   found.successor = heir;
                 }
                 TENON_TRY(identity::deactivate_user(change, found.user, found.successor));
                 return found;
               }));
  std::uint64_t records = 0;
  if (ids.successor) {
    TENON_ASSIGN(done, wait_for(identity::hand_over(realm->tenant(), ids.user, ids.user,
                                                    *ids.successor, Deadline::never())));
    records = done.records;
  }
  say(options.json,
      "user \"" + options.name + "\" is deactivated; " + std::to_string(records) +
          " records are handed over",
      json::object{{"user", options.name}, {"state", "deactivated"}, {"handed_over", records}});
  return 0;
}

Result<int> reactivate(const UserOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(realm, here.realm(options.tenant));
  TENON_TRY(change(here, realm, [&](Change& change) -> Result<> {
    TENON_ASSIGN(id, user_named(change.session(), options.name));
    return identity::reactivate_user(change, id);
  }));
  say(options.json, "user \"" + options.name + "\" may sign in again",
      json::object{{"user", options.name}, {"reactivated", true}});
  return 0;
}

Result<int> assign(const UserOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(realm, here.realm(options.tenant));
  TENON_TRY(change(here, realm, [&](Change& change) -> Result<> {
    TENON_ASSIGN(id, user_named(change.session(), options.name));
    TENON_ASSIGN(roles, roles_named(change.session(), options.roles));
    return identity::set_roles(change, id, roles);
  }));
  json::array names;
  for (const auto& role : options.roles) names.emplace_back(role);
  say(options.json,
      "user \"" + options.name + "\" holds " + std::to_string(options.roles.size()) + " roles",
      json::object{{"user", options.name}, {"roles", std::move(names)}});
  return 0;
}

Result<int> reset_totp(const UserOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(realm, here.realm(options.tenant));
  TENON_TRY(change(here, realm, [&](Change& change) -> Result<> {
    TENON_ASSIGN(id, user_named(change.session(), options.name));
    return identity::remove_totp(change, id);
  }));
  say(options.json, "user \"" + options.name + "\" signs in without a second factor",
      json::object{{"user", options.name}, {"totp", false}});
  return 0;
}

}  // namespace

void add_user(CLI::App& app, Command& selected) {
  CLI::App* user = app.add_subcommand(
      "user", "The people of a tenant. For a tenant in a file the server must not run");
  user->require_subcommand(1);
  auto options =
      std::make_shared<UserOptions>();  // shared: CLI11 keeps references until the command runs
  const auto add = [&](const char* name, const char* text,
                       Result<int> (*work)(const UserOptions&)) {
    CLI::App* command = user->add_subcommand(name, text);
    command->add_option("tenant", options->tenant, "Name of the tenant")->required();
    command->add_option("--data", options->data, "Folder of all data")->required();
    command->add_flag("--json", options->json, "Tell the outcome as JSON");
    command->callback(
        [options, work, &selected] { selected = [options, work] { return work(*options); }; });
    return command;
  };
  const auto add_named = [&](const char* name, const char* text,
                             Result<int> (*work)(const UserOptions&)) {
    CLI::App* command = add(name, text, work);
    command->add_option("name", options->name, "Name of the user")->required();
    return command;
  };
  const auto with_url = [&](CLI::App* command) {
    command->add_option("--url", options->url, "Where people reach the server")
        ->capture_default_str();
    return command;
  };
  add("list", "Name, state and e-mail of each", list);
  auto* made = with_url(add_named("create", "Invite a user; prints the one-time link", create));
  made->add_option("--full-name", options->full_name, "Full name");
  made->add_option("--email", options->email, "E-mail address");
  made->add_option("--locale", options->locale, "zh-CN or en")->capture_default_str();
  made->add_option("--role", options->roles, "A role it gets; may be repeated");
  with_url(add_named("reset-password", "Print a one-time link to choose another password",
                     reset_password));
  add_named("deactivate", "End all sessions and tokens of a user", deactivate)
      ->add_option("--hand-over-to", options->successor, "User who gets the records");
  add_named("reactivate", "Let a deactivated user sign in again", reactivate);
  add_named("assign", "Replace the roles of a user", assign)
      ->add_option("--role", options->roles,
                   "A role it gets; may be repeated; none takes all away");
  add_named("reset-totp", "Take the second factor of a user away", reset_totp);
}

}  // namespace tenon::app
