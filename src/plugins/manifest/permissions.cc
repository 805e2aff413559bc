#include <algorithm>
#include <array>

#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/sections.h"

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;

constexpr std::array kLevels = {"self"sv, "department"sv, "department_tree"sv, "all"sv};

std::vector<DataScopeLevel> read_levels(TableReader& table, Draft& draft) {
  const auto words = table.texts("data_scope_levels");
  if (words.empty()) {
    if (const auto* value = table.any("data_scope_levels");
        value != nullptr && value->kind == TomlKind::array && value->items.empty())
      draft.issues.add(table.spot_of("data_scope_levels"), codes::kRange,
                       "a permission reaches at least one level; leave the key out for \"all\"");
    return {DataScopeLevel::all};
  }
  std::vector<DataScopeLevel> levels;
  for (const auto& word : words) {
    const auto level = choose(word, kLevels, "data scope level", draft.issues);
    if (!level) continue;
    const auto value = static_cast<DataScopeLevel>(*level);
    if (std::ranges::find(levels, value) != levels.end())
      draft.issues.add(word.spot, codes::kDuplicate, quoted(word.text) + " is named twice");
    else
      levels.push_back(value);
  }
  return levels;
}

}  // namespace

void read_permissions(TableReader& root, Draft& draft) {
  UniqueNames unique("permission", draft.issues);
  UniqueLabels labels("permission", draft.issues);
  for (auto& table : root.tables("permissions", ManifestLimits::kItems)) {
    Permission permission;
    const auto code = table.text("code", Need::required);
    if (code && check_dotted(*code, 2, 3, Star::no, "a permission code", draft.issues) &&
        unique.add(*code))
      permission.code = code->text;
    permission.name = table.localized("name", Need::required);
    labels.add(table.spot_of("name"), permission.name);
    permission.data_scope_levels = read_levels(table, draft);
    table.finish();
    if (!permission.code.empty()) draft.manifest.permissions.push_back(std::move(permission));
  }
}

}  // namespace tenon::plugins
