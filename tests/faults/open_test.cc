// A file that cannot be trusted or is not ours alone is refused when it is opened, with its name in
// one line for the operator, and nothing is changed by the attempt.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/testing.h"
#include "data/test_fixture.h"
#include "stand.h"
#include "victim.h"

namespace tenon::testing {
namespace {

class Opening : public ::testing::Test {
 protected:
  ScratchDirectory directory_;
  BlockingPool pool_{{.threads = 1}};
  std::string file_ = directory_ / "a.db";

  void SetUp() override {
    ASSERT_TRUE(storage::open_sqlite(file_, storage::Missing::create, pool_));
  }

  void expect_refused(std::string_view reason) {
    auto opened = storage::open_sqlite(file_, storage::Missing::refuse, pool_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(opened.error().reason(), reason) << opened.error().for_log();
    EXPECT_TRUE(opened.error().message().starts_with(file_)) << opened.error().message();
    EXPECT_EQ(opened.error().message().find('\n'), std::string::npos);
  }

  void overwrite(std::streamoff at, const std::string& bytes) {
    std::fstream out(file_, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(at);
    out << bytes;
  }
};

TEST_F(Opening, refuses_a_file_that_is_open_already) {
  auto first = storage::open_sqlite(file_, storage::Missing::refuse, pool_);
  ASSERT_TRUE(first);
  expect_refused("storage.locked");
  first->reset();
  EXPECT_TRUE(storage::open_sqlite(file_, storage::Missing::refuse, pool_));
}

TEST_F(Opening, refuses_a_file_that_another_process_has_open_and_takes_it_when_that_is_killed) {
  auto stand = make_stand(Engine::sqlite);
  {
    auto tenant = stand->create();
    ASSERT_TRUE(tenant);
    ASSERT_TRUE(run((*tenant)->install(data::testing::crm(), data::testing::soon())));
  }
  stand->close();
  class Watching final : public Stand {
   public:
    explicit Watching(Stand& inner) : inner_(inner) {}
    std::string address() const override { return inner_.address(); }
    Result<std::shared_ptr<data::Tenant>> create() override { return inner_.create(); }
    Result<std::shared_ptr<data::Tenant>> open() override { return inner_.open(); }
    void close() override { inner_.close(); }
    void kill(std::string_view victim, pid_t writer) override {
      if (auto tenant = inner_.open(); !tenant && reason.empty()) reason = tenant.error().reason();
      inner_.kill(victim, writer);
    }
    std::string reason;

   private:
    Stand& inner_;
  } watching(*stand);
  Victim victim("rows", watching, 1, Mistake::none);
  ASSERT_TRUE(victim.hear_and_kill(watching, "writer", std::chrono::seconds(10), 1));
  EXPECT_EQ(watching.reason, "storage.locked");
  EXPECT_TRUE(stand->open());
}

TEST_F(Opening, lets_sharers_in_together_and_nobody_beside_one_who_is_alone) {
  const storage::Options shared{.sharing = storage::Sharing::shared};
  {
    const auto first = storage::open_sqlite(file_, storage::Missing::refuse, pool_, shared);
    ASSERT_TRUE(first) << first.error().for_log();
    EXPECT_TRUE(storage::open_sqlite(file_, storage::Missing::refuse, pool_, shared));
    expect_refused("storage.locked");
  }
  const auto alone = storage::open_sqlite(file_, storage::Missing::refuse, pool_);
  ASSERT_TRUE(alone) << alone.error().for_log();
  const auto late = storage::open_sqlite(file_, storage::Missing::refuse, pool_, shared);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason(), "storage.locked");
}

TEST_F(Opening, refuses_a_file_of_a_newer_format) {
  overwrite(60, std::string("\x00\x00\x00\x09", 4));
  expect_refused("storage.format");
}

TEST_F(Opening, refuses_a_file_of_somebody_else) {
  overwrite(68, std::string("GPKG", 4));
  expect_refused("storage.corrupt");
}

TEST_F(Opening, refuses_a_file_with_a_broken_head) {
  overwrite(0, std::string(100, 'x'));
  expect_refused("storage.corrupt");
}

TEST_F(Opening, refuses_a_file_system_that_is_read_only) {
  if (::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=4m") != 0)
    GTEST_SKIP() << "mounting is not allowed here";
  {
    ASSERT_TRUE(storage::open_sqlite(file_, storage::Missing::create, pool_));
  }
  const auto before = read_file(file_);
  EXPECT_EQ(::mount("tmpfs", directory_.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr),
            0);
  expect_refused("storage.open");
  EXPECT_EQ(read_file(file_), before);
  ::umount2(directory_.path().c_str(), MNT_DETACH);
}

TEST_F(Opening, refuses_a_file_that_may_not_be_written) {
  // Root may write everything, so a process without its rights tries.
  ASSERT_EQ(::chmod(file_.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0777), 0);
  ASSERT_EQ(::chmod((file_ + "-lock").c_str(), 0666), 0);
  if (::geteuid() == 0) ASSERT_EQ(::seteuid(65534), 0);
  expect_refused("storage.open");
  if (::getuid() == 0) ASSERT_EQ(::seteuid(0), 0);
}

}  // namespace
}  // namespace tenon::testing
