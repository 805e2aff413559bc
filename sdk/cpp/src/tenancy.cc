#include "abi.h"
#include "tenon/plugin/exports.h"

using namespace tenon::plugin;

namespace {

Result<Json> answer(const Result<>& done) {
  if (!done) return std::unexpected(done.error());
  return Json::object();
}

}  // namespace

extern "C" bool exports_erp_plugin_tenancy_on_tenant_created(plugin_string_t* text,
                                                             erp_plugin_types_error_t* error) {
  return abi::give_answer(answer(tenant_created()), text, error);
}

extern "C" bool exports_erp_plugin_tenancy_on_tenant_deleted(plugin_string_t* text,
                                                             erp_plugin_types_error_t* error) {
  return abi::give_answer(answer(tenant_deleted()), text, error);
}
