#include "data/bulk/import_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/utf8.h"
#include "data/decode.h"
#include "data/names.h"
#include "data/sight.h"

namespace tenon::data {
namespace {

constexpr std::size_t kKnown = 10'000;

std::unexpected<Error> wrong(std::string reason, std::string message) {
  return fail(Error(ErrorCode::invalid, std::move(message)).because(std::move(reason)));
}

bool is_text(FieldType type) noexcept {
  return type == FieldType::string || type == FieldType::text;
}

/// What concerns one row; anything else ends the import.
bool is_of_row(const Error& error) noexcept {
  const auto code = error.code();
  return !error.reason().starts_with("storage.") &&
         (code == ErrorCode::invalid || code == ErrorCode::conflict || code == ErrorCode::denied ||
          code == ErrorCode::not_found);
}

json::value list_of(std::string_view text) {
  json::array list;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('|', at), text.size());
    list.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return list;
}

/// Whether a look-up by this column is a short one.
bool is_indexed(const EntityInfo& entity, std::size_t place) {
  const auto& column = entity.columns()[place];
  if (column.indexed || (column.field != nullptr && column.field->unique)) return true;
  return std::ranges::any_of(entity.entity().indexes, [&](const Index& index) {
    return index.fields.front() == column.name;
  });
}

Query one_of(std::size_t id, std::vector<std::pair<std::size_t, Value>> equal) {
  Query query;
  query.select = {{id, "id"}};
  query.limit = 2;
  for (auto& [column, value] : equal) {
    Filter leaf{.kind = Filter::Kind::leaf, .column = column};
    if (is_null(value))
      leaf.op = Operator::is_null;
    else
      leaf.values.push_back(std::move(value));
    query.filter.children.push_back(std::move(leaf));
  }
  return query;
}

std::optional<std::string> id_in(const Page& page) {
  if (page.rows != 1) return std::nullopt;
  constexpr std::size_t kBefore = std::string_view("[{\"id\":\"").size();
  return page.json.substr(kBefore, 36);
}

}  // namespace

Result<json::value> cell_value(FieldType type, const std::string& text) {
  switch (type) {
    case FieldType::integer: {
      const auto number = parse_integer(text);
      if (!number) return wrong(number.error().code, number.error().message);
      return json::value(*number);
    }
    case FieldType::boolean:
      for (const auto* word : {"true", "TRUE", "1", "yes", "是"})
        if (text == word) return json::value(true);
      for (const auto* word : {"false", "FALSE", "0", "no", "否"})
        if (text == word) return json::value(false);
      return wrong("type", "true or false is expected.");
    case FieldType::multi_select:
      if (!text.starts_with('[')) return list_of(text);
      return json::parse(text);
    case FieldType::json:
    case FieldType::computed:
      return json::parse(text);
    default:
      return json::value(text);
  }
}

void RowImporter::begin_batch() {
  for (const auto hash : fresh_) seen_.erase(hash);
  fresh_.clear();
}

Result<RowImporter> RowImporter::make(const Catalog& catalog, const EntityInfo& entity,
                                      const Viewer& viewer, const ImportOptions& options,
                                      const CsvRow& header) {
  RowImporter importer(catalog, entity, viewer, options);
  TENON_TRY(importer.map(header));
  TENON_TRY(importer.check_key());
  return importer;
}

Result<> RowImporter::map(const CsvRow& header) {
  std::vector<bool> taken(entity_.columns().size());
  for (const auto& cell : header.cells) {
    TENON_ASSIGN(found, target(cell.text));
    if (!found.skip && taken[found.column])
      return wrong("import.column", fmt::format("Two columns go to the field \"{}\".",
                                                entity_.columns()[found.column].name));
    if (!found.skip) taken[found.column] = true;
    headers_.push_back(cell.text);
    targets_.push_back(found);
  }
  return {};
}

Result<RowImporter::Target> RowImporter::target(const std::string& header) const {
  const auto said = std::ranges::find(options_.columns, header, &ImportColumn::header);
  const bool is_said = said != options_.columns.end();
  const auto& name = is_said ? said->field : header;
  if (is_said && name.empty()) return Target{.skip = true};
  const Sight sight(entity_, viewer_);
  const auto column = sight.find(name);
  if (!column) {
    std::vector<std::string_view> names;
    for (const auto known : sight.columns()) names.push_back(entity_.columns()[known].name);
    return wrong("import.column",
                 fmt::format("\"{}\" is no field.{}", name.substr(0, 64), suggestion(name, names)));
  }
  const auto& info = entity_.columns()[*column];
  // An export names what the system fills in; it is read over.
  if (!info.writable) return Target{.column = *column, .skip = true};
  Target found{.column = *column};
  if (!is_said || said->by.empty()) return found;
  if (info.type != FieldType::reference)
    return wrong("import.column", fmt::format("\"{}\" refers to no record.", name));
  const auto& field = *info.field;
  TENON_ASSIGN(other,
               catalog_.entity(field.ref_plugin.empty() ? entity_.plugin() : field.ref_plugin,
                               field.ref_entity));
  TENON_ASSIGN(by, Sight(*other, viewer_).column(said->by, "/columns"));
  if (!is_indexed(*other, by))
    return wrong("import.column", fmt::format("\"{}\" of \"{}\" needs an index to be looked up.",
                                              said->by, other->name()));
  found.by = other;
  found.by_column = by;
  return found;
}

Result<> RowImporter::check_key() {
  bool indexed = options_.key.empty();
  for (const auto& name : options_.key) {
    const auto column = entity_.find(name);
    const bool mapped = column && std::ranges::any_of(targets_, [&](const Target& each) {
                          return !each.skip && each.column == *column;
                        });
    if (!mapped)
      return wrong("import.key",
                   fmt::format("The key \"{}\" is in no column.", name.substr(0, 64)));
    indexed = indexed || is_indexed(entity_, *column);
    key_.push_back(*column);
  }
  if (!indexed) return wrong("import.key", "The key needs an index.");
  return {};
}

std::string RowImporter::header_of(std::string_view field) const {
  for (std::size_t i = 0; i < targets_.size(); ++i)
    if (!targets_[i].skip && entity_.columns()[targets_[i].column].name == field)
      return headers_[i];
  return std::string(field);
}

void RowImporter::explain(const Error& error, std::vector<RowError>& errors) const {
  if (error.fields().empty()) errors.push_back({"", error.reason(), error.message()});
  for (const auto& field : error.fields()) {
    const auto header = header_of(std::string_view(field.path).substr(1));
    const bool told =
        std::ranges::any_of(errors, [&](const RowError& known) { return known.column == header; });
    if (!told) errors.push_back({header, field.code, field.message});
  }
}

Result<std::optional<Written>> RowImporter::apply(UnitOfWork& unit, const CsvRow& row,
                                                  std::vector<RowError>& errors) {
  reached_ = false;
  if (row.cells.size() != targets_.size()) {
    errors.push_back(
        {"", "cells",
         fmt::format("{} cells are expected, not {}.", targets_.size(), row.cells.size())});
    return std::nullopt;
  }
  json::object fields;
  for (std::size_t i = 0; i < targets_.size(); ++i)
    if (!targets_[i].skip) TENON_TRY(read_cell(unit, row.cells[i], targets_[i], fields, errors));
  if (!errors.empty()) {
    // Everything that is wrong is told at once.
    if (auto rest = decode_fields(entity_, fields, Change::insert, Author::client); !rest)
      explain(rest.error(), errors);
    return std::nullopt;
  }
  const auto told = [&](Error error) -> Result<std::optional<Written>> {
    if (!is_of_row(error)) return std::unexpected(std::move(error));
    explain(error, errors);
    return std::nullopt;
  };
  std::optional<RecordId> id;
  if (!key_.empty()) {
    TENON_ASSIGN(found, existing(unit, fields, errors));
    id = found;
  }
  check_unique(fields, id.has_value(), errors);
  if (!errors.empty()) return std::nullopt;
  // A module may set what a client may not; what the stream says is a client's.
  auto author = Author::client;
  if (options_.before_row) {
    if (auto mine = Sight(entity_, viewer_).check_written(fields); !mine)
      return told(std::move(mine.error()));
    reached_ = true;
    if (auto done = options_.before_row(unit, id, fields); !done)
      return told(std::move(done.error()));
    author = Author::module;
  }
  reached_ = true;
  auto written = id ? unit.update(entity_, *id, fields, std::nullopt, author)
                    : unit.insert(entity_, fields, author);
  if (!written) return told(std::move(written.error()));
  return id ? Written::updated : Written::inserted;
}

Result<> RowImporter::read_cell(UnitOfWork& unit, const CsvCell& cell, const Target& target,
                                json::object& fields, std::vector<RowError>& errors) {
  const auto& column = entity_.columns()[target.column];
  if (!utf8::is_valid(cell.text)) {
    errors.push_back({header_of(column.name), "encoding", "The text is no UTF-8."});
    return {};
  }
  if (cell.text.empty() && !(cell.quoted && is_text(column.type))) {
    fields[column.name] = nullptr;
    return {};
  }
  std::string text(options_.guard == Guard::formulas ? unguarded(cell.text) : cell.text);
  if (target.by != nullptr) return resolve(unit, std::move(text), target, fields, errors);
  auto value = cell_value(column.type, text);
  if (value)
    fields[column.name] = std::move(*value);
  else
    errors.push_back({header_of(column.name), value.error().reason(), value.error().message()});
  return {};
}

Result<> RowImporter::resolve(UnitOfWork& unit, std::string text, const Target& target,
                              json::object& fields, std::vector<RowError>& errors) {
  const auto& column = entity_.columns()[target.column];
  const auto known_as = fmt::format("{}\n{}", target.column, text);
  if (const auto found = known_.find(known_as); found != known_.end()) {
    fields[column.name] = found->second;
    return {};
  }
  auto value = decode_text(target.by->columns()[target.by_column], text);
  if (!value) {
    errors.push_back({header_of(column.name), value.error().code, value.error().message});
    return {};
  }
  TENON_ASSIGN(page, unit.list(*target.by, one_of(*target.by->find("id"),
                                                  {{target.by_column, std::move(*value)}})));
  if (const auto id = id_in(page)) {
    if (known_.size() >= kKnown) known_.clear();
    // What this unit made may be undone with it; a check's always is.
    if (target.by != &entity_) known_.emplace(known_as, *id);
    fields[column.name] = *id;
    return {};
  }
  if (page.rows == 0 && checking_ && target.by == &entity_ && column.nullable) return {};
  errors.push_back(
      {header_of(column.name), "reference",
       page.rows == 0 ? "There is no such record." : "More than one record has this."});
  return {};
}

Result<std::optional<RecordId>> RowImporter::existing(UnitOfWork& unit, const json::object& fields,
                                                      std::vector<RowError>& errors) {
  std::vector<std::pair<std::size_t, Value>> equal;
  for (const auto column : key_) {
    const auto& info = entity_.columns()[column];
    const auto* given = fields.if_contains(info.name);
    auto value = decode_json(info, given == nullptr ? json::value() : *given);
    if (!value) return std::nullopt;  // the insert says what is wrong
    equal.emplace_back(column, std::move(*value));
  }
  TENON_ASSIGN(page, unit.list(entity_, one_of(*entity_.find("id"), std::move(equal))));
  if (page.rows > 1) errors.push_back({"", "key", "More than one record has this key."});
  const auto id = id_in(page);
  return id ? RecordId::parse(*id) : std::nullopt;
}

void RowImporter::check_unique(const json::object& fields, bool updates,
                               std::vector<RowError>& errors) {
  if (!checking_ || updates || !key_.empty()) return;
  const auto once = [&](const std::vector<std::string>& names) {
    std::string together;
    for (const auto& name : names) {
      const auto* value = fields.if_contains(name);
      if (value == nullptr || value->is_null()) return;
      together += name + "\n" + json::serialize(*value) + "\n";
    }
    const auto hash = std::hash<std::string>{}(together);
    if (seen_.insert(hash).second) {
      fresh_.push_back(hash);
      return;
    }
    errors.push_back({header_of(names.front()), "unique", "This value is further up already."});
  };
  for (const auto& field : entity_.entity().fields)
    if (field.unique) once({field.name});
  for (const auto& index : entity_.entity().indexes)
    if (index.unique) once(index.fields);
}

}  // namespace tenon::data
