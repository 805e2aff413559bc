#pragma once
// A log that waits for its disk makes every request wait. Lines are handed to a thread through a
// bounded queue; when the disk is slower than the server, lines are dropped and counted, and the
// file says how many.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/error.h"

namespace tenon::server {

/// Thread: any, but stop from one owner. Lifetime: stop() is called by the destructor.
class LineWriter {
 public:
  struct Options {
    std::string file;              // empty: standard error, which is never rotated
    std::size_t rotate_bytes = 0;  // a file this large is renamed to file.1, file.1 to file.2 …
    std::size_t keep_files = 0;
    std::size_t queue_bytes = 0;
  };
  /// Opens the file for appending, readable by its owner only. Errors: invalid (`log.file`).
  [[nodiscard]] static Result<std::unique_ptr<LineWriter>> open(Options options);
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter();

  /// Takes one line without its end. Never waits.
  void write(std::string_view line);
  /// Closes the file and opens it by its name again, for who renamed it.
  void reopen();
  [[nodiscard]] std::uint64_t dropped() const;
  /// Writes what waits, for at most a second, and ends the thread. Idempotent.
  void stop();

 private:
  explicit LineWriter(Options options) : options_(std::move(options)) {}
  [[nodiscard]] bool open_file();
  void run();
  void put(std::string_view text);
  void rotate();

  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::string waiting_;
  std::uint64_t dropped_ = 0;       // ever
  std::uint64_t dropped_told_ = 0;  // of which the file says so
  bool reopen_ = false;
  bool stopping_ = false;

  // The thread's own.
  int descriptor_ = -1;
  std::size_t written_ = 0;
  std::thread thread_;
};

}  // namespace tenon::server
