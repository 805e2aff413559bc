#pragma once
// What administrators may set: of the company itself, and of every module that says by its
// `config_schema` which settings it understands (a plugin's manifest, `[[settings]]`). Values are
// checked by the rules of their fields, kept per owner with a version, and each change is in the
// audit. A value that was never given is the field's default.
//
// There is no kind of field for secrets: a manifest cannot ask for one here.

#include <optional>

#include "modules/module.h"

namespace tenon::services {

class Settings final : public modules::ErpModule {
 public:
  [[nodiscard]] std::string_view id() const noexcept override { return "settings"; }
  [[nodiscard]] data::Localized name() const override;
  [[nodiscard]] Version version() const override;
  [[nodiscard]] modules::Migrations migrations() const override;
  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  [[nodiscard]] std::vector<modules::Route> protected_routes() override;

 private:
  std::optional<modules::ModuleContext> context_;
};

}  // namespace tenon::services
