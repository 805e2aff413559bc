#include "abi.h"
#include "tenon/plugin/exports.h"

using namespace tenon::plugin;

extern "C" bool exports_erp_plugin_health_check(plugin_string_t* answer,
                                                erp_plugin_types_error_t* error) {
  return abi::give_answer(health(), answer, error);
}
