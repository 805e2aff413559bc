#pragma once
// Records as documents to print: HTML without script, by the templates of modules, of what the
// reader may see.
//
//   GET /api/v1/{plugin}/{entity}/{id}/print             the templates there are
//   GET /api/v1/{plugin}/{entity}/{id}/print/{template}  the page

#include <optional>

#include "modules/module.h"
#include "services/bulk/outlook.h"

namespace tenon::services {

/// Lifetime: the outlook outlives it.
class Print final : public modules::ErpModule {
 public:
  explicit Print(const Outlook& outlook) : outlook_(outlook) {}

  [[nodiscard]] std::string_view id() const noexcept override { return "print"; }
  [[nodiscard]] data::Localized name() const override;
  [[nodiscard]] Version version() const override;
  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  [[nodiscard]] std::vector<modules::Route> protected_routes() override;

 private:
  [[nodiscard]] Task<http::Response> list(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> page(modules::RouteCall call, http::Request request);

  const Outlook& outlook_;
  std::optional<modules::ModuleContext> context_;
};

}  // namespace tenon::services
