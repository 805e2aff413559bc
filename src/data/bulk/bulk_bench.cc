// Import and export of 100,000 rows: seconds, and what the process grows by meanwhile.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "data/bulk/export.h"
#include "data/bulk/import.h"
#include "data/stage_bench.h"

namespace tenon::data {
namespace {

constexpr int kRows = 100'000;

Deadline later() { return Deadline::after(std::chrono::minutes(5)); }

double resident_mib() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

Field field(std::string name, FieldType type) {
  Field made;
  made.name = std::move(name);
  made.type = type;
  return made;
}

/// Eight fields with rules, a unique one, two more indexes.
Entity customer() {
  Entity entity{.plugin = "crm", .name = "customer"};
  entity.fields = {field("name", FieldType::string),    field("code", FieldType::string),
                   field("city", FieldType::string),    field("credit", FieldType::money),
                   field("active", FieldType::boolean), field("born", FieldType::date),
                   field("level", FieldType::select),   field("notes", FieldType::text)};
  entity.fields[0].required = true;
  entity.fields[0].sortable = true;
  entity.fields[1].unique = true;
  entity.fields[1].pattern = "KH[0-9]{6}";
  entity.fields[3].minimum = "0";
  entity.fields[6].options = {{.value = "A"}, {.value = "B"}};
  entity.indexes = {{.fields = {"city"}}};
  return entity;
}

/// Makes the stream as it is read: nothing of it is kept.
class MadeSource final : public ByteSource {
 public:
  Result<std::size_t> read(std::span<char> out) override {
    while (text_.size() < out.size() && next_ < kRows) {
      const int i = next_++;
      text_ +=
          fmt::format("客户 {:06},KH{:06},城市{},1234.50,{},1990-02-28,{},\"老客户，月结, {}\"\r\n",
                      i * 7919 % 1'000'000, i, i % 50, i % 2 == 0, i % 3 == 0 ? "A" : "B", i);
    }
    const auto count = std::min(out.size(), text_.size());
    text_.copy(out.data(), count);
    text_.erase(0, count);
    return count;
  }
  Result<> rewind() override {
    text_ = "name,code,city,credit,active,born,level,notes\r\n";
    next_ = 0;
    return {};
  }

 private:
  std::string text_;
  int next_ = 0;
};

struct Stage {
  tenon::testing::ScratchDirectory directory;
  BlockingPool pool{{.threads = 2}};
  SystemClock clock;
  SystemRandom random;
  Tenants tenants{directory.path(), pool, clock, random};
  std::shared_ptr<Tenant> tenant;

  Stage() {
    tenant = *tenants.create("bench", bench::address(bench::place()));
    Package package{.id = "crm", .version = "1", .entities = {customer()}};
    bench::must(tenon::testing::run(tenant->install(std::move(package), later())));
  }
};

void import_100000(benchmark::State& state, ImportMode mode) {
  double grown = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Stage stage;
    MadeSource source;
    const auto before = resident_mib();
    const ImportOptions options{.mode = mode, .progress = [&](const ImportProgress&) {
                                  grown = std::max(grown, resident_mib() - before);
                                  return Proceed::yes;
                                }};
    state.ResumeTiming();
    auto report = tenon::testing::run(
        import_rows(stage.tenant, Viewer{}, "crm", "customer", source, options, later()));
    if (!report || report->inserted != kRows) {
      state.SkipWithError(report ? "not all is imported" : report.error().for_log().c_str());
      break;
    }
    state.PauseTiming();
    stage.tenants.close();
    state.ResumeTiming();
  }
  state.counters["rows/s"] =
      benchmark::Counter(kRows, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["grown_MiB"] = grown;
}
BENCHMARK_CAPTURE(import_100000, skip_bad_rows, ImportMode::skip_bad_rows)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->UseRealTime();
BENCHMARK_CAPTURE(import_100000, all_or_nothing, ImportMode::all_or_nothing)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->UseRealTime();

void export_100000(benchmark::State& state, ExportFormat format) {
  static auto stage = [] {
    auto made = std::make_unique<Stage>();
    MadeSource source;
    const ImportOptions options{.mode = ImportMode::skip_bad_rows};
    (void)tenon::testing::run(
        import_rows(made->tenant, Viewer{}, "crm", "customer", source, options, later()));
    return made;
  }();
  const auto catalog = stage->tenant->catalog();
  const auto& info = *catalog->find("crm", "customer");
  const auto query = *parse_query(info, *split_query("order=name"));
  const auto before = resident_mib();
  double grown = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    auto snapshot = stage->tenant->snapshot({}, later());
    auto rows = export_rows(*snapshot, info, query, {.format = format},
                            [&](std::string_view piece) -> Result<> {
                              bytes += piece.size();
                              grown = std::max(grown, resident_mib() - before);
                              return {};
                            });
    if (!rows || *rows != kRows) state.SkipWithError("not exported");
  }
  state.counters["rows/s"] =
      benchmark::Counter(kRows, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["grown_MiB"] = grown;
  state.counters["MiB"] =
      static_cast<double>(bytes) / static_cast<double>(state.iterations()) / (1 << 20);
}
BENCHMARK_CAPTURE(export_100000, csv, ExportFormat::csv)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(export_100000, json_lines, ExportFormat::json_lines)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tenon::data
