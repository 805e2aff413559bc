#pragma once
// Two ways to do one thing, measured in turns: on a machine that is busy with other things the
// ratio of such a pair says more than either time.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace tenon::data::bench {

namespace detail {

/// Microseconds for each call of `work` in a row of `calls`; negative when one failed.
template <class Work>
double batch(int calls, Work& work) {
  const auto start = std::chrono::steady_clock::now();
  bool good = true;
  for (int i = 0; i < calls; ++i) good = work() && good;
  const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
  return good ? taken.count() / calls : -1;
}

inline double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace detail

/// Calls `a` and `b` in turns, `calls` times each, as long as the benchmark runs. Counters:
/// `<name>_us`, the median of both, and `<a>_over_<b>`, the median of the ratios of their turns.
template <class A, class B>
void pair(benchmark::State& state, const std::string& a_name, A a, const std::string& b_name, B b,
          int calls = 50) {
  std::vector<double> as;
  std::vector<double> bs;
  std::vector<double> ratios;
  for (auto _ : state) {
    as.push_back(detail::batch(calls, a));
    bs.push_back(detail::batch(calls, b));
    if (as.back() < 0 || bs.back() < 0) {
      state.SkipWithError("a call failed");
      return;
    }
    ratios.push_back(as.back() / bs.back());
  }
  state.counters[a_name + "_us"] = detail::median(as);
  state.counters[b_name + "_us"] = detail::median(bs);
  state.counters[a_name + "_over_" + b_name] = detail::median(ratios);
}

}  // namespace tenon::data::bench
