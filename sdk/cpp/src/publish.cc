#include "abi.h"
#include "tenon/plugin/host.h"

namespace tenon::plugin::events {

Result<std::string> publish(std::string_view type, const Json& payload) {
  const std::string text = payload.write();
  plugin_string_t lent_type = abi::lend(type);
  plugin_string_t lent_payload = abi::lend(text);
  plugin_string_t answer;
  erp_plugin_types_error_t error;
  const bool ok = erp_plugin_events_publish(&lent_type, &lent_payload, &answer, &error);
  return abi::take_answer(ok, answer, error);
}

}  // namespace tenon::plugin::events
