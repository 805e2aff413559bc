// Who may hear of what: each change is held against the planner as the listener sees it.
#include <algorithm>
#include <map>
#include <set>

#include "base/json.h"
#include "data/act.h"
#include "modules/live_channel.h"

namespace tenon::modules {
namespace {

using Records = std::set<RecordId>;

/// The records of one entity that are asked for, living and in the trash.
struct Asked {
  Records living, deleted;
};

bool sees_all(const data::Viewer& viewer, std::string_view entity) {
  return viewer.rights == nullptr || viewer.rights->on(entity).scope == data::Scope::all;
}

bool sees_any(const data::Viewer& viewer, std::string_view entity) {
  return viewer.rights == nullptr || viewer.rights->on(entity).scope != data::Scope::none;
}

bool is_gone(const data::ChangeNote& change, const data::EntityInfo& entity) {
  return change.action == "purged" || (change.action == "deleted" && !entity.entity().soft_delete);
}

const data::EntityInfo* find_entity(const data::Catalog& catalog, std::string_view full_name) {
  const auto dot = full_name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  return catalog.find(full_name.substr(0, dot), full_name.substr(dot + 1));
}

Result<data::Query> query_of(const data::EntityInfo& entity, std::vector<RecordId> ids,
                             data::Rows rows, const data::Viewer& viewer) {
  std::string list = "in.(";
  for (const auto& id : ids) list.append(list.ends_with('(') ? "" : ",").append(id.to_string());
  list += ')';
  TENON_ASSIGN(
      query, data::parse_query(
                 entity,
                 {{"select", "id"}, {"id", std::move(list)}, {"limit", std::to_string(ids.size())}},
                 viewer));
  query.rows = rows;
  return std::move(query);
}

/// Those of `asked` that the viewer may read.
Task<Records> readable(std::shared_ptr<data::Tenant> tenant, const data::EntityInfo& entity,
                       Records asked, data::Rows rows, data::Viewer viewer, Deadline deadline) {
  Records found;
  std::vector<RecordId> ids(asked.begin(), asked.end());
  for (std::size_t from = 0; from < ids.size(); from += data::kMaxList) {
    const auto to = std::min(ids.size(), from + data::kMaxList);
    TENON_CO_ASSIGN(query, query_of(entity,
                                    {ids.begin() + static_cast<std::ptrdiff_t>(from),
                                     ids.begin() + static_cast<std::ptrdiff_t>(to)},
                                    rows, viewer));
    TENON_CO_ASSIGN(page, TENON_CO_ACT(*tenant, tenant->list(entity, query, viewer, deadline)));
    TENON_CO_ASSIGN(list, json::parse(page.json));
    for (const auto& row : list.as_array())
      if (const auto id = RecordId::parse(row.at("id").as_string())) found.insert(*id);
  }
  co_return found;
}

LiveMessage message_of(const data::ChangeNote& change) {
  return {.event = "record",
          .data = json::serialize(json::object{{"entity", change.entity},
                                               {"id", change.record.to_string()},
                                               {"version", change.version},
                                               {"action", change.action}}),
          .id = std::to_string(change.position)};
}

LiveMessage message_of(const LiveMark& mark) {
  return {.event = mark.lost ? "lost" : "ready", .data = "{}", .id = std::to_string(mark.position)};
}

bool may_hear(const Notice& notice, const identity::Principal& principal) {
  return (!notice.user || *notice.user == principal.user) &&
         (notice.permission.empty() || principal.has(notice.permission));
}

}  // namespace

Task<std::vector<LiveMessage>> audible(std::shared_ptr<data::Tenant> tenant,
                                       std::deque<LiveItem> items,
                                       std::shared_ptr<const identity::Principal> principal,
                                       data::Viewer viewer, Deadline deadline) {
  const auto catalog = tenant->catalog();
  std::map<const data::EntityInfo*, Asked> asked;
  for (const auto& item : items) {
    const auto* change = std::get_if<data::ChangeNote>(&item);
    if (change == nullptr) continue;
    const auto* entity = find_entity(*catalog, change->entity);
    if (entity == nullptr || !sees_any(viewer, change->entity) || is_gone(*change, *entity))
      continue;
    auto& ids = asked[entity];
    (change->action == "deleted" ? ids.deleted : ids.living).insert(change->record);
  }
  for (auto& [entity, ids] : asked) {
    TENON_CO_ASSIGN(living, co_await readable(tenant, *entity, std::move(ids.living),
                                              data::Rows::living, viewer, deadline));
    TENON_CO_ASSIGN(deleted, co_await readable(tenant, *entity, std::move(ids.deleted),
                                               data::Rows::deleted, viewer, deadline));
    ids = {.living = std::move(living), .deleted = std::move(deleted)};
  }
  const auto may_hear_of = [&](const data::ChangeNote& change) {
    const auto* entity = find_entity(*catalog, change.entity);
    if (entity == nullptr) return false;
    if (is_gone(change, *entity)) return sees_all(viewer, change.entity);
    const auto found = asked.find(entity);
    if (found == asked.end()) return false;
    const auto& ids = change.action == "deleted" ? found->second.deleted : found->second.living;
    return ids.contains(change.record);
  };
  std::vector<LiveMessage> messages;
  for (auto& item : items) {
    if (const auto* mark = std::get_if<LiveMark>(&item)) {
      messages.push_back(message_of(*mark));
    } else if (const auto* change = std::get_if<data::ChangeNote>(&item)) {
      if (may_hear_of(*change)) messages.push_back(message_of(*change));
    } else if (auto& notice = std::get<Notice>(item); may_hear(notice, *principal)) {
      messages.push_back(
          {.event = std::move(notice.event), .data = std::move(notice.data), .id = {}});
    }
  }
  co_return messages;
}

}  // namespace tenon::modules
