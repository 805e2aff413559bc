#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "commands.h"
#include "server/config_file.h"
#include "server/settings.h"

namespace tenon::app {
namespace {

Result<int> reference() {
  std::printf("%s", server::settings_reference().c_str());
  return 0;
}

/// Every setting with the value it would have.
Result<int> check(const std::string& file) {
  server::Config config;
  TENON_TRY(server::load_config(config, file));
  std::string_view section;
  for (const auto& setting : server::settings()) {
    const auto dot = setting.key.find('.');
    const std::string key(setting.key.substr(dot + 1));
    if (const auto here = setting.key.substr(0, dot); here != section) {
      std::printf("%s[%.*s]\n", section.empty() ? "" : "\n", static_cast<int>(here.size()),
                  here.data());
      section = here;
    }
    std::printf("%s = %s\n", key.c_str(), setting.show(config).c_str());
  }
  return 0;
}

}  // namespace

void add_config(CLI::App& app, Command& selected) {
  CLI::App* config = app.add_subcommand("config", "The configuration file of `tenon serve`");
  config->require_subcommand(1);
  config->add_subcommand("reference", "Every key with its default and what it is, as Markdown")
      ->callback([&selected] { selected = reference; });
  CLI::App* checked =
      config->add_subcommand("check", "Check a file and print all settings as they would be");
  auto file =
      std::make_shared<std::string>();  // shared: CLI11 keeps references until the command runs
  checked->add_option("file", *file, "The configuration file")->required();
  checked->callback([file, &selected] { selected = [file] { return check(*file); }; });
}

}  // namespace tenon::app
