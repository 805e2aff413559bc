// Backup and restore: what comes back is what was there, and nothing else is taken for it.
#include <algorithm>
#include <atomic>
#include <thread>

#include "data/transfer/last_line.h"
#include "data/transfer/transfer_fixture.h"

namespace tenon::data {
namespace {

using testing::soon;

class BackupTest : public testing::TransferTest {
 protected:
  std::string archive() { return directory_ / "acme.tenant"; }

  void flip(const std::string& file, std::uint64_t at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const auto byte = static_cast<char>(stream.get() ^ 0x10);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
  }
  std::string reason_of(const std::string& file) {
    auto report = operations().restore(file, "copy", {});
    if (report) return "restored";
    EXPECT_EQ(report.error().code(), ErrorCode::invalid) << report.error().for_log();
    EXPECT_TRUE(report.error().message().starts_with(file)) << report.error().message();
    EXPECT_EQ(report.error().message().find('\n'), std::string::npos) << report.error().message();
    EXPECT_EQ(tenants_.open("copy").error().code(), ErrorCode::not_found);
    return report.error().reason();
  }
};

TEST_F(BackupTest, brings_everything_back_as_another_tenant) {
  fill();
  const auto before = hashes_of(*tenant_);
  auto made = operations().backup("acme", archive());
  ASSERT_TRUE(made) << made.error().for_log();
  EXPECT_EQ(made->files, 3U);
  EXPECT_EQ(first_difference(before, hashes_of(*tenant_)), "") << "a backup changes nothing";
  auto restored = operations().restore(archive(), "copy", {});
  ASSERT_TRUE(restored) << restored.error().for_log();
  EXPECT_EQ(restored->rows, made->rows);
  auto copy = tenants_.open("copy");
  ASSERT_TRUE(copy) << copy.error().for_log();
  auto after = hashes_of(**copy);
  auto expected = before;
  if (tenon::testing::on_postgres()) after["audit"] = expected["audit"];  // sealed on the way
  EXPECT_EQ(first_difference(expected, after), "");
  expect_files("copy");
  expect_to_go_on(*copy);
  std::swap(tenant_, *copy);
  EXPECT_EQ(names("fts=客户"), "Zoë 客户") << "search tokens are there";
  std::swap(tenant_, *copy);
}

TEST_F(BackupTest, is_of_one_moment_while_others_write) {
  fill();
  std::atomic<int> written = 0;
  {
    std::vector<std::jthread> writers;
    // No more than threads of the pool: on PostgreSQL one that waits for another holds a thread.
    for (int i = 0; i < 2; ++i)
      writers.emplace_back([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const auto made = order_in(tenant_, "load");
          if (made && line_of(made->id, "1", "1.00")) ++written;
        }
      });
    while (written < 20) std::this_thread::yield();
    for (int i = 0; i < 3; ++i) {
      const auto file = archive() + std::to_string(i);
      const int before = written;
      auto made = operations().backup("acme", file);
      ASSERT_TRUE(made) << made.error().for_log();
      while (written < before + 5) std::this_thread::yield();
    }
  }
  for (int i = 0; i < 3; ++i) {
    const auto name = "copy" + std::to_string(i);
    auto restored = operations().restore(archive() + std::to_string(i), name, {});
    ASSERT_TRUE(restored) << restored.error().for_log();
    auto copy = tenants_.open(name);
    ASSERT_TRUE(copy) << copy.error().for_log();
    EXPECT_EQ(number_in(**copy,
                        "SELECT (SELECT count(*) FROM audit WHERE action <> 'derived') - "
                        "(SELECT count(*) FROM outbox)"),
              0)
        << "a row, its event and its audit row are there together";
    std::swap(tenant_, *copy);
    EXPECT_EQ(drifted(), 0);
    std::swap(tenant_, *copy);
    expect_files(name);
    expect_to_go_on(*copy);
  }
}

TEST_F(BackupTest, refuses_an_archive_with_any_byte_flipped_or_missing) {
  fill();
  auto made = operations().backup("acme", archive());
  ASSERT_TRUE(made) << made.error().for_log();
  const auto bad = directory_ / "bad.tenant";
  const auto fresh = [&] {
    std::filesystem::copy_file(archive(), bad, std::filesystem::copy_options::overwrite_existing);
  };
  for (int i = 0; i < 40; ++i) {
    fresh();
    const auto at = random_.next() % made->bytes;
    flip(bad, at);
    const auto reason = reason_of(bad);
    EXPECT_TRUE(reason == "archive.corrupt" || reason == "archive.truncated" ||
                reason == "archive.format")
        << "byte " << at << ": " << reason;
  }
  for (const auto left : {made->bytes - 1, made->bytes / 2, std::uint64_t{10}, std::uint64_t{0}}) {
    fresh();
    std::filesystem::resize_file(bad, left);
    EXPECT_EQ(reason_of(bad), "archive.truncated") << left;
  }
  EXPECT_EQ(operations().restore(directory_ / "none", "copy", {}).error().code(),
            ErrorCode::not_found);
  EXPECT_TRUE(operations().restore(archive(), "copy", {})) << "the good one is still good";
}

/// The checksum alone would let these pass: somebody made them, with a last line that fits.
TEST_F(BackupTest, refuses_an_archive_whose_content_is_not_what_it_says) {
  fill();
  ASSERT_TRUE(operations().backup("acme", archive()));
  const auto bad = directory_ / "bad.tenant";
  const auto alter = [&](const std::string& sql) {
    ASSERT_TRUE(extract_tenant(archive(), bad));  // drops the parts of an archive …
    const auto covered = check_last_line(archive());
    ASSERT_TRUE(covered);
    ASSERT_TRUE(copy_bytes(archive(), bad, *covered));  // … which are wanted here
    {
      auto filling = storage::fill_sqlite(bad, 1000);
      ASSERT_TRUE(filling);
      auto done = (*filling)->session().script(sql);
      ASSERT_TRUE(done) << done.error().for_log();
      ASSERT_TRUE((*filling)->commit());
    }
    ASSERT_TRUE(write_last_line(bad));
  };
  const auto table = of("line").table();
  for (const auto& sql :
       {"UPDATE " + table + " SET \"f_price\" = 1 WHERE \"rid\" = 3", "DELETE FROM " + table,
        std::string("DELETE FROM archive_end"), std::string("DELETE FROM archive_file"),
        std::string("UPDATE archive_file SET data = CAST('x' AS BLOB) WHERE length(data) = 12"),
        std::string("DROP TABLE outbox"),
        std::string("UPDATE audit SET action = 'x' WHERE position = 2")}) {
    alter(sql);
    EXPECT_EQ(reason_of(bad), "archive.corrupt") << sql;
  }
  alter("PRAGMA user_version = 1000");
  EXPECT_EQ(reason_of(bad), "archive.format");
  alter("SELECT 1");
  EXPECT_EQ(reason_of(bad), "restored") << "a change of nothing is none";
}

TEST_F(BackupTest, never_writes_over_anything) {
  fill();
  ASSERT_TRUE(operations().backup("acme", archive()));
  EXPECT_EQ(operations().backup("acme", archive()).error().reason(), "archive.exists");
  EXPECT_EQ(operations().backup("none", archive() + "2").error().code(), ErrorCode::not_found);
  EXPECT_EQ(operations().restore(archive(), "acme", {}).error().reason(), "tenant.exists");
  EXPECT_EQ(operations().restore(archive(), "../x", {}).error().reason(), "tenant.name");
  EXPECT_FALSE(std::filesystem::exists(archive() + ".part"));
}

TEST_F(BackupTest, tells_tables_apart_by_any_value_and_by_nothing_else) {
  const auto one = put("order", {{"code", "A"}});
  ASSERT_TRUE(one);
  ASSERT_TRUE(put("order", {{"code", "B"}}));
  auto lease = tenon::testing::run(tenant_->database().lease(soon()));
  auto& session = lease->session();
  const auto tables = read_tables(session, *catalog_);
  const auto name = of("order").table().substr(1, of("order").table().size() - 2);
  const auto table = *std::ranges::find(*tables, name, &TableInfo::name);
  const auto hash = [&] { return *table_hash(session, table); };
  const auto before = hash();
  EXPECT_EQ(before.rows, 2U);
  const auto update = [&](std::string_view set) {
    auto done = session.execute("UPDATE " + of("order").table() + " SET " + std::string(set));
    EXPECT_TRUE(done) << done.error().for_log();
  };
  update("\"f_note\" = ''");
  const auto empty = hash();
  EXPECT_NE(empty, before) << "empty text is not nothing";
  update("\"f_note\" = NULL");
  EXPECT_EQ(hash(), before);
  update("\"version\" = \"version\" + 1");
  EXPECT_NE(hash(), before);
}

}  // namespace
}  // namespace tenon::data
