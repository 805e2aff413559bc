#pragma once
// The one place where names of tables, columns and indexes are made. A logical name enters SQL only
// through here, and only if it is made of [a-z0-9_].

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tenon::data {

/// [a-z][a-z0-9_]{0,39}. Errors: invalid (`schema.name`).
[[nodiscard]] Result<> check_name(std::string_view name);

// Quoted, at most 63 bytes between the quotes. Requires: check_name() held.
[[nodiscard]] std::string table_name(std::uint32_t plugin_number, std::string_view entity);
[[nodiscard]] std::string field_column(std::string_view field);
[[nodiscard]] std::string fold_column(std::string_view field);
/// A column that the plugin of that number added to the table of another.
[[nodiscard]] std::string extension_column(std::uint32_t plugin_number, std::string_view field);
[[nodiscard]] std::string extension_shadow(std::uint32_t plugin_number, std::string_view field);
// The table of search tokens of an entity, and its columns of words and grams of a field.
[[nodiscard]] std::string search_table(std::uint32_t plugin_number, std::string_view entity);
[[nodiscard]] std::string word_column(std::string_view field);
[[nodiscard]] std::string gram_column(std::string_view field);
/// `number` tells the indexes of one table apart.
[[nodiscard]] std::string index_name(std::uint32_t plugin_number, std::string_view entity,
                                     std::string_view what);

/// `"name"`.
[[nodiscard]] std::string quote(std::string_view name);
/// The field behind an unquoted physical column (`f_code` → `code`), or the column itself.
[[nodiscard]] std::string_view logical_name(std::string_view physical_column) noexcept;

/// Nearest of `known` for a "did you mean", or empty when nothing is near.
template <class Range>
[[nodiscard]] std::string_view nearest(std::string_view name, const Range& known);
[[nodiscard]] std::size_t distance(std::string_view left, std::string_view right);

template <class Range>
std::string_view nearest(std::string_view name, const Range& known) {
  std::string_view best;
  std::size_t least = name.size() / 2 + 1;
  for (std::string_view candidate : known)
    if (const auto far = distance(name.substr(0, 64), candidate); far < least) {
      least = far;
      best = candidate;
    }
  return best;
}

/// `. Did you mean "x"?` or empty.
template <class Range>
[[nodiscard]] std::string suggestion(std::string_view name, const Range& known) {
  const auto best = nearest(name, known);
  return best.empty() ? std::string() : " Did you mean \"" + std::string(best) + "\"?";
}

}  // namespace tenon::data
