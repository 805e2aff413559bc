#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "commands.h"
#include "data/transfer/drill.h"
#include "services/backups/retention.h"
#include "workplace.h"

namespace tenon::app {
namespace {

namespace fs = std::filesystem;

struct BackupOptions {
  std::string data, directory, tenant, archive, database, scratch;
  bool drill = false;
  bool json = false;
};

json::object to_json(const std::string& archive, const data::ArchiveReport& report) {
  return {{"archive", archive},   {"tenant", report.tenant}, {"made_at", report.made_at},
          {"rows", report.rows},  {"files", report.files},   {"file_bytes", report.file_bytes},
          {"bytes", report.bytes}};
}

std::string in_words(const data::ArchiveReport& report) {
  return "tenant \"" + report.tenant + "\", " + std::to_string(report.rows) + " rows, " +
         std::to_string(report.files) + " files, " + std::to_string(report.bytes) + " bytes";
}

Result<int> create(const BackupOptions& options) {
  Workplace here(options.data);
  const auto folder = fs::path(options.directory) / options.tenant;
  TENON_TRY(data::check_tenant_name(options.tenant));
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return fail(ErrorCode::unavailable, folder.string() + " cannot be made: " + error.message());
  const auto archive = (folder / services::free_backup_name(options.tenant, here.clock.now(),
                                                            services::names_in(folder)))
                           .string();
  TENON_ASSIGN(report, here.operations.backup(options.tenant, archive));
  say(options.json, archive + ": " + in_words(report), to_json(archive, report));
  return 0;
}

Result<int> list(const BackupOptions& options) {
  json::array all;
  std::error_code error;
  std::vector<std::string> tenants;
  for (fs::directory_iterator it(options.directory, error), end; !error && it != end;
       it.increment(error))
    if (it->is_directory(error)) tenants.push_back(it->path().filename().string());
  if (error)
    return fail(ErrorCode::unavailable, options.directory + " cannot be read: " + error.message());
  std::ranges::sort(tenants);
  for (const auto& tenant : tenants) {
    std::vector<std::string> names;
    const auto folder = fs::path(options.directory) / tenant;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
      names.push_back(it->path().filename().string());
    for (const auto& file : services::backups_among(tenant, names)) {
      const auto archive = (folder / file.name).string();
      const auto bytes = fs::file_size(archive, error);
      all.push_back(json::object{{"tenant", tenant},
                                 {"archive", archive},
                                 {"made_at", to_rfc3339(file.made)},
                                 {"bytes", bytes}});
      if (!options.json)
        std::printf("%-20s %s %12llu  %s\n", tenant.c_str(), to_rfc3339(file.made).c_str(),
                    static_cast<unsigned long long>(bytes), archive.c_str());
    }
  }
  if (options.json) std::printf("%s\n", json::serialize(all).c_str());
  return 0;
}

Result<int> verify(const BackupOptions& options) {
  if (!options.drill) {
    TENON_ASSIGN(report, data::verify_archive(options.archive));
    say(options.json, options.archive + ": good; " + in_words(report),
        to_json(options.archive, report));
    return 0;
  }
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool({.threads = 2, .queue = 64, .name = "blocking"});
  const auto scratch = options.scratch.empty()
                           ? options.archive + ".drill-" + std::to_string(::getpid())
                           : options.scratch;
  TENON_ASSIGN(
      report,
      data::drill_archive(
          options.archive, scratch,
          {.pool = pool, .clock = clock, .random = random, .native = server::native_tables()}));
  auto object = to_json(options.archive, report.archive);
  object["audit_rows"] = report.audit_rows;
  object["restored"] = true;
  say(options.json,
      options.archive + ": good, also after a restore; " + in_words(report.archive) + ", " +
          std::to_string(report.audit_rows) + " audit rows hold",
      object);
  return 0;
}

Result<int> restore(const BackupOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(report, here.operations.restore(options.archive, options.tenant, options.database));
  auto object = to_json(options.archive, report);
  object["tenant"] = options.tenant;
  say(options.json, "tenant \"" + options.tenant + "\" from " + options.archive, object);
  return 0;
}

}  // namespace

void add_backup(CLI::App& app, Command& selected) {
  CLI::App* backup = app.add_subcommand("backup", "Backups of tenants. The server may run");
  backup->require_subcommand(1);
  auto options =
      std::make_shared<BackupOptions>();  // shared: CLI11 keeps references until the command runs
  const auto add = [&](const char* name, const char* text,
                       Result<int> (*work)(const BackupOptions&)) {
    CLI::App* command = backup->add_subcommand(name, text);
    command->add_flag("--json", options->json, "Tell the outcome as JSON");
    command->callback(
        [options, work, &selected] { selected = [options, work] { return work(*options); }; });
    return command;
  };
  const auto with_directory = [&](CLI::App* command) {
    command->add_option("--directory", options->directory, "Folder of backups")->required();
    return command;
  };
  const auto with_data = [&](CLI::App* command) {
    command->add_option("--data", options->data, "Folder of all data")->required();
    return command;
  };
  with_data(with_directory(add("create", "Back one tenant up into DIRECTORY/TENANT/", create)))
      ->add_option("tenant", options->tenant, "Name of the tenant")
      ->required();
  with_directory(add("list", "The backups in a folder, newest first", list));
  auto* checked = add("verify", "Read a whole backup and check all of it", verify);
  checked->add_option("archive", options->archive, "The backup")->required();
  checked->add_flag("--drill", options->drill,
                    "Restore it into a scratch folder, compare, and remove that again");
  checked->add_option("--scratch", options->scratch, "That folder; else one beside the backup");
  auto* restored = with_data(add("restore", "Make a new tenant from a backup", restore));
  restored->add_option("archive", options->archive, "The backup")->required();
  restored->add_option("tenant", options->tenant, "Name of the new tenant")->required();
  restored->add_option("--database", options->database,
                       "postgresql://… of the database that holds the tenant, instead of a file");
}

}  // namespace tenon::app
