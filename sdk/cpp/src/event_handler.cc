#include "abi.h"
#include "tenon/plugin/exports.h"

using namespace tenon::plugin;

namespace {

bool fits(std::string_view pattern, std::string_view type) {
  if (pattern.ends_with('*')) return type.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == type;
}

Result<Json> handle(std::string_view text) {
  Event event;
  TENON_ASSIGN(event.json, Json::parse(text));
  for (const EventHandler& handler : event_handlers())
    if (fits(handler.type, event.type())) TENON_TRY(handler.handle(event));
  return Json::object();
}

}  // namespace

extern "C" bool exports_erp_plugin_event_handler_handle(plugin_string_t* event,
                                                        plugin_string_t* answer,
                                                        erp_plugin_types_error_t* error) {
  const abi::Taken taken_event(*event);
  return abi::give_answer(handle(taken_event.view()), answer, error);
}
