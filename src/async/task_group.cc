#include "async/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstdio>
#include <exception>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "async/event.h"

namespace tenon {
namespace {

constexpr std::chrono::milliseconds kRepeat{20};

void write_to_standard_error(const Error& error) {
  std::fprintf(stderr, "tenon: task failed: %s\n", error.for_log().c_str());
}

void end_process_on_bug(const std::exception_ptr& bug) noexcept {
  if (!bug) return;
  try {
    std::rethrow_exception(bug);
  } catch (const std::exception& exception) {
    TENON_FATAL(exception.what());
  } catch (...) {
    TENON_FATAL("an unknown exception left a task");
  }
}

asio::awaitable<void> with_cancellation_as_value(asio::awaitable<void> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

}  // namespace

struct TaskGroup::State {
  /// One running task. The signal is touched on `executor` only.
  struct Entry {
    explicit Entry(Executor on) : executor(std::move(on)) {}
    Executor executor;
    asio::cancellation_signal signal;
  };

  /// Marks the task as ended when its completion handler goes, also when the handler was never
  /// called because its io_context was destroyed.
  class Running {
   public:
    Running(std::shared_ptr<State> state, std::shared_ptr<Entry> entry)
        : state_(std::move(state)), entry_(std::move(entry)) {}
    Running(Running&&) noexcept = default;
    Running& operator=(Running&&) = delete;
    ~Running() {
      if (state_) state_->ended(entry_);
    }

   private:
    std::shared_ptr<State> state_;
    std::shared_ptr<Entry> entry_;
  };

  State(Executor on, ErrorSink to) : executor(std::move(on)), sink(std::move(to)) {}

  const Executor executor;
  const ErrorSink sink;
  mutable std::mutex mutex;
  std::unordered_set<std::shared_ptr<Entry>> entries;
  bool stopping = false;
  Event idle;  // set when stopping and no task is left

  void ended(const std::shared_ptr<Entry>& entry) {
    bool last = false;
    {
      const std::lock_guard lock(mutex);
      entries.erase(entry);
      last = stopping && entries.empty();
    }
    if (last) idle.set();
  }

  std::shared_ptr<Entry> begin(Executor on) {
    auto entry = std::make_shared<Entry>(std::move(on));
    const std::lock_guard lock(mutex);
    if (stopping) return nullptr;
    entries.insert(entry);
    return entry;
  }

  void ask_all_to_stop() {
    std::vector<std::shared_ptr<Entry>> running;
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      running.assign(entries.begin(), entries.end());
    }
    if (running.empty()) idle.set();
    for (auto& entry : running)
      asio::post(entry->executor,
                 [entry] { entry->signal.emit(asio::cancellation_type::terminal); });
  }

  static asio::awaitable<void> report_error(std::shared_ptr<State> state, Task<> task) {
    auto result = co_await std::move(task);
    if (result || result.error().code() == ErrorCode::cancelled) co_return;
    if (state->sink)
      state->sink(result.error());
    else
      write_to_standard_error(result.error());
  }

  static Task<> stop(std::shared_ptr<State> state, Deadline deadline) {
    while (true) {
      state->ask_all_to_stop();
      const auto round =
          co_await state->idle.wait_uncancelled(deadline.min(Deadline::after(kRepeat)));
      if (round) co_return Result<>();
      if (deadline.passed())
        co_return fail(Error(ErrorCode::cancelled, "Some tasks did not stop in time.")
                           .because("group.deadline"));
    }
  }
};

TaskGroup::TaskGroup(Executor executor, ErrorSink sink)
    : state_(std::make_shared<State>(std::move(executor), std::move(sink))) {}

TaskGroup::~TaskGroup() {
  if (size() > 0) TENON_FATAL("a task group is destroyed while tasks run; stop() it first");
}

void TaskGroup::spawn(asio::awaitable<void> task) { spawn_on(state_->executor, std::move(task)); }

void TaskGroup::spawn(Task<> task) { spawn_on(state_->executor, std::move(task)); }

void TaskGroup::spawn_on(Executor executor, Task<> task) {
  spawn_on(std::move(executor), State::report_error(state_, std::move(task)));
}

void TaskGroup::spawn_on(Executor executor, asio::awaitable<void> task) {
  auto entry = state_->begin(std::move(executor));
  if (!entry) return;
  const Executor on = entry->executor;
  auto slot = entry->signal.slot();
  asio::co_spawn(on, with_cancellation_as_value(std::move(task)),
                 asio::bind_cancellation_slot(
                     slot, [running = State::Running(state_, std::move(entry))](
                               const std::exception_ptr& bug) { end_process_on_bug(bug); }));
}

std::size_t TaskGroup::size() const noexcept {
  const std::lock_guard lock(state_->mutex);
  return state_->entries.size();
}

Task<> TaskGroup::stop(Deadline deadline) { return State::stop(state_, deadline); }

}  // namespace tenon
