#pragma once
// A write that carries `Idempotency-Key` is done once: what was answered is stored with the rows,
// and the same request with the same key gets the same answer.

#include <optional>
#include <string>

#include "api/context.h"
#include "api/transaction.h"
#include "http/request.h"
#include "http/response.h"

namespace tenon::api {

/// The answer to a write, as it can be stored.
struct Answer {
  int status = 204;
  std::string body;  // empty: none
  std::string type;  // of the body; empty: JSON
  std::string etag;
  std::string location;
  std::string range;    // Content-Range
  std::string applied;  // Preference-Applied
  bool replayed = false;
};

[[nodiscard]] http::Response to_response(Answer answer);

/// The key of a request, if it has one. What makes it another request: method, target, If-Match,
/// Accept, Prefer and body.
[[nodiscard]] std::optional<data::OnceKey> once_key(const RequestContext& context,
                                                    const http::Request& request);

/// Runs `work() -> Task<Answer>` in `unit` unless the key has its answer already. Errors: those of
/// UnitOfWork::begin_once().
template <class Work>
[[nodiscard]] Task<Answer> answer_once(data::UnitOfWork* unit, std::optional<data::OnceKey> key,
                                       Deadline deadline, Work work);

namespace detail {
[[nodiscard]] Result<std::optional<Answer>> stored_answer(data::UnitOfWork& unit,
                                                          const data::OnceKey& key);
[[nodiscard]] Result<> store_answer(data::UnitOfWork& unit, const data::OnceKey& key,
                                    const Answer& answer);
}  // namespace detail

template <class Work>
Task<Answer> answer_once(data::UnitOfWork* unit, std::optional<data::OnceKey> key,
                         Deadline deadline, Work work) {
  if (key) {
    TENON_CO_TRY(co_await unit->acquire(deadline));
    TENON_CO_ASSIGN(known, TENON_CO_ACT(*unit, detail::stored_answer(*unit, *key)));
    if (known) co_return *std::move(known);
  }
  TENON_CO_ASSIGN(answer, co_await work());
  if (key) TENON_CO_TRY(TENON_CO_ACT(*unit, detail::store_answer(*unit, *key, answer)));
  co_return std::move(answer);
}

}  // namespace tenon::api
