#include "workload.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/test_fixture.h"

namespace tenon::testing {
namespace {

using data::UnitOfWork;

constexpr std::string_view kEntities[] = {"company", "customer", "contact"};

/// The values that the workload writes. A later version of the schema shows more; these stay.
std::string face(const data::Record& record) {
  const auto parsed = json::parse(record.json);
  std::string text = std::to_string(record.version);
  if (!parsed || !parsed->is_object()) return text;
  for (const auto* name : {"name", "notes", "visits", "employer", "phone", "customer"})
    if (const auto* value = parsed->as_object().if_contains(name))
      text.append("|").append(json::serialize(*value));
  return text;
}

data::Package package(std::string version) {
  auto entities =
      std::vector{data::testing::company(), data::testing::customer(), data::testing::contact()};
  if (version != "1.0.0") {
    auto size = data::testing::field("size", data::FieldType::integer);
    size.filterable = true;
    entities[0].fields.push_back(size);
    data::Entity tag{.plugin = "crm", .name = "tag"};
    tag.fields = {data::testing::field("name", data::FieldType::string)};
    entities.push_back(tag);
  }
  auto made = data::testing::crm(std::move(entities));
  made.version = std::move(version);
  return made;
}

}  // namespace

Result<Sight> look(data::Tenant& tenant) {
  Sight sight;
  const auto catalog = tenant.catalog();
  if (const auto* plugin = catalog->plugin("crm")) sight["plugin"]["crm"] = plugin->version;
  for (const auto entity : kEntities) {
    const auto* info = catalog->find("crm", entity);
    if (info == nullptr) continue;
    std::vector<RecordId> ids;
    {
      TENON_ASSIGN(reader, tenant.database().reader());
      TENON_TRY(reader.session().query(
          fmt::format("SELECT \"id\" FROM {} WHERE \"deleted_at\" IS NULL", info->table()), {},
          [&](const storage::Row& row) {
            RecordId id;
            std::ranges::copy(row.blob(0), id.value.bytes.begin());
            ids.push_back(id);
            return storage::Visit::more;
          }));
    }
    for (const auto id : ids) {
      TENON_ASSIGN(record, tenant.get(*info, id, {}));
      sight[std::string(entity)][id.to_string()] = face(record);
    }
  }
  return sight;
}

Result<> Workload::run(const std::shared_ptr<data::Tenant>& tenant, std::size_t step) {
  next_.reset();
  if (step == 0) return install(tenant, "1.0.0");
  if (step == steps_ / 2) return install(tenant, "1.1.0");
  if (step % 8 == 7) return read(*tenant);
  auto done = testing::run(data::run_unit(tenant, data::Viewer{}, data::Origin{.plugin = "crm"},
                                          data::testing::soon(),
                                          [this, step](UnitOfWork& unit) -> Result<> {
                                            next_ = now_;
                                            return change(unit, step);
                                          }));
  if (done) now_ = *next_;
  return done;
}

Result<> Workload::install(const std::shared_ptr<data::Tenant>& tenant, std::string version) {
  next_ = now_;
  (*next_)["plugin"]["crm"] = version;
  auto done = testing::run(tenant->install(package(std::move(version)), data::testing::soon()));
  if (done) now_ = *next_;
  return done;
}

Result<> Workload::read(data::Tenant& tenant) {
  TENON_ASSIGN(sight, look(tenant));
  if (sight == now_) return {};
  return fail(ErrorCode::internal, "A read shows something else than what was acknowledged.");
}

Result<> Workload::change(UnitOfWork& unit, std::size_t step) {
  const auto company = pick("company");
  const auto customer = pick("customer");
  switch (step % 8) {
    case 1:
      return insert(unit, "company", {{"name", fmt::format("公司 {} {}", step, random_())}});
    case 2:
    case 3: {
      json::object fields{{"name", fmt::format("客户 {}", step)},
                          {"notes", text(step * 37 % 9000)}};
      if (company) fields["employer"] = company->to_string();
      return insert(unit, "customer", std::move(fields));
    }
    case 4:
      if (!customer) break;
      for (int i = 0; i < 3; ++i)
        TENON_TRY(insert(unit, "contact",
                         {{"phone", std::to_string(random_() % 1'000'000)},
                          {"customer", customer->to_string()}}));
      return {};
    case 5: {
      if (!customer) break;
      TENON_ASSIGN(info, unit.catalog().entity("crm", "customer"));
      TENON_TRY(unit.update(*info, *customer,
                            {{"visits", static_cast<std::int64_t>(random_() % 1000)},
                             {"notes", text(random_() % 6000)}},
                            std::nullopt));
      return remember(unit, "customer", *customer);
    }
    case 6: {
      const bool whole_company = step % 16 == 14;
      const auto victim = whole_company ? company : customer;
      if (!victim) break;
      TENON_ASSIGN(info, unit.catalog().entity("crm", whole_company ? "company" : "customer"));
      TENON_TRY(unit.erase(*info, *victim, std::nullopt));
      // What hung on it has changed too: ask for all of it.
      const auto before = *next_;
      for (const auto entity : kEntities)
        if (const auto found = before.find(std::string(entity)); found != before.end())
          for (const auto& [id, seen] : found->second)
            TENON_TRY(remember(unit, entity, *RecordId::parse(id)));
      return {};
    }
    default:
      break;
  }
  return insert(unit, "company", {{"name", fmt::format("Acme {} {}", step, random_())}});
}

Result<> Workload::insert(UnitOfWork& unit, std::string_view entity, json::object fields) {
  TENON_ASSIGN(info, unit.catalog().entity("crm", entity));
  TENON_ASSIGN(record, unit.insert(*info, fields));
  (*next_)[std::string(entity)][record.id.to_string()] = face(record);
  return {};
}

Result<> Workload::remember(UnitOfWork& unit, std::string_view entity, RecordId id) {
  TENON_ASSIGN(info, unit.catalog().entity("crm", entity));
  auto& seen = (*next_)[std::string(entity)];
  auto record = unit.get(*info, id);
  if (record)
    seen[id.to_string()] = face(*record);
  else if (record.error().code() == ErrorCode::not_found)
    seen.erase(id.to_string());
  else
    return std::unexpected(std::move(record.error()));
  if (seen.empty()) next_->erase(std::string(entity));
  return {};
}

std::optional<RecordId> Workload::pick(std::string_view entity) {
  const auto found = now_.find(std::string(entity));
  if (found == now_.end() || found->second.empty()) return std::nullopt;
  auto it = found->second.begin();
  std::advance(it, static_cast<std::ptrdiff_t>(random_() % found->second.size()));
  return RecordId::parse(it->first);
}

std::string Workload::text(std::size_t bytes) {
  std::string made(bytes, ' ');
  for (auto& c : made) c = static_cast<char>('a' + random_() % 26);
  return made;
}

}  // namespace tenon::testing
