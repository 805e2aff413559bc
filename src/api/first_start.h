#pragma once
// A server that has no company yet has nobody who could sign in, and no password that everybody
// knows. Its operator gets a link instead, on the terminal where it was started: whoever opens it
// first makes the first company and becomes its administrator; after that it is good for nothing.

#include <mutex>
#include <optional>
#include <string>

#include "async/permit.h"
#include "base/clock.h"
#include "base/random.h"

namespace tenon::api {

/// Thread: any. Lifetime: the clock outlives it.
class FirstStart {
 public:
  explicit FirstStart(const Clock& clock) : clock_(clock) {}

  /// Opens the door; gives the token of the link, good for a day.
  [[nodiscard]] std::string begin(Random& random);
  [[nodiscard]] bool is_open() const;
  /// Whether this is the token; compared in constant time.
  [[nodiscard]] bool matches(const std::string& token) const;
  void end();
  /// Making a company keeps a thread for a while: one at a time.
  [[nodiscard]] PermitPool& making() noexcept { return making_; }

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::optional<std::string> token_;
  Timestamp expires_;
  PermitPool making_{1, 8};
};

}  // namespace tenon::api
