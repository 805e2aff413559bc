#pragma once
// Believable Chinese customers for the demo, made from word lists by a seeded stream: the same file
// gives the same customers. The lists and the order of the draws are described in
// plugins/crm/demo/README.md.

#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"

namespace tenon::server {

/// Thread: one.
class DemoCustomers {
 public:
  /// `words` is the text of words.json, `start` the moment that contacts lie before.
  /// Errors: invalid, naming the list that is missing or malformed.
  [[nodiscard]] static Result<DemoCustomers> read(std::string_view words, Timestamp start);

  /// The next customer, as a client would send it.
  [[nodiscard]] json::object next();

 private:
  DemoCustomers(json::object words, std::uint64_t seed, Timestamp start)
      : words_(std::move(words)), random_(seed), start_(start) {}

  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_.next() % bound; }
  [[nodiscard]] std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  [[nodiscard]] const json::array& list(std::string_view name) const;
  [[nodiscard]] std::string pick(std::string_view name);
  [[nodiscard]] const json::array& weighted(std::string_view name);

  [[nodiscard]] std::string company(const std::string& city);
  [[nodiscard]] std::string person();
  [[nodiscard]] std::string phone(const std::string& area);
  [[nodiscard]] std::string address(const std::string& city);

  json::object words_;
  SeededRandom random_;
  Timestamp start_;
  std::set<std::string> names_;
  std::uint64_t serial_ = 0;
};

}  // namespace tenon::server
