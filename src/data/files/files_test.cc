// Files of a tenant: limits, references, rights, the sweep, and a crash at every step.
#include "data/files/files.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "data/durably.h"
#include "data/files/file_name.h"
#include "data/files/sniff.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

using namespace std::string_view_literals;
using testing::soon;

Entity paper(bool soft_delete) {
  Entity entity{.plugin = "doc", .name = soft_delete ? "paper" : "note"};
  entity.soft_delete = soft_delete;
  entity.fields = {testing::field("title", FieldType::string),
                   testing::field("scan", FieldType::file)};
  return entity;
}

Package doc() {
  return {.id = "doc",
          .version = "1.0.0",
          .manifest = "[metadata]",
          .component = std::string("\0asm", 4),
          .sha256 = "00",
          .entities = {paper(true), paper(false)}};
}

Result<FileInfo> store(Files& files, std::string_view content, std::string name = "a.txt",
                       std::size_t piece = 1000) {
  TENON_ASSIGN(upload, files.begin());
  for (std::size_t at = 0; at < content.size(); at += piece)
    TENON_TRY(upload.write(bytes_of(content.substr(at, piece))));
  return tenon::testing::run(upload.finish({}, std::move(name), soon()));
}

std::string content_of(OpenFile& file) {
  std::vector<std::uint8_t> bytes(file.content->size());
  auto got = file.content->read(0, bytes);
  return got && *got == bytes.size() ? std::string(bytes.begin(), bytes.end()) : "(short)";
}

class FilesTest : public testing::TenantTest {
 protected:
  FileLimits limits_{.file_bytes = 10'000,
                     .tenant_bytes = 30'000,
                     .pin = std::chrono::seconds(0),
                     .keep_unused = std::chrono::seconds(0)};
  std::unique_ptr<Files> files_;

  void SetUp() override {
    TenantTest::SetUp();
    ASSERT_TRUE(tenon::testing::run(tenant_->install(doc(), soon())));
    files_ = make(limits_);
  }
  std::string directory() { return directory_ / "files/acme"; }
  std::unique_ptr<Files> make(FileLimits limits, Files::Steps steps = {}) {
    return std::make_unique<Files>(*tenant_, clock_, random_, make_local_store(directory()), limits,
                                   std::move(steps));
  }
  const EntityInfo& info(std::string_view name) { return *tenant_->catalog()->find("doc", name); }
  Result<Record> write(std::string_view entity, FileId file) {
    return within([&](UnitOfWork& unit) {
      return unit.insert(info(entity), json::object{{"scan", file.to_string()}});
    });
  }
  Files::Swept sweep() {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    auto swept = tenon::testing::run(files_->sweep(soon()));
    EXPECT_TRUE(swept) << swept.error().for_log();
    return swept ? *swept : Files::Swept{};
  }
  std::size_t on_disk() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory()))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }
};

TEST_F(FilesTest, keeps_content_and_gives_it_through_a_record_in_any_range) {
  const std::string content = "%PDF-1.7 " + std::string(5000, 'x');
  auto stored = store(*files_, content, "報告.pdf");
  ASSERT_TRUE(stored) << stored.error().for_log();
  EXPECT_EQ(stored->type, "application/pdf");
  EXPECT_EQ(stored->name, "報告.pdf");
  auto record = write("paper", stored->id);
  ASSERT_TRUE(record) << record.error().for_log();
  auto open = files_->open_for({}, info("paper"), record->id, "scan");
  ASSERT_TRUE(open) << open.error().for_log();
  EXPECT_EQ(open->info.size, content.size());
  EXPECT_EQ(content_of(*open), content);
  std::array<std::uint8_t, 10> some{};
  EXPECT_EQ(*open->content->read(4, some), 10U);
  EXPECT_EQ(some[0], '-');
  EXPECT_EQ(*open->content->read(content.size() - 3, some), 3U);
  EXPECT_EQ(*open->content->read(content.size() + 3, some), 0U);
}

TEST_F(FilesTest, answers_for_what_a_viewer_does_not_get_as_for_what_is_missing) {
  auto stored = store(*files_, "secret");
  auto record = write("paper", stored->id);
  EXPECT_EQ(
      files_->open_for({}, info("paper"), RecordId::make(clock_, random_), "scan").error().code(),
      ErrorCode::not_found);
  EXPECT_EQ(files_->open_for({}, info("paper"), record->id, "title").error().reason(),
            "files.field");
  EXPECT_EQ(files_->open_for({}, info("paper"), record->id, "nothing").error().code(),
            ErrorCode::invalid);
  ASSERT_TRUE(within(
      [&](UnitOfWork& unit) { return unit.erase(info("paper"), record->id, std::nullopt); }));
  EXPECT_EQ(files_->open_for({}, info("paper"), record->id, "scan").error().code(),
            ErrorCode::not_found);
}

TEST_F(FilesTest, refuses_what_is_larger_than_a_file_or_the_tenant_may_be) {
  EXPECT_TRUE(store(*files_, std::string(10'000, 'a')));
  auto large = store(*files_, std::string(10'001, 'b'));
  EXPECT_EQ(large.error().reason(), "files.size");
  EXPECT_EQ(large.error().code(), ErrorCode::exhausted);
  EXPECT_TRUE(store(*files_, std::string(10'000, 'b')));
  EXPECT_TRUE(store(*files_, std::string(9'000, 'c')));
  EXPECT_EQ(*files_->used(), 29'000U);
  EXPECT_EQ(store(*files_, std::string(1'001, 'd')).error().reason(), "files.quota");
  EXPECT_TRUE(store(*files_, std::string(1'000, 'd')));
  EXPECT_EQ(store(*files_, "e").error().reason(), "files.quota");
  EXPECT_EQ(on_disk(), 4U) << "what was refused leaves nothing";
}

TEST_F(FilesTest, checks_the_quota_again_when_two_uploads_run_beside_each_other) {
  ASSERT_TRUE(store(*files_, std::string(10'000, 'a')));
  ASSERT_TRUE(store(*files_, std::string(8'000, 'b')));
  auto one = files_->begin();
  auto two = files_->begin();
  ASSERT_TRUE(one->write(bytes_of(std::string(8'000, 'c'))));
  ASSERT_TRUE(two->write(bytes_of(std::string(8'000, 'd'))));
  EXPECT_TRUE(tenon::testing::run(one->finish({}, "c", soon())));
  EXPECT_EQ(tenon::testing::run(two->finish({}, "d", soon())).error().reason(), "files.quota");
}

TEST_F(FilesTest, keeps_equal_content_once_until_the_last_record_lets_go) {
  auto one = store(*files_, "the same");
  auto two = store(*files_, "the same");
  EXPECT_NE(one->id, two->id);
  EXPECT_EQ(on_disk(), 1U);
  auto first = write("note", one->id);
  auto second = write("note", two->id);
  EXPECT_EQ(sweep().files, 0U);
  ASSERT_TRUE(
      within([&](UnitOfWork& unit) { return unit.erase(info("note"), first->id, std::nullopt); }));
  EXPECT_EQ(sweep().files, 1U);
  EXPECT_EQ(on_disk(), 1U);
  ASSERT_TRUE(within([&](UnitOfWork& unit) {
    return unit.update(info("note"), second->id, json::object{{"scan", nullptr}}, std::nullopt);
  }));
  const auto swept = sweep();
  EXPECT_EQ(swept.files, 1U);
  EXPECT_EQ(swept.blobs, 1U);
  EXPECT_EQ(on_disk(), 0U);
  EXPECT_EQ(*files_->used(), 0U);
}

TEST_F(FilesTest, counts_references_with_the_change_and_undoes_both_together) {
  auto stored = store(*files_, "content");
  EXPECT_FALSE(within([&](UnitOfWork& unit) -> Result<> {
    TENON_TRY(unit.insert(info("note"), json::object{{"scan", stored->id.to_string()}}));
    return fail(ErrorCode::denied, "the hook says no");
  }));
  EXPECT_EQ(sweep().files, 1U) << "nobody names it";
  EXPECT_EQ(write("note", stored->id).error().fields().at(0).code, "reference");

  stored = store(*files_, "content");
  auto trashed = write("paper", stored->id);
  ASSERT_TRUE(within(
      [&](UnitOfWork& unit) { return unit.erase(info("paper"), trashed->id, std::nullopt); }));
  EXPECT_EQ(sweep().files, 0U) << "a record in the trash may come back";
  ASSERT_TRUE(tenon::testing::run(tenant_->purge("doc", soon())));
  EXPECT_EQ(sweep().files, 1U) << "its table is gone";
}

TEST_F(FilesTest, lets_nobody_name_a_file_that_another_uploaded) {
  const Viewer mine{.user = UserId::make(clock_, random_)};
  const Viewer other{.user = UserId::make(clock_, random_)};
  auto upload = files_->begin();
  ASSERT_TRUE(upload->write(bytes_of("mine")));
  auto stored = tenon::testing::run(upload->finish(mine, "a", soon()));
  const auto name_it = [&](const Viewer& viewer) {
    return within(
        [&](UnitOfWork& unit) {
          return unit.insert(info("paper"), json::object{{"scan", stored->id.to_string()}});
        },
        {}, viewer);
  };
  EXPECT_EQ(name_it(other).error().fields().at(0).code, "reference");
  auto record = name_it(mine);
  ASSERT_TRUE(record) << record.error().for_log();
  EXPECT_TRUE(within(
      [&](UnitOfWork& unit) {
        return unit.update(info("paper"), record->id, json::object{{"title", "kept"}},
                           std::nullopt);
      },
      {}, other))
      << "a file that is there already is nobody's question";
}

TEST_F(FilesTest, sweeps_no_upload_that_is_under_way) {
  auto pinned = limits_;
  pinned.pin = std::chrono::hours(1);
  std::string last;
  auto files = make(pinned, [&](std::string_view step) {
    last = step;
    // Another sweeps at every step of this upload.
    if (step == "pinned" || step == "placed") {
      auto swept = tenon::testing::run(files_->sweep(soon()));
      ASSERT_TRUE(swept);
      EXPECT_EQ(swept->blobs, 0U) << step;
    }
  });
  auto stored = store(*files, "precious");
  ASSERT_TRUE(stored);
  EXPECT_EQ(last, "recorded");
  auto record = write("paper", stored->id);
  auto open = files->open_for({}, info("paper"), record->id, "scan");
  ASSERT_TRUE(open) << open.error().for_log();
  EXPECT_EQ(content_of(*open), "precious");
}

TEST_F(FilesTest, stores_the_same_content_from_many_threads_while_it_is_swept) {
  auto pinned = limits_;
  pinned.pin = std::chrono::seconds(5);
  auto files = make(pinned);
  std::atomic<int> readable = 0;
  std::atomic<bool> over = false;
  std::jthread sweeper([&] {
    while (!over) (void)tenon::testing::run(files_->sweep(soon()));
  });
  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < 4; ++t)
      writers.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
          auto stored = store(*files, fmt::format("content {}", i % 5));
          if (!stored) continue;
          // It may be swept before a record names it (nothing is kept unused here); then the record
          // is refused.
          auto record = write("note", stored->id);
          if (!record) continue;
          auto open = files->open_for({}, info("note"), record->id, "scan");
          EXPECT_TRUE(open) << open.error().for_log();
          if (open && content_of(*open) == fmt::format("content {}", i % 5)) ++readable;
        }
      });
  }
  over = true;
  sweeper.join();
  EXPECT_GT(readable, 0);
  std::int64_t rows = 0;
  auto reader = tenant_->database().reader();
  ASSERT_TRUE(reader->session().query("SELECT count(*) FROM file WHERE refs = 1", {},
                                      [&](const storage::Row& row) {
                                        rows = row.integer(0);
                                        return storage::Visit::more;
                                      }));
  EXPECT_EQ(rows, readable);
}

TEST_F(FilesTest, lets_no_name_become_a_path) {
  for (const auto name : {"../../../etc/passwd"sv, "/etc/passwd"sv, "..\\..\\boot.ini"sv,
                          "C:\\windows\\x.dll"sv, "a/../b"sv, ".."sv, "."sv, ""sv, "~/x"sv, "\0x"sv,
                          "con.txt"sv, "..%2f..%2fx"sv, "\xff\xfe"sv}) {
    auto stored = store(*files_, fmt::format("content of {}", name), std::string(name));
    ASSERT_TRUE(stored) << name;
    EXPECT_EQ(stored->name.find_first_of("/\\"), std::string::npos);
    EXPECT_FALSE(stored->name.empty());
    EXPECT_NE(stored->name[0], '.');
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
    if (!entry.is_regular_file()) continue;
    const auto parent = entry.path().parent_path().string();
    EXPECT_TRUE(parent.starts_with(directory()) || parent == directory_ / "tenants") << entry;
  }
}

TEST(FileName, is_cleaned_but_stays_readable) {
  EXPECT_EQ(clean_file_name("Rechnung 2026.pdf"), "Rechnung 2026.pdf");
  EXPECT_EQ(clean_file_name("合同（终稿）.docx"), "合同（终稿）.docx");
  EXPECT_EQ(clean_file_name("invoice\u202efdp.exe"), "invoicefdp.exe");
  EXPECT_EQ(clean_file_name("a\r\nb\".txt"), "ab.txt");
  EXPECT_EQ(clean_file_name("COM1.txt"), "_COM1.txt");
  EXPECT_EQ(clean_file_name("x. . ."), "x");
  const auto cut = clean_file_name(std::string(500, 'n') + ".xlsx");
  EXPECT_EQ(cut.size(), kMaxFileName);
  EXPECT_TRUE(cut.ends_with(".xlsx"));
}

TEST(Sniff, believes_the_content_and_never_the_name) {
  EXPECT_EQ(sniff("%PDF-1.4"), "application/pdf");
  EXPECT_EQ(sniff("\x89PNG\r\n\x1a\n...."), "image/png");
  EXPECT_EQ(sniff("\xff\xd8\xff\xe0"), "image/jpeg");
  EXPECT_EQ(sniff("GIF89a"), "image/gif");
  EXPECT_EQ(sniff("RIFF1234WEBPVP8 "), "image/webp");
  EXPECT_EQ(sniff("PK\x03\x04" + std::string(26, '\0') + "data.csv"), "application/zip");
  EXPECT_TRUE(sniff("PK\x03\x04" + std::string(26, '\0') + "xl/workbook.xml")
                  .ends_with("spreadsheetml.sheet"));
  EXPECT_EQ(sniff("Sehr geehrte Damen und Herren"), "text/plain");
  EXPECT_EQ(sniff("你好，世界"), "text/plain");
  EXPECT_EQ(sniff("  \n<!DOCTYPE HTML>"), "text/html");
  EXPECT_EQ(sniff("hello <ScRiPt>"), "text/html");
  EXPECT_EQ(sniff("<?xml version=\"1.0\"?><svg onload=x>"), "image/svg+xml");
  EXPECT_EQ(sniff(std::string_view("\0\1\2", 3)), "application/octet-stream");
  EXPECT_EQ(sniff(""), "application/octet-stream");
  std::string cut(kSniffBytes - 1, 'a');
  EXPECT_EQ(sniff(cut + "\xe4"), "text/plain") << "the last character is cut off";
  EXPECT_EQ(sniff("\xe4"), "application/octet-stream");
  for (const auto type : {"text/html"sv, "image/svg+xml"sv, "text/plain"sv, "application/zip"sv})
    EXPECT_FALSE(may_show_inline(type));
  EXPECT_TRUE(may_show_inline("image/png"));
}

/// A process of its own that uploads, names the file in a record and sweeps, and dies after the
/// n-th step. What was told is there; what is left over goes with the next sweep.
class FilesCrash : public ::testing::Test {
 protected:
  tenon::testing::ScratchDirectory directory_;
  static constexpr FileLimits kLimits{.pin = std::chrono::seconds(0),
                                      .keep_unused = std::chrono::seconds(0),
                                      .unfinished = std::chrono::seconds(0)};

  template <class Work>
  void with_tenant(Work work) {
    SystemClock clock;
    SystemRandom random;
    BlockingPool pool({.threads = 1});
    Tenants tenants(directory_.path(), pool, clock, random);
    auto tenant = tenants.open("acme");
    if (!tenant) tenant = tenants.create("acme");
    work(**tenant, clock, random);
    tenants.close();
    tenant->reset();
    pool.stop();
  }

  [[noreturn]] void child(int die_after, int pipe) {
    with_tenant([&](Tenant& tenant, const Clock& clock, Random& random) {
      int step = 0;
      Files files(tenant, clock, random, make_local_store(directory_ / "files/acme"), kLimits,
                  [&](std::string_view) {
                    if (++step == die_after) ::kill(::getpid(), SIGKILL);
                  });
      auto kept = store(files, fmt::format("kept by {}", die_after));
      auto made = tenon::testing::run(
          run_unit(tenant.shared_from_this(), Viewer{}, Origin{}, soon(), [&](UnitOfWork& unit) {
            return unit.insert(*unit.catalog().find("doc", "note"),
                               json::object{{"scan", kept->id.to_string()}});
          }));
      if (!made) ::_exit(3);
      const auto id = made->id.to_string();
      if (::write(pipe, id.data(), id.size()) != 36) ::_exit(4);
      (void)store(files, fmt::format("dropped by {}", die_after));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      (void)tenon::testing::run(files.sweep(soon()));
      ::_exit(step < die_after ? 0 : 5);
    });
    ::_exit(6);
  }
};

TEST_F(FilesCrash, leaves_no_lost_file_and_no_lasting_orphan_wherever_it_ends) {
  with_tenant([](Tenant& tenant, const Clock&, Random&) {
    ASSERT_TRUE(tenon::testing::run(tenant.install(doc(), soon())));
  });
  int told = 0;
  int deaths = 0;
  for (int die_after = 1;; ++die_after) {
    ASSERT_LT(die_after, 60);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t pid = ::fork();  // no thread and no database is open here
    if (pid == 0) child(die_after, ends[1]);
    ::close(ends[1]);
    std::array<char, 64> id{};
    const auto got = ::read(ends[0], id.data(), id.size());
    ::close(ends[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    deaths += WIFSIGNALED(status) ? 1 : 0;
    with_tenant([&](Tenant& tenant, const Clock& clock, Random& random) {
      Files files(tenant, clock, random, make_local_store(directory_ / "files/acme"), kLimits);
      const auto& info = *tenant.catalog()->find("doc", "note");
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      auto swept = tenon::testing::run(files.sweep(soon()));
      ASSERT_TRUE(swept) << swept.error().for_log();
      if (got == 36) {
        ++told;
        auto open = files.open_for({}, info, *RecordId::parse({id.data(), 36}), "scan");
        ASSERT_TRUE(open) << die_after << ": " << open.error().for_log();
        EXPECT_EQ(content_of(*open), fmt::format("kept by {}", die_after));
      }
      std::int64_t files_named = 0;
      auto reader = tenant.database().reader();
      ASSERT_TRUE(reader->session().query(
          "SELECT (SELECT count(*) FROM file), (SELECT count(*) FROM blob), "
          "(SELECT count(*) FROM file WHERE refs = 1)",
          {}, [&](const storage::Row& row) {
            files_named = row.integer(2);
            EXPECT_EQ(row.integer(0), files_named) << die_after;
            EXPECT_EQ(row.integer(1), files_named) << die_after;
            return storage::Visit::more;
          }));
      std::int64_t on_disk = 0;
      for (const auto& entry :
           std::filesystem::recursive_directory_iterator(directory_ / "files/acme"))
        on_disk += entry.is_regular_file() ? 1 : 0;
      EXPECT_EQ(on_disk, files_named) << "after a death at step " << die_after;
    });
    if (WIFEXITED(status)) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
      break;
    }
  }
  EXPECT_GE(deaths, 15);
  EXPECT_GT(told, 5);
}

}  // namespace
}  // namespace tenon::data
