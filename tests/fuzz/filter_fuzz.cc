// Questions as strangers write them: the query string of a list is split, decoded and read against
// an entity with a field of every kind. Whatever it says, it is a question or an `invalid` with a
// place; and a question that was read can be planned on both databases.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "data/catalog.h"
#include "data/planner.h"
#include "data/query.h"

namespace {

using namespace tenon;

data::Field field(std::string name, data::FieldType type) {
  data::Field made;
  made.name = std::move(name);
  made.type = type;
  return made;
}

data::Entity company() {
  auto name = field("name", data::FieldType::string);
  name.searchable = true;
  return {.plugin = "crm", .name = "company", .fields = {name}};
}

data::Entity customer() {
  using data::FieldType;
  auto name = field("name", FieldType::string);
  name.required = name.searchable = true;
  auto level = field("level", FieldType::select);
  level.options = {{.value = "A", .label = {}}, {.value = "B", .label = {}}};
  auto tags = field("tags", FieldType::multi_select);
  tags.options = level.options;
  auto employer = field("employer", FieldType::reference);
  employer.ref_entity = "company";
  return {.plugin = "crm",
          .name = "customer",
          .fields = {name, level, tags, employer, field("credit", FieldType::money),
                     field("visits", FieldType::integer), field("active", FieldType::boolean),
                     field("born", FieldType::date), field("seen", FieldType::datetime),
                     field("token", FieldType::uuid), field("extra", FieldType::json),
                     field("notes", FieldType::text)}};
}

data::Entity contact() {
  auto owner = field("customer", data::FieldType::reference);
  owner.ref_entity = "customer";
  return {.plugin = "crm",
          .name = "contact",
          .fields = {field("phone", data::FieldType::string), owner}};
}

std::shared_ptr<const data::Catalog> catalog() {
  data::PluginRow plugin;
  plugin.number = 1;
  plugin.id = "crm";
  plugin.version = "1.0.0";
  auto made = data::Catalog::make({plugin}, {company(), customer(), contact()});
  if (!made) TENON_FATAL("the catalog of the fuzzer is wrong");
  return *made;
}

void plan(const data::EntityInfo& entity, const data::Query& query, const data::Viewer& viewer) {
  static const std::string key(32, 'k');
  const data::Sight sight(entity, viewer);
  for (const auto dialect : {data::Dialect::sqlite, data::Dialect::postgres}) {
    if (query.aggregated) {
      (void)data::plan_aggregate(sight, query, dialect);
      continue;
    }
    (void)data::plan_list(sight, query, {.viewer = viewer, .dialect = dialect, .cursor_key = key});
    (void)data::plan_count(sight, query, dialect, data::kCountCap);
    for (const auto& embed : query.embeds) (void)data::plan_embed(sight, embed, {Uuid{}}, dialect);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const auto installed = catalog();
  static const auto& entity = *installed->find("crm", "customer");
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (text.size() > 4096) return -1;  // as the edge bounds a target
  const auto parameters = data::split_query(text);
  if (!parameters) return 0;
  const data::Viewer viewer;
  const auto query = data::parse_query(entity, *parameters, viewer, installed);
  if (!query) {
    TENON_ASSERT(query.error().code() == ErrorCode::invalid);
    TENON_ASSERT(!query.error().fields().empty());
    return 0;
  }
  plan(entity, *query, viewer);
  return 0;
}
