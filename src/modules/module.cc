#include "modules/module.h"

namespace tenon::modules {

std::string_view to_string(ModuleType type) noexcept {
  return type == ModuleType::native ? "native" : "wasm";
}

std::string_view to_string(Health::Status status) noexcept {
  switch (status) {
    case Health::Status::healthy:
      return "healthy";
    case Health::Status::degraded:
      return "degraded";
    case Health::Status::failing:
      return "failing";
  }
  return "failing";
}

Task<> ErpModule::on_startup(ModuleContext) { co_return Result<>(); }
Task<> ErpModule::on_shutdown(Deadline) { co_return Result<>(); }
Task<Health> ErpModule::health_check(Deadline) { co_return Health{}; }
Result<std::vector<Subscription>> ErpModule::register_event_handlers(EventBus&) {
  return std::vector<Subscription>();
}
Task<> ErpModule::on_tenant_created(TenantContext) { co_return Result<>(); }
Task<> ErpModule::on_tenant_deleted(TenantContext) { co_return Result<>(); }

}  // namespace tenon::modules
