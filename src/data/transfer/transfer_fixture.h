#pragma once
// Test support: a tenant with orders, lines, files and history, and what is compared of it.

#include <filesystem>
#include <fstream>
#include <string>

#include "data/sales_fixture.h"
#include "data/tenant_state.h"
#include "data/transfer/table_hash.h"
#include "data/transfer/tenant_operations.h"

namespace tenon::data::testing {

class TransferTest : public SalesTest {
 protected:
  TenantOperations operations(TenantOperations::Steps steps = {}) {
    return {tenants_, directory_.path(), pool_, clock_, random_, std::move(steps)};
  }

  /// A database of a private server, or empty where this machine has none.
  static std::string other_database() {
    auto* server = tenon::testing::PrivatePostgres::shared();
    return server == nullptr ? std::string() : server->fresh_database();
  }

  static TableHashes hashes_of(Tenant& tenant) {
    auto reader = tenant.database().reader();
    EXPECT_TRUE(reader);
    EXPECT_TRUE(reader->snapshot(storage::Seen::one_state));
    auto hashes = hash_tables(reader->session(), *tenant.catalog());
    EXPECT_TRUE(hashes) << hashes.error().for_log();
    return hashes.value_or(TableHashes());
  }

  static std::int64_t number_in(Tenant& tenant, const std::string& sql) {
    auto reader = tenant.database().reader();
    std::int64_t found = -1;
    auto done = reader->session().query(sql, {}, [&](const storage::Row& row) {
      found = row.integer(0);
      return storage::Visit::more;
    });
    EXPECT_TRUE(done) << done.error().for_log();
    return found;
  }

  static Result<Record> order_in(const std::shared_ptr<Tenant>& tenant, std::string note) {
    return tenon::testing::run(
        run_unit(tenant, Viewer{}, Origin{.plugin = "shop"}, soon(), [&](UnitOfWork& unit) {
          return unit.insert(*unit.catalog().find("shop", "order"), json::object{{"note", note}});
        }));
  }

  Digest store_file(std::string_view content, std::string name) {
    auto upload = tenant_->files().begin();
    EXPECT_TRUE(upload->write(bytes_of(content)));
    auto info = tenon::testing::run(upload->finish({}, std::move(name), soon()));
    EXPECT_TRUE(info) << info.error().for_log();
    return info->sha256;
  }
  std::string stored_file(const std::string& tenant, const Digest& sha256) {
    const auto store = make_local_store(directory_ / ("files/" + tenant));
    auto reader = store->open(sha256);
    if (!reader) return reader.error().reason();
    std::string content((*reader)->size(), '\0');
    EXPECT_TRUE(
        (*reader)->read(0, {reinterpret_cast<std::uint8_t*>(content.data()), content.size()}));
    return content;
  }

  /// Orders with lines, changed and deleted ones, names in many scripts, files of all sizes.
  void fill() {
    for (int i = 0; i < 20; ++i) {
      const auto made = put("order", {{"code", "A" + std::to_string(i)}, {"note", "户 ℵ '\" \\"}});
      ASSERT_TRUE(made) << made.error().for_log();
      ASSERT_TRUE(line_of(made->id, "1.500", "19.99"));
      ASSERT_TRUE(line_of(made->id, "2", "-3.10"));
      if (i % 3 == 0) ASSERT_TRUE(gone("order", made->id));
    }
    ASSERT_TRUE(insert("customer", R"({"name":"Zoë 客户","credit":"12.34","active":true,
        "born":"1999-12-31","extra":{"a":[1,null]},"tags":["vip"],"visits":-5})"));
    ASSERT_TRUE(insert("customer", R"({"name":"x"})"));
    small_ = store_file("a small file", "small.txt");
    empty_ = store_file("", "empty");
    std::string large;
    for (int i = 0; i < 300'000; ++i) large += std::to_string(i);
    large_content_ = large;
    large_ = store_file(large, "large.txt");
  }

  void expect_files(const std::string& tenant) {
    EXPECT_EQ(stored_file(tenant, small_), "a small file");
    EXPECT_EQ(stored_file(tenant, empty_), "");
    EXPECT_EQ(stored_file(tenant, large_), large_content_);
  }

  /// Numbers go on behind those that were given, never twice.
  static void expect_to_go_on(const std::shared_ptr<Tenant>& tenant) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(order_in(tenant, "behind"));
    const auto table = tenant->catalog()->find("shop", "order")->table();
    const auto rows = number_in(*tenant, "SELECT count(*) FROM " + table);
    for (const auto* column : {"f_number", "f_ticket"})
      EXPECT_EQ(number_in(*tenant,
                          "SELECT count(DISTINCT \"" + std::string(column) + "\") FROM " + table),
                rows)
          << column;
    const auto audit = tenant->verify_audit();
    ASSERT_TRUE(audit) << audit.error().for_log();
    EXPECT_EQ(audit->fault, "");
  }

  std::vector<std::string> trash() {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& grave : std::filesystem::directory_iterator(directory_ / "trash", none))
      for (const auto& one : std::filesystem::directory_iterator(grave.path()))
        names.push_back(one.path().filename().string());
    std::ranges::sort(names);
    return names;
  }

  Digest small_{}, empty_{}, large_{};
  std::string large_content_;
};

}  // namespace tenon::data::testing
