#pragma once
// People talk about a record where it is. A comment is plain text that whoever sees the record may
// read; the planner decides that for each request, as for the record itself. Whom it mentions is
// told, if he sees the record; the answer names those who do not. A comment is its author's: nobody
// else changes or deletes it, and it is gone when its record is gone for good.
//
//   GET    /api/v1/comments?record=crm.customer/<id>    oldest first
//   POST   /api/v1/comments        {"record": "crm.customer/<id>", "text": "… @anna …"}
//   PATCH  /api/v1/comments/{id}   {"text": …}
//   DELETE /api/v1/comments/{id}

#include <optional>
#include <vector>

#include "modules/module.h"
#include "services/comments/rows.h"

namespace tenon::services {

/// Thread: any once started.
class Comments final : public modules::ErpModule {
 public:
  [[nodiscard]] std::string_view id() const noexcept override { return "comments"; }
  [[nodiscard]] data::Localized name() const override;
  [[nodiscard]] Version version() const override;
  [[nodiscard]] std::vector<modules::Dependency> dependencies() const override;
  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  [[nodiscard]] std::vector<modules::Route> protected_routes() override;
  [[nodiscard]] modules::Migrations migrations() const override { return comment_tables(); }
  [[nodiscard]] Result<std::vector<modules::Subscription>> register_event_handlers(
      modules::EventBus& bus) override;

 private:
  [[nodiscard]] Task<http::Response> add(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> edit(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> drop(modules::RouteCall call, http::Request request);

  std::optional<modules::ModuleContext> context_;
};

}  // namespace tenon::services
