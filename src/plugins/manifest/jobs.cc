#include <array>

#include "base/time_zone.h"
#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/sections.h"
#include "services/jobs/cron.h"

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;

constexpr std::array kMissed = {"once"sv, "skip"sv};
constexpr std::int64_t kMostRetries = 10;
constexpr std::int64_t kLongestSeconds = 60;  // a background call has no more

void read_times(TableReader& table, ScheduledJob& job, Draft& draft) {
  if (const auto cron = table.text("cron", Need::required)) {
    if (const auto parsed = services::Cron::parse(cron->text); !parsed)
      draft.issues.add(cron->spot, codes::kCron,
                       quoted(cron->text) + " is no schedule: " + parsed.error().message());
    job.cron = cron->text;
  }
  if (const auto zone = table.text("time_zone", Need::optional)) {
    if (const auto found = TimeZone::find(zone->text); !found)
      draft.issues.add(zone->spot, codes::kTimeZone, found.error().message());
    job.time_zone = zone->text;
  }
  if (const auto missed = table.choice("missed", Need::optional, kMissed))
    job.missed = static_cast<modules::Missed>(*missed);
  if (const auto retries = table.integer("retries", 0, kMostRetries))
    job.retries = static_cast<std::uint32_t>(*retries);
  if (const auto seconds = table.integer("timeout_seconds", 1, kLongestSeconds))
    job.timeout = std::chrono::seconds(*seconds);
}

/// The action runs without anybody who fills in a form, and about no row.
void must_run_alone(const Word& name, Draft& draft) {
  draft.must_exist(name, "an action", [](const Manifest& manifest) {
    return names_of(manifest.actions, &Action::name);
  });
  draft.checks.push_back([name](Draft& all) {
    const auto* action = all.manifest.find_action(name.text);
    if (action == nullptr) return;
    if (!action->entity.empty())
      all.issues.add(name.spot, codes::kContradiction,
                     quoted(name.text) + " is about one row; a job runs an action without entity");
    for (const auto& field : action->input)
      if (field.required && !field.default_value)
        all.issues.add(
            name.spot, codes::kContradiction,
            "a job gives no input, and " + quoted(name.text) + " needs " + quoted(field.name));
  });
}

}  // namespace

void read_jobs(TableReader& root, Draft& draft) {
  UniqueNames unique("job", draft.issues);
  UniqueLabels labels("job", draft.issues);
  for (auto& table : root.tables("jobs", ManifestLimits::kItems)) {
    ScheduledJob job;
    const auto name = table.text("name", Need::required);
    if (name && check_name(*name, NameUse::other, "a job's name", draft.issues) &&
        unique.add(*name))
      job.name = name->text;
    job.display_name = table.localized("display_name", Need::required);
    labels.add(table.spot_of("display_name"), job.display_name);
    read_times(table, job, draft);
    if (const auto action = table.text("action", Need::required)) {
      must_run_alone(*action, draft);
      job.action = action->text;
    }
    table.finish();
    if (!job.name.empty()) draft.manifest.jobs.push_back(std::move(job));
  }
}

}  // namespace tenon::plugins
