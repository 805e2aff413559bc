// The one program of Tenon. It reads the command line, runs one command and turns a failure into
// one line on standard error: exit code 2 for what the caller can mend, 1 for everything else.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "commands.h"

namespace {

int report(const tenon::Error& error) {
  std::string text = error.message();
  for (const auto& field : error.fields()) text += " " + field.path + ": " + field.message;
  std::fprintf(stderr, "tenon: %s\n", text.c_str());
  return error.code() == tenon::ErrorCode::internal ? 1 : 2;
}

/// The first option that no command on the line knows: what is missing matters less than what was
/// misspelt.
std::string_view unknown_option(const CLI::App& app, int argc, char** argv) {
  const CLI::App* command = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    if (!word.starts_with('-')) {
      const auto is_named = [&](const CLI::App* one) { return one->get_name() == word; };
      if (const auto found = command->get_subcommands(is_named); !found.empty())
        command = found.front();
      continue;
    }
    const auto name = word.substr(0, word.find('='));
    bool known = false;
    for (const auto* at = command; at != nullptr && !known; at = at->get_parent())
      known = at->get_option_no_throw(std::string(name)) != nullptr;
    if (!known) return name;
  }
  return {};
}

int run(int argc, char** argv) {
  CLI::App app("Tenon (榫卯): an ERP platform whose modules are sandboxed WebAssembly components",
               "tenon");
  app.set_version_flag("--version", tenon::app::version_text());
  app.require_subcommand(1);
  tenon::app::Command selected;
  tenon::app::add_serve(app, selected);
  tenon::app::add_routes(app, selected);
  tenon::app::add_config(app, selected);
  tenon::app::add_plugin(app, selected);
  tenon::app::add_tenant(app, selected);
  tenon::app::add_audit(app, selected);
  tenon::app::add_user(app, selected);
  tenon::app::add_role(app, selected);
  tenon::app::add_operator(app, selected);
  tenon::app::add_job(app, selected);
  tenon::app::add_backup(app, selected);
  const auto is_named = [&](const CLI::App* command) { return command->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(is_named).empty()) {
    std::fprintf(stderr, "tenon: there is no command \"%s\" (see tenon --help)\n", argv[1]);
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool wanted = error.get_exit_code() == 0;  // --help and --version
    if (wanted) return app.exit(error);
    if (const auto name = unknown_option(app, argc, argv); !name.empty())
      std::fprintf(stderr, "tenon: there is no option \"%.*s\" here (see tenon --help)\n",
                   static_cast<int>(name.size()), name.data());
    else
      std::fprintf(stderr, "tenon: %s (see tenon --help)\n", error.what());
    return 2;
  }
  const auto done = selected();
  return done ? *done : report(done.error());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tenon: internal error: %s\n", error.what());
    return 1;
  }
}
