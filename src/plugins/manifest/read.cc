#include "plugins/manifest/read.h"

#include <utility>

#include "plugins/manifest/codes.h"
#include "plugins/manifest/sections.h"
#include "plugins/manifest/suggest.h"

namespace tenon::plugins {
void Draft::must_exist(Word word, std::string_view what, Names names) {
  checks.push_back(
      [word = std::move(word), what = std::string(what), names = std::move(names)](Draft& draft) {
        const auto known = names(draft.manifest);
        for (const auto name : known)
          if (name == word.text) return;
        draft.issues.add(word.spot, codes::kDangling,
                         quoted(word.text) + " is not " + what + " of this manifest",
                         did_you_mean(word.text, known));
      });
}

void must_be_permission(const Word& code, Draft& draft) {
  draft.must_exist(code, "a permission", [](const Manifest& manifest) {
    return names_of(manifest.permissions, &Permission::code);
  });
}

void must_be_entity(const Word& name, Draft& draft) {
  draft.must_exist(name, "an entity", [](const Manifest& manifest) {
    return names_of(manifest.entities, &data::Entity::name);
  });
}

std::expected<Manifest, ManifestIssues> read_manifest(std::string_view text) {
  auto tree = parse_toml(text);
  if (!tree) return std::unexpected(ManifestIssues{std::move(tree.error())});

  Draft draft;
  TableReader root(*tree, Spot{}, draft.issues);
  read_metadata(root, draft);
  read_permissions(root, draft);
  read_capabilities(root, draft);
  read_events(root, draft);
  read_hooks(root, draft);
  read_actions(root, draft);
  read_routes(root, draft);
  if (auto schema = root.table("schema")) {
    read_entities(*schema, draft);
    schema->finish();
  }
  read_extends(root, draft);
  read_numbering(root, draft);
  read_pages(root, draft);
  read_settings(root, draft);
  read_jobs(root, draft);
  read_exports(root, draft);
  read_imports(root, draft);
  read_templates(root, draft);
  root.finish();
  for (std::size_t i = 0; i < draft.checks.size(); ++i) draft.checks[i](draft);
  check_whole(draft, *tree);

  if (!draft.issues.empty()) return std::unexpected(draft.issues.take());
  for (auto* list : {&draft.manifest.entities, &draft.manifest.extensions})
    for (auto& entity : *list) entity.plugin = draft.manifest.metadata.id;
  finish_declared(draft.manifest);
  return std::move(draft.manifest);
}

}  // namespace tenon::plugins
