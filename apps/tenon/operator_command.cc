#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "base/json.h"
#include "commands.h"
#include "identity/operators.h"

namespace tenon::app {
namespace {

struct OperatorOptions {
  std::string data, name;
  int days = 90;
  bool json = false;
};

Result<int> create(const OperatorOptions& options) {
  SystemClock clock;
  SystemRandom random;
  identity::Operators operators(std::filesystem::path(options.data) / "operators", clock);
  TENON_ASSIGN(token, operators.create(options.name, std::chrono::days(options.days), random));
  if (options.json)
    std::printf(
        "%s\n",
        json::serialize(json::object{{"operator", options.name}, {"token", token}}).c_str());
  else
    std::printf("token of operator \"%s\", shown once: %s\n", options.name.c_str(), token.c_str());
  return 0;
}

Result<int> list(const OperatorOptions& options) {
  SystemClock clock;
  identity::Operators operators(std::filesystem::path(options.data) / "operators", clock);
  TENON_ASSIGN(rows, operators.list());
  json::array all;
  for (const auto& row : rows) {
    all.push_back(json::object{{"operator", row.name}, {"expires_at", to_rfc3339(row.expires)}});
    if (!options.json) std::printf("%-40s %s\n", row.name.c_str(), to_rfc3339(row.expires).c_str());
  }
  if (options.json) std::printf("%s\n", json::serialize(all).c_str());
  return 0;
}

Result<int> remove(const OperatorOptions& options) {
  SystemClock clock;
  identity::Operators operators(std::filesystem::path(options.data) / "operators", clock);
  TENON_TRY(operators.remove(options.name));
  if (options.json)
    std::printf(
        "%s\n",
        json::serialize(json::object{{"operator", options.name}, {"removed", true}}).c_str());
  else
    std::printf("the token of operator \"%s\" is good for nothing now\n", options.name.c_str());
  return 0;
}

}  // namespace

void add_operator(CLI::App& app, Command& selected) {
  CLI::App* group =
      app.add_subcommand("operator", "Who may make companies on this server over HTTP");
  group->require_subcommand(1);
  auto options =
      std::make_shared<OperatorOptions>();  // shared: CLI11 keeps references until the command runs
  const auto add = [&](const char* name, const char* text,
                       Result<int> (*work)(const OperatorOptions&)) {
    CLI::App* command = group->add_subcommand(name, text);
    command->add_option("--data", options->data, "Folder of all data")->required();
    command->add_flag("--json", options->json, "Tell the outcome as JSON");
    command->callback(
        [options, work, &selected] { selected = [options, work] { return work(*options); }; });
    return command;
  };
  auto* made = add("create", "Make an operator and print its token, once", create);
  made->add_option("name", options->name, "Name of the operator")->required();
  made->add_option("--days", options->days, "Days until the token ends")
      ->check(CLI::Range(1, 366))
      ->capture_default_str();
  add("list", "Name and end of each", list);
  add("remove", "End the token of an operator, at once", remove)
      ->add_option("name", options->name, "Name of the operator")
      ->required();
}

}  // namespace tenon::app
