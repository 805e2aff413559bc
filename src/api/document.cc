#include "api/document.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "api/document_parts.h"
#include "api/entity_schema.h"

namespace tenon::api {
namespace {

/// What the `@` of a row's description stands for.
struct Subject {
  const data::EntityInfo* entity = nullptr;
  const plugins::Manifest* manifest = nullptr;
  const plugins::Action* action = nullptr;
  std::string name;   // `crm.customer`
  std::string title;  // what people call it
};

struct Planned {
  const Row* row = nullptr;
  const Table* table = nullptr;
  Subject subject;
  std::string id;
};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// `crm.customer` as part of an operation's id.
std::string word_of(std::string name) {
  std::ranges::replace_if(name, [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
}

std::vector<std::string> file_fields(const data::EntityInfo& entity, const data::Viewer& viewer) {
  std::vector<std::string> names;
  const data::Sight sight(entity, viewer);
  for (const auto place : sight.columns())
    if (const auto& column = entity.columns()[place]; column.type == data::FieldType::file)
      names.push_back(column.name);
  return names;
}

class Document {
 public:
  Document(const std::vector<Table>& tables, const Reader& reader)
      : tables_(tables), reader_(reader), parts_(reader.context.locale) {}

  Result<std::string> write() {
    for (const auto& table : tables_)
      for (const auto& row : table.rows()) plan(table, row);
    for (const auto& planned : plan_) ids_.insert(planned.id);
    for (const auto& planned : plan_) TENON_TRY(put(planned));
    for (const auto& offered : reader_.offered) TENON_TRY(put_offered(offered));
    drop_lonely_options();
    TENON_TRY(put_components());
    auto text = json::serialize(whole());
    if (text.size() <= kMaxDocument) return text;
    return fail(Error(ErrorCode::exhausted,
                      "The document of all that you may use is too large; ask with the token of a "
                      "role that may use less.")
                    .because("openapi.size"));
  }

 private:
  [[nodiscard]] bool may(const Row& row) const {
    return row.plain || check_access(row.need, reader_.context, row.method).has_value();
  }
  [[nodiscard]] bool holds(const std::string& permission) const {
    return reader_.context.principal != nullptr && reader_.context.principal->has(permission);
  }
  [[nodiscard]] std::string_view locale() const { return reader_.context.locale; }

  void plan(const Table& table, const Row& row) {
    if (!may(row)) return;
    const auto add = [&](Subject subject) {
      auto id = replaced(row.operation.id, "@", word_of(subject.name));
      plan_.push_back({&row, &table, std::move(subject), std::move(id)});
    };
    if (row.each == Each::once) return add({});
    if (reader_.catalog == nullptr) return;
    for (const auto* manifest : reader_.manifests) {
      const auto& id = manifest->metadata.id;
      if (row.each != Each::action) {
        for (const auto* entity : reader_.catalog->entities())
          if (entity->plugin() == id && fits(row, *entity))
            add({entity, manifest, nullptr, entity->full_name(),
                 std::string(text_of(entity->entity().display_name, locale(), entity->name()))});
        continue;
      }
      for (const auto& action : manifest->actions)
        if (action.permission.empty() || holds(id + "." + action.permission))
          add({nullptr, manifest, &action, id + "." + action.name,
               std::string(text_of(action.display_name, locale(), action.name))});
    }
  }

  [[nodiscard]] bool fits(const Row& row, const data::EntityInfo& entity) const {
    if (!holds(entity.full_name() + "." + row.right)) return false;
    if (row.each == Each::trash_entity) return entity.entity().soft_delete;
    if (row.each == Each::file_entity) return !file_fields(entity, reader_.viewer).empty();
    return true;
  }

  Result<> put(const Planned& planned) {
    const auto& row = *planned.row;
    const auto& subject = planned.subject;
    auto pattern = row.pattern;
    auto tag = planned.table->owner();
    if (subject.manifest != nullptr) {
      const auto& id = subject.manifest->metadata.id;
      const auto& own = subject.entity != nullptr ? subject.entity->name() : subject.action->name;
      pattern = replaced(std::move(pattern), "{plugin}", id);
      pattern =
          replaced(std::move(pattern), subject.entity != nullptr ? "{entity}" : "{action}", own);
      tag = id;
      tags_.insert_or_assign(id,
                             std::string(text_of(subject.manifest->metadata.name, locale(), id)));
    } else {
      tags_.insert_or_assign(tag, parts_.in_language(planned.table->title()));
    }
    auto operation = row.operation;
    operation.id = planned.id;
    operation.summary = {replaced(operation.summary.zh, "@", subject.title),
                         replaced(operation.summary.en, "@", subject.title)};
    OperationWriter writer(parts_, row.method, pattern);
    writer.set_access(row.plain ? std::nullopt : std::optional(row.need),
                      subject.entity != nullptr ? subject.name + "." + row.right : std::string());
    for (const auto& parameter : operation.path) {
      if (parameter.type == "@field")
        writer.path_words(parameter.name, file_fields(*subject.entity, reader_.viewer));
      else
        TENON_TRY(writer.path_type(parameter));
    }
    for (const auto& parameter : operation.query) TENON_TRY(put_query(writer, parameter, subject));
    rename(operation, subject.name);
    keep_links(operation);
    TENON_ASSIGN(made, writer.write(operation, tag));
    paths_[pattern][std::string(method_word(row.method))] = std::move(made);
    return {};
  }

  /// `@` in types and links becomes the name of the thing.
  static void rename(modules::Operation& operation, const std::string& name) {
    operation.body = replaced(std::move(operation.body), "@", name);
    for (auto& reply : operation.replies) reply.type = replaced(std::move(reply.type), "@", name);
    for (auto& link : operation.links)
      link.operation = replaced(std::move(link.operation), "@", word_of(name));
  }
  /// A link to what the reader may not use would lead nowhere.
  void keep_links(modules::Operation& operation) const {
    std::erase_if(operation.links,
                  [&](const auto& link) { return !ids_.contains(link.operation); });
  }

  Result<> put_query(OperationWriter& writer, const modules::Parameter& parameter,
                     const Subject& subject) {
    if (parameter.name == "@select") return writer.query({"select"});
    if (parameter.name == "@input") {
      for (const auto& field : subject.action->input) writer.parameter(input_parameter(field));
      return {};
    }
    if (parameter.name == "@page") {
      for (const modules::Parameter& one : std::initializer_list<modules::Parameter>{
               {"order"}, {"limit", "int(0..1000)"}, {"offset", "int(0..100000)"}, {"after"}})
        TENON_TRY(writer.query(one));
      return {};
    }
    if (parameter.name != "@filters") return writer.query(parameter);
    const data::Sight sight(*subject.entity, reader_.viewer);
    for (const auto place : sight.columns()) {
      const auto& column = subject.entity->columns()[place];
      writer.shared_parameter(subject.name + "." + column.name,
                              {{"name", column.name},
                               {"in", "query"},
                               {"schema", parts_.schema(filter_schema_of(column))}});
    }
    for (const char* name : {"and", "or", "not.and", "not.or"})
      TENON_TRY(writer.query({name, "Filter.tree"}));
    if (subject.entity->searchable()) TENON_TRY(writer.query({"fts"}));
    return {};
  }

  Result<> put_offered(const modules::OfferedRoute& offered) {
    const auto* principal = reader_.context.principal.get();
    if (!offered.open && principal == nullptr) return {};
    if (!offered.route.permission.empty() && !principal->has(offered.route.permission)) return {};
    const auto& pattern = offered.route.pattern;
    auto operation = offered.route.operation;
    if (operation.id.empty()) operation = parts_.generic(offered);
    keep_links(operation);
    parts_.learn(operation.types);
    tags_.insert_or_assign(offered.module,
                           std::string(text_of(offered.name, locale(), offered.module)));
    OperationWriter writer(parts_, offered.route.method, pattern);
    Need need(offered.open ? Access::open : Access::signed_in);
    need.permission = offered.route.permission;
    writer.set_access(std::move(need), {});
    for (const auto& parameter : operation.path) TENON_TRY(writer.path_type(parameter));
    for (const auto& parameter : operation.query) TENON_TRY(writer.query(parameter));
    TENON_ASSIGN(made, writer.write(operation, offered.module));
    if (offered.route.operation.id.empty()) parts_.put_whatever(made);
    paths_[pattern][std::string(method_word(offered.route.method))] = std::move(made);
    return {};
  }

  /// OPTIONS is answered to everybody, and tells nothing to who may do nothing else there.
  void drop_lonely_options() {
    std::erase_if(paths_, [](const auto& path) {
      return path.second.size() == 1 && path.second.contains("options");
    });
  }

  /// Components refer to others: until nothing new is asked for.
  Result<> put_components() {
    for (const auto& table : tables_)
      for (const auto& row : table.rows()) parts_.learn(row.operation.types);
    for (auto name = parts_.wanted(); !name.empty(); name = parts_.wanted())
      TENON_TRY(parts_.define(name, schema_of(name)));
    return {};
  }

  /// Those that are made of entities and actions; empty: a type with a text.
  [[nodiscard]] json::object schema_of(const std::string& name) const {
    if (auto filter = filter_schema(name); !filter.empty()) return filter;
    if (reader_.catalog == nullptr) return {};
    const auto first = name.find('.');
    if (first == std::string::npos) return {};
    const auto plugin = name.substr(0, first);
    const auto rest = name.substr(first + 1);
    const auto own = rest.substr(0, rest.find('.'));
    const auto what = own.size() == rest.size() ? std::string() : rest.substr(own.size() + 1);
    if (what == "input") {
      for (const auto* manifest : reader_.manifests)
        if (const auto* action = manifest->find_action(own);
            action && manifest->metadata.id == plugin)
          return input_schema(action->input, locale());
      return {};
    }
    const auto* entity = reader_.catalog->find(plugin, own);
    if (entity == nullptr) return {};
    const data::Sight sight(*entity, reader_.viewer);
    if (what == "selection") return selection_schema(sight);
    if (what == "new") return sent_schema(sight, Sent::whole, locale());
    if (what == "change") return sent_schema(sight, Sent::change, locale());
    auto schema = record_schema(sight, locale());
    schema["title"] = text_of(entity->entity().display_name, locale(), entity->name());
    return schema;
  }

  json::object whole() {
    json::object paths;
    for (auto& [pattern, operations] : paths_) {
      json::object item;
      for (auto& [method, operation] : operations) item[method] = std::move(operation);
      paths[pattern] = std::move(item);
    }
    json::array tags;
    for (const auto& [name, title] : tags_)
      if (parts_.uses_tag(name))
        tags.push_back(json::object{{"name", name}, {"description", title.empty() ? name : title}});
    json::object document{{"openapi", "3.1.0"}, {"info", parts_.info()}};
    document["servers"] = json::array{json::object{{"url", "/"}}};
    document["tags"] = std::move(tags);
    document["paths"] = std::move(paths);
    document["components"] = parts_.components(reader_.cookie);
    return document;
  }

  const std::vector<Table>& tables_;
  const Reader& reader_;
  Parts parts_;
  std::vector<Planned> plan_;
  std::set<std::string, std::less<>> ids_;
  std::map<std::string, std::map<std::string, json::object>> paths_;
  std::map<std::string, std::string> tags_;
};

}  // namespace

Result<std::string> openapi_document(const std::vector<Table>& tables, const Reader& reader) {
  return Document(tables, reader).write();
}

}  // namespace tenon::api
