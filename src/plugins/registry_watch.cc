// What the registry does beside requests, all of it for tenants in database servers: it looks
// whether the servers answer, opens what was away, and seals the audit of what was committed.
#include <utility>

#include "async/timer.h"
#include "data/act.h"
#include "plugins/registry.h"

namespace tenon::plugins {
namespace {

constexpr std::size_t kSealed = 500;  // audit rows of one transaction
constexpr std::chrono::seconds kSealTime{2};

}  // namespace

bool Registry::may_come_back(const Error& error) noexcept {
  const std::string_view reason = error.reason();
  return reason == "storage.connection" || reason == "storage.open" || reason == "storage.server" ||
         reason == "storage.pool" || reason == "storage.deadline" || reason == "storage.io" ||
         reason == "storage.readonly" || reason == "tenant.moving";
}

void Registry::note_away(const std::string& tenant, std::string server, const Error& error) {
  const std::unique_lock lock(mutex_);
  auto& away = away_[tenant];
  const bool first = away.server.empty();
  away.server = std::move(server);
  away.pause = first ? kFirstPause : std::min(away.pause * 2, kLongestPause);
  away.next = std::chrono::steady_clock::now() + away.pause;
  if (first && listener_.away) listener_.away(tenant, error);
}

void Registry::try_again(const std::string& tenant) {
  auto server = tenants_.address(tenant);
  auto opened = tenants_.open(tenant);
  if (!opened && opened.error().code() == ErrorCode::not_found) {  // dropped meanwhile
    const std::unique_lock lock(mutex_);
    away_.erase(tenant);
    return;
  }
  if (!opened) {
    note_away(tenant, std::move(server), opened.error());
    return;
  }
  if (auto served = serve(*std::move(opened)); !served) {
    note_away(tenant, std::move(server), served.error());
    return;
  }
  {
    const std::unique_lock lock(mutex_);
    away_.erase(tenant);
  }
  if (listener_.back) listener_.back(tenant);
}

std::vector<std::string> Registry::due() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, away] : away_)
    if (away.next <= std::chrono::steady_clock::now()) names.push_back(name);
  return names;
}

asio::awaitable<void> Registry::watch() {
  while (co_await sleep_until(Deadline::after(kLookAtServers))) {
    for (const std::string& name : due())
      (void)co_await tenants_.servers().run([this, &name]() -> Result<> {
        try_again(name);
        return {};
      });
    co_await look_at_servers();
    co_await seal_audits();
  }
}

asio::awaitable<void> Registry::look_at_servers() {
  std::map<std::string, std::shared_ptr<data::Tenant>> asked;  // one tenant of each server
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [name, entry] : entries_)
      if (!entry.server.empty()) asked.emplace(entry.server, entry.workspace->tenant());
  }
  for (const auto& [server, tenant] : asked) {
    auto answer = TENON_CO_ACT(*tenant, tenant->ping(Deadline::after(std::chrono::seconds(1))));
    // A server that has too much to do is not away.
    if (!answer && !may_come_back(answer.error())) continue;
    const std::unique_lock lock(mutex_);
    if (answer)
      silent_.erase(server);
    else
      silent_.insert(server);
  }
}

asio::awaitable<void> Registry::seal_audits() {
  for (const auto& [name, tenant] : unsealed()) {
    const auto commits = tenant->database().figures().commits;
    auto sealed =
        TENON_CO_ACT_TASK(*tenant, tenant->seal_audit(kSealed, Deadline::after(kSealTime)));
    if (!sealed) continue;  // at the next look
    const std::unique_lock lock(mutex_);
    // The seals are commits too. When the numbers differ others have committed beside them.
    if (const auto entry = entries_.find(name); entry != entries_.end())
      entry->second.sealed = commits + *sealed / kSealed + 1;
  }
}

std::map<std::string, std::shared_ptr<data::Tenant>> Registry::unsealed() const {
  const std::shared_lock lock(mutex_);
  std::map<std::string, std::shared_ptr<data::Tenant>> due;
  for (const auto& [name, entry] : entries_) {
    const auto& tenant = entry.workspace->tenant();
    if (!entry.server.empty() && !silent_.contains(entry.server) &&
        entry.sealed != tenant->database().figures().commits)
      due.emplace(name, tenant);
  }
  return due;
}

}  // namespace tenon::plugins
