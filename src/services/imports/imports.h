#pragma once
// Files become records: sent once, then tried and carried out in the background with the rights of
// who began it, each wrong cell told with its place.
//
//   POST /api/v1/imports?entity=crm.customer     CSV as the body → 201, columns guessed
//        … or ?import=crm.price_list             as a module declares it
//   POST /api/v1/imports/{id}/start              {"columns", "key", "mode", "dry_run"} → 202
//   GET  /api/v1/imports[/{id}]                  progress; also on the live feed as `job`
//   GET  /api/v1/imports/{id}/errors             JSON; ?format=csv: the rows with their reasons
//   POST /api/v1/imports/{id}/cancel
//   DELETE /api/v1/imports/{id}
//
// A dry run, or one that wrote nothing, may be started again. What became of an import whose
// process died is told by the audit: all or nothing is taken back or stands whole; of one that
// skips bad rows the row says how many are written.

#include "services/bulk/desk.h"
#include "services/bulk/outlook.h"
#include "services/imports/plan.h"
#include "services/upkeep/upkeep.h"

namespace tenon::services {

struct ImportLimits {
  DeskLimits desk;
  SpoolLimits spool{.file_bytes = std::uint64_t{64} << 20};
  std::uint64_t rows = 1'000'000;
  std::uint64_t errors = 10'000;  // bad rows; more ends it
  data::CsvLimits csv;
  std::chrono::minutes longest{120};
};

/// Lifetime: the outlook outlives it.
class Imports final : public modules::ErpModule {
 public:
  /// Files lie below `folder`.
  Imports(const Outlook& outlook, const std::filesystem::path& folder, ImportLimits limits = {});

  /// Files and rows whose time has come. Lifetime: of the module.
  [[nodiscard]] Chore chore();

  [[nodiscard]] std::string_view id() const noexcept override { return "imports"; }
  [[nodiscard]] data::Localized name() const override;
  [[nodiscard]] Version version() const override;
  [[nodiscard]] modules::Migrations migrations() const override;
  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  [[nodiscard]] Task<> on_shutdown(Deadline deadline) override;
  [[nodiscard]] Task<modules::Health> health_check(Deadline deadline) override;
  [[nodiscard]] std::vector<modules::Route> protected_routes() override;
  [[nodiscard]] Task<> on_tenant_deleted(modules::TenantContext context) override;

 private:
  struct Asked;
  [[nodiscard]] Task<http::Response> create(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> start(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> list(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> show(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> errors(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> cancel(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> erase(modules::RouteCall call, http::Request request);

  [[nodiscard]] Result<Asked> asked(const modules::RouteCall& call,
                                    const http::Request& request) const;
  /// The body becomes the file of `job`.
  [[nodiscard]] Task<> receive(const Job* job, std::string tenant, http::BodySource* source,
                               std::string_view content_type);
  [[nodiscard]] Task<Job> begin(modules::RouteCall call, Job job, ImportPlan plan);
  [[nodiscard]] Result<json::object> carry_out(JobRun& run, const ImportPlan& plan,
                                               const modules::RouteCall& call) const;
  [[nodiscard]] Result<> write_bad_rows_of(const JobRun& run, const std::string& locale) const;
  /// Says what became of one whose process died.
  [[nodiscard]] Result<> settle(const std::shared_ptr<data::Tenant>& tenant, Job& job) const;

  const ImportLimits limits_;
  JobDesk desk_;
};

}  // namespace tenon::services
