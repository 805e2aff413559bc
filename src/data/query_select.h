#pragma once
// The `select` of a question: columns with aliases, aggregates, related records.

#include <expected>
#include <string_view>

#include "data/fields/number.h"
#include "data/query.h"

namespace tenon::data {

/// Reads `id,who:name,credit::float8,employer(name),contacts(phone),...employer(city)` or
/// `city,created_at.month(),credit.sum()`.
class SelectReader {
 public:
  SelectReader(const Viewer& viewer, std::shared_ptr<const Catalog> catalog)
      : viewer_(viewer), catalog_(std::move(catalog)) {}

  [[nodiscard]] std::expected<void, Reason> read(Sight sight, std::string_view text, Query& query,
                                                 std::size_t depth = 0);

 private:
  [[nodiscard]] std::expected<void, Reason> item(Sight sight, std::string_view text, Query& query,
                                                 std::size_t depth);
  /// `employer:company!employer!inner(name)`, or with `...` in front of it.
  [[nodiscard]] std::expected<void, Reason> embed(Sight sight, std::string_view text, Query& query,
                                                  std::size_t depth);

  const Viewer& viewer_;
  std::shared_ptr<const Catalog> catalog_;
  std::size_t embeds_ = 0;
};

/// Letters, digits and `_`, at most 63.
[[nodiscard]] bool is_alias(std::string_view text) noexcept;

}  // namespace tenon::data
