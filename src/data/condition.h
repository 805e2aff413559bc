#pragma once
// The WHERE of a question.

#include "data/planner.h"

namespace tenon::data {

/// Builds one condition after another, collecting values.
class Condition {
 public:
  Condition(const EntityInfo& entity, Statement& out) : entity_(entity), out_(out) {}

  /// What every read gets: the viewer's rows that are not in the trash.
  void base(const Viewer& viewer);
  /// ` AND (…)` of the client's filter.
  void filter(const Filter& filter);
  /// The place of a new value: `?7`.
  [[nodiscard]] std::string bind(Value value);

 private:
  [[nodiscard]] std::string tree(const Filter& filter);
  [[nodiscard]] std::string leaf(const Filter& filter);
  [[nodiscard]] std::string like(const Column& column, const std::string& pattern);

  const EntityInfo& entity_;
  Statement& out_;
};

}  // namespace tenon::data
