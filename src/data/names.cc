#include "data/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/hash.h"

namespace tenon::data {
namespace {

constexpr std::size_t kIdentifier = 63;  // PostgreSQL's limit, kept on both databases
constexpr std::size_t kDigest = 20;      // hexadecimal digits: 80 bits

/// Long names are cut and made distinct again by a digest of the whole.
std::string bounded(std::string name) {
  if (name.size() > kIdentifier) {
    const auto digest = hex(sha256(name));
    name.resize(kIdentifier - kDigest - 1);
    name += "_" + digest.substr(0, kDigest);
  }
  return quote(name);
}

}  // namespace

Result<> check_name(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const bool good = !name.empty() && name.size() <= 40 && lower(name.front()) &&
                    std::ranges::all_of(name, [&](char c) {
                      return lower(c) || (c >= '0' && c <= '9') || c == '_';
                    });
  if (good) return {};
  return fail(Error(ErrorCode::invalid,
                    fmt::format("\"{}\" is no name: [a-z][a-z0-9_]{{0,39}}.", name.substr(0, 64)))
                  .because("schema.name"));
}

std::string quote(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string table_name(std::uint32_t plugin_number, std::string_view entity) {
  TENON_ASSERT(check_name(entity));
  return bounded(fmt::format("x{}_{}", plugin_number, entity));
}

std::string field_column(std::string_view field) {
  TENON_ASSERT(check_name(field));
  return bounded(fmt::format("f_{}", field));
}

std::string fold_column(std::string_view field) {
  TENON_ASSERT(check_name(field));
  return bounded(fmt::format("s_{}", field));
}

std::string extension_column(std::uint32_t plugin_number, std::string_view field) {
  TENON_ASSERT(check_name(field));
  return bounded(fmt::format("e{}_{}", plugin_number, field));
}

std::string extension_shadow(std::uint32_t plugin_number, std::string_view field) {
  TENON_ASSERT(check_name(field));
  return bounded(fmt::format("es{}_{}", plugin_number, field));
}

// The `$` keeps it and the tables that FTS5 makes beside it apart from every entity's table.
std::string search_table(std::uint32_t plugin_number, std::string_view entity) {
  TENON_ASSERT(check_name(entity));
  return bounded(fmt::format("s{}_{}$", plugin_number, entity));
}

std::string word_column(std::string_view field) {
  TENON_ASSERT(check_name(field));
  return bounded(fmt::format("w_{}", field));
}

std::string gram_column(std::string_view field) {
  TENON_ASSERT(check_name(field));
  return bounded(fmt::format("g_{}", field));
}

std::string index_name(std::uint32_t plugin_number, std::string_view entity,
                       std::string_view what) {
  return bounded(fmt::format("i{}_{}_{}", plugin_number, entity, what));
}

std::string_view logical_name(std::string_view physical_column) noexcept {
  if (physical_column.starts_with("f_")) physical_column.remove_prefix(2);
  return physical_column;
}

std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
  for (std::size_t l = 1; l <= left.size(); ++l) {
    std::size_t diagonal = row[0];
    row[0] = l;
    for (std::size_t r = 1; r < row.size(); ++r) {
      const auto change = diagonal + (left[l - 1] == right[r - 1] ? 0U : 1U);
      diagonal = row[r];
      row[r] = std::min({row[r] + 1, row[r - 1] + 1, change});
    }
  }
  return row.back();
}

}  // namespace tenon::data
