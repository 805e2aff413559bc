// The smallest module in C++: on any event it stores one row and says so. It uses the generated
// bindings of contract v0 directly; a module on v1 uses <tenon/plugin/...> instead.

#include <string>
#include <string_view>

#include "plugin.h"

namespace {

// Lends text to the host for the length of one call; the host copies it.
plugin_string_t borrow(std::string_view text) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())), text.size()};
}

std::string_view view(const plugin_string_t& text) {
  return {reinterpret_cast<const char*>(text.ptr), text.len};
}

void log_info(std::string_view message) {
  plugin_string_t level = borrow("info");
  plugin_string_t line = borrow(message);
  erp_plugin_host_log_write(&level, &line);
}

}  // namespace

extern "C" bool exports_erp_plugin_plugin_init(plugin_string_t* /*error*/) {
  log_info("测试插件初始化成功");
  return true;
}

extern "C" bool exports_erp_plugin_plugin_handle_event(plugin_string_t* event_type,
                                                       plugin_list_u8_t* payload,
                                                       plugin_string_t* error) {
  plugin_string_t entity = borrow("test_entity");
  const plugin_string_t fields = borrow(R"({"name":"test"})");
  plugin_list_u8_t data = {fields.ptr, fields.len};
  plugin_list_u8_t stored;
  // A refused insert is this call's answer: the host's error text becomes ours, and with it its
  // memory.
  const bool inserted = erp_plugin_host_db_insert(&entity, &data, &stored, error);
  if (inserted) {
    plugin_list_u8_free(&stored);
    log_info("处理事件 " + std::string(view(*event_type)) + " 成功");
  }
  plugin_string_free(event_type);
  plugin_list_u8_free(payload);
  return inserted;
}
