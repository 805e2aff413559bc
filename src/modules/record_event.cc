#include "modules/record_event.h"

namespace tenon::modules {

Result<RecordEvent> RecordEvent::decode(const data::Event& event) {
  const auto wrong = [&event] {
    return fail(Error(ErrorCode::invalid, "\"" + event.type + "\" is no event of a record")
                    .because("event.record"));
  };
  RecordEvent decoded;
  const auto slash = event.aggregate.find('/');
  if (slash == std::string::npos) return wrong();
  decoded.entity = event.aggregate.substr(0, slash);
  const auto id = RecordId::parse(std::string_view(event.aggregate).substr(slash + 1));
  if (!id || !event.type.starts_with(decoded.entity + ".")) return wrong();
  decoded.record = *id;
  decoded.action = event.type.substr(decoded.entity.size() + 1);
  auto payload = json::parse_object(event.payload);
  if (!payload) return wrong();
  if (const auto* version = payload->if_contains("version"); version && version->is_int64())
    decoded.version = static_cast<std::uint64_t>(version->get_int64());
  if (const auto* changed = payload->if_contains("changed"); changed && changed->is_array())
    for (const auto& field : changed->get_array())
      if (field.is_string()) decoded.changed.emplace_back(field.get_string());
  if (auto* fields = payload->if_contains("record"); fields && fields->is_object())
    decoded.fields = std::move(fields->get_object());
  return decoded;
}

}  // namespace tenon::modules
