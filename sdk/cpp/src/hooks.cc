#include "abi.h"
#include "tenon/plugin/exports.h"

using namespace tenon::plugin;

namespace {

Result<Json> before_save(std::string_view entity, std::string_view operation,
                         std::string_view text) {
  for (const SaveHook& hook : hooks()) {
    if (hook.entity != entity) continue;
    TENON_ASSIGN(Json json, Json::parse(text));
    Change change;
    change.operation = operation == "insert" ? Operation::insert : Operation::update;
    if (Json* before = json.find("before")) change.before = std::move(*before);
    if (Json* after = json.find("after")) change.after = std::move(*after);
    return hook.before_save(std::move(change));
  }
  return fail(ErrorCode::internal,
              "the manifest names a hook that this module does not have: " + std::string(entity));
}

}  // namespace

extern "C" bool exports_erp_plugin_hooks_before_save(plugin_string_t* entity,
                                                     plugin_string_t* operation,
                                                     plugin_string_t* change,
                                                     plugin_string_t* answer,
                                                     erp_plugin_types_error_t* error) {
  const abi::Taken taken_entity(*entity);
  const abi::Taken taken_operation(*operation);
  const abi::Taken taken_change(*change);
  return abi::give_answer(
      before_save(taken_entity.view(), taken_operation.view(), taken_change.view()), answer, error);
}
