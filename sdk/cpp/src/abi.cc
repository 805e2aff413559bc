#include "abi.h"

namespace tenon::plugin::abi {

plugin_string_t give(std::string_view text) {
  if (text.empty()) return {nullptr, 0};
  void* memory = std::malloc(text.size());
  if (memory == nullptr) __builtin_trap();
  std::memcpy(memory, text.data(), text.size());
  return {static_cast<std::uint8_t*>(memory), text.size()};
}

Error take_error(erp_plugin_types_error_t& error) {
  const Taken message(error.message);
  const Taken fields(error.fields);
  Error out{static_cast<ErrorCode>(error.code), std::string(message.view()), {}};
  if (fields.view().empty()) return out;
  // The host writes this list itself; a guest that could not read it still has code and message.
  const auto list = Json::parse(fields.view());
  if (!list) return out;
  for (const Json& item : list->items())
    out.fields.push_back({std::string(item["path"].text()), std::string(item["code"].text()),
                          std::string(item["message"].text())});
  return out;
}

void give_error(const Error& error, erp_plugin_types_error_t* out) {
  out->code = static_cast<erp_plugin_types_error_code_t>(error.code);
  out->message = give(error.message);
  out->fields = {nullptr, 0};
  if (error.fields.empty()) return;
  Json list = Json::array();
  for (const FieldError& field : error.fields)
    list.push(
        Json::object({{"path", field.path}, {"code", field.code}, {"message", field.message}}));
  out->fields = give(list.write());
}

}  // namespace tenon::plugin::abi
