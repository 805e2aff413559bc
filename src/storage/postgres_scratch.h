#pragma once
// Test support: a private PostgreSQL in a temporary directory, one per test program, and a fresh
// database in it for each test. `TENON_TEST_DATABASE=postgres` runs the tests of a room on it.

#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/scratch.h"

namespace tenon::testing {

[[nodiscard]] inline bool on_postgres() {
  const char* wanted = std::getenv("TENON_TEST_DATABASE");
  return wanted != nullptr && std::string_view(wanted) == "postgres";
}

/// Lifetime: stops the server and reaps it. When the test program dies, the server stops by itself.
class PrivatePostgres {
 public:
  /// Null when this machine has no server; the caller skips, or fails where CI is set.
  [[nodiscard]] static PrivatePostgres* shared() {
    static const std::unique_ptr<PrivatePostgres> server = start();
    return server.get();
  }
  PrivatePostgres(const PrivatePostgres&) = delete;
  PrivatePostgres& operator=(const PrivatePostgres&) = delete;
  ~PrivatePostgres() {
    if (process_ <= 0) return;
    ::kill(process_, SIGQUIT);  // at once: nobody wants the data any more
    int status = 0;
    ::waitpid(process_, &status, 0);
  }

  /// The address of a new, empty database.
  [[nodiscard]] std::string fresh_database() {
    const auto name = "tenon" + std::to_string(++count_);
    if (!ask("CREATE DATABASE " + name + " OWNER tenon")) return {};
    return "postgresql://tenon@127.0.0.1:" + std::to_string(port_) + "/" + name;
  }
  [[nodiscard]] bool ask(const std::string& sql, const std::string& database = "postgres") const {
    return finish(spawn({programs_ / "psql", "-X", "-q", "-h", folder_.path(), "-p",
                         std::to_string(port_), "-U", "admin", "-d", database, "-c", sql}));
  }
  [[nodiscard]] pid_t process() const noexcept { return process_; }
  [[nodiscard]] int port() const noexcept { return port_; }

  /// Kills the server's first process with SIGKILL, upon which the others end.
  void kill_9() {
    ::kill(process_, SIGKILL);
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
  }
  /// Starts it again on what kill_9() left; returns when it takes connections.
  [[nodiscard]] bool start_again() { return launch("SELECT 1"); }

 private:
  PrivatePostgres(std::filesystem::path programs, passwd* user)
      : programs_(std::move(programs)), user_(user) {}

  static std::unique_ptr<PrivatePostgres> start() {
    std::filesystem::path programs;
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none))
      if (std::filesystem::exists(version.path() / "bin" / "postgres"))
        programs = std::max(programs, version.path() / "bin");
    if (programs.empty()) return nullptr;
    // The server refuses to run as root.
    passwd* user = ::geteuid() != 0 ? nullptr : ::getpwnam("postgres");
    if (::geteuid() == 0 && user == nullptr) user = ::getpwnam("nobody");
    std::unique_ptr<PrivatePostgres> server(new PrivatePostgres(std::move(programs), user));
    return server->run() ? std::move(server) : nullptr;
  }

  bool run() {
    if (user_ != nullptr && ::chown(folder_.path().c_str(), user_->pw_uid, user_->pw_gid) != 0)
      return false;
    const auto data = folder_ / "data";
    if (!finish(spawn({programs_ / "initdb", "-D", data, "--locale=C.UTF-8", "--encoding=UTF8",
                       "-U", "admin", "--auth=trust", "--no-sync", "--data-checksums"})))
      return false;
    port_ = free_port();
    return launch("CREATE ROLE tenon LOGIN NOINHERIT CREATEROLE");
  }

  /// Starts the server and waits until it answers `first`.
  bool launch(const std::string& first) {
    process_ = serve();
    for (int attempt = 0; attempt < 400; ++attempt) {
      if (ask(first)) return true;
      // The first process of before is gone; others of it may hold its memory for a moment.
      int status = 0;
      if (::waitpid(process_, &status, WNOHANG) == process_) process_ = serve();
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    return false;
  }

  [[nodiscard]] pid_t serve() const {
    const auto data = folder_ / "data";
    return spawn({programs_ / "postgres", "-D", data, "-k", folder_.path(), "-p",
                  std::to_string(port_), "-c", "listen_addresses=127.0.0.1", "-c",
                  "max_connections=60", "-c", "shared_buffers=32MB", "-c", "deadlock_timeout=200ms",
                  "-c",
                  // A killed server loses nothing without it, and no test cuts the power.
                  std::string("fsync=") + (wants_fsync() ? "on" : "off")});
  }

  /// What is measured is measured as it runs in earnest.
  static bool wants_fsync() { return std::getenv("TENON_TEST_FSYNC") != nullptr; }

  static int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const bool bound =
        ::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0;
    ::close(socket);
    return bound ? ntohs(address.sin_port) : 0;
  }

  [[nodiscard]] pid_t spawn(std::vector<std::string> words) const {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const auto log = folder_ / "log";
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (out < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) ::_exit(126);
    if (user_ != nullptr && (::setgid(user_->pw_gid) != 0 || ::setuid(user_->pw_uid) != 0))
      ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::chdir("/") == 0) ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  static bool finish(pid_t child) {
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
  }

  ScratchDirectory folder_;
  std::filesystem::path programs_;
  passwd* user_;  // whom the server runs as; null: whoever runs the test
  int port_ = 0;
  pid_t process_ = -1;
  int count_ = 0;
};

/// In a fixture's SetUp: skips without a server, fails without one where CI is set.
#define TENON_NEEDS_POSTGRES()                                                   \
  if (::tenon::testing::PrivatePostgres::shared() == nullptr) {                  \
    if (std::getenv("CI") != nullptr) FAIL() << "there is no PostgreSQL server"; \
    GTEST_SKIP() << "there is no PostgreSQL server (package postgresql-15)";     \
  }

}  // namespace tenon::testing
