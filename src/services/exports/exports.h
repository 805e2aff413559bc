#pragma once
// Lists leave as files. An export is a question in the record API's dialect that is asked in the
// background with the rights of who began it, and whose answer lies ready for that user alone, for
// a bounded time.
//
//   POST /api/v1/exports                {"entity" | "export", "query", "format", …} → 202
//   GET  /api/v1/exports[/{id}]         progress; also on the live feed as `job`
//   GET  /api/v1/exports/{id}/content   the file
//   POST /api/v1/exports/{id}/cancel
//   DELETE /api/v1/exports/{id}         the file goes at once

#include "services/bulk/desk.h"
#include "services/bulk/outlook.h"
#include "services/upkeep/upkeep.h"

namespace tenon::services {

struct ExportLimits {
  DeskLimits desk;
  SpoolLimits spool;
  std::uint64_t rows = 2'000'000;
  std::uint32_t sheet_rows = 1'048'576;
  std::chrono::minutes longest{30};  // the snapshot it is read from
};

/// Lifetime: the outlook outlives it.
class Exports final : public modules::ErpModule {
 public:
  /// Files lie below `folder`.
  Exports(const Outlook& outlook, const std::filesystem::path& folder, ExportLimits limits = {});

  /// Files and rows whose time has come. Lifetime: of the module.
  [[nodiscard]] Chore chore();

  [[nodiscard]] std::string_view id() const noexcept override { return "exports"; }
  [[nodiscard]] data::Localized name() const override;
  [[nodiscard]] Version version() const override;
  [[nodiscard]] modules::Migrations migrations() const override;
  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  [[nodiscard]] Task<> on_shutdown(Deadline deadline) override;
  [[nodiscard]] Task<modules::Health> health_check(Deadline deadline) override;
  [[nodiscard]] std::vector<modules::Route> protected_routes() override;
  [[nodiscard]] Task<> on_tenant_deleted(modules::TenantContext context) override;

 private:
  struct Order;
  [[nodiscard]] Task<http::Response> create(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> list(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> show(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> content(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> cancel(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> erase(modules::RouteCall call, http::Request request);
  [[nodiscard]] Result<Order> order_of(const modules::RouteCall& call,
                                       const std::string& body) const;
  [[nodiscard]] Result<json::object> write(JobRun& run, const Order& order,
                                           const data::Viewer& viewer) const;

  const ExportLimits limits_;
  JobDesk desk_;
};

}  // namespace tenon::services
