// Everything this module has is in its manifest: a list and a form that no page was written for.

#include "tenon/plugin/exports.h"
#include "tenon/plugin/host.h"

tenon::plugin::Result<tenon::plugin::Json> tenon::plugin::init() {
  log::info("supplier is enabled");
  return Json::object();
}
