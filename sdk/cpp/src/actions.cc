#include "abi.h"
#include "tenon/plugin/exports.h"

using namespace tenon::plugin;

namespace {

Result<Json> run(std::string_view name, std::string_view text) {
  for (const Action& action : actions()) {
    if (action.name != name) continue;
    TENON_ASSIGN(const Json input, Json::parse(text));
    return action.run(input);
  }
  return fail(ErrorCode::not_found, "this module has no action " + std::string(name));
}

}  // namespace

extern "C" bool exports_erp_plugin_actions_run(plugin_string_t* name, plugin_string_t* input,
                                               plugin_string_t* answer,
                                               erp_plugin_types_error_t* error) {
  const abi::Taken taken_name(*name);
  const abi::Taken taken_input(*input);
  return abi::give_answer(run(taken_name.view(), taken_input.view()), answer, error);
}
