#include <map>
#include <set>

#include "plugins/manifest/codes.h"
#include "plugins/manifest/sections.h"

namespace tenon::plugins {
namespace {

/// Entities joined by references that must be there: a row of none of them could ever be the first.
class RequiredCycles {
 public:
  RequiredCycles(const Manifest& manifest, bool (*joins)(const data::Field&))
      : manifest_(manifest), joins_(joins) {}

  /// The names of one cycle per group of entities, first name repeated at the end.
  std::vector<std::string> find() {
    for (const auto& entity : manifest_.entities)
      if (visit(entity)) return cycle_;
    return {};
  }

 private:
  bool visit(const data::Entity& entity) {
    if (done_.contains(entity.name)) return false;
    path_.push_back(entity.name);
    for (const auto& field : entity.fields) {
      if (field.type != data::FieldType::reference || !field.ref_plugin.empty() || !joins_(field))
        continue;
      const auto* next = manifest_.find_entity(field.ref_entity);
      if (next == nullptr) continue;
      for (std::size_t i = 0; i < path_.size(); ++i) {
        if (path_[i] != next->name) continue;
        cycle_.assign(path_.begin() + static_cast<std::ptrdiff_t>(i), path_.end());
        cycle_.push_back(next->name);
        return true;
      }
      if (visit(*next)) return true;
    }
    path_.pop_back();
    done_.insert(entity.name);
    return false;
  }

  const Manifest& manifest_;
  bool (*joins_)(const data::Field&);
  std::set<std::string, std::less<>> done_;
  std::vector<std::string> path_;
  std::vector<std::string> cycle_;
};

const TomlValue* member(const TomlValue* table, std::string_view key) {
  if (table == nullptr) return nullptr;
  for (const auto& candidate : table->members)
    if (candidate.key == key) return &candidate.value;
  return nullptr;
}

/// Where the entity `name` is declared.
Spot spot_of_entity(const TomlValue& root, std::string_view name) {
  const auto* list = member(member(&root, "schema"), "entities");
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i)
    if (const auto* found = member(&list->items[i], "name");
        found != nullptr && found->text == name)
      return {found->place, "/schema/entities/" + std::to_string(i) + "/name"};
  return {};
}

void check_cycles(Draft& draft, const TomlValue& root) {
  const auto report = [&](const std::vector<std::string>& cycle, std::string_view why) {
    if (cycle.empty()) return;
    std::string text;
    for (const auto& name : cycle) text.append(text.empty() ? "" : " → ").append(name);
    draft.issues.add(spot_of_entity(root, cycle.front()), codes::kCycle,
                     text + ": " + std::string(why));
  };
  const auto& manifest = draft.manifest;
  report(RequiredCycles(manifest, [](const data::Field& field) { return field.required; }).find(),
         "each needs a row of the next first, so none can ever be created");
  // A tree may delete its branches: an entity that cascades to itself is no mistake.
  auto cascade = RequiredCycles(manifest, [](const data::Field& field) {
                   return field.on_delete == data::OnDelete::cascade;
                 }).find();
  if (cascade.size() > 2) report(cascade, "deleting one row could delete all of them");
}

/// A v0 component exports init and handle-event; the sections of later contracts have no export.
void check_contract(Draft& draft, const TomlValue& root) {
  if (draft.manifest.metadata.contract != Contract::v0) return;
  for (const auto key : {"hooks", "actions", "routes"})
    if (const auto* section = member(&root, key))
      draft.issues.add({section->place, "/" + std::string(key)}, codes::kContract,
                       "a component of contract v0 exports no " + std::string(key),
                       "build the component against v1.0 and say contract = \"v1.0\"");
}

}  // namespace

void check_whole(Draft& draft, const TomlValue& root) {
  check_cycles(draft, root);
  check_contract(draft, root);
}

}  // namespace tenon::plugins
