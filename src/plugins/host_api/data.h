#pragma once
// Rows for guests. Each function decodes, authorises, meters, acts and encodes, in that order. A
// plugin reaches its own entities, and those of others that its manifest names and the caller may
// reach; everything else is `denied`.

#include "plugins/guest_context.h"

namespace tenon::plugins {

/// What a guest wants to do with an entity.
enum class Want : std::uint8_t { read, write };

/// The entity `name` (`customer`, `crm.customer`) when the plugin and the caller may. Errors:
/// not_found, denied
/// (`capability`, `permission`).
[[nodiscard]] Result<const data::EntityInfo*> authorise(const GuestContext& context,
                                                        std::string_view name, Want want);

class DataApi final : public v1::Data {
 public:
  using Text = std::expected<std::string, wasm::Failure>;

  contract::Answer<Text> get(wasm::CallState& call, std::string_view entity,
                             std::string_view id) override;
  contract::Answer<Text> query(wasm::CallState& call, std::string_view entity,
                               std::string_view query) override;
  contract::Answer<Text> count(wasm::CallState& call, std::string_view entity,
                               std::string_view query) override;
  contract::Answer<Text> insert(wasm::CallState& call, std::string_view entity,
                                std::string_view fields) override;
  contract::Answer<Text> update(wasm::CallState& call, std::string_view entity, std::string_view id,
                                std::string_view fields, std::uint64_t expected_version) override;
  contract::Answer<Text> delete_(wasm::CallState& call, std::string_view entity,
                                 std::string_view id, std::uint64_t expected_version) override;
};

}  // namespace tenon::plugins
