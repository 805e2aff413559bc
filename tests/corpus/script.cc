#include "corpus/script.h"

#include <fmt/format.h>

#include <fstream>

#include "data/batch.h"
#include "data/run_unit.h"
#include "data/schema_json.h"
#include "storage/scratch.h"

namespace tenon::corpus {
namespace {

using data::Record;

constexpr std::string_view kPlugin = "lab";

Deadline soon() { return Deadline::after(std::chrono::seconds(20)); }

/// The first word of `text`, which is cut off from it.
std::string word(std::string& text) {
  const auto end = text.find(' ');
  auto first = text.substr(0, end);
  text = end == std::string::npos ? std::string() : text.substr(text.find_first_not_of(' ', end));
  return first;
}

std::string told(const Error& error) {
  auto text = fmt::format("! {} {}", to_string(error.code()), error.reason());
  for (const auto& field : error.fields()) text += fmt::format(" {}:{}", field.path, field.code);
  return text;
}

struct Target {
  std::string entity, id, query;
};

Target target_of(const std::string& text) {
  Target target{.entity = text, .id = {}, .query = {}};
  if (const auto at = text.find('?'); at != std::string::npos) {
    target.query = text.substr(at + 1);
    target.entity = text.substr(0, at);
  }
  if (const auto at = target.entity.find('/'); at != std::string::npos) {
    target.id = target.entity.substr(at + 1);
    target.entity = target.entity.substr(0, at);
  }
  return target;
}

class Schema {
 public:
  Result<> add(const std::string& line) {
    auto rest = line;
    const auto verb = word(rest);
    if (verb == "entity") {
      close();
      const auto name = word(rest);
      TENON_ASSIGN(members, json::parse_object(rest.empty() ? "{}" : rest));
      entity_ = std::move(members);
      entity_["name"] = name;
      entity_["plugin"] = kPlugin;
      fields_.clear();
      indexes_.clear();
      return {};
    }
    if (verb == "field") {
      const auto name = word(rest);
      const auto type = word(rest);
      TENON_ASSIGN(members, json::parse_object(rest.empty() ? "{}" : rest));
      members["name"] = name;
      members["type"] = type;
      // As a manifest without a scale has it.
      if ((type == "money" || type == "decimal") && !members.contains("scale"))
        members["scale"] = 2;
      if (auto* options = members.if_contains("options"))
        for (auto& option : options->as_array())
          option = json::object{{"value", option}, {"label", json::object()}};
      fields_.emplace_back(std::move(members));
      return {};
    }
    if (verb == "index" || verb == "unique") {
      TENON_ASSIGN(names, json::parse(rest));
      indexes_.emplace_back(json::object{{"fields", names}, {"unique", verb == "unique"}});
      return {};
    }
    return fail(ErrorCode::invalid, "entity, field, index, unique or --- is expected.");
  }

  Result<std::vector<data::Entity>> take() {
    close();
    std::vector<data::Entity> all;
    for (const auto& text : texts_) {
      TENON_ASSIGN(entity, data::entity_from_json(text));
      all.push_back(std::move(entity));
    }
    return all;
  }

 private:
  void close() {
    if (entity_.empty()) return;
    entity_["fields"] = fields_;
    entity_["indexes"] = indexes_;
    texts_.push_back(json::serialize(entity_));
    entity_.clear();
  }
  json::object entity_;
  json::array fields_, indexes_;
  std::vector<std::string> texts_;
};

}  // namespace

Result<Script> read_script(const std::string& file) {
  std::ifstream input(file);
  if (!input) return fail(ErrorCode::not_found, file);
  Script script{.name = file.substr(file.find_last_of('/') + 1), .entities = {}, .steps = {}};
  Schema schema;
  bool in_schema = true;
  int number = 0;
  for (std::string line; std::getline(input, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const auto wrong = [&](std::string_view what) {
      return fail(ErrorCode::invalid, fmt::format("{}:{}: {}", script.name, number, what));
    };
    if (line == "---") {
      in_schema = false;
    } else if (in_schema) {
      if (auto added = schema.add(line); !added) return wrong(added.error().message());
    } else if (line.front() == '=' || line.front() == '!') {
      if (script.steps.empty() || !script.steps.back().expected.empty())
        return wrong("an answer to nothing");
      script.steps.back().expected = line;
    } else {
      script.steps.push_back({.line = number, .operation = line, .expected = {}});
    }
  }
  TENON_ASSIGN(entities, schema.take());
  script.entities = std::move(entities);
  return script;
}

const data::EntityInfo& Player::entity(const std::string& name) {
  catalog_ = tenant_->catalog();
  const auto* found = catalog_->find(kPlugin, name);
  TENON_ASSERT(found != nullptr);
  return *found;
}

template <class Work>
auto Player::unit(Work work) {
  return tenon::testing::run(data::run_unit(
      tenant_, data::Viewer{}, data::Origin{.plugin = std::string(kPlugin)}, soon(), work));
}

std::string Player::with_names(std::string text) const {
  for (const auto& [name, value] : names_)
    for (std::size_t at = 0; (at = text.find("$" + name, at)) != std::string::npos;)
      text.replace(at, name.size() + 1, value);
  return text;
}

/// Of a record the members that are expected, all where nothing is.
std::string Player::shown(const Result<Record>& record, const std::string& expected,
                          const std::string& name) {
  if (!record) return told(record.error());
  if (!name.empty()) names_[name] = record->id.to_string();
  auto all = json::parse_object(record->json);
  const auto wanted = json::parse_object(expected.size() > 2 ? expected.substr(2) : "{}");
  if (!all || !wanted || wanted->empty()) return "= " + record->json;
  json::object seen;
  for (const auto& [key, value] : *wanted) {
    const auto* found = all->if_contains(key);
    seen[key] = found == nullptr ? json::value("missing") : *found;
  }
  return "= " + json::serialize(seen);
}

std::string Player::page(Result<data::Page> page) {
  if (!page) return told(page.error());
  if (page->next) names_["next"] = *page->next;
  return fmt::format("= {}{}", page->json, page->next ? " more" : "");
}

std::string Player::list(const std::string& target, data::Rows rows, data::Count count) {
  const auto [name, id, text] = target_of(target);
  const auto& info = entity(name);
  auto parameters = data::split_query(text);
  if (!parameters) return told(parameters.error());
  auto query = data::parse_query(info, *parameters, {}, catalog_);
  if (!query) return told(query.error());
  query->rows = rows;
  query->count = count;
  if (count == data::Count::none) return page(tenant_->list(info, *query, {}, soon()));
  const auto total = tenant_->count(info, *query, {}, soon());
  return total ? fmt::format("= {}", total->rows) : told(total.error());
}

std::string Player::dispatch(const std::string& verb, const std::string& rest,
                             const std::string& expected) {
  auto body = rest;
  const bool asks = verb == "GET" || verb == "TRASH" || verb == "COUNT";  // spaces and all
  const auto place = asks ? rest : word(body);
  if (asks) body.clear();
  if (verb == "TRASH") return list(place, data::Rows::deleted, data::Count::none);
  if (verb == "COUNT") return list(place, data::Rows::living, data::Count::exact);
  const auto target = target_of(place);
  if (verb == "GET" && target.id.empty()) return list(place, data::Rows::living, data::Count::none);
  if (verb == "BATCH")
    return [&] {
      auto done = unit([&](data::UnitOfWork& work) -> Result<std::vector<data::Applied>> {
        TENON_ASSIGN(parsed, json::parse(rest));
        TENON_ASSIGN(operations, data::parse_batch(parsed));
        return data::apply_batch(work, operations, data::perform_in(work));
      });
      return done ? fmt::format("= {}", done->size()) : told(done.error());
    }();

  const auto& info = entity(target.entity);
  const auto id = RecordId::parse(target.id).value_or(RecordId{});
  std::optional<std::uint64_t> version;
  std::vector<std::string> key;
  if (body.starts_with("if ")) {
    word(body);
    version = std::stoull(word(body));
  }
  if (body.starts_with("on ")) {
    word(body);
    auto names = word(body);
    for (std::size_t at = 0; at != std::string::npos && !names.empty();) {
      const auto comma = names.find(',');
      key.push_back(names.substr(0, comma));
      at = comma;
      names = comma == std::string::npos ? std::string() : names.substr(comma + 1);
    }
  }
  std::string name;
  if (const auto as = body.rfind("} as "); as != std::string::npos) {
    name = body.substr(as + 5);
    body.resize(as + 1);
  }
  auto fields = json::parse_object(body.empty() ? "{}" : body);
  if (!fields) return told(fields.error());

  if (verb == "GET") return shown(tenant_->get(info, id, {}), expected);
  if (verb == "POST")
    return shown(unit([&](data::UnitOfWork& work) { return work.insert(info, *fields); }), expected,
                 name);
  if (verb == "PATCH")
    return shown(
        unit([&](data::UnitOfWork& work) { return work.update(info, id, *fields, version); }),
        expected);
  if (verb == "RESTORE")
    return shown(unit([&](data::UnitOfWork& work) { return work.restore(info, id); }), expected);
  if (verb == "DELETE" || verb == "PURGE") {
    auto done = unit([&](data::UnitOfWork& work) {
      return verb == "DELETE" ? work.erase(info, id, version) : work.purge(info, id);
    });
    return done ? "= done" : told(done.error());
  }
  if (verb == "UPSERT" || verb == "ENSURE") {
    auto done = unit([&](data::UnitOfWork& work) {
      return work.upsert(info, *fields, key,
                         verb == "UPSERT" ? data::Resolution::merge : data::Resolution::ignore);
    });
    if (!done) return told(done.error());
    using Outcome = data::Upserted::Outcome;
    return done->outcome == Outcome::inserted  ? "= inserted"
           : done->outcome == Outcome::updated ? "= updated"
                                               : "= ignored";
  }
  return "no such operation: " + verb;
}

std::string Player::play(const Step& step) {
  auto rest = with_names(step.operation);
  const auto verb = word(rest);
  auto answer = dispatch(verb, rest, with_names(step.expected));
  // Ids are another in each run: they read as the names that the script gave them.
  for (const auto& [name, value] : names_)
    for (std::size_t at = 0; (at = answer.find(value, at)) != std::string::npos;)
      answer.replace(at, value.size(), "$" + name);
  return answer;
}

}  // namespace tenon::corpus
