#include "ledger.h"

#include <fmt/format.h>

#include <map>

#include "data/test_fixture.h"
#include "invariants.h"

namespace tenon::testing {
namespace {

using data::FieldType;
using storage::Row;
using storage::Visit;

constexpr int kAccounts = 24;
constexpr int kStocks = 6;

data::Field amount(std::string name) {
  auto made = data::testing::field(std::move(name), FieldType::integer);
  made.required = true;
  made.minimum = "0";
  return made;
}

data::Field link(std::string name, std::string entity) {
  auto made = data::testing::field(std::move(name), FieldType::reference);
  made.ref_entity = std::move(entity);
  made.required = true;
  return made;
}

data::Package package() {
  data::Entity account{.plugin = "ledger", .name = "account"};
  account.fields = {amount("balance")};
  data::Entity posting{.plugin = "ledger", .name = "posting"};
  posting.fields = {link("source", "account"), link("target", "account"), amount("amount")};
  data::Entity stock{.plugin = "ledger", .name = "stock"};
  stock.fields = {amount("quantity")};
  data::Entity issue{.plugin = "ledger", .name = "issue"};
  issue.fields = {link("stock", "stock"), amount("quantity")};
  auto made = data::testing::crm({account, posting, stock, issue});
  made.id = "ledger";
  return made;
}

/// Sums of one column by another, or the column by id where `by` is `id`.
Result<std::map<std::string, std::int64_t>> sums(data::Tenant& tenant, std::string_view entity,
                                                 std::string_view by, std::string_view what) {
  const auto catalog = tenant.catalog();
  TENON_ASSIGN(info, catalog->entity("ledger", entity));
  const auto column = [&](std::string_view name) { return info->columns()[*info->find(name)].sql; };
  TENON_ASSIGN(reader, tenant.database().reader());
  std::map<std::string, std::int64_t> found;
  TENON_TRY(reader.session().query(
      fmt::format("SELECT {0}, CAST(sum({1}) AS BIGINT) FROM {2} GROUP BY {0}", column(by),
                  column(what), info->table()),
      {}, [&](const Row& row) {
        const auto id = row.blob(0);
        found.emplace(std::string(id.begin(), id.end()), row.integer(1));
        return Visit::more;
      }));
  return found;
}

Result<std::string> recount(data::Tenant& tenant) {
  TENON_ASSIGN(balances, sums(tenant, "account", "id", "balance"));
  TENON_ASSIGN(debits, sums(tenant, "posting", "target", "amount"));
  TENON_ASSIGN(credits, sums(tenant, "posting", "source", "amount"));
  TENON_ASSIGN(stocks, sums(tenant, "stock", "id", "quantity"));
  TENON_ASSIGN(issued, sums(tenant, "issue", "stock", "quantity"));
  std::int64_t total = 0;
  std::int64_t debit = 0;
  std::int64_t credit = 0;
  for (const auto& [id, balance] : balances) {
    if (balance < 0) return "a balance is below zero";
    if (balance != kOpening + debits[id] - credits[id])
      return fmt::format("a balance is {} and its postings make {}", balance,
                         kOpening + debits[id] - credits[id]);
    total += balance;
    debit += debits[id];
    credit += credits[id];
  }
  if (debit != credit) return fmt::format("debits {} and credits {}", debit, credit);
  if (total != kOpening * kAccounts) return fmt::format("{} is in all accounts", total);
  for (const auto& [id, quantity] : stocks) {
    if (quantity < 0) return "stock is below zero";
    if (quantity != kFirstStock - issued[id])
      return fmt::format("{} are in stock, {} were issued", quantity, issued[id]);
  }
  return "";
}

}  // namespace

std::int64_t integer(const data::Record& record, std::string_view field) {
  const auto parsed = json::parse_object(record.json);
  return parsed->at(field).to_number<std::int64_t>();
}

Result<> make_ledger(const std::shared_ptr<data::Tenant>& tenant) {
  TENON_TRY(run(tenant->install(package(), data::testing::soon())));
  return run(data::run_unit(tenant, data::Viewer{}, data::Origin{.plugin = "ledger"},
                            data::testing::soon(), [](data::UnitOfWork& unit) -> Result<> {
                              TENON_ASSIGN(account, unit.catalog().entity("ledger", "account"));
                              TENON_ASSIGN(stock, unit.catalog().entity("ledger", "stock"));
                              for (int i = 0; i < kAccounts; ++i)
                                TENON_TRY(unit.insert(*account, {{"balance", kOpening}}));
                              for (int i = 0; i < kStocks; ++i)
                                TENON_TRY(unit.insert(*stock, {{"quantity", kFirstStock}}));
                              return {};
                            }));
}

Result<Accounts> read_accounts(data::Tenant& tenant) {
  Accounts found;
  const auto take = [&](std::string_view entity, std::vector<RecordId>& out) -> Result<> {
    TENON_ASSIGN(known, versions(tenant, "ledger", entity));
    for (const auto& [id, version] : known) {
      RecordId made;
      std::copy(id.begin(), id.end(), made.value.bytes.begin());
      out.push_back(made);
    }
    return {};
  };
  TENON_TRY(take("account", found.accounts));
  TENON_TRY(take("stock", found.stocks));
  return found;
}

std::string breach_of_ledger(data::Tenant& tenant, const std::set<std::string>& told) {
  if (auto wrong = breach_of_invariants(tenant); !wrong.empty()) return wrong;
  auto counted = recount(tenant);
  if (!counted) return counted.error().for_log();
  if (!counted->empty()) return *counted;
  auto there = versions(tenant, "ledger", "posting");
  if (!there) return there.error().for_log();
  for (const auto& id : told)
    if (!there->contains(id)) return "an acknowledged posting is lost";
  return {};
}

}  // namespace tenon::testing
