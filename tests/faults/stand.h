#pragma once
// Where a tenant under test lives. A harness asks for a tenant and says whom to kill; which
// database stands behind it is this file's business, so that the same harness tries each.

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/tenant.h"

namespace tenon::testing {

/// Thread: one at a time.
class Stand {
 public:
  virtual ~Stand() = default;
  /// What a child process hands to open_stand() to find the same place.
  [[nodiscard]] virtual std::string address() const = 0;
  [[nodiscard]] virtual Result<std::shared_ptr<data::Tenant>> create() = 0;
  [[nodiscard]] virtual Result<std::shared_ptr<data::Tenant>> open() = 0;
  /// Forgets the tenant. Requires: nobody holds it.
  virtual void close() = 0;

  /// Whom a kill may hit; the first is always the process that writes.
  [[nodiscard]] virtual std::vector<std::string> victims() const { return {"writer"}; }
  /// SIGKILL. `writer` is that process.
  virtual void kill(std::string_view victim, pid_t writer);
};

enum class Engine : std::uint8_t { sqlite, postgres };
[[nodiscard]] std::string_view to_string(Engine engine) noexcept;
/// Loops for `coroutines` that work in a tenant: `wanted`, but one each where a call waits for an
/// answer of the server, for which another coroutine of the same loop might have to go on.
[[nodiscard]] std::size_t loops_for(data::Tenant& tenant, std::size_t wanted,
                                    std::size_t coroutines);
/// A fresh place that goes away with the stand. `folder` says where (empty: the temporary one).
/// Requires: postgres: TENON_NEEDS_POSTGRES(), and one such stand at a time, since a kill hits the
/// server of all.
[[nodiscard]] std::unique_ptr<Stand> make_stand(Engine engine, std::string folder = {});
/// The place that another process made.
[[nodiscard]] std::unique_ptr<Stand> open_stand(std::string_view address);

/// A folder that goes away, in memory where there is such a place: for harnesses whose disk is
/// played anyway.
class MemoryFolder {
 public:
  MemoryFolder();
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;
  ~MemoryFolder();
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace tenon::testing
