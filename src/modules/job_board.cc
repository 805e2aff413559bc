#include "modules/job_board.h"

#include <utility>

namespace tenon::modules {

std::string_view to_string(Missed missed) noexcept {
  return missed == Missed::once ? "once" : "skip";
}

JobOffer::JobOffer(JobOffer&& other) noexcept
    : board_(std::exchange(other.board_, nullptr)), number_(other.number_) {}

JobOffer& JobOffer::operator=(JobOffer&& other) noexcept {
  if (this == &other) return *this;
  if (board_ != nullptr) board_->withdraw(number_);
  board_ = std::exchange(other.board_, nullptr);
  number_ = other.number_;
  return *this;
}

JobOffer::~JobOffer() {
  if (board_ != nullptr) board_->withdraw(number_);
}

JobOffer JobBoard::offer(std::string module, std::string tenant, std::vector<Job> jobs) {
  Offer made{.tenant = std::move(tenant), .jobs = {}};
  for (auto& job : jobs) {
    auto id = module + "." + job.name;
    made.jobs.push_back({.id = std::move(id),
                         .module = module,
                         .job = std::make_shared<const Job>(std::move(job))});
  }
  const std::lock_guard lock(mutex_);
  offers_.emplace(++version_, std::move(made));
  return {this, version_};
}

void JobBoard::withdraw(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  offers_.erase(number);
  ++version_;
}

std::vector<OfferedJob> JobBoard::of(std::string_view tenant) const {
  std::map<std::string_view, const OfferedJob*> newest;
  const std::lock_guard lock(mutex_);
  for (const auto& [number, offer] : offers_)
    if (offer.tenant.empty() || offer.tenant == tenant)
      for (const auto& job : offer.jobs) newest[job.id] = &job;
  std::vector<OfferedJob> all;
  all.reserve(newest.size());
  for (const auto& [id, job] : newest) all.push_back(*job);
  return all;
}

std::uint64_t JobBoard::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

}  // namespace tenon::modules
