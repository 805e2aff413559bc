#pragma once
// The WHERE of a question: first what every read gets, then what was asked.

#include <string>

#include "data/planner.h"
#include "data/search.h"

namespace tenon::data {

/// Whether the row scope may be what the database walks, or only tests the rows of another walk.
enum class ScopeUse : std::uint8_t { drives, tests };

/// Builds the conditions on one table under one alias, collecting values.
class Condition {
 public:
  Condition(Sight sight, Dialect dialect, std::string alias, Statement& out)
      : sight_(sight), dialect_(dialect), alias_(std::move(alias)), out_(out) {}

  /// What every read gets: the viewer's rows, living or in the trash.
  [[nodiscard]] std::string base(Rows rows, ScopeUse use = ScopeUse::drives);
  /// ` AND …` of the client's filter. Conditions that the search index answers and that all rows
  /// must meet go to match() when `driven`, else each looks into the index by itself.
  enum class Search : std::uint8_t { driven, looked_up };
  [[nodiscard]] std::string filter(const Filter& filter, Search search = Search::looked_up);
  /// ` AND EXISTS (…)` for each relation that a record must have, or must not.
  [[nodiscard]] std::string related(const std::vector<Embed>& embeds, std::size_t depth = 1);
  /// A column of the single related record of `embed` that the viewer sees, as an expression.
  [[nodiscard]] std::string of_related(const Embed& embed, std::size_t column);
  [[nodiscard]] const Match& match() const noexcept { return match_; }
  /// The condition of match() on the search table under the alias `s`.
  [[nodiscard]] std::string matched();

  /// The place of a new value: `?7`.
  [[nodiscard]] std::string bind(Value value);
  /// `t."f_name"`.
  [[nodiscard]] std::string column(std::size_t place) const;
  [[nodiscard]] std::string qualified(std::string_view sql) const;
  /// `IN (?1, ?2, …)`; the number of places is one of a few, so that few texts are prepared.
  [[nodiscard]] std::string in_list(const std::vector<Uuid>& ids);

 private:
  [[nodiscard]] std::string scoped(ScopeUse use);
  [[nodiscard]] std::string tree(const Filter& filter);
  [[nodiscard]] std::string leaf(const Filter& filter);
  [[nodiscard]] std::string like(std::size_t place, const std::string& pattern);
  [[nodiscard]] std::string options(const Filter& filter);
  [[nodiscard]] std::string option(std::size_t place, std::string_view value);
  [[nodiscard]] std::string look_up(const Match& match);
  [[nodiscard]] std::string folded(std::size_t place) const;

  Sight sight_;
  Dialect dialect_;
  std::string alias_;
  Statement& out_;
  Match match_;
};

/// Tokens with which the search index finds every row that a leaf can match; empty when it cannot.
/// fts needs nothing more, the others are checked again.
[[nodiscard]] std::vector<Token> wanted_tokens(const EntityInfo& entity, const Filter& leaf);
/// The plain text that every match of a `like` pattern starts with.
[[nodiscard]] std::string literal_prefix(std::string_view pattern);

}  // namespace tenon::data
