#include <algorithm>

#include "parts.h"
#include "tenon/plugin/data.h"

namespace crm {

using namespace tenon::plugin;

Result<Json> set_level(const Json& input) {
  const std::string_view level = input["level"].text();
  const Json& ids = input["ids"];
  Error error{ErrorCode::invalid, "set_level: {\"ids\": [...], \"level\": \"A\"}", {}};
  if (std::ranges::find(kLevels, level) == std::end(kLevels))
    error.fields.push_back({"/level", "option", "A, B, C, D"});
  if (!ids.is_array() || ids.size() == 0) error.fields.push_back({"/ids", "required", "[\"…\"]"});
  if (!error.fields.empty()) return std::unexpected(std::move(error));

  Json fields = Json::object({{"level", level}});
  if (level == "D") fields.set("credit_limit", "0.00");
  for (const Json& id : ids.items()) TENON_TRY(data::update("customer", id.text(), fields));
  return Json::object({{"updated", Json::integer(static_cast<std::int64_t>(ids.size()))}});
}

}  // namespace crm
