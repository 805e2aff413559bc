#pragma once
// Who runs the server is no user of any company on it. An operator is a line in a file beside the
// data: a name, the hash of a token and when it ends. Whoever can write that file runs the server
// already; the token lets him do so over HTTP, and nothing else: it opens no company's records.

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

namespace tenon::identity {

inline constexpr std::size_t kOperators = 100;

struct OperatorRow {
  std::string name;
  Timestamp expires;
};

/// Thread: any. Lifetime: the clock outlives it. Each call looks at the file, so that a token ends
/// when its line does. Blocks for a small file.
class Operators {
 public:
  Operators(std::filesystem::path file, const Clock& clock)
      : file_(std::move(file)), clock_(clock) {}

  /// The operator whose token this is; empty: none, or it has ended.
  [[nodiscard]] std::string name_of(std::string_view token) const;
  /// The token, shown once: `operator~` and 43 characters. Errors: invalid (`operator.name`),
  /// conflict (`operator.exists`), exhausted (`operator.limit`), unavailable (`operator.file`).
  [[nodiscard]] Result<std::string> create(const std::string& name, std::chrono::seconds lifetime,
                                           Random& random);
  /// Errors: not_found (`operator.unknown`), unavailable (`operator.file`).
  [[nodiscard]] Result<> remove(const std::string& name);
  [[nodiscard]] Result<std::vector<OperatorRow>> list() const;

 private:
  struct Line;
  [[nodiscard]] Result<std::vector<Line>> read() const;
  [[nodiscard]] Result<> write(const std::vector<Line>& lines) const;

  const std::filesystem::path file_;
  const Clock& clock_;
  mutable std::mutex mutex_;
};

}  // namespace tenon::identity
