#pragma once
// The engine's handle and its ticker. For this room only.

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "wasm/engine.h"
#include "wasm/handles.h"

namespace tenon::wasm {

/// Advances the engine's epoch while a guest runs. An idle server is never woken: after some ticks
/// without a running guest the thread parks until begin(). Thread: any.
class Ticker {
 public:
  Ticker(wasm_engine_t* engine, std::chrono::milliseconds period);
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
  ~Ticker();

  /// A guest starts to run, or stops. Cost: an atomic addition each.
  void begin() noexcept {
    running_.fetch_add(1);
    if (parked_.load()) [[unlikely]]
      wake();
  }
  void end() noexcept { running_.fetch_sub(1); }
  [[nodiscard]] std::size_t running() const noexcept { return running_.load(); }
  [[nodiscard]] bool parked() const noexcept { return parked_.load(); }

 private:
  void wake() noexcept;
  void loop();

  wasm_engine_t* engine_;
  std::chrono::milliseconds period_;
  std::atomic<std::size_t> running_{0};
  std::atomic<bool> parked_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;  // last: uses the members above
};

struct Engine::Impl {
  EngineOptions options;
  EngineHandle handle;
  std::atomic<std::size_t> live_stores{0};
  std::unique_ptr<Ticker> ticker;
};

}  // namespace tenon::wasm
