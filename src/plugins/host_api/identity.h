#pragma once
// Who called. A guest learns no more than the name, the language and whether a right is held.

#include "base/json.h"
#include "plugins/guest_context.h"

namespace tenon::plugins {

class IdentityApi final : public v1::Identity {
 public:
  Result<std::string> current_user(wasm::CallState& call) override {
    const auto& principal = *call.host<GuestContext>().origin.principal;
    return json::serialize(json::object{{"id", principal.user.to_string()},
                                        {"name", principal.name},
                                        {"locale", principal.locale}});
  }

  /// A code without a plugin (`customer.manage`) is one of the calling plugin's own.
  Result<bool> has_permission(wasm::CallState& call, std::string_view code) override {
    const auto& context = call.host<GuestContext>();
    return context.origin.principal->has(context.plugin.id() + "." + std::string(code));
  }
};

}  // namespace tenon::plugins
