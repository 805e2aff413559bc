#pragma once
// The search index of an entity: one row of tokens beside each row that has searchable fields, kept
// in step in the same transaction. On SQLite an FTS5 table that stores no text, on PostgreSQL a
// table of tsvectors under one GIN index.

#include <string>
#include <vector>

#include "data/catalog.h"
#include "data/read_dialect.h"
#include "data/sight.h"
#include "data/tokens.h"
#include "storage/session.h"

namespace tenon::data {

/// Statements that create the search table of an entity; none where nothing is searchable.
[[nodiscard]] std::vector<std::string> create_search(const EntityInfo& entity, Dialect dialect);
/// Statements that drop it.
[[nodiscard]] std::vector<std::string> drop_search(const EntityInfo& entity);
/// Whether both versions of an entity search the same fields.
[[nodiscard]] bool same_search(const EntityInfo& before, const EntityInfo& after);

/// Puts a new row into the index, behind its insert; `row` has the values of columns(). A row in
/// the trash stays in: the planner tells the two apart.
[[nodiscard]] Result<> index_search(storage::Session& session, const EntityInfo& entity,
                                    RecordId id, const std::vector<Value>& row);
/// The same for a row that is in it, behind a change of its searchable fields.
[[nodiscard]] Result<> reindex_search(storage::Session& session, const EntityInfo& entity,
                                      RecordId id, const std::vector<Value>& row);
/// Takes a row out; call it before the row itself is deleted.
[[nodiscard]] Result<> unindex_search(storage::Session& session, const EntityInfo& entity,
                                      RecordId id);
/// Indexes all rows anew, after the set of searchable fields has changed. Cost: the whole table.
[[nodiscard]] Result<> refill_search(storage::Session& session, const EntityInfo& entity);

/// What a row's tokens must hold: each token in at least one of its columns.
class Match {
 public:
  /// Adds the tokens over one column, or over all searchable ones that the viewer may read.
  void add(Sight sight, std::size_t column, std::vector<Token> tokens);
  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }
  /// True when it can match nothing.
  [[nodiscard]] bool nothing() const noexcept { return nothing_; }

  /// The condition on the search table under alias `alias`; `bind` gives the place of a value.
  template <class Bind>
  [[nodiscard]] std::string condition(Dialect dialect, const EntityInfo& entity,
                                      std::string_view alias, Bind bind) const {
    if (nothing_) return "1 = 0";
    if (dialect == Dialect::sqlite)
      return std::string(alias) + "." + entity.search_table() + " MATCH " + bind(fts5());
    std::string text;
    for (const auto& part : parts_) {
      std::string one;
      const auto place = bind(tsquery(part));
      for (const auto& column : part.columns)
        one.append(one.empty() ? "" : " OR ")
            .append(alias)
            .append("." + column)
            .append(" @@ CAST(" + place + " AS tsquery)");
      text += (text.empty() ? "(" : " AND (") + one + ")";
    }
    return text;
  }

 private:
  struct Part {
    std::vector<std::string> columns;  // quoted
    Token token;
  };
  [[nodiscard]] std::string fts5() const;
  [[nodiscard]] static std::string tsquery(const Part& part);
  std::vector<Part> parts_;
  bool nothing_ = false;
};

}  // namespace tenon::data
