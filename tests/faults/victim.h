#pragma once
// A process that is to be killed: it works in a tenant as hard as it can and tells each
// acknowledgement through a pipe. The parent kills it (or what stands behind its tenant) and
// compares what it was told with what is there.

#include <sys/types.h>

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stand.h"

namespace tenon::testing {

/// A record and the version that was acknowledged, as it goes through the pipe.
struct Told {
  std::array<std::uint8_t, 16> id{};
  std::uint32_t version = 0;
};

enum class Mistake : std::uint8_t {
  none,
  acknowledge_early,  // before COMMIT
  stale_read,         // ledger: balances are read before the unit begins
  key_before,         // retries: the key is stored in a transaction of its own, before the work
  key_after,          // the same, after the work
};

/// What a program works on, where it works on a given set. The last is not in it.
struct Numbers {
  std::uint64_t first = 0, last = 0;
};

/// The main function of the process: `arguments` are those that Victim gives.
[[nodiscard]] int run_victim(std::span<char*> arguments);

/// The parent's side. Thread: one.
class Victim {
 public:
  /// `program` is `rows`, `ledger` or `retries`.
  Victim(std::string_view program, const Stand& stand, std::uint64_t seed, Mistake mistake,
         Numbers numbers = {});
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  ~Victim();

  /// Hears what is told until `span` after the first acknowledgement or until `enough` were told,
  /// then kills and hears the rest. A process that ended by itself is told in words.
  [[nodiscard]] Result<std::vector<Told>> hear_and_kill(Stand& stand, std::string_view whom,
                                                        std::chrono::microseconds span,
                                                        std::size_t enough = SIZE_MAX);

 private:
  pid_t process_ = -1;
  int pipe_ = -1;
};

/// The writer's side of the pipe. Ends the process when nobody listens.
void tell(int pipe, const Told& told);

/// For a program whose database was killed under it: waits to be killed as well.
[[noreturn]] void wait_for_the_end();
/// Whether a server that was killed may have given this error. A file never does.
[[nodiscard]] bool died_under_us(data::Tenant& tenant, const Error& error);

// The programs. None returns while all goes well.
[[nodiscard]] int write_rows(std::shared_ptr<data::Tenant> tenant, int pipe, std::uint64_t seed,
                             Mistake mistake);
[[nodiscard]] int keep_ledger(std::shared_ptr<data::Tenant> tenant, int pipe, std::uint64_t seed,
                              Mistake mistake);
[[nodiscard]] int send_again(std::shared_ptr<data::Tenant> tenant, int pipe, std::uint64_t seed,
                             Mistake mistake, Numbers numbers);

}  // namespace tenon::testing
