// Files named by what a change of a module has put away: they stay, counted, as long as it may come
// back, and go with it.
#include <fmt/format.h>

#include <thread>

#include "data/files/files.h"
#include "data/migration_fixture.h"

namespace tenon::data {
namespace {

using tenon::testing::run;
using testing::field;
using testing::lab;
using testing::named;
using testing::part;
using testing::soon;

class PutAwayFiles : public testing::MigrationTest {
 protected:
  std::unique_ptr<Files> files_;

  void SetUp() override {
    MigrationTest::SetUp();
    make_files();
  }
  void make_files() {
    const FileLimits limits{.pin = std::chrono::seconds(0), .keep_unused = std::chrono::seconds(0)};
    files_ = std::make_unique<Files>(*tenant_, clock_, random_,
                                     make_local_store(directory_ / "files/acme"), limits);
  }
  static Package plain(std::string version) {
    return lab({open_part({named()})}, std::move(version));
  }
  static Package scanned(std::string version) {
    return lab({open_part({named(), field("scan", FieldType::file)})}, std::move(version));
  }
  static Entity open_part(std::vector<Field> fields) {
    auto made = part(std::move(fields));
    made.is_public = true;
    return made;
  }
  /// A row named `name` with a file of that content.
  RecordId put(const std::string& name, std::string_view field_name = "scan") {
    auto upload = files_->begin();
    EXPECT_TRUE(upload->write(bytes_of(name)));
    const auto stored = run(upload->finish({}, name, soon()));
    EXPECT_TRUE(stored) << stored.error().for_log();
    const auto made = within(
        [&](UnitOfWork& unit) {
          return unit.insert(*unit.catalog().find("lab", "part"),
                             json::object{{"name", name}, {field_name, stored->id.to_string()}});
        },
        {.plugin = "lab"});
    EXPECT_TRUE(made) << made.error().for_log();
    return made->id;
  }
  void erase_for_good(RecordId id) {
    const auto gone = within([&](UnitOfWork& unit) -> Result<> {
      const auto& entity = *unit.catalog().find("lab", "part");
      TENON_TRY(unit.erase(entity, id, std::nullopt));
      return unit.purge(entity, id);
    });
    ASSERT_TRUE(gone) << gone.error().for_log();
  }
  std::string counted() { return answer("SELECT refs FROM file ORDER BY name"); }
  std::uint64_t swept() {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const auto done = run(files_->sweep(soon()));
    EXPECT_TRUE(done) << done.error().for_log();
    return done ? done->files : 0;
  }
};

TEST_F(PutAwayFiles, of_a_dropped_field_stay_until_it_is_purged) {
  install(scanned("1.0.0"));
  put("a");
  put("b");
  ASSERT_TRUE(run(tenant_->upgrade(plain("2.0.0"), Consent::destructive, {}, soon())));
  EXPECT_EQ(counted(), "1 1 ");
  EXPECT_EQ(swept(), 0U);
  EXPECT_EQ(*files_->used(), 2U) << "they count towards the quota";
  Migrator migrator(tenant_->database(), clock_);
  ASSERT_TRUE(run(migrator.purge_quarantine("lab", soon())));
  EXPECT_EQ(counted(), "0 0 ");
  EXPECT_EQ(swept(), 2U);
  EXPECT_EQ(*files_->used(), 0U);
}

TEST_F(PutAwayFiles, come_back_with_their_field_but_for_rows_that_are_gone) {
  install(scanned("1.0.0"));
  const auto kept = put("a");
  const auto gone = put("b");
  ASSERT_TRUE(run(tenant_->upgrade(plain("2.0.0"), Consent::destructive, {}, soon())));
  erase_for_good(gone);
  EXPECT_EQ(counted(), "1 1 ") << "the quarantine names it still";
  ASSERT_TRUE(run(tenant_->undo("lab", Consent::none, soon())));
  EXPECT_EQ(counted(), "1 0 ");
  EXPECT_EQ(swept(), 1U);
  make_files();
  EXPECT_TRUE(files_->open_for({}, *tenant_->catalog()->find("lab", "part"), kept, "scan"));
}

TEST_F(PutAwayFiles, of_a_dropped_table_stay_until_the_module_is_purged) {
  auto other = open_part({named()});
  other.name = "other";
  auto both = scanned("1.0.0");
  both.entities.push_back(other);
  install(both);
  put("a");
  ASSERT_TRUE(run(tenant_->upgrade(lab({other}, "2.0.0"), Consent::destructive, {}, soon())));
  EXPECT_EQ(counted(), "1 ");
  EXPECT_EQ(swept(), 0U);
  ASSERT_TRUE(run(tenant_->purge("lab", soon())));
  EXPECT_EQ(counted(), "0 ");
  EXPECT_EQ(tables("q"), "");
  EXPECT_EQ(swept(), 1U);
}

TEST_F(PutAwayFiles, of_an_uninstalled_extension_stay_until_it_or_their_row_is_purged) {
  install(plain("1.0.0"));
  Entity extension{.plugin = "hr", .name = "part"};
  extension.extends = "lab";
  extension.fields = {field("photo", FieldType::file)};
  auto hr = lab({extension}, "1.0.0");
  hr.id = "hr";
  install(hr);
  put("a", "hr__photo");
  const auto gone = put("b", "hr__photo");
  ASSERT_TRUE(run(tenant_->set_state("hr", PluginState::uninstalled, soon())));
  EXPECT_EQ(counted(), "1 1 ");
  EXPECT_EQ(swept(), 0U);
  erase_for_good(gone);
  EXPECT_EQ(counted(), "1 0 ") << "nothing can bring this row back";
  ASSERT_TRUE(run(tenant_->purge("hr", soon())));
  EXPECT_EQ(counted(), "0 0 ");
  EXPECT_EQ(swept(), 2U);
}

}  // namespace
}  // namespace tenon::data
