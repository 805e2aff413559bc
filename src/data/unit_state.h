#pragma once
// The inside of a UnitOfWork, for the files of this room that make up its parts.

#include "data/reader.h"
#include "data/tenant_state.h"
#include "data/write_log.h"

namespace tenon::data {

struct UnitOfWork::State {
  std::shared_ptr<Tenant> tenant;          // shared: a unit keeps its tenant open
  std::shared_ptr<const Catalog> catalog;  // of the moment the unit was made
  Viewer viewer;
  Origin origin;
  Tally tally;
  std::uint32_t level = 0;    // of open savepoints
  std::uint32_t cascade = 0;  // depth of erase() in itself
  bool ended = false;
  storage::Lease lease;

  State(std::shared_ptr<Tenant> the_tenant, Viewer the_viewer, Origin the_origin)
      : tenant(std::move(the_tenant)),
        catalog(tenant->catalog()),
        viewer(std::move(the_viewer)),
        origin(std::move(the_origin)) {}

  [[nodiscard]] Tenant::State& inside() const noexcept { return *tenant->state_; }
  [[nodiscard]] storage::Session& session() {
    TENON_ASSERT(lease.held() && !ended);
    return lease.session();
  }
  /// As the viewer sees it. What hangs on a row that goes is found by the system, whoever may see
  /// it: else a reference would be left without its row.
  [[nodiscard]] Reader reader() {
    static const Viewer everybody;
    return {session(), cascade > 0 ? everybody : viewer, inside().cursor_key, tally};
  }
  [[nodiscard]] Sight sight(const EntityInfo& entity) const noexcept { return {entity, viewer}; }
  [[nodiscard]] WriteLog log() { return {session(), viewer, origin, inside().random}; }
  [[nodiscard]] Timestamp now() const noexcept { return inside().clock.now(); }
};

}  // namespace tenon::data
