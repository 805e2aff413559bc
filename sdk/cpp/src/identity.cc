#include "abi.h"
#include "tenon/plugin/host.h"

namespace tenon::plugin::identity {

Result<Json> current_user() {
  plugin_string_t answer;
  erp_plugin_identity_current_user(&answer);
  return Json::parse(abi::Taken(answer).view());
}

bool has_permission(std::string_view code) {
  plugin_string_t lent = abi::lend(code);
  return erp_plugin_identity_has_permission(&lent);
}

}  // namespace tenon::plugin::identity
