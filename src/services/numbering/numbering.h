#pragma once
// The number sequences of a company, as its administrator sees them: what the modules' fields of
// the type `sequence` count, how a number looks, and which comes next. The next number can be made
// larger, to go on from where another system stopped; never smaller, since a number must not come
// twice. How a number looks is the module's to say: a new version of it may say otherwise.
//
// A fast sequence gives numbers in blocks: up to 64 that a process has set aside already may still
// come after a change.

#include <optional>

#include "modules/module.h"

namespace tenon::services {

class Numbering final : public modules::ErpModule {
 public:
  [[nodiscard]] std::string_view id() const noexcept override { return "numbering"; }
  [[nodiscard]] data::Localized name() const override;
  [[nodiscard]] Version version() const override;
  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  [[nodiscard]] std::vector<modules::Route> protected_routes() override;

 private:
  std::optional<modules::ModuleContext> context_;
};

}  // namespace tenon::services
