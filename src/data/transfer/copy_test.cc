// Copies: planted faults that the comparison on the other side must see, tables that nobody told
// this room about, and copies that were never finished.
#include "data/transfer/copy.h"

#include "data/dialect.h"
#include "data/transfer/transfer_fixture.h"

namespace tenon::data {
namespace {

/// A target that spoils one statement on its way.
class Spoiled final : public storage::Filling, private storage::Session {
 public:
  using Spoil = std::function<bool(std::string_view sql, std::vector<storage::Value>& values)>;
  Spoiled(std::unique_ptr<storage::Filling> inner, Spoil spoil)
      : inner_(std::move(inner)), spoil_(std::move(spoil)) {}

  storage::Session& session() noexcept override { return *this; }
  Result<> commit() override { return inner_->commit(); }
  Result<> finish() override { return inner_->finish(); }

 private:
  storage::Dialect dialect() const noexcept override { return inner_->session().dialect(); }
  Result<> query(std::string_view sql, storage::Values values, storage::Visitor visit) override {
    return inner_->session().query(sql, values, visit);
  }
  Result<std::int64_t> execute(std::string_view sql, storage::Values values) override {
    std::vector<storage::Value> changed(values.begin(), values.end());
    if (spoil_(sql, changed)) return 0;
    return inner_->session().execute(sql, changed);
  }
  Result<> script(std::string_view sql) override { return inner_->session().script(sql); }
  Result<> undo_or_keep(std::string_view) override { return {}; }

  std::unique_ptr<storage::Filling> inner_;
  Spoil spoil_;
};

class CopyTest : public testing::TransferTest {
 protected:
  /// The reason of the error of a copy whose statements go through `spoil`, or `copied`.
  std::string copy_with(Spoiled::Spoil spoil, std::string file = {}) {
    if (file.empty()) file = directory_ / ("copy" + std::to_string(++copies_));
    auto reader = tenant_->database().reader();
    EXPECT_TRUE(reader->snapshot(storage::Seen::one_state));
    auto filling = storage::fill_sqlite(file, 1);
    EXPECT_TRUE(filling) << filling.error().for_log();
    Spoiled target(std::move(*filling), std::move(spoil));
    const auto report = copy_tenant(reader->session(), target, random_);
    return report ? "copied" : report.error().reason();
  }
  int copies_ = 0;
};

bool fills(std::string_view sql, std::string_view table) {
  return sql.starts_with("INSERT INTO " + std::string(table) + " ");
}

TEST_F(CopyTest, sees_a_row_that_was_lost_and_a_value_that_was_changed) {
  fill();
  EXPECT_EQ(copy_with([](auto, auto&) { return false; }), "copied");
  const auto line = of("line").table();
  for (const auto& table : {line, std::string("\"audit\""), std::string("\"number_sequence\""),
                            std::string("\"entity\""), std::string("\"blob\"")}) {
    EXPECT_EQ(copy_with([&](auto sql, auto&) { return fills(sql, table); }), "transfer.different")
        << table << " is empty";
    EXPECT_EQ(copy_with([&, done = false](auto sql, auto& values) mutable {
                if (done || !fills(sql, table)) return false;
                for (auto& value : values)
                  if (auto* number = std::get_if<std::int64_t>(&value);
                      number != nullptr && !done) {
                    ++*number;
                    done = true;
                  }
                return false;
              }),
              "transfer.different")
        << "a number in " << table;
  }
}

TEST_F(CopyTest, takes_tables_along_that_only_the_database_knows) {
  for (std::int64_t from = 0; from < 5000; from += 500) {
    auto lease = tenon::testing::run(tenant_->database().lease(testing::soon()));
    ASSERT_TRUE(lease->session().script(portable(
        lease->session().dialect(),
        "CREATE TABLE IF NOT EXISTS native_thing(place TEXT NOT NULL, number {integer} NOT NULL, "
        "token {bytes} UNIQUE, note TEXT, PRIMARY KEY (place, number)) {strict}")));
    for (std::int64_t i = from; i < from + 500; ++i) {
      const auto place = "p" + std::to_string(i % 7);
      const auto token = std::to_string(i);
      const std::array<storage::Value, 3> values{
          std::string_view(place), i,
          storage::Blob(reinterpret_cast<const std::uint8_t*>(token.data()), token.size())};
      ASSERT_TRUE(lease->session().execute(
          "INSERT INTO native_thing(place, number, token) VALUES(?1, ?2, ?3)", values));
    }
    ASSERT_TRUE(tenon::testing::run(lease->commit()));
  }
  const auto file = directory_ / "other";
  ASSERT_EQ(copy_with([](auto, auto&) { return false; }, file), "copied");
  auto copy = storage::fill_sqlite(file, 1);
  const auto hashes = hash_tables((*copy)->session(), *catalog_);
  ASSERT_TRUE(hashes) << hashes.error().for_log();
  EXPECT_EQ(hashes->at("native_thing").rows, 5000U);
  EXPECT_EQ(hashes->at("native_thing"), hashes_of(*tenant_).at("native_thing"));
  const auto twice = (*copy)->session().execute(
      "INSERT INTO native_thing(place, number, token) VALUES('x', 1, CAST('7' AS BLOB))");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().reason(), "storage.unique") << "its constraints came along";
}

TEST_F(CopyTest, leaves_a_mark_until_it_is_whole_and_fills_nothing_twice) {
  fill();
  const auto file = directory_ / "half";
  const auto unfinished = [&] {
    auto session = storage::read_sqlite(file, 1);
    EXPECT_TRUE(session) << session.error().for_log();
    return *is_unfinished_copy(**session);
  };
  EXPECT_EQ(copy_with([&](auto sql, auto&) { return fills(sql, of("line").table()); }, file),
            "transfer.different");
  EXPECT_TRUE(unfinished());
  EXPECT_EQ(copy_with([](auto, auto&) { return false; }, file), "transfer.not_empty");
  std::filesystem::remove(file);
  EXPECT_EQ(copy_with([](auto, auto&) { return false; }, file), "copied");
  EXPECT_FALSE(unfinished());
}

TEST_F(CopyTest, goes_on_counting_behind_rows_that_are_gone) {
  fill();
  {
    auto lease = tenon::testing::run(tenant_->database().lease(testing::soon()));
    ASSERT_TRUE(lease->session().execute("DELETE FROM outbox"));
    ASSERT_TRUE(tenon::testing::run(lease->commit()));
  }
  const auto last = [&](storage::Session& session) {
    const auto tables = read_tables(session, *catalog_);
    return (*read_counters(session, *tables))["outbox"];
  };
  auto reader = tenant_->database().reader();
  const auto before = last(reader->session());
  EXPECT_GT(before, 0);
  const auto file = directory_ / "other";
  ASSERT_EQ(copy_with([](auto, auto&) { return false; }, file), "copied");
  auto copy = storage::read_sqlite(file, 1);
  EXPECT_EQ(last(**copy), before);
}

}  // namespace
}  // namespace tenon::data
