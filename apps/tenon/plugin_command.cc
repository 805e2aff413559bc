#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "plugins/manifest/read.h"
#include "server/scratch.h"

namespace tenon::app {
namespace {

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::invalid, "cannot open " + path);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return fail(ErrorCode::invalid, "cannot read " + path);
  return content;
}

struct CallOptions {
  std::string component;
  std::string function;
  std::vector<std::string> arguments;
  std::string manifest;
  std::uint64_t fuel = 0;
};

void print(const server::ScratchReport& report) {
  const auto& result = report.outcome.result;
  if (result) {
    std::printf("result: ok%s%s\n", result->empty() ? "" : " ", result->c_str());
  } else {
    const Error& error = result.error();
    std::printf("result: error %s%s%s: %s\n", std::string(to_string(error.code())).c_str(),
                error.reason().empty() ? "" : " ", error.reason().c_str(), error.message().c_str());
    for (const FieldError& field : error.fields())
      std::printf("  %s %s: %s\n", field.path.c_str(), field.code.c_str(), field.message.c_str());
  }
  for (const auto& line : report.outcome.log)
    std::printf("log: %s %s\n", std::string(plugins::to_string(line.level)).c_str(),
                line.message.c_str());
  for (const auto& [entity, rows] : report.rows)
    std::printf("rows: %s %s\n", entity.c_str(), rows.c_str());
  std::printf("bill: %s\n", json::serialize(plugins::to_json(report.outcome.bill)).c_str());
}

Result<int> call(const CallOptions& options) {
  server::ScratchCall request;
  TENON_ASSIGN(component, read_file(options.component));
  request.component = std::move(component);
  if (!options.manifest.empty()) {
    TENON_ASSIGN(manifest, read_file(options.manifest));
    request.manifest = std::move(manifest);
  }
  request.function = options.function;
  request.arguments = options.arguments;
  if (options.fuel > 0) request.fuel = options.fuel;
  TENON_ASSIGN(report, server::run_scratch(request));
  print(report);
  return report.outcome.result ? 0 : 1;
}

Result<int> check(const std::string& path) {
  TENON_ASSIGN(text, read_file(path));
  const auto manifest = plugins::read_manifest(text);
  if (manifest) {
    std::printf("%s: good\n", path.c_str());
    return 0;
  }
  std::fputs(plugins::print_issues(manifest.error(), path, text).c_str(), stderr);
  return 2;
}

}  // namespace

void add_plugin(CLI::App& app, Command& selected) {
  CLI::App* plugin = app.add_subcommand("plugin", "Tools for module authors; no server is needed");
  plugin->require_subcommand(1);

  auto options =
      std::make_shared<CallOptions>();  // shared: CLI11 keeps references until the command runs
  CLI::App* call_command =
      plugin->add_subcommand("call",
                             "Run one function of a component against a scratch tenant:\n"
                             "  init | handle-event TYPE [JSON] | before-save ENTITY OPERATION "
                             "JSON | action NAME [JSON] | route JSON");
  call_command->add_option("component", options->component, "The .wasm file")->required();
  call_command->add_option("function", options->function, "The function")->required();
  call_command->add_option("arguments", options->arguments, "Its arguments");
  call_command->add_option("--manifest", options->manifest,
                           "plugin.toml; without it an entity test_entity is there");
  call_command->add_option("--fuel", options->fuel, "Fuel instead of the default limit")
      ->check(CLI::PositiveNumber);
  call_command->callback([options, &selected] { selected = [options] { return call(*options); }; });

  auto path = std::make_shared<std::string>();  // shared for the same reason
  CLI::App* check_command =
      plugin->add_subcommand("check", "Check a plugin.toml as the server would");
  check_command->add_option("manifest", *path, "plugin.toml")->required();
  check_command->callback([path, &selected] { selected = [path] { return check(*path); }; });
}

}  // namespace tenon::app
