#include "server/line_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

namespace tenon::server {
namespace {

constexpr int kPatience = 1000;  // milliseconds that a reader of our standard error may sleep

}  // namespace

Result<std::unique_ptr<LineWriter>> LineWriter::open(Options options) {
  auto writer = std::unique_ptr<LineWriter>(new LineWriter(std::move(options)));
  if (!writer->open_file())
    return fail(Error(ErrorCode::invalid,
                      "the log file " + writer->options_.file + " cannot be opened for writing")
                    .because("log.file"));
  writer->thread_ = std::thread([raw = writer.get()] { raw->run(); });
  pthread_setname_np(writer->thread_.native_handle(), "log");
  return writer;
}

LineWriter::~LineWriter() {
  stop();
  if (!options_.file.empty() && descriptor_ >= 0) ::close(descriptor_);
}

bool LineWriter::open_file() {
  if (options_.file.empty()) {
    descriptor_ = STDERR_FILENO;
    return true;
  }
  if (descriptor_ >= 0) ::close(descriptor_);
  constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;
  descriptor_ =
      ::open(options_.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerOnly);
  struct ::stat status{};
  written_ = descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0
                 ? static_cast<std::size_t>(status.st_size)
                 : 0;
  return descriptor_ >= 0;
}

void LineWriter::write(std::string_view line) {
  const std::scoped_lock lock(mutex_);
  if (stopping_ || waiting_.size() + line.size() + 1 > options_.queue_bytes) {
    ++dropped_;
    return;
  }
  const bool idle = waiting_.empty();
  waiting_.append(line).push_back('\n');
  if (idle) work_.notify_one();
}

void LineWriter::reopen() {
  const std::scoped_lock lock(mutex_);
  reopen_ = true;
  work_.notify_one();
}

std::uint64_t LineWriter::dropped() const {
  const std::scoped_lock lock(mutex_);
  return dropped_;
}

void LineWriter::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    work_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void LineWriter::run() {
  std::string text;
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return stopping_ || reopen_ || !waiting_.empty(); });
    if (waiting_.empty() && !reopen_ && stopping_) return;
    text.swap(waiting_);
    if (dropped_ != dropped_told_) {
      text += "{\"level\":\"warning\",\"text\":\"log lines were dropped\",\"lines\":" +
              std::to_string(dropped_ - dropped_told_) + "}\n";
      dropped_told_ = dropped_;
    }
    const bool again = std::exchange(reopen_, false);
    lock.unlock();
    if (again) static_cast<void>(open_file());
    put(text);
    text.clear();
    lock.lock();
  }
}

void LineWriter::put(std::string_view text) {
  if (!options_.file.empty() && written_ > 0 && written_ + text.size() > options_.rotate_bytes)
    rotate();
  while (!text.empty() && descriptor_ >= 0) {
    pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, kPatience) == 0) break;  // nobody reads: these lines are lost
    const auto bytes = ::write(descriptor_, text.data(), text.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) break;  // a full disk must not stop the server
    written_ += static_cast<std::size_t>(bytes);
    text.remove_prefix(static_cast<std::size_t>(bytes));
  }
  if (text.empty()) return;
  const std::scoped_lock lock(mutex_);
  for (const char c : text) dropped_ += c == '\n' ? 1U : 0U;
}

void LineWriter::rotate() {
  std::error_code ignored;
  const std::filesystem::path file(options_.file);
  const auto numbered = [&](std::size_t n) {
    return std::filesystem::path(options_.file + "." + std::to_string(n));
  };
  for (std::size_t n = options_.keep_files; n > 1; --n)
    std::filesystem::rename(numbered(n - 1), numbered(n), ignored);
  if (options_.keep_files > 0) {
    std::filesystem::rename(file, numbered(1), ignored);
  } else {
    std::filesystem::remove(file, ignored);
  }
  static_cast<void>(open_file());
}

}  // namespace tenon::server
