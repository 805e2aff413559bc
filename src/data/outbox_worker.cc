#include "data/outbox_worker.h"

#include <iterator>
#include <utility>
#include <vector>

#include "async/timer.h"

namespace tenon::data {
namespace {

constexpr std::chrono::seconds kSettleTime{10};

template <class T>
void append(std::vector<T>& to, std::vector<T> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

OutboxWorker::OutboxWorker(Executor executor, Outbox& outbox, const Clock& clock, Handler handler,
                           Options options)
    : executor_(executor),
      outbox_(outbox),
      clock_(clock),
      handler_(std::move(handler)),
      options_(options),
      tasks_(executor) {}

void OutboxWorker::start() {
  tasks_.spawn(run());
  tasks_.spawn(keep_leases());
}

void OutboxWorker::wake() { (void)signal_.push(0); }  // full: it will look anyway

Task<> OutboxWorker::stop(Deadline deadline) {
  signal_.close();
  TENON_CO_TRY(co_await tasks_.stop(deadline));
  auto last = std::exchange(ended_, {});
  for (const auto& [sequence, out] : std::exchange(out_, {})) last.released.push_back(out.claim);
  if (last.empty()) co_return Result<>();
  auto settled = co_await outbox_.exchange(std::move(last), 0, clock_.now(), deadline);
  if (!settled) co_return std::unexpected(std::move(settled.error()));
  co_return Result<>();
}

asio::awaitable<void> OutboxWorker::run() {
  for (;;) {
    while (co_await turn()) {
    }
    const auto woken = co_await signal_.pop(Deadline::after(options_.look));
    if (!woken && woken.error().reason() != "mailbox.deadline") co_return;
  }
}

asio::awaitable<bool> OutboxWorker::turn() {
  const auto room = options_.batch - out_.size();
  auto done = std::exchange(ended_, {});
  const auto kept = done;
  auto events =
      co_await outbox_.exchange(std::move(done), room, clock_.now(), Deadline::after(kSettleTime));
  if (!events) {
    // Nothing was settled. It is tried again at the next look; until then the leases hold.
    put_back(kept);
    co_return false;
  }
  for (auto& event : *events) {
    out_[event.claim.sequence] = {.claim = event.claim, .renewed = clock_.instant()};
    tasks_.spawn(handle(std::move(event)));
  }
  co_return !ended_.empty();
}

asio::awaitable<void> OutboxWorker::handle(Event event) {
  const auto claim = event.claim;
  auto done = co_await handler_(std::move(event));
  out_.erase(claim.sequence);
  if (done)
    ended_.delivered.push_back(claim);
  else if (done.error().code() == ErrorCode::cancelled && done.error().reason() == "task.cancelled")
    ended_.released.push_back(claim);  // this worker is stopping
  else
    // What people read when it is dead; the rest is for the log of who handles it.
    ended_.failed.push_back(
        {claim, std::string(to_string(done.error().code())) + ": " + done.error().message()});
  wake();
}

asio::awaitable<void> OutboxWorker::keep_leases() {
  const auto third = outbox_.options().lease / 3;
  while (co_await sleep_until(Deadline::after(third))) {
    std::vector<Claim> claims;
    for (const auto& [sequence, out] : out_)
      if (clock_.instant() - out.renewed >= third / 2) claims.push_back(out.claim);
    if (claims.empty()) continue;
    const auto at = clock_.instant();
    // Without an answer the leases run out, and others take the events: late, but nothing is lost.
    auto held = co_await outbox_.renew(std::move(claims), clock_.now(), Deadline::after(third));
    if (!held) continue;
    for (const auto& claim : *held)
      if (const auto found = out_.find(claim.sequence); found != out_.end())
        found->second.renewed = at;
  }
}

void OutboxWorker::put_back(Settlement done) {
  append(ended_.delivered, std::move(done.delivered));
  append(ended_.failed, std::move(done.failed));
  append(ended_.released, std::move(done.released));
}

}  // namespace tenon::data
