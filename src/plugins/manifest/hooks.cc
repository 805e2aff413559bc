#include <array>

#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/sections.h"

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;

constexpr std::array kPoints = {"before-save"sv, "after-save"sv, "before-delete"sv};
constexpr std::size_t kServed = 1;

}  // namespace

void read_hooks(TableReader& root, Draft& draft) {
  for (auto& table : root.tables("hooks", ManifestLimits::kItems)) {
    Hook hook;
    const auto entity = table.text("entity", Need::required);
    const auto point = table.choice("point", Need::required, kPoints);
    table.finish();
    const bool is_served = point && *point < kServed;
    if (point && !is_served)
      draft.issues.add(table.spot_of("point"), codes::kNotSupported,
                       quoted(kPoints[*point]) +
                           " (a hook) is part of the design but not served by this version of the "
                           "platform");
    if (!entity) continue;
    must_be_entity(*entity, draft);
    hook.entity = entity->text;
    if (is_served && draft.manifest.has_hook(hook.entity, hook.point))
      draft.issues.add(entity->spot, codes::kDuplicate,
                       "the hook before-save of " + quoted(hook.entity) + " was already declared");
    if (is_served) draft.manifest.hooks.push_back(std::move(hook));
  }
}

}  // namespace tenon::plugins
