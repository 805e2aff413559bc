#include "modules/live_feed.h"

#include <algorithm>
#include <map>
#include <utility>

#include "async/task_group.h"
#include "data/act.h"
#include "modules/live_channel.h"

namespace tenon::modules {
namespace {

constexpr std::size_t kRead = 256;      // changes of one look
constexpr std::size_t kTooMany = 1024;  // changes after which nobody is told one by one

Result<std::int64_t> newest(data::Tenant& tenant) {
  TENON_ASSIGN(lease, tenant.database().reader());
  return data::newest_change(lease.session());
}

Result<std::vector<data::ChangeNote>> changes(data::Tenant& tenant, std::int64_t position,
                                              std::size_t limit) {
  TENON_ASSIGN(lease, tenant.database().reader());
  return data::changes_after(lease.session(), position, limit);
}

}  // namespace

void LiveListener::State::put(LiveItem item) {
  {
    const std::lock_guard lock(mutex);
    if (const auto* change = std::get_if<data::ChangeNote>(&item)) position = change->position;
    if (items.size() >= capacity) {
      items.clear();
      items.emplace_back(LiveMark{.position = position, .lost = true});
    } else {
      items.push_back(std::move(item));
    }
  }
  (void)signal.push(0);
}

void LiveListener::State::put_first(std::vector<LiveItem> first) {
  {
    const std::lock_guard lock(mutex);
    items.insert(items.begin(), std::make_move_iterator(first.begin()),
                 std::make_move_iterator(first.end()));
  }
  (void)signal.push(0);
}

void LiveListener::State::lose(std::int64_t up_to) {
  {
    const std::lock_guard lock(mutex);
    position = std::max(position, up_to);
    items.clear();
    items.emplace_back(LiveMark{.position = position, .lost = true});
  }
  (void)signal.push(0);
}

std::deque<LiveItem> LiveListener::State::take_all() {
  const std::lock_guard lock(mutex);
  return std::exchange(items, {});
}

LiveListener::~LiveListener() { state_->signal.close(); }

Task<> LiveListener::wait(Deadline deadline) {
  TENON_CO_TRY(co_await state_->signal.pop(deadline));
  co_return Result<>();
}

Task<std::vector<LiveMessage>> LiveListener::take(
    std::shared_ptr<const identity::Principal> principal, data::Viewer viewer, Deadline deadline) {
  auto items = state_->take_all();
  if (items.empty()) co_return std::vector<LiveMessage>();
  auto messages = co_await audible(state_->tenant, std::move(items), std::move(principal),
                                   std::move(viewer), deadline);
  // What was taken cannot be told any more.
  if (!messages) state_->lose(0);
  co_return messages;
}

/// One tenant. A follower runs while there is a listener.
struct LiveFeed::Channel {
  explicit Channel(std::shared_ptr<data::Tenant> of) : tenant(std::move(of)) {}

  const std::shared_ptr<data::Tenant> tenant;  // shared with requests
  std::mutex mutex;
  std::vector<std::weak_ptr<LiveListener::State>> listeners;
  std::int64_t position = 0;  // what was told to all
  bool followed = false;
  bool closed = false;
  Mailbox<char> signal{1};

  /// Those that are left. Requires: `mutex` is held.
  std::vector<std::shared_ptr<LiveListener::State>> living() {
    std::vector<std::shared_ptr<LiveListener::State>> found;
    std::erase_if(listeners, [&](const auto& one) {
      auto state = one.lock();
      const bool gone = state == nullptr;
      if (!gone) found.push_back(std::move(state));
      return gone;
    });
    return found;
  }

  Result<> admit(const std::shared_ptr<LiveListener::State>& state, const LiveLimits& limits) {
    const auto others = living();
    const auto of_user = std::ranges::count(others, state->user, &LiveListener::State::user);
    if (others.size() < limits.listeners &&
        static_cast<std::size_t>(of_user) < limits.listeners_per_user)
      return {};
    return fail(Error(ErrorCode::exhausted,
                      "too many live connections are open; close a window and try again")
                    .because("events.listeners"));
  }

  std::int64_t place() {
    const std::lock_guard lock(mutex);
    return position;
  }

  static asio::awaitable<void> follow(std::shared_ptr<Channel> channel, LiveLimits limits);
  Task<> tell_changes();
};

struct LiveFeed::State {
  State(Executor executor, LiveLimits given) : limits(given), followers(std::move(executor)) {}

  const LiveLimits limits;
  mutable std::mutex mutex;
  std::map<std::string, std::shared_ptr<Channel>, std::less<>> channels;  // shared with followers
  TaskGroup followers;

  std::shared_ptr<Channel> find(std::string_view tenant) const {
    const std::lock_guard lock(mutex);
    const auto found = channels.find(tenant);
    return found == channels.end() ? nullptr : found->second;
  }
};

asio::awaitable<void> LiveFeed::Channel::follow(std::shared_ptr<Channel> channel,
                                                LiveLimits limits) {
  for (;;) {
    const auto woken = co_await channel->signal.pop(Deadline::after(limits.look));
    if (!woken && woken.error().reason() != "mailbox.deadline") co_return;
    {
      const std::lock_guard lock(channel->mutex);
      if (channel->living().empty()) {
        channel->followed = false;
        co_return;
      }
    }
    // A look that failed is made up by the next.
    (void)co_await channel->tell_changes();
  }
}

Task<> LiveFeed::Channel::tell_changes() {
  for (std::size_t told = 0;; told += kRead) {
    if (told >= kTooMany) {
      // Somebody writes faster than people read.
      TENON_CO_ASSIGN(now, TENON_CO_ACT(*tenant, newest(*tenant)));
      const std::lock_guard lock(mutex);
      position = now;
      for (const auto& listener : living()) listener->lose(now);
      co_return Result<>();
    }
    const auto from = place();
    TENON_CO_ASSIGN(found, TENON_CO_ACT(*tenant, changes(*tenant, from, kRead)));
    if (found.empty()) co_return Result<>();
    const std::lock_guard lock(mutex);
    if (position != from) continue;  // somebody began to listen when nobody else did
    const auto all = living();
    for (const auto& change : found)
      for (const auto& listener : all) listener->put(change);
    position = found.back().position;
    if (found.size() < kRead) co_return Result<>();
  }
}

LiveFeed::LiveFeed(Executor executor, LiveLimits limits)
    : state_(std::make_unique<State>(std::move(executor), limits)) {}
LiveFeed::~LiveFeed() = default;

void LiveFeed::open(std::shared_ptr<data::Tenant> tenant) {
  auto channel = std::make_shared<Channel>(tenant);
  const std::lock_guard lock(state_->mutex);
  state_->channels.insert_or_assign(tenant->name(), std::move(channel));
}

void LiveFeed::close(std::string_view tenant) {
  std::shared_ptr<Channel> channel;
  {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->channels.find(tenant);
    if (found == state_->channels.end()) return;
    channel = std::move(found->second);
    state_->channels.erase(found);
  }
  const std::lock_guard lock(channel->mutex);
  channel->closed = true;
  channel->signal.close();
  for (const auto& listener : channel->living()) listener->signal.close();
}

Task<std::unique_ptr<LiveListener>> LiveFeed::listen(std::string tenant, UserId user,
                                                     std::optional<std::int64_t> last) {
  const auto gone = [] {
    return fail(Error(ErrorCode::unavailable, "this company is not served here now")
                    .because("tenant.gone"));
  };
  const auto channel = state_->find(tenant);
  if (!channel) co_return gone();
  const auto& opened = channel->tenant;
  TENON_CO_ASSIGN(now, TENON_CO_ACT(*opened, newest(*opened)));
  auto state = std::make_shared<LiveListener::State>(opened, user, state_->limits.queue);
  std::int64_t from = 0;
  {
    const std::lock_guard lock(channel->mutex);
    if (channel->closed) co_return gone();
    TENON_CO_TRY(channel->admit(state, state_->limits));
    // Where nobody listens nobody has to be told what came before.
    if (channel->living().empty()) channel->position = now;
    if (!std::exchange(channel->followed, true))
      state_->followers.spawn(Channel::follow(channel, state_->limits));
    from = channel->position;
    state->position = from;
    channel->listeners.push_back(state);
  }
  const bool known = last && *last <= from && *last >= 0;
  const bool near = known && static_cast<std::size_t>(from - *last) <= state_->limits.catch_up;
  std::vector<LiveItem> first;
  if (near && *last < from) {
    const auto count = static_cast<std::size_t>(from - *last);
    TENON_CO_ASSIGN(missed, TENON_CO_ACT(*opened, changes(*opened, *last, count)));
    first.assign(std::make_move_iterator(missed.begin()), std::make_move_iterator(missed.end()));
  }
  first.emplace_back(LiveMark{.position = from, .lost = last && !near});
  state->put_first(std::move(first));
  co_return std::unique_ptr<LiveListener>(new LiveListener(std::move(state)));
}

void LiveFeed::tell(std::string_view tenant, Notice notice) {
  const auto channel = state_->find(tenant);
  if (!channel) return;
  const std::lock_guard lock(channel->mutex);
  for (const auto& listener : channel->living()) listener->put(notice);
}

void LiveFeed::committed(std::string_view tenant) {
  if (const auto channel = state_->find(tenant)) (void)channel->signal.push(0);
}

std::size_t LiveFeed::listeners() const {
  std::vector<std::shared_ptr<Channel>> channels;
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [name, channel] : state_->channels) channels.push_back(channel);
  }
  std::size_t count = 0;
  for (const auto& channel : channels) {
    const std::lock_guard lock(channel->mutex);
    count += channel->living().size();
  }
  return count;
}

Task<> LiveFeed::stop(Deadline deadline) {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [name, channel] : state_->channels) names.push_back(name);
  }
  for (const auto& name : names) close(name);
  co_return co_await state_->followers.stop(deadline);
}

}  // namespace tenon::modules
