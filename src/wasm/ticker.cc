#include "wasm/engine_impl.h"

namespace tenon::wasm {
namespace {
constexpr int kIdleTicksBeforeParking = 20;
}

Ticker::Ticker(wasm_engine_t* engine, std::chrono::milliseconds period)
    : engine_(engine), period_(period), thread_([this] { loop(); }) {}

Ticker::~Ticker() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Ticker::wake() noexcept {
  const std::scoped_lock lock(mutex_);
  changed_.notify_all();
}

void Ticker::loop() {
  std::unique_lock lock(mutex_);
  int idle = 0;
  while (!stopping_) {
    changed_.wait_for(lock, period_, [this] { return stopping_; });
    wasmtime_engine_increment_epoch(engine_);
    idle = running_.load() == 0 ? idle + 1 : 0;
    if (idle < kIdleTicksBeforeParking) continue;
    parked_.store(true);  // before the look at running_, so that begin() sees it or we see begin()
    changed_.wait(lock, [this] { return stopping_ || running_.load() != 0; });
    parked_.store(false);
    idle = 0;
  }
}

}  // namespace tenon::wasm
