#include "victim.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>

extern char** environ;

namespace tenon::testing {
namespace {

constexpr int kPipe = 3;
constexpr auto kStartWithin = std::chrono::seconds(60);

using Steady = std::chrono::steady_clock;

}  // namespace

int run_victim(std::span<char*> arguments) {
  if (arguments.size() != 6) return 2;
  const std::string_view program = arguments[0];
  auto stand = open_stand(arguments[1]);
  const auto seed = std::strtoull(arguments[2], nullptr, 10);
  const auto mistake = static_cast<Mistake>(std::atoi(arguments[3]));
  const Numbers numbers{.first = std::strtoull(arguments[4], nullptr, 10),
                        .last = std::strtoull(arguments[5], nullptr, 10)};
  auto tenant = stand->open();
  if (!tenant) return 1;
  if (program == "rows") return write_rows(*tenant, kPipe, seed, mistake);
  if (program == "ledger") return keep_ledger(*tenant, kPipe, seed, mistake);
  if (program == "retries") return send_again(*tenant, kPipe, seed, mistake, numbers);
  return 2;
}

void tell(int pipe, const Told& told) {
  char bytes[sizeof told.id + sizeof told.version];
  std::memcpy(bytes, told.id.data(), sizeof told.id);
  std::memcpy(bytes + sizeof told.id, &told.version, sizeof told.version);
  if (::write(pipe, bytes, sizeof bytes) != static_cast<ssize_t>(sizeof bytes)) ::_exit(1);
}

void wait_for_the_end() {
  for (;;) ::pause();
}

bool died_under_us(data::Tenant& tenant, const Error& error) {
  return tenant.database().dialect() == storage::Dialect::postgres &&
         error.code() == ErrorCode::unavailable;
}

Victim::Victim(std::string_view program, const Stand& stand, std::uint64_t seed, Mistake mistake,
               Numbers numbers) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::terminate();
  std::string self = "/proc/self/exe";
  std::string words[] = {"victim",
                         std::string(program),
                         stand.address(),
                         std::to_string(seed),
                         std::to_string(static_cast<int>(mistake)),
                         std::to_string(numbers.first),
                         std::to_string(numbers.last)};
  std::vector<char*> arguments{self.data()};
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], kPipe);
  const int code =
      ::posix_spawn(&process_, self.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  pipe_ = ends[0];
  if (code != 0) std::terminate();
}

Victim::~Victim() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  ::close(pipe_);
}

Result<std::vector<Told>> Victim::hear_and_kill(Stand& stand, std::string_view whom,
                                                std::chrono::microseconds span,
                                                std::size_t enough) {
  constexpr std::size_t kSize = sizeof(Told::id) + sizeof(Told::version);
  std::string heard;
  bool killed = false;
  auto end = Steady::now() + kStartWithin;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Steady::now()).count();
    if (!killed && (left <= 0 || heard.size() / kSize >= enough)) {
      stand.kill(whom, process_);
      // Whoever was hit, this writer must not work on unseen.
      stand.kill("writer", process_);
      killed = true;
    }
    pollfd poll{.fd = pipe_, .events = POLLIN, .revents = 0};
    if (!killed && ::poll(&poll, 1, static_cast<int>(std::max<long>(left, 0))) == 0) continue;
    char buffer[8192];
    const auto got = ::read(pipe_, buffer, sizeof buffer);
    if (got <= 0) break;
    if (heard.empty()) end = Steady::now() + span;
    heard.append(buffer, static_cast<std::size_t>(got));
  }
  int status = 0;
  ::waitpid(std::exchange(process_, -1), &status, 0);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
    return fail(ErrorCode::internal, "The writer ended by itself, with status " +
                                         std::to_string(WEXITSTATUS(status)) + ".");
  std::vector<Told> told(heard.size() / kSize);
  for (std::size_t i = 0; i < told.size(); ++i) {
    std::memcpy(told[i].id.data(), heard.data() + i * kSize, sizeof(Told::id));
    std::memcpy(&told[i].version, heard.data() + i * kSize + sizeof(Told::id),
                sizeof(Told::version));
  }
  return told;
}

}  // namespace tenon::testing
