#pragma once
// The inside of the live feed: one channel per tenant, one queue per listener. Private to the room.

#include <deque>
#include <mutex>

#include "async/mailbox.h"
#include "modules/live_feed.h"

namespace tenon::modules {

/// Where a listener begins or goes on.
struct LiveMark {
  std::int64_t position = 0;
  bool lost = false;  // something before it will not be told
};

using LiveItem = std::variant<LiveMark, data::ChangeNote, Notice>;

/// The queue of one listener. Thread: any.
struct LiveListener::State {
  State(std::shared_ptr<data::Tenant> of, UserId who, std::size_t bound)
      : tenant(std::move(of)), user(who), capacity(bound) {}

  const std::shared_ptr<data::Tenant> tenant;
  const UserId user;
  const std::size_t capacity;
  std::mutex mutex;
  std::deque<LiveItem> items;
  std::int64_t position = 0;  // of the newest change that was put in or dropped
  Mailbox<char> signal{1};    // full means: there is something already

  /// A queue that is full is emptied: what is left to tell is that something was lost.
  void put(LiveItem item);
  /// What comes before everything else, whatever the bound.
  void put_first(std::vector<LiveItem> first);
  /// Drops all and says so.
  void lose(std::int64_t up_to);
  [[nodiscard]] std::deque<LiveItem> take_all();
};

/// What of `items` may be heard, in order.
[[nodiscard]] Task<std::vector<LiveMessage>> audible(
    std::shared_ptr<data::Tenant> tenant, std::deque<LiveItem> items,
    std::shared_ptr<const identity::Principal> principal, data::Viewer viewer, Deadline deadline);

}  // namespace tenon::modules
