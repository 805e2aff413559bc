#pragma once
// Test support: a directory that goes away, and coroutines driven to their end.

#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "async/task.h"

namespace tenon::testing {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tenon-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::terminate();
    path_ = pattern;
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

/// Runs one task to its end on this thread.
template <class R>
R run(asio::awaitable<R> task) {
  asio::io_context context;
  std::optional<R> result;
  asio::co_spawn(context, std::move(task), [&result](const std::exception_ptr& bug, R value) {
    if (bug) std::rethrow_exception(bug);
    result.emplace(std::move(value));
  });
  context.run();
  return std::move(*result);
}

/// Runs `count` tasks made by `make(i)` beside each other on `threads` threads with a loop each.
template <class Make>
void run_all(std::size_t threads, std::size_t count, Make make) {
  std::vector<std::jthread> workers;
  workers.reserve(threads);
  for (std::size_t t = 0; t < threads; ++t)
    workers.emplace_back([=] {
      asio::io_context context;
      for (std::size_t i = t; i < count; i += threads)
        asio::co_spawn(context, make(i), [](const std::exception_ptr& bug, auto&&...) {
          if (bug) std::terminate();
        });
      context.run();
    });
}

}  // namespace tenon::testing
