#pragma once
// A file of the behaviour corpus (README.md says how it is written) and the run of one against a
// tenant.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/tenant.h"

namespace tenon::corpus {

struct Step {
  int line = 0;
  std::string operation;
  std::string expected;  // empty: any success
};

struct Script {
  std::string name;
  std::vector<data::Entity> entities;
  std::vector<Step> steps;
};

/// Errors: invalid with the line.
[[nodiscard]] Result<Script> read_script(const std::string& file);

/// Runs the steps of a script one after another. Thread: one at a time.
class Player {
 public:
  explicit Player(std::shared_ptr<data::Tenant> tenant) : tenant_(std::move(tenant)) {}
  /// What the step gave, in the form of `expected`.
  [[nodiscard]] std::string play(const Step& step);

 private:
  struct Words;
  template <class Work>
  auto unit(Work work);
  const data::EntityInfo& entity(const std::string& name);
  std::string with_names(std::string text) const;
  std::string shown(const Result<data::Record>& record, const std::string& expected,
                    const std::string& name = {});
  std::string page(Result<data::Page> page);
  std::string list(const std::string& target, data::Rows rows, data::Count count);
  std::string dispatch(const std::string& verb, const std::string& rest,
                       const std::string& expected);

  std::shared_ptr<data::Tenant> tenant_;  // shared with whoever opened it
  std::shared_ptr<const data::Catalog> catalog_;
  std::map<std::string, std::string> names_;
};

}  // namespace tenon::corpus
