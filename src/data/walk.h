#pragma once
// A whole list, page by page, on one state of the database: what an export writes out. Memory is
// that of a page, whatever the length of the list.

#include <optional>

#include "data/tenant.h"

namespace tenon::data {

/// Thread: one at a time. Lifetime: the entity and the query's catalog outlive it. The log of the
/// database grows for as long as the walk is open.
class Walk {
 public:
  static constexpr std::size_t kPage = 500;

  /// The limit, offset and cursor of `query` are not used. Requires: no aggregate.
  Walk(Snapshot snapshot, const EntityInfo& entity, Query query)
      : snapshot_(std::move(snapshot)), entity_(entity), query_(std::move(query)) {
    query_.limit = kPage;
    query_.offset = 0;
    query_.after.reset();
    query_.count = Count::none;
  }

  /// The next page; empty at the end. Errors: those of Snapshot::list().
  [[nodiscard]] Result<std::optional<Page>> next() {
    if (ended_) return std::optional<Page>();
    TENON_ASSIGN(page, snapshot_.list(entity_, query_));
    query_.after = page.next;
    ended_ = !page.next;
    if (page.rows == 0) return std::optional<Page>();
    return std::optional(std::move(page));
  }
  [[nodiscard]] const Tally& tally() const noexcept { return snapshot_.tally(); }

 private:
  Snapshot snapshot_;
  const EntityInfo& entity_;
  Query query_;
  bool ended_ = false;
};

}  // namespace tenon::data
