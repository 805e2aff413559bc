#pragma once
// An import or an export takes longer than a request may, so it is a row that says what is going
// on: what was asked for, by whom, how far it has come, how it ended. The row is the truth also
// after the process died.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"

namespace tenon::services {

class Outlook;
using JobId = Id<struct BulkJobTag>;

enum class JobState : std::uint8_t {
  uploaded,     // an import whose columns are not settled yet
  waiting,      // for its turn
  running,      //
  undoing,      // its process died; what it wrote is being taken back
  done,         //
  failed,       // `error` says why
  cancelled,    // by its owner
  interrupted,  // the server stopped; `progress` says what stayed
};
[[nodiscard]] std::string_view to_string(JobState state) noexcept;
/// Whether somebody works at it, or is about to.
[[nodiscard]] constexpr bool is_active(JobState state) noexcept {
  return state == JobState::waiting || state == JobState::running || state == JobState::undoing;
}

struct Job {
  JobId id;
  UserId user;         // its owner: nobody else sees it
  std::string entity;  // `crm.customer`
  std::string name;    // of the file, for people
  JobState state = JobState::waiting;
  json::object request;   // as it was understood
  json::object progress;  // `rows` and more
  json::object error;     // `code`, `reason`, `message`, `fields`; empty: none
  TraceId trace;          // of what it writes
  bool cancel = false;    // asked for
  Timestamp created_at{}, alive_until{}, expires_at{};
  std::optional<Timestamp> started_at, finished_at;
};

[[nodiscard]] json::object error_json(const Error& error);
/// As the API shows it, its error in the language of `locale`.
[[nodiscard]] json::object to_json(const Job& job, std::string_view locale, const Outlook& outlook);

}  // namespace tenon::services
