#pragma once
// A day in the life of a tenant, small enough to be repeated thousands of times with something
// broken in it: install, insert, update, units of several rows, deletes that cascade, an upgrade,
// reads. It keeps what was acknowledged, so that anybody can ask afterwards whether it is there.

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "data/tenant.h"

namespace tenon::testing {

/// What a client can see: entity → id → the values that the workload writes, with the version.
using Sight = std::map<std::string, std::map<std::string, std::string>>;
/// Errors: those of reading.
[[nodiscard]] Result<Sight> look(data::Tenant& tenant);

/// Thread: one.
class Workload {
 public:
  Workload(std::size_t steps, std::uint64_t seed) : steps_(steps), random_(seed) {}
  [[nodiscard]] std::size_t steps() const noexcept { return steps_; }

  /// Runs one step as its own transaction. A step that finds nothing to work on inserts instead.
  [[nodiscard]] Result<> run(const std::shared_ptr<data::Tenant>& tenant, std::size_t step);
  /// All that was acknowledged.
  [[nodiscard]] const Sight& acknowledged() const noexcept { return now_; }
  /// What the newest step would have made of it, if it came as far as its commit.
  [[nodiscard]] const std::optional<Sight>& attempted() const noexcept { return next_; }
  /// A planted fault: takes a failed step for an acknowledged one.
  void believe_the_failed() {
    if (next_) now_ = *next_;
  }

 private:
  [[nodiscard]] Result<> install(const std::shared_ptr<data::Tenant>& tenant, std::string version);
  [[nodiscard]] Result<> read(data::Tenant& tenant);
  [[nodiscard]] Result<> change(data::UnitOfWork& unit, std::size_t step);
  [[nodiscard]] Result<> insert(data::UnitOfWork& unit, std::string_view entity,
                                json::object fields);
  [[nodiscard]] Result<> remember(data::UnitOfWork& unit, std::string_view entity, RecordId id);
  [[nodiscard]] std::optional<RecordId> pick(std::string_view entity);
  [[nodiscard]] std::string text(std::size_t bytes);

  std::size_t steps_;
  std::mt19937_64 random_;
  Sight now_;
  std::optional<Sight> next_;
};

}  // namespace tenon::testing
