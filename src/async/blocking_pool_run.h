#pragma once
// The template half of BlockingPool; include blocking_pool.h.

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "async/blocking_pool.h"
#include "async/resume.h"

namespace tenon {

template <class Work, class R>
asio::awaitable<R> BlockingPool::run(Work work) {
  struct Job {
    Work work;
    std::optional<R> result;
    std::exception_ptr bug;
  };
  if (auto admitted = reserve(); !admitted)
    co_return std::unexpected<Error>(std::move(admitted.error()));
  // Shared, because the frame of this coroutine may be destroyed while the job runs.
  auto job = std::make_shared<Job>(Job{std::move(work), std::nullopt, nullptr});
  co_await suspend([this, job](Resume resume, auto) {
    submit_reserved([job, resume = std::move(resume)]() mutable {
      try {
        job->result.emplace(job->work());
      } catch (...) {
        job->bug = std::current_exception();
      }
      resume();
    });
  });
  if (job->bug) std::rethrow_exception(job->bug);
  co_return std::move(*job->result);
}

}  // namespace tenon
