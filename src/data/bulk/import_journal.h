#pragma once
// Remembers an import that writes in several transactions, so that it can be taken back: by the one
// that failed, or, when its process died, by recover_imports(). What it did is in the audit trail,
// under the import's own trace.

#include <cstdint>
#include <memory>
#include <string>

#include "data/tenant.h"

namespace tenon::data {

/// Thread: one.
class ImportJournal {
 public:
  ImportJournal(std::shared_ptr<Tenant> tenant, const Clock& clock, std::string plugin,
                std::string entity, TraceId trace);

  /// Before the first write.
  [[nodiscard]] Task<> open(Deadline deadline);
  /// Before each transaction: says from time to time that this import lives. Errors: conflict
  /// (`import.lost`) when it was taken for dead and is being taken back.
  [[nodiscard]] Task<> alive(Deadline deadline);
  /// All is written: there is nothing to take back any more.
  [[nodiscard]] Task<> close(Deadline deadline);
  /// Takes back what was written, newest first, and closes. Gives the number of records that others
  /// have changed since, which stay as they are.
  [[nodiscard]] Task<std::uint64_t> take_back(Deadline deadline);

  /// See import.h.
  [[nodiscard]] static Task<std::uint64_t> recover(std::shared_ptr<Tenant> tenant,
                                                   const Clock& clock, Deadline deadline);

 private:
  [[nodiscard]] std::int64_t now() const { return clock_.now().time_since_epoch().count(); }

  std::shared_ptr<Tenant> tenant_;  // shared: it lives as long as its import
  const Clock& clock_;
  std::string plugin_, entity_;
  TraceId trace_;
  std::int64_t from_ = 0;  // audit rows of this import lie behind
  std::int64_t alive_until_ = 0;
};

}  // namespace tenon::data
