#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/sections.h"

namespace tenon::plugins {

void read_actions(TableReader& root, Draft& draft) {
  UniqueNames unique("action", draft.issues);
  UniqueLabels labels("action", draft.issues);
  for (auto& table : root.tables("actions", ManifestLimits::kItems)) {
    Action action;
    const auto name = table.text("name", Need::required);
    if (name && check_name(*name, NameUse::other, "an action name", draft.issues) &&
        unique.add(*name))
      action.name = name->text;
    action.display_name = table.localized("display_name", Need::required);
    labels.add(table.spot_of("display_name"), action.display_name);
    if (const auto permission = table.text("permission", Need::required)) {
      must_be_permission(*permission, draft);
      action.permission = permission->text;
    }
    if (const auto entity = table.text("entity", Need::optional)) {
      must_be_entity(*entity, draft);
      action.entity = entity->text;
    }
    action.input = read_fields(table, "input", FieldUse::input, draft);
    table.finish();
    if (!action.name.empty()) draft.manifest.actions.push_back(std::move(action));
  }
}

void read_settings(TableReader& root, Draft& draft) {
  draft.manifest.settings = read_fields(root, "settings", FieldUse::setting, draft);
}

}  // namespace tenon::plugins
