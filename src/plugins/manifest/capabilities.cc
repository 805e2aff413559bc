#include <array>

#include "plugins/manifest/codes.h"
#include "plugins/manifest/sections.h"

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;

constexpr std::array kLater = {"http_hosts"sv, "file_quota_bytes"sv, "file_quota"sv};

/// Entities of other plugins: `crm.customer`, where crm is in metadata.plugins.
std::vector<std::string> read_grants(TableReader& table, std::string_view key, Draft& draft) {
  std::vector<std::string> grants;
  UniqueNames unique("capability", draft.issues);
  for (const auto& word : table.texts(key)) {
    if (!check_dotted(word, 2, 2, Star::no, "an entity of another plugin", draft.issues) ||
        !unique.add(word))
      continue;
    const auto plugin = word.text.substr(0, word.text.find('.'));
    if (plugin == draft.manifest.metadata.id)
      draft.issues.add(word.spot, codes::kContradiction,
                       "a plugin may always read and write its own entities");
    else
      draft.must_exist({plugin, word.spot}, "one of metadata.plugins",
                       [](const Manifest& manifest) {
                         return names_of(manifest.metadata.plugins, &PluginDependency::id);
                       });
    grants.push_back(word.text);
  }
  return grants;
}

std::vector<std::string> read_types(TableReader& table, std::string_view key, std::size_t most,
                                    Star star, std::string_view what, Draft& draft) {
  std::vector<std::string> types;
  UniqueNames unique("event type", draft.issues);
  for (const auto& word : table.texts(key))
    if (check_dotted(word, 2, most, star, what, draft.issues) && unique.add(word))
      types.push_back(word.text);
  return types;
}

}  // namespace

void read_capabilities(TableReader& root, Draft& draft) {
  auto table = root.table("capabilities");
  if (!table) return;
  auto& capabilities = draft.manifest.capabilities;
  capabilities.read = read_grants(*table, "read", draft);
  capabilities.write = read_grants(*table, "write", draft);
  capabilities.publishes =
      read_types(*table, "publishes", 2, Star::no, "an event type of the plugin", draft);
  table->not_served(kLater, "(a capability)");
  table->finish();
}

void read_events(TableReader& root, Draft& draft) {
  auto table = root.table("events");
  if (!table) return;
  draft.manifest.subscribe = read_types(*table, "subscribe", 3, Star::last, "an event type", draft);
  table->finish();
}

}  // namespace tenon::plugins
