// Imports and exports against a tenant: what comes out goes in the same, what is wrong is told
// completely, and nothing is half-written.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "data/bulk/export.h"
#include "data/bulk/import.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

using testing::soon;

class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<char> out) override {
    const auto count = std::min(out.size(), text_.size() - at_);
    std::ranges::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                        static_cast<std::ptrdiff_t>(count), out.begin());
    at_ += count;
    return count;
  }
  Result<> rewind() override {
    at_ = 0;
    return {};
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

class BulkTest : public testing::TenantTest {
 protected:
  std::string errors_;

  Result<ImportReport> load(std::string text, ImportOptions options = {},
                            std::string entity = "customer") {
    TextSource source(std::move(text));
    errors_.clear();
    options.errors = [this](std::string_view piece) -> Result<> {
      errors_ += piece;
      return {};
    };
    return tenon::testing::run(
        import_rows(tenant_, Viewer{}, "crm", std::move(entity), source, options, soon()));
  }
  std::string dump(std::string_view query, ExportOptions options = {},
                   std::string_view name = "customer") {
    auto parsed = parse_query(entity(name), *split_query(query));
    auto snapshot = tenant_->snapshot({}, soon());
    std::string text;
    auto rows = export_rows(*snapshot, entity(name), *parsed, options,
                            [&](std::string_view piece) -> Result<> {
                              text += piece;
                              return {};
                            });
    return rows ? text : rows.error().reason();
  }
  std::uint64_t rows() {
    Query query;
    query.count = Count::exact;
    return tenant_->count(entity("customer"), query, {}, soon())->rows;
  }
  static std::string lines(int count, int bad_from = 1 << 30) {
    std::string text = "name,code,city\n";
    for (int i = 0; i < count; ++i)
      text += fmt::format("n{},{},x\n", i,
                          i < bad_from ? fmt::format("AB{:06}", i) : std::string("bad"));
    return text;
  }
};

constexpr std::string_view kAll =
    "select=name,code,city,level,credit,active,born,seen,visits,notes,extra,tags,token,employer"
    "&order=name";

TEST_F(BulkTest, imports_what_it_exported_and_exports_the_same_again) {
  ASSERT_TRUE(insert("company", R"({"name":"Acme, \"Inc\""})"));
  auto company = json::parse(list("company", "select=id")->json);
  const std::string id(company->at(0).at("id").as_string());
  ASSERT_TRUE(
      insert("customer", fmt::format(R"({{"name":"=1+1","code":"AB000001","city":"上海","level":"A",
      "credit":"12.50","active":true,"born":"1990-02-28","seen":"2026-01-02T03:04:05.000006Z",
      "visits":-7,"notes":"a;b,\"c\"\r\nd\te","extra":{{"k":[1,null,"x"]}},"tags":["vip","new"],
      "token":"0197f6f2-7a53-7c4e-8c7e-2f5a3c1d9e10","employer":"{}"}})",
                                     id)));
  ASSERT_TRUE(insert("customer", R"({"name":"'=x","notes":"","city":null})"));
  ASSERT_TRUE(insert("customer", R"({"name":"-12","notes":"@home","city":"","extra":"=1"})"));
  for (const auto guard : {Guard::formulas, Guard::none}) {
    const auto before = dump(kAll, {.guard = guard});
    const auto exact = dump(kAll, {.format = ExportFormat::json_lines});
    Query everything;
    everything.filter.children.push_back(
        {.kind = Filter::Kind::leaf, .negated = true, .column = 0, .op = Operator::is_null});
    ASSERT_TRUE(within(
        [&](UnitOfWork& unit) { return unit.erase_where(entity("customer"), everything, 100); }));
    ASSERT_EQ(rows(), 0U);
    auto report = load(before, {.guard = guard});
    ASSERT_TRUE(report) << report.error().for_log();
    EXPECT_EQ(report->inserted, 3U) << errors_;
    EXPECT_EQ(dump(kAll, {.guard = guard}), before);
    EXPECT_EQ(dump(kAll, {.format = ExportFormat::json_lines}), exact);
  }
}

TEST_F(BulkTest, exports_with_a_guard_that_leaves_numbers_alone) {
  ASSERT_TRUE(insert("customer", R"({"name":"=cmd","visits":-5,"credit":"0.50","notes":"-5"})"));
  EXPECT_EQ(dump("select=name,visits,credit,notes,city"),
            "name,visits,credit,notes,city\r\n'=cmd,-5,0.50,-5,上海\r\n");
  EXPECT_EQ(dump("select=name", {.guard = Guard::none}), "name\r\n=cmd\r\n");
  EXPECT_EQ(dump("select=born"), "born\r\n\"\"\r\n");
  EXPECT_EQ(dump("", {.max_rows = 0}), "export.rows");
}

TEST_F(BulkTest, exports_one_snapshot_page_by_page) {
  ASSERT_TRUE(load(lines(2500)));
  auto parsed = *parse_query(entity("customer"), *split_query("select=name&order=code"));
  auto snapshot = tenant_->snapshot({}, soon());
  std::string text;
  bool first = true;
  auto count = export_rows(*snapshot, entity("customer"), parsed, {}, [&](std::string_view piece) {
    text += piece;
    // Rows that come and go meanwhile change nothing.
    if (std::exchange(first, false))
      (void)insert("customer", R"({"name":"late","code":"AB999999"})");
    return Result<>();
  });
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 2500U);
  EXPECT_EQ(text.find("late"), std::string::npos);
  EXPECT_EQ(std::ranges::count(text, '\n'), 2501);
}

TEST_F(BulkTest, tells_everything_that_is_wrong_and_writes_nothing) {
  const auto text =
      "name,code,credit,visits\n"
      "ok,AB000001,1.00,1\n"
      ",bad,-1,x\n"
      "a,AB000002\n"
      "b,AB000001,2,2\n"
      "\xff,AB000003,1,1\n";
  auto report = load(text);
  ASSERT_TRUE(report) << report.error().for_log();
  EXPECT_EQ(report->rows, 5U);
  EXPECT_EQ(report->bad, 4U);
  EXPECT_FALSE(report->written);
  EXPECT_EQ(rows(), 0U);
  EXPECT_TRUE(errors_.starts_with("row,line,column,rule,message\r\n")) << errors_;
  for (const auto* line :
       {"2,3,visits,", "2,3,name,required,", "2,3,code,pattern,", "2,3,credit,minimum,",
        "3,4,,cells,", "4,5,code,unique,", "5,6,name,encoding,"})
    EXPECT_NE(errors_.find(line), std::string::npos) << line << "\n" << errors_;
  EXPECT_EQ(tenant_->outbox().backlog()->waiting, 0U);
}

TEST_F(BulkTest, leaves_out_bad_rows_when_told_so_whatever_the_batch) {
  ASSERT_TRUE(insert("customer", R"({"name":"there","code":"AB000003"})"));
  for (const std::size_t batch : {1U, 2U, 500U}) {
    auto report = load("code,name\nAB000003,twice\nXY00000" + std::to_string(batch) +
                           "1,wrong\nAB1" + fmt::format("{:05}", batch) + ",good\n",
                       {.mode = ImportMode::skip_bad_rows, .batch = batch});
    ASSERT_TRUE(report) << report.error().for_log();
    EXPECT_EQ(report->inserted, 1U) << errors_;
    EXPECT_EQ(report->bad, 2U);
    EXPECT_TRUE(report->written);
    EXPECT_NE(errors_.find("1,2,code,unique,"), std::string::npos) << errors_;
  }
  EXPECT_EQ(rows(), 4U);
}

TEST_F(BulkTest, checks_only_when_it_is_a_dry_run) {
  auto report = load("name\na\nb\n", {.run = ImportRun::dry});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->inserted, 2U);
  EXPECT_FALSE(report->written);
  EXPECT_EQ(rows(), 0U);
}

TEST_F(BulkTest, updates_the_record_that_has_the_key) {
  ASSERT_TRUE(load("code,name,visits\nAB000001,a,1\nAB000002,b,2\n"));
  auto report =
      load("code,visits,name\nAB000002,20,b\nAB000003,30,c\nAB000003,31,c\n", {.key = {"code"}});
  ASSERT_TRUE(report) << report.error().for_log();
  EXPECT_EQ(report->inserted, 1U);
  EXPECT_EQ(report->updated, 2U);
  EXPECT_EQ(dump("select=code,visits&order=code"),
            "code,visits\r\nAB000001,1\r\nAB000002,20\r\nAB000003,31\r\n");
  EXPECT_EQ(load("name\na\n", {.key = {"code"}}).error().reason(), "import.key");
  EXPECT_EQ(load("name,visits\na,1\n", {.key = {"visits"}}).error().reason(), "import.key");
}

TEST_F(BulkTest, finds_references_by_a_natural_key) {
  ASSERT_TRUE(insert("company", R"({"name":"Acme"})"));
  const ImportOptions options{.columns = {{.header = "Firma", .field = "employer", .by = "name"},
                                          {.header = "Kunde", .field = "name"},
                                          {.header = "Rest"}},
                              .mode = ImportMode::skip_bad_rows};
  auto report = load("Kunde;Firma;Rest\na;Acme;x\nb;Nobody;x\nc;;x\n", options);
  ASSERT_TRUE(report) << report.error().for_log();
  EXPECT_EQ(report->inserted, 2U);
  EXPECT_NE(errors_.find("2,3,Firma,reference,"), std::string::npos) << errors_;
  EXPECT_NE(dump("select=employer&order=name").find('-'), std::string::npos);
}

TEST_F(BulkTest, refuses_a_header_that_fits_no_field) {
  EXPECT_EQ(load("nmae\na\n").error().reason(), "import.column");
  EXPECT_NE(load("nmae\na\n").error().message().find("name"), std::string::npos);
  EXPECT_EQ(load("name,name\na,b\n").error().reason(), "import.column");
  EXPECT_EQ(load("").error().reason(), "import.column");
  EXPECT_EQ(load("name\n\"a\n").error().reason(), "csv.open_quote");
}

TEST_F(BulkTest, holds_its_limits_and_leaves_nothing) {
  EXPECT_EQ(load(lines(20), {.batch = 5, .max_rows = 19}).error().reason(), "import.rows");
  EXPECT_TRUE(load(lines(19), {.run = ImportRun::dry, .batch = 5, .max_rows = 19}));
  EXPECT_EQ(load(lines(20, 10), {.batch = 5, .max_errors = 9}).error().reason(), "import.errors");
  EXPECT_TRUE(load(lines(20, 10), {.batch = 5, .max_errors = 10}));
  EXPECT_EQ(rows(), 0U);
}

TEST_F(BulkTest, asks_the_hook_of_a_module_about_every_row) {
  auto report = load("name\na\nno\nc\n", {.mode = ImportMode::skip_bad_rows,
                                          .before_row = [](UnitOfWork&, std::optional<RecordId>,
                                                           json::object& fields) -> Result<> {
                                            if (fields.at("name") == "no")
                                              return fail(ErrorCode::denied, "Not this one.");
                                            fields["visits"] = 3;
                                            return {};
                                          }});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->bad, 1U);
  EXPECT_NE(errors_.find("Not this one."), std::string::npos);
  EXPECT_EQ(dump("select=name,visits&order=name"), "name,visits\r\na,3\r\nc,3\r\n");
}

TEST_F(BulkTest, takes_back_a_long_import_that_is_cancelled_on_the_way) {
  const int count = static_cast<int>(kAtomicRows) + 500;
  ASSERT_TRUE(insert("customer", R"({"name":"before","code":"AB000007","visits":1})"));
  std::uint64_t seen = 0;
  auto report = load(lines(count), {.key = {"code"}, .progress = [&](const ImportProgress& now) {
                                      seen = now.rows;
                                      if (!now.checking && now.rows >= 1500) {
                                        EXPECT_GE(rows(), 1500U);
                                        return Proceed::no;
                                      }
                                      return Proceed::yes;
                                    }});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().reason(), "import.cancelled");
  EXPECT_EQ(seen, 1500U);
  EXPECT_EQ(dump("select=name,code,visits"), "name,code,visits\r\nbefore,AB000007,1\r\n");
  ASSERT_TRUE(load(lines(count), {.key = {"code"}}));
  EXPECT_EQ(rows(), static_cast<std::uint64_t>(count));
}

TEST_F(BulkTest, finds_out_when_the_records_changed_between_check_and_writing) {
  const int count = static_cast<int>(kAtomicRows) + 500;
  bool done = false;
  auto report = load(lines(count), {.progress = [&](const ImportProgress& now) {
                       // Somebody takes a code that the stream holds near its end.
                       if (!now.checking && !std::exchange(done, true))
                         (void)insert("customer", R"({"name":"other","code":"AB002400"})");
                       return Proceed::yes;
                     }});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().reason(), "import.changed");
  EXPECT_EQ(dump("select=name"), "name\r\nother\r\n");
}

TEST(ImportCrash, is_taken_back_when_its_process_died) {
  tenon::testing::ScratchDirectory directory;
  const auto with_tenant = [&](auto work) {
    SystemClock clock;
    SystemRandom random;
    BlockingPool pool({.threads = 1});
    Tenants tenants(directory.path(), pool, clock, random);
    auto tenant = tenants.open("acme");
    if (!tenant) tenant = tenants.create("acme");
    work(*tenant);
    tenants.close();
    tenant->reset();
    pool.stop();
  };
  with_tenant([](std::shared_ptr<Tenant> tenant) {
    ASSERT_TRUE(tenon::testing::run(tenant->install(testing::crm(), soon())));
  });
  const pid_t pid = ::fork();  // no thread and no database is open here
  if (pid == 0) {
    with_tenant([](std::shared_ptr<Tenant> tenant) {
      std::string text = "name\n";
      for (std::size_t i = 0; i < kAtomicRows + 1000; ++i) text += fmt::format("n{}\n", i);
      TextSource source(text);
      const ImportOptions options{.progress = [](const ImportProgress& now) {
        if (!now.checking && now.rows >= 1000) ::kill(::getpid(), SIGKILL);
        return Proceed::yes;
      }};
      (void)tenon::testing::run(
          import_rows(tenant, Viewer{}, "crm", "customer", source, options, soon()));
    });
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  with_tenant([](std::shared_ptr<Tenant> tenant) {
    Query query;
    query.count = Count::exact;
    const auto catalog = tenant->catalog();
    const auto& info = *catalog->find("crm", "customer");
    EXPECT_EQ(tenant->count(info, query, {}, soon())->rows, 1000U);
    EXPECT_EQ(*tenon::testing::run(recover_imports(tenant, soon())), 0U) << "it may live still";
    auto lease = tenon::testing::run(tenant->database().lease(soon()));
    ASSERT_TRUE(lease->session().execute("UPDATE import SET alive_until = 0"));
    ASSERT_TRUE(tenon::testing::run(lease->commit()));
    auto recovered = tenon::testing::run(recover_imports(tenant, soon()));
    ASSERT_TRUE(recovered) << recovered.error().for_log();
    EXPECT_EQ(*recovered, 1U);
    EXPECT_EQ(tenant->count(info, query, {}, soon())->rows, 0U);
    EXPECT_EQ(*tenon::testing::run(recover_imports(tenant, soon())), 0U);
  });
}

}  // namespace
}  // namespace tenon::data
