// A tenant of 100,000 customers with history, search and 200 MB of files: seconds of each
// operation, and what the process grows by meanwhile.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "data/bulk/import.h"
#include "data/transfer/tenant_operations.h"
#include "storage/postgres_scratch.h"

namespace tenon::data {
namespace {

constexpr int kRows = 100'000;
constexpr int kFiles = 40;
constexpr std::size_t kFileBytes = std::size_t{5} << 20;

Deadline later() { return Deadline::after(std::chrono::minutes(10)); }

double resident_mib() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

/// The most that the process grows by while this lives.
class Growth {
 public:
  [[nodiscard]] double mib() {
    watcher_.request_stop();
    watcher_.join();
    return most_ - before_;
  }

 private:
  static double at_rest() {
    ::malloc_trim(0);  // what was freed before must not hide what is taken now
    return resident_mib();
  }
  double before_ = at_rest();
  std::atomic<double> most_ = before_;
  std::jthread watcher_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      most_ = std::max(most_.load(), resident_mib());
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }};
};

Entity customer() {
  Entity entity{.plugin = "crm", .name = "customer"};
  for (const auto& [name, type] : {std::pair{"name", FieldType::string},
                                   {"code", FieldType::string},
                                   {"city", FieldType::string},
                                   {"credit", FieldType::money},
                                   {"born", FieldType::date},
                                   {"notes", FieldType::text}}) {
    entity.fields.emplace_back();
    entity.fields.back().name = name;
    entity.fields.back().type = type;
  }
  entity.fields[0].searchable = entity.fields[0].sortable = true;
  entity.fields[1].unique = true;
  entity.indexes = {{.fields = {"city"}}};
  return entity;
}

class MadeSource final : public ByteSource {
 public:
  Result<std::size_t> read(std::span<char> out) override {
    while (text_.size() < out.size() && next_ < kRows) {
      const int i = next_++;
      text_ += fmt::format("客户 {:06},KH{:06},城市{},1234.50,1990-02-28,\"老客户，月结, {}\"\r\n",
                           i * 7919 % 1'000'000, i, i % 50, i);
    }
    const auto count = std::min(out.size(), text_.size());
    text_.copy(out.data(), count);
    text_.erase(0, count);
    return count;
  }
  Result<> rewind() override {
    text_ = "name,code,city,credit,born,notes\r\n";
    next_ = 0;
    return {};
  }

 private:
  std::string text_;
  int next_ = 0;
};

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().for_log().c_str());
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

struct Stage {
  tenon::testing::ScratchDirectory directory;
  BlockingPool pool{{.threads = 2}};
  SystemClock clock;
  SystemRandom random;
  Tenants tenants{directory.path(), pool, clock, random};
  TenantOperations operations{tenants, directory.path(), pool, clock, random};
  std::string archive = directory / "bench.tenant";
  std::string database;
  int count = 0;

  Stage() {
    if (auto* server = tenon::testing::PrivatePostgres::shared(); server != nullptr)
      database = server->fresh_database();
    const auto tenant = must(tenants.create("bench"));
    Package package{.id = "crm", .version = "1", .entities = {customer()}};
    must(tenon::testing::run(tenant->install(std::move(package), later())));
    MadeSource source;
    const auto report =
        must(tenon::testing::run(import_rows(tenant, Viewer{}, "crm", "customer", source,
                                             {.mode = ImportMode::skip_bad_rows}, later())));
    if (report.inserted != kRows) std::abort();
    std::vector<std::uint8_t> bytes(kFileBytes);
    for (std::uint8_t i = 0; i < kFiles; ++i) {
      bytes.front() = i;
      auto upload = must(tenant->files().begin());
      must(upload.write(bytes));
      must(tenon::testing::run(upload.finish({}, "a", later())));
    }
    tenants.close();
  }
  static Stage& shared() {
    static Stage stage;
    return stage;
  }
};

void run(benchmark::State& state, const std::function<void(Stage&)>& work) {
  auto& stage = Stage::shared();
  double grown = 0;
  for (auto _ : state) {
    Growth growth;
    work(stage);
    grown = std::max(grown, growth.mib());
  }
  state.counters["grown_MiB"] = grown;
}

void backup_file(benchmark::State& state) {
  run(state, [](Stage& stage) {
    std::filesystem::remove(stage.archive);
    const auto report = must(stage.operations.backup("bench", stage.archive));
    if (report.rows < 2 * kRows || report.files != kFiles) std::abort();
  });
  std::error_code none;
  state.counters["MiB"] =
      static_cast<double>(std::filesystem::file_size(Stage::shared().archive, none)) / (1 << 20);
}
void verify(benchmark::State& state) {
  run(state, [](Stage& stage) { must(verify_archive(stage.archive)); });
}
void restore_file(benchmark::State& state) {
  run(state, [](Stage& stage) {
    must(stage.operations.restore(stage.archive, fmt::format("file{}", stage.count++), {}));
  });
}
void restore_postgres(benchmark::State& state) {
  if (Stage::shared().database.empty()) return state.SkipWithError("no PostgreSQL here");
  run(state, [](Stage& stage) {
    must(stage.operations.restore(stage.archive, "server", stage.database));
  });
}
void backup_postgres(benchmark::State& state) {
  if (Stage::shared().database.empty()) return state.SkipWithError("no PostgreSQL here");
  run(state,
      [](Stage& stage) { must(stage.operations.backup("server", stage.archive + ".server")); });
}
void move_to_postgres(benchmark::State& state) {
  if (Stage::shared().database.empty()) return state.SkipWithError("no PostgreSQL here");
  run(state, [](Stage& stage) { must(stage.operations.move("bench", stage.database)); });
}
void move_to_file(benchmark::State& state) {
  if (Stage::shared().database.empty()) return state.SkipWithError("no PostgreSQL here");
  run(state, [](Stage& stage) { must(stage.operations.move("bench", {})); });
}

// In this order: each works on what the one before left.
#define TENON_ONCE(name) \
  BENCHMARK(name)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime()
TENON_ONCE(backup_file);
TENON_ONCE(verify);
TENON_ONCE(restore_file);
TENON_ONCE(restore_postgres);
TENON_ONCE(backup_postgres);
TENON_ONCE(move_to_postgres);
TENON_ONCE(move_to_file);

}  // namespace
}  // namespace tenon::data
