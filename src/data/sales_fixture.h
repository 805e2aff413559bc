#pragma once
// Test support: orders and lines, with everything that the host fills in.

#include "data/test_fixture.h"

namespace tenon::data::testing {

inline Field derived(std::string name, FieldType result, std::uint8_t scale = 2) {
  auto made = field(std::move(name), FieldType::computed);
  made.result = result;
  made.scale = scale;
  return made;
}

/// shop.order: code (unique), number (gapless), ticket (fast), lines, sum, least, latest (roll-ups
/// over shop.line), discount, net (formula over the sum).
inline Entity order() {
  Entity entity{.plugin = "shop", .name = "order"};
  auto code = field("code", FieldType::string);
  code.unique = true;
  auto note = field("note", FieldType::string);
  auto number = field("number", FieldType::sequence);
  number.unique = true;
  number.numbering = {.format = "SO{yyyy}-{0000}", .mode = Numbering::Mode::gapless};
  auto ticket = field("ticket", FieldType::sequence);
  ticket.unique = true;
  auto over = [](Field made, Aggregate function, std::string value) {
    made.rollup = Rollup{.plugin = {},
                         .entity = "line",
                         .reference = "order_ref",
                         .function = function,
                         .field = std::move(value)};
    return made;
  };
  auto lines = over(derived("lines", FieldType::integer), Aggregate::count, "");
  auto sum = over(derived("sum", FieldType::money), Aggregate::sum, "amount");
  sum.filterable = sum.sortable = true;
  auto least = over(derived("least", FieldType::money), Aggregate::minimum, "amount");
  auto latest = over(derived("latest", FieldType::date), Aggregate::maximum, "due");
  auto discount = field("discount", FieldType::decimal);
  auto net = derived("net", FieldType::money);
  net.formula = "round(sum * (100 - coalesce(discount, 0)) / 100, 2)";
  entity.fields = {code, note, number, ticket, lines, sum, least, latest, discount, net};
  return entity;
}

/// shop.line: order_ref (cascade), quantity, price, amount = quantity × price, due.
inline Entity line() {
  Entity entity{.plugin = "shop", .name = "line"};
  auto parent = field("order_ref", FieldType::reference);
  parent.ref_entity = "order";
  parent.on_delete = OnDelete::cascade;
  auto quantity = field("quantity", FieldType::decimal);
  quantity.scale = 3;
  auto price = field("price", FieldType::money);
  auto amount = derived("amount", FieldType::money);
  amount.formula = "round(quantity * price, 2)";
  auto due = field("due", FieldType::date);
  entity.fields = {parent, quantity, price, amount, due};
  return entity;
}

class SalesTest : public TenantTest {
 protected:
  void SetUp() override {
    TenantTest::SetUp();
    auto package = crm({order(), line()});
    package.id = "shop";
    auto installed = tenon::testing::run(tenant_->install(package, soon()));
    ASSERT_TRUE(installed) << installed.error().for_log();
    catalog_ = tenant_->catalog();
  }
  const EntityInfo& of(std::string_view name) { return *catalog_->find("shop", name); }

  Result<Record> put(std::string_view name, const json::object& fields) {
    return within([&](UnitOfWork& unit) { return unit.insert(of(name), fields); },
                  {.plugin = "shop"});
  }
  Result<Record> line_of(RecordId parent, std::string_view quantity, std::string_view price,
                         std::string_view due = "2026-01-01") {
    return put("line", {{"order_ref", parent.to_string()},
                        {"quantity", quantity},
                        {"price", price},
                        {"due", due}});
  }
  Result<> gone(std::string_view name, RecordId id) {
    return within([&](UnitOfWork& unit) { return unit.erase(of(name), id, std::nullopt); });
  }
  Result<Record> back(std::string_view name, RecordId id) {
    return within([&](UnitOfWork& unit) { return unit.restore(of(name), id); });
  }
  /// Fields of a stored record, by comma.
  std::string see(std::string_view name, RecordId id, const std::vector<std::string_view>& fields) {
    auto record = tenant_->get(of(name), id, {});
    if (!record) return record.error().reason();
    const auto object = *json::parse_object(record->json);
    std::string text;
    for (const auto field : fields)
      text += (text.empty() ? "" : ",") + json::serialize(object.at(field));
    std::erase(text, '"');
    return text;
  }
  std::string sums(RecordId order) { return see("order", order, {"lines", "sum", "least", "net"}); }

  std::int64_t number(std::string_view sql) {
    auto reader = tenant_->database().reader();
    std::int64_t found = -1;
    auto done = reader->session().query(sql, {}, [&](const storage::Row& row) {
      found = row.integer(0);
      return storage::Visit::more;
    });
    EXPECT_TRUE(done) << done.error().for_log();
    return found;
  }

  /// Orders whose roll-ups are not what a recount gives.
  std::int64_t drifted() {
    const auto& parent = of("order");
    const auto& child = of("line");
    return number("SELECT count(*) FROM " + parent.table() +
                  " AS o WHERE \"f_lines\" <> (SELECT count(*) FROM " + child.table() +
                  " WHERE \"f_order_ref\" = o.\"id\" AND \"deleted_at\" IS NULL) OR \"f_sum\" <> "
                  "(SELECT coalesce(sum(\"f_amount\"), 0) FROM " +
                  child.table() +
                  " WHERE \"f_order_ref\" = o.\"id\" AND \"deleted_at\" IS NULL) OR "
                  "coalesce(\"f_least\", -1) <> coalesce((SELECT min(\"f_amount\") FROM " +
                  child.table() +
                  " WHERE \"f_order_ref\" = o.\"id\" AND \"deleted_at\" IS NULL), -1) OR "
                  "coalesce(\"f_latest\", -1) <> coalesce((SELECT max(\"f_due\") FROM " +
                  child.table() +
                  " WHERE \"f_order_ref\" = o.\"id\" AND \"deleted_at\" IS NULL), -1)");
  }

  std::shared_ptr<const Catalog> catalog_;
};

}  // namespace tenon::data::testing
