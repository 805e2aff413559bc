#include "services/print/document.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

#include "base/json.h"
#include "data/sight.h"
#include "services/print/format.h"

namespace tenon::services {
namespace {

using data::EntityInfo;
using Node = PrintTemplate::Node;

constexpr std::string_view kOwn = "print.";
constexpr std::string_view kOf = "ref_";  // in front of the name of what a reference names

std::string_view first_of(std::string_view path) { return path.substr(0, path.find('.')); }

const EntityInfo* referred(const data::Catalog& catalog, const EntityInfo& entity,
                           const data::Column& column) {
  if (column.type != data::FieldType::reference || column.field == nullptr) return nullptr;
  const auto& plugin = column.field->ref_plugin;
  return catalog.find(plugin.empty() ? entity.plugin() : plugin, column.field->ref_entity);
}

/// What a template needs, as the parameters of a question.
class Needs {
 public:
  Needs(const data::Catalog& catalog, const data::Viewer& viewer)
      : catalog_(catalog), viewer_(viewer) {}

  std::string select_of(const EntityInfo& entity, const std::vector<Node>& nodes,
                        const std::string& prefix) {
    std::vector<const Node*> all;
    collect(entity, nodes, all);
    std::set<std::string> columns{"id"};
    std::map<std::string, std::set<std::string>> references;
    std::map<std::string, std::vector<Node>> lists;
    for (const auto* node : all) {
      if (node->text.starts_with(kOwn)) continue;
      const std::string name(first_of(node->text));
      const auto place = data::Sight(entity, viewer_).find(name);
      if (!place) {
        if (node->kind == Node::Kind::value) {
          wrong(node->text, entity);
          continue;
        }
        auto& inside = lists[name];
        inside.insert(inside.end(), node->children.begin(), node->children.end());
        continue;
      }
      columns.insert(name);
      const auto& column = entity.columns()[*place];
      const auto* other = referred(catalog_, entity, column);
      // Out of reach is like not there: a document is printed without it.
      if (other != nullptr && !reaches(*other)) continue;
      const bool dotted = node->text.contains('.');
      if (dotted && column.type != data::FieldType::reference) wrong(node->text, entity);
      if (other == nullptr) continue;
      const auto field =
          dotted ? node->text.substr(name.size() + 1) : other->columns()[other->label()].name;
      if (data::Sight(*other, viewer_).find(field))
        references[name].insert(field);
      else if (dotted)
        wrong(node->text, entity);
    }
    std::string select;
    for (const auto& column : columns) select.append(select.empty() ? "" : ",").append(column);
    for (const auto& [name, fields] : references) {
      std::string inside;
      for (const auto& field : fields) inside.append(inside.empty() ? "" : ",").append(field);
      select += fmt::format(",{}{}:{}({})", kOf, name, name, inside);
    }
    for (const auto& [name, children] : lists) {
      const auto* other = entity_of(entity, name);
      if (other == nullptr) {
        wrong(name, entity);
        continue;
      }
      if (!reaches(*other)) continue;
      const auto path = prefix.empty() ? name : prefix + "." + name;
      limits_.push_back(path);
      select += fmt::format(",{}({})", name, select_of(*other, children, path));
    }
    return select;
  }

  [[nodiscard]] const std::vector<std::string>& limits() const noexcept { return limits_; }
  std::vector<FieldError> take_wrong() { return std::move(wrong_); }

 private:
  /// Nodes that speak of this entity: those inside a section of a value, too.
  void collect(const EntityInfo& entity, const std::vector<Node>& nodes,
               std::vector<const Node*>& all) {
    for (const auto& node : nodes) {
      if (node.kind == Node::Kind::html || node.kind == Node::Kind::style) continue;
      all.push_back(&node);
      const bool here = node.kind == Node::Kind::inverted ||
                        data::Sight(entity, viewer_).find(first_of(node.text)).has_value();
      if (here) collect(entity, node.children, all);
    }
  }
  /// The entity whose rows refer to this one, by its name or by that of a relation.
  const EntityInfo* entity_of(const EntityInfo& entity, const std::string& name) const {
    for (const auto& relation : entity.entity().relations)
      if (relation.name == name)
        return catalog_.find(relation.ref_plugin.empty() ? entity.plugin() : relation.ref_plugin,
                             relation.ref_entity);
    for (const auto& incoming : entity.incoming())
      if (incoming.entity == name) return catalog_.find(incoming.plugin, incoming.entity);
    return nullptr;
  }
  bool reaches(const EntityInfo& entity) const {
    return viewer_.rights == nullptr ||
           viewer_.rights->on(entity.full_name()).scope != data::Scope::none;
  }
  void wrong(const std::string& name, const EntityInfo& entity) {
    wrong_.push_back(
        {"/" + name, "unknown",
         fmt::format("\"{}\" is nothing of {}, or not for you.", name, entity.name())});
  }

  const data::Catalog& catalog_;
  const data::Viewer& viewer_;
  std::vector<std::string> limits_;
  std::vector<FieldError> wrong_;
};

std::unexpected<Error> unfit(std::vector<FieldError> wrong) {
  return fail(Error(ErrorCode::invalid, "The print template does not fit the record.")
                  .because("print.template")
                  .with_fields(std::move(wrong)));
}

class Writer {
 public:
  explicit Writer(const PrintLook& look) : look_(look) {}

  Result<> nodes(const std::vector<Node>& nodes, const EntityInfo& entity, const data::Query& query,
                 const json::object& row, std::size_t index) {
    for (const auto& node : nodes) {
      if (out_.size() > kPrintedBytes)
        return fail(Error(ErrorCode::exhausted, "The document is larger than 8 MiB.")
                        .because("print.size"));
      switch (node.kind) {
        case Node::Kind::html:
          out_ += node.text;
          break;
        case Node::Kind::style:
          out_ += "<style nonce=\"" + look_.nonce + "\">";
          break;
        case Node::Kind::value:
          out_ += escaped_html(value(node.text, entity, query, row, index));
          break;
        default:
          TENON_TRY(section(node, entity, query, row, index));
      }
    }
    return {};
  }
  std::string take() { return std::move(out_); }

 private:
  static const data::Embed* embed_named(const data::Query& query, std::string_view name) {
    for (const auto& embed : query.embeds)
      if (embed.name == name) return &embed;
    return nullptr;
  }

  std::string value(std::string_view path, const EntityInfo& entity, const data::Query& query,
                    const json::object& row, std::size_t index) const {
    if (path == "print.user") return look_.user;
    if (path == "print.date") return day_in(to_rfc3339(look_.now), look_.locale);
    if (path == "print.index") return std::to_string(index);
    const auto name = first_of(path);
    const auto* embed = embed_named(query, std::string(kOf) + std::string(name));
    const auto* related = embed != nullptr ? row.if_contains(embed->name) : nullptr;
    if (related != nullptr && related->is_object()) {
      const auto& other = *embed->entity;
      const auto field = path.size() > name.size()
                             ? path.substr(name.size() + 1)
                             : std::string_view(other.columns()[other.label()].name);
      return shown(other, field, related->get_object());
    }
    // What it names is out of reach or gone: its id says nothing to people.
    const auto place = entity.find(name);
    if (embed != nullptr || (place && entity.columns()[*place].type == data::FieldType::reference))
      return {};
    return shown(entity, name, row);
  }

  std::string shown(const EntityInfo& entity, std::string_view name,
                    const json::object& row) const {
    const auto place = entity.find(name);
    const auto* found = row.if_contains(name);
    if (!place || found == nullptr) return {};
    return text_of_value(entity.columns()[*place], *found, look_.locale);
  }

  Result<> section(const Node& node, const EntityInfo& entity, const data::Query& query,
                   const json::object& row, std::size_t index) {
    const bool wanted = node.kind == Node::Kind::section;
    const auto* found = row.if_contains(node.text);
    const auto* embed = embed_named(query, node.text);
    if (embed == nullptr) {
      const bool there = found != nullptr && !found->is_null() &&
                         !(found->is_bool() && !found->get_bool()) &&
                         !(found->is_string() && found->get_string().empty());
      return there == wanted ? nodes(node.children, entity, query, row, index) : Result<>();
    }
    static const json::array kNone;
    const auto& lines = found != nullptr && found->is_array() ? found->get_array() : kNone;
    if (!wanted)
      return lines.empty() ? nodes(node.children, entity, query, row, index) : Result<>();
    if (lines.size() >= kPrintedLines)
      return fail(Error(ErrorCode::exhausted, "A document shows fewer than 1,000 lines.")
                      .because("print.size"));
    for (std::size_t i = 0; i < lines.size(); ++i)
      if (lines[i].is_object())
        TENON_TRY(nodes(node.children, *embed->entity, embed->query, lines[i].get_object(), i + 1));
    return {};
  }

  const PrintLook& look_;
  std::string out_;
};

constexpr std::string_view kPaper = R"css(
@page { size: A4; margin: 18mm 15mm 20mm;
  @bottom-center { content: counter(page) " / " counter(pages); font-size: 9pt; } }
body { font: 10.5pt/1.5 "Noto Sans CJK SC", "Source Han Sans SC", sans-serif; color: #000; margin: 0; }
table { border-collapse: collapse; width: 100%; }
thead { display: table-header-group; }
tfoot { display: table-row-group; }
tr, img { break-inside: avoid; }
th, td { border: 0.5pt solid #888; padding: 1.5mm 2mm; text-align: left; overflow-wrap: anywhere; }
h1, h2, h3 { break-after: avoid; }
)css";

}  // namespace

Result<data::Query> print_query(std::shared_ptr<const data::Catalog> catalog,
                                const EntityInfo& entity, const PrintTemplate& print, RecordId id,
                                const data::Viewer& viewer) {
  Needs needs(*catalog, viewer);
  data::Parameters parameters{{"select", needs.select_of(entity, print.nodes(), {})},
                              {"id", "eq." + id.to_string()}};
  if (auto wrong = needs.take_wrong(); !wrong.empty()) return unfit(std::move(wrong));
  for (const auto& path : needs.limits())
    parameters.emplace_back(path + ".limit", std::to_string(kPrintedLines));
  auto query = data::parse_query(entity, parameters, viewer, std::move(catalog));
  if (!query) return unfit(query.error().fields());
  return query;
}

Result<std::string> print_page(const EntityInfo& entity, const data::Query& query,
                               const PrintTemplate& print, std::string_view row,
                               const PrintLook& look) {
  TENON_ASSIGN(record, json::parse_object(row, {.bytes = kPrintedBytes * 2}));
  Writer writer(look);
  TENON_TRY(writer.nodes(print.nodes(), entity, query, record, 0));
  return fmt::format(
      "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title><style "
      "nonce=\"{}\">{}</style></head><body>{}</body></html>\n",
      escaped_html(look.locale), escaped_html(look.title), look.nonce, kPaper, writer.take());
}

}  // namespace tenon::services
