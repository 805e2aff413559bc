#pragma once
// Contract v0, literally: two host functions. A failed insert crosses as text, worded `code:
// message`.

#include "plugins/guest_context.h"

namespace tenon::plugins {

class V0Api final : public v0::Host {
 public:
  /// Inserts the JSON object `data` into an entity of the plugin; gives the stored record.
  contract::Answer<std::expected<contract::Bytes, std::string>> db_insert(
      wasm::CallState& call, std::string_view entity, contract::BytesView data) override;
  /// `level` is debug, info, warn or error; any other is written as info.
  Result<void> log_write(wasm::CallState& call, std::string_view level,
                         std::string_view message) override;
};

}  // namespace tenon::plugins
