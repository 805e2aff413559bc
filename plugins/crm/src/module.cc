// What this module offers, by the names of plugin.toml.

#include "parts.h"
#include "tenon/plugin/host.h"

namespace tenon::plugin {

Result<Json> init() {
  log::info("客户管理已启用");
  return Json::object();
}

std::span<const SaveHook> hooks() {
  static constexpr SaveHook kHooks[] = {{"customer", crm::before_save_customer}};
  return kHooks;
}

std::span<const Action> actions() {
  static constexpr Action kActions[] = {{"set_level", crm::set_level}};
  return kActions;
}

std::span<const EventHandler> event_handlers() {
  static constexpr EventHandler kHandlers[] = {{"crm.customer.created", crm::on_customer_created}};
  return kHandlers;
}

std::span<const Route> routes() {
  static constexpr Route kRoutes[] = {{"GET", "/summary", crm::summary}};
  return kRoutes;
}

}  // namespace tenon::plugin
