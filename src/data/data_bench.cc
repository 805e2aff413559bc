// Reads through this room. What SQLite and libpq take for the same is measured in bench/raw.
#include <benchmark/benchmark.h>

#include "data/pair_bench.h"
#include "data/stage_bench.h"

namespace tenon::data::bench {
namespace {

Stage& filled() {
  static Stage stage(rows());
  return stage;
}

void get_by_id(benchmark::State& state) {
  auto& stage = filled();
  const auto& info = stage.info();
  std::size_t i = 0;
  for (auto _ : state) {
    auto record = stage.tenant->get(info, stage.ids[i = (i + 7919) % stage.ids.size()], {});
    if (!record) state.SkipWithError("no record");
    benchmark::DoNotOptimize(record);
  }
}
BENCHMARK(get_by_id);

void page_of_20(benchmark::State& state, const char* text) {
  auto& stage = filled();
  const auto& info = stage.info();
  for (auto _ : state) {
    auto query = parse_query(info, *split_query(text));
    auto page = stage.tenant->list(info, *query, {}, soon());
    if (!page || page->rows != 20) state.SkipWithError("no page");
    benchmark::DoNotOptimize(page);
  }
}
BENCHMARK_CAPTURE(page_of_20, filter, "city=eq.城市7&limit=20");
BENCHMARK_CAPTURE(page_of_20, order, "order=name&limit=20");
BENCHMARK_CAPTURE(page_of_20, order_descending, "order=name.desc&limit=20");

void page_of_20_capped_count(benchmark::State& state) {
  auto& stage = filled();
  const auto& info = stage.info();
  auto query = *parse_query(info, *split_query("city=eq.城市7&order=city&limit=20"));
  query.count = Count::planned;
  for (auto _ : state) {
    auto page = stage.tenant->list(info, query, {}, soon());
    if (!page || page->rows != 20 || !page->capped) state.SkipWithError("no page");
  }
}
BENCHMARK(page_of_20_capped_count);

/// A quarter of all rows is visible, spread evenly; then a twentieth.
void page_of_20_department_tree(benchmark::State& state, const char* text) {
  auto& stage = filled();
  const auto& info = stage.info();
  const auto viewer = tree_viewer(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    auto query = parse_query(info, *split_query(text), viewer);
    auto page = stage.tenant->list(info, *query, viewer, soon());
    if (!page || page->rows != 20) state.SkipWithError("no page");
    benchmark::DoNotOptimize(page);
  }
}
BENCHMARK_CAPTURE(page_of_20_department_tree, order, "order=name&limit=20")->Arg(5)->Arg(1);
BENCHMARK_CAPTURE(page_of_20_department_tree, filter, "city=eq.城市7&limit=20")->Arg(5)->Arg(1);

void group_by_two_sums(benchmark::State& state) {
  auto& stage = filled();
  const auto& info = stage.info();
  const auto query =
      *parse_query(info, *split_query("select=city,credit.sum(),all:version.sum(),count()"));
  for (auto _ : state) {
    auto page = stage.tenant->list(info, query, {}, soon());
    if (!page || page->rows != 50) state.SkipWithError("no groups");
  }
}
BENCHMARK(group_by_two_sums)->Unit(benchmark::kMillisecond);

Stage& with_search() {
  static Stage stage(rows(), searched());
  return stage;
}

void search(benchmark::State& state, const char* text, std::size_t rows) {
  auto& stage = with_search();
  const auto& info = stage.info();
  for (auto _ : state) {
    auto query = parse_query(info, *split_query(text));
    auto page = stage.tenant->list(info, *query, {}, soon());
    if (!page || page->rows < rows) state.SkipWithError("no page");
    benchmark::DoNotOptimize(page);
  }
}
BENCHMARK_CAPTURE(search, word_that_all_have, "fts=客户&limit=20", 20U);
BENCHMARK_CAPTURE(search, character_that_all_have, "fts=户&limit=20", 20U);
BENCHMARK_CAPTURE(search, prefix_of_a_thousand, "fts=07&limit=20", 20U);
BENCHMARK_CAPTURE(search, two_words, "fts=月结 0791&limit=20", 5U);
BENCHMARK_CAPTURE(search, inside, "name=contains.7919&limit=20", 20U);
BENCHMARK_CAPTURE(search, inside_two_characters, "notes=contains.三十&limit=20", 20U);
BENCHMARK_CAPTURE(search, ordered, "fts=0791&order=name&limit=20", 5U);

void pick(benchmark::State& state, const char* text) {
  auto& stage = with_search();
  const auto& info = stage.info();
  for (auto _ : state) {
    auto page = stage.tenant->pick(info, text, {}, soon());
    if (!page) state.SkipWithError("no page");
  }
}
BENCHMARK_CAPTURE(pick, beginning, "客户 0");
BENCHMARK_CAPTURE(pick, inside, "07919");

/// The 2,500th page by its cursor beside the first.
void page_2500_beside_first(benchmark::State& state) {
  auto& stage = filled();
  const auto& info = stage.info();
  const auto first = *parse_query(info, *split_query("order=name&limit=20"));
  auto deep = *parse_query(info, *split_query("order=name&limit=1000"));
  for (int pages = 0; pages < 50; ++pages)
    deep.after = stage.tenant->list(info, deep, {}, soon())->next;
  deep.limit = 20;
  const auto page = [&](const Query& query) {
    const auto found = stage.tenant->list(info, query, {}, soon());
    return found && found->rows == 20;
  };
  pair(state, "deep", [&] { return page(deep); }, "first", [&] { return page(first); });
}
BENCHMARK(page_2500_beside_first);

/// A page that a subtree of departments may see beside the page without a scope.
void page_in_tree_beside_all(benchmark::State& state, const char* text) {
  auto& stage = filled();
  const auto& info = stage.info();
  const auto viewer = tree_viewer(5);
  const auto page = [&](const Viewer& who) {
    const auto query = parse_query(info, *split_query(text), who);
    const auto found = stage.tenant->list(info, *query, who, soon());
    return found && found->rows == 20;
  };
  pair(state, "tree", [&] { return page(viewer); }, "all", [&] { return page({}); });
}
BENCHMARK_CAPTURE(page_in_tree_beside_all, order, "order=name&limit=20");
BENCHMARK_CAPTURE(page_in_tree_beside_all, filter, "city=eq.城市7&limit=20");

}  // namespace
}  // namespace tenon::data::bench
