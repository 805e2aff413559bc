#pragma once
// One row of a CSV stream and the record it stands for: which column goes to which field, what a
// cell means there, which record a natural key names.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/json.h"
#include "data/bulk/import.h"

namespace tenon::data {

/// The JSON value that a cell's text stands for in a column of this kind; the entity's own rules
/// come later. Errors: invalid (`type`, those of json::parse).
[[nodiscard]] Result<json::value> cell_value(FieldType type, const std::string& text);

/// One line of the error file.
struct RowError {
  std::string column, rule, message;
};

enum class Written : std::uint8_t { inserted, updated };

/// Thread: one. Lifetime: entity, catalog, viewer and options outlive it.
class RowImporter {
 public:
  /// Errors: invalid (`import.column`, `import.key`).
  [[nodiscard]] static Result<RowImporter> make(const Catalog& catalog, const EntityInfo& entity,
                                                const Viewer& viewer, const ImportOptions& options,
                                                const CsvRow& header);

  /// Writes the record; what is wrong with the row goes to `errors` (then nothing was written).
  /// Errors: what ends the whole import.
  [[nodiscard]] Result<std::optional<Written>> apply(UnitOfWork& unit, const CsvRow& row,
                                                     std::vector<RowError>& errors);
  /// The check before an import that writes in steps: equal values of unique fields within the
  /// stream count as wrong, and a natural key of the same entity may name a row further up.
  void check_stream() { checking_ = true; }
  /// Around the rows of one transaction, which may be run again: what was seen in one that was
  /// undone is forgotten.
  void begin_batch();
  void keep_batch() { fresh_.clear(); }
  /// Whether the last row got as far as a statement that writes.
  [[nodiscard]] bool reached_database() const noexcept { return reached_; }

 private:
  struct Target {
    std::size_t column = 0;          // of the entity
    const EntityInfo* by = nullptr;  // of a reference: its entity …
    std::size_t by_column = 0;       // … and the column that the cell holds
    bool skip = false;
  };
  RowImporter(const Catalog& catalog, const EntityInfo& entity, const Viewer& viewer,
              const ImportOptions& options)
      : catalog_(catalog), entity_(entity), viewer_(viewer), options_(options) {}
  [[nodiscard]] Result<> map(const CsvRow& header);
  [[nodiscard]] Result<Target> target(const std::string& header) const;
  [[nodiscard]] Result<> check_key();
  [[nodiscard]] Result<> read_cell(UnitOfWork& unit, const CsvCell& cell, const Target& target,
                                   json::object& fields, std::vector<RowError>& errors);
  [[nodiscard]] Result<> resolve(UnitOfWork& unit, std::string text, const Target& target,
                                 json::object& fields, std::vector<RowError>& errors);
  [[nodiscard]] Result<std::optional<RecordId>> existing(UnitOfWork& unit,
                                                         const json::object& fields,
                                                         std::vector<RowError>& errors);
  void check_unique(const json::object& fields, bool updates, std::vector<RowError>& errors);
  void explain(const Error& error, std::vector<RowError>& errors) const;
  [[nodiscard]] std::string header_of(std::string_view field) const;

  const Catalog& catalog_;
  const EntityInfo& entity_;
  const Viewer& viewer_;
  const ImportOptions& options_;
  std::vector<std::string> headers_;
  std::vector<Target> targets_;
  std::vector<std::size_t> key_;
  std::map<std::string, std::string, std::less<>> known_;  // column of another entity + key → id
  std::unordered_set<std::size_t> seen_;                   // hashes of unique values
  std::vector<std::size_t> fresh_;                         // those of this batch
  bool checking_ = false;
  bool reached_ = false;
};

}  // namespace tenon::data
