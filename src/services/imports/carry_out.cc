// How an import is carried out on a thread of the desk, and what is said of one that died.
#include <fmt/format.h>

#include <utility>

#include "async/wait_for.h"
#include "data/bulk/import_outcome.h"
#include "services/imports/csv_files.h"
#include "services/imports/imports.h"

namespace tenon::services {
namespace {

constexpr std::string_view kSent = "csv";
constexpr std::string_view kErrors = "errors";
constexpr std::string_view kBad = "bad";
constexpr std::chrono::seconds kRowTime{10};
constexpr std::chrono::minutes kTakeBack{5};

json::object figures(const data::ImportProgress& now) {
  return {{"rows", now.rows},       {"bad", now.bad},           {"inserted", now.inserted},
          {"updated", now.updated}, {"checking", now.checking}, {"written", false}};
}

/// `crm.customer` in two.
std::pair<std::string, std::string> parts_of(const std::string& full_name) {
  const auto dot = std::min(full_name.find('.'), full_name.size());
  return {full_name.substr(0, dot), full_name.substr(std::min(dot + 1, full_name.size()))};
}

std::int64_t place_in(const json::object& request) {
  const auto* place = request.if_contains("audit_from");
  return place != nullptr && place->is_int64() ? place->get_int64() : 0;
}

}  // namespace

Result<json::object> Imports::carry_out(JobRun& run, const ImportPlan& plan,
                                        const modules::RouteCall& call) const {
  const auto& job = run.job();
  const auto& tenant = run.tenant();
  const auto [plugin, entity] = parts_of(job.entity);
  // From here on the audit tells what this import wrote, whatever becomes of this process.
  TENON_ASSIGN(from, data::audit_place(*tenant));
  TENON_TRY(wait_for(desk_.rows().change(
      tenant, job.id,
      [place = from](Job& row) -> Result<> {
        row.request["audit_from"] = place;
        return {};
      },
      Deadline::after(kRowTime))));
  TENON_ASSIGN(sent, SpoolReader::open(desk_.spool().path(tenant->name(), job.id, kSent)));
  TENON_ASSIGN(wrong, desk_.spool().begin(tenant->name(), job.id, kErrors, "imports"));
  SpoolSource source(std::move(sent));
  data::ImportOptions options{.columns = plan.columns,
                              .key = plan.key,
                              .mode = plan.mode,
                              .run = plan.run,
                              .max_rows = limits_.rows,
                              .max_errors = limits_.errors,
                              .csv = limits_.csv};
  options.trace = job.trace;
  options.before_row =
      desk_.outlook().before_row(call.principal, plugin, entity, job.trace.to_string());
  data::ImportProgress last;
  options.progress = [&](const data::ImportProgress& now) {
    last = now;
    run.progress(figures(now));
    return run.stopped() ? data::Proceed::no : data::Proceed::yes;
  };
  options.errors = [&](std::string_view bytes) { return wrong.write(bytes); };
  auto report = wait_for(data::import_rows(tenant, call.viewer, plugin, entity, source, options,
                                           Deadline::after(limits_.longest)));
  TENON_TRY(wrong.keep());
  const auto bad = report ? report->bad : last.bad;
  if (bad > 0) TENON_TRY(write_bad_rows_of(run, call.locale));
  if (!report) {
    // What skips bad rows has written the batches before; all or nothing has taken them back.
    auto now = figures(last);
    const bool stays = plan.mode == data::ImportMode::skip_bad_rows &&
                       plan.run == data::ImportRun::write && last.inserted + last.updated > 0;
    now["written"] = stays;
    if (!stays) now["inserted"] = now["updated"] = 0;
    run.progress(std::move(now));
    return std::unexpected(std::move(report.error()));
  }
  json::object done{
      {"rows", report->rows},       {"bad", report->bad}, {"inserted", report->inserted},
      {"updated", report->updated}, {"checking", false},  {"written", report->written},
      {"left", report->left}};
  if (report->written || plan.run == data::ImportRun::dry) return done;
  done["inserted"] = done["updated"] = 0;
  run.progress(std::move(done));
  return fail(Error(ErrorCode::invalid,
                    fmt::format("{} of {} rows are wrong, so nothing was written. Mend them, or "
                                "choose skip_bad_rows.",
                                report->bad, report->rows))
                  .because("imports.bad_rows"));
}

Result<> Imports::write_bad_rows_of(const JobRun& run, const std::string& locale) const {
  const auto tenant = run.tenant()->name();
  const auto id = run.job().id;
  const bool chinese = locale.starts_with("zh");
  TENON_ASSIGN(out, desk_.spool().begin(tenant, id, kBad, "imports"));
  TENON_TRY(write_bad_rows(
      desk_.spool().path(tenant, id, kSent), desk_.spool().path(tenant, id, kErrors), limits_.csv,
      out, chinese ? "行号" : "line", chinese ? "原因" : "reason", [&](const RowProblem& problem) {
        const std::string text(words_of(desk_.outlook(), problem.rule, problem.message, locale));
        return problem.column.empty() ? text : problem.column + ": " + text;
      }));
  return out.keep();
}

Result<> Imports::settle(const std::shared_ptr<data::Tenant>& tenant, Job& job) const {
  const auto plan = plan_of(job.request);
  const bool all = plan.mode == data::ImportMode::all_or_nothing;
  data::ImportOutcome outcome;
  if (job.state != JobState::waiting && plan.run == data::ImportRun::write) {
    TENON_ASSIGN(told, data::import_outcome(*tenant, job.entity, job.trace, place_in(job.request)));
    outcome = told;
  }
  if (outcome.open) {
    // It is all or nothing, and half of it is there: taken back as soon as it counts as dead.
    TENON_TRY(wait_for(data::recover_imports(tenant, Deadline::after(kTakeBack))));
    TENON_ASSIGN(now, data::import_outcome(*tenant, job.entity, job.trace, place_in(job.request)));
    job.state = JobState::undoing;
    job.progress["written"] = false;
    if (now.open) return {};
    outcome = {};
  }
  if (all && !outcome.standing) outcome = {};
  const auto written = outcome.created + outcome.updated;
  job.progress["inserted"] = outcome.created;
  job.progress["updated"] = outcome.updated;
  job.progress["written"] = written > 0;
  if (all && written > 0) {
    job.state = JobState::done;  // all of it was stored before the process died
    job.error = {};
    return {};
  }
  job.state = JobState::interrupted;
  job.error = error_json(
      Error(ErrorCode::cancelled,
            written == 0
                ? std::string("The server stopped meanwhile; nothing was written. Start it again.")
                : fmt::format("The server stopped meanwhile; {} rows are written, the others are "
                              "not.",
                              written))
          .because(written == 0 ? "imports.interrupted" : "imports.interrupted_half"));
  return {};
}

}  // namespace tenon::services
