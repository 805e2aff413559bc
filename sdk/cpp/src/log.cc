#include "abi.h"
#include "tenon/plugin/host.h"

namespace tenon::plugin::log {

namespace {

void write(erp_plugin_log_level_t level, std::string_view message) {
  plugin_string_t lent = abi::lend(message);
  erp_plugin_log_write(level, &lent);
}

}  // namespace

void debug(std::string_view message) { write(ERP_PLUGIN_LOG_LEVEL_DEBUG, message); }
void info(std::string_view message) { write(ERP_PLUGIN_LOG_LEVEL_INFO, message); }
void warn(std::string_view message) { write(ERP_PLUGIN_LOG_LEVEL_WARN, message); }
void error(std::string_view message) { write(ERP_PLUGIN_LOG_LEVEL_ERROR, message); }

}  // namespace tenon::plugin::log
