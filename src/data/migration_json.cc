// Plans as the ledger keeps them: whole, so that a process that never saw the package can finish
// what another began.
#include <algorithm>
#include <array>

#include "base/hash.h"
#include "data/migration.h"

namespace tenon::data {
namespace {

constexpr std::array<std::string_view, 13> kKinds = {
    "create_table",     "add_column",   "create_index",  "drop_index",   "fill_shadow",
    "callback",         "rename_table", "rename_column", "change_table", "search",
    "quarantine_table", "derive",       "activate"};
constexpr std::array<std::string_view, 4> kClasses = {"expand", "backfill", "contract",
                                                      "destructive"};

json::array list(const std::vector<std::string>& texts) {
  json::array made;
  for (const auto& text : texts) made.emplace_back(text);
  return made;
}
json::object words(const Localized& texts) {
  json::object made;
  for (const auto& [locale, text] : texts) made[locale] = text;
  return made;
}

json::array derivations_json(const std::vector<Derivation>& derivations) {
  json::array made;
  for (const auto& one : derivations)
    made.emplace_back(
        json::object{{"entity", one.entity}, {"columns", list(one.columns)}, {"again", one.again}});
  return made;
}

json::object step_json(const MigrationStep& step) {
  return {{"kind", to_string(step.kind)},
          {"class", to_string(step.step_class)},
          {"entity", step.entity},
          {"field", step.field},
          {"text", words(step.text)},
          {"key", step.key},
          {"sql", list(step.sql)},
          {"undo", list(step.undo)},
          {"release", list(step.release)},
          {"release_back", list(step.release_back)},
          {"without_references", step.without_references},
          {"undo_without_references", step.undo_without_references},
          {"concurrently", step.concurrently},
          {"last", step.last},
          {"callback", step.callback},
          {"derive", derivations_json(step.derive)},
          {"derive_back", derivations_json(step.derive_back)},
          {"rows", step.rows},
          {"milliseconds", step.milliseconds}};
}

json::array problems_json(const std::vector<PlanProblem>& problems) {
  json::array made;
  for (const auto& problem : problems)
    made.emplace_back(json::object{{"reason", problem.reason},
                                   {"entity", problem.entity},
                                   {"field", problem.field},
                                   {"text", words(problem.text)},
                                   {"rows", problem.rows},
                                   {"values", list(problem.values)}});
  return made;
}

json::array shapes_json(const std::vector<TableShape>& shapes) {
  json::array made;
  for (const auto& shape : shapes) made.emplace_back(to_json(shape));
  return made;
}

std::string text(const json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}
std::vector<std::string> texts(const json::object& object, std::string_view key) {
  std::vector<std::string> made;
  for (const auto& one : object.at(key).as_array()) made.emplace_back(one.as_string());
  return made;
}
template <class Enum, std::size_t N>
Enum word(const std::array<std::string_view, N>& known, const std::string& wanted) {
  return static_cast<Enum>(std::ranges::find(known, wanted) - known.begin());
}

/// Plans of before had none.
std::vector<Derivation> derivations_from(const json::object& object, std::string_view key) {
  std::vector<Derivation> made;
  const auto* stored = object.if_contains(key);
  if (stored == nullptr) return made;
  for (const auto& value : stored->as_array()) {
    const auto& one = value.as_object();
    made.push_back({.entity = text(one, "entity"),
                    .columns = texts(one, "columns"),
                    .again = one.at("again").as_bool()});
  }
  return made;
}

MigrationStep step_from(const json::object& object) {
  MigrationStep step;
  step.kind = word<StepKind>(kKinds, text(object, "kind"));
  step.step_class = word<StepClass>(kClasses, text(object, "class"));
  step.entity = text(object, "entity");
  step.field = text(object, "field");
  step.key = text(object, "key");
  for (const auto& [locale, words] : object.at("text").as_object())
    step.text.emplace(locale, words.as_string());
  step.sql = texts(object, "sql");
  step.undo = texts(object, "undo");
  if (object.contains("release")) {  // plans of before had none
    step.release = texts(object, "release");
    step.release_back = texts(object, "release_back");
  }
  step.without_references = object.at("without_references").as_bool();
  step.undo_without_references = object.at("undo_without_references").as_bool();
  step.concurrently = object.at("concurrently").as_bool();
  step.last = object.at("last").as_bool();
  step.callback = static_cast<std::uint32_t>(object.at("callback").as_int64());
  step.derive = derivations_from(object, "derive");
  step.derive_back = derivations_from(object, "derive_back");
  step.rows = object.at("rows").as_int64();
  step.milliseconds = object.at("milliseconds").as_int64();
  return step;
}

std::vector<TableShape> shapes_from(const json::object& object, std::string_view key) {
  std::vector<TableShape> made;
  for (const auto& one : object.at(key).as_array())
    made.push_back(shape_from_json(one.as_object()));
  return made;
}

}  // namespace

std::string_view to_string(StepKind kind) noexcept {
  return kKinds[static_cast<std::size_t>(kind)];
}
std::string_view to_string(StepClass step_class) noexcept {
  return kClasses[static_cast<std::size_t>(step_class)];
}

std::string MigrationStep::checksum() const {
  std::string all(to_string(kind));
  for (const auto* statements : {&sql, &undo, &release, &release_back})
    for (const auto& statement : *statements) all.append(1, '\0').append(statement);
  all += std::to_string(callback);
  for (const auto* derivations : {&derive, &derive_back})
    for (const auto& one : *derivations) {
      all.append(1, '\0').append(one.entity);
      for (const auto& column : one.columns) all.append(1, '\0').append(column);
    }
  return hex(sha256(all));
}

Error refusal(std::string_view reason, std::string_view text,
              const std::vector<PlanProblem>& problems) {
  json::array list;
  std::string first;
  for (const auto& problem : problems) {
    json::array values;
    for (const auto& value : problem.values) {
      auto parsed = json::parse(value);
      values.push_back(parsed ? *std::move(parsed) : json::value(value));
    }
    list.emplace_back(json::object{{"reason", problem.reason},
                                   {"entity", problem.entity},
                                   {"field", problem.field},
                                   {"rows", problem.rows},
                                   {"values", std::move(values)},
                                   {"text", words(problem.text)}});
    if (first.empty()) first = " " + problem.text.at("en");
  }
  return Error(ErrorCode::conflict, std::string(text) + first)
      .because(std::string(reason))
      .with_details(json::serialize(json::object{{"problems", std::move(list)}}));
}

json::object to_json(const MigrationPlan& plan) {
  json::array steps;
  for (const auto& step : plan.steps) steps.emplace_back(step_json(step));
  return {{"number", plan.number},
          {"plugin", plan.plugin},
          {"from_version", plan.from_version},
          {"to_version", plan.to_version},
          {"dialect", static_cast<int>(plan.dialect)},
          {"steps", std::move(steps)},
          {"problems", problems_json(plan.problems)},
          {"consents", problems_json(plan.consents)},
          {"before", shapes_json(plan.before)},
          {"after", shapes_json(plan.after)}};
}

Result<MigrationPlan> plan_from_json(std::string_view stored) {
  auto object = json::parse_object(stored, {.bytes = std::size_t{64} << 20U});
  if (!object)
    return fail(Error(ErrorCode::internal, "A stored plan cannot be read.")
                    .because("schema.stored")
                    .in_context(object.error().for_log()));
  MigrationPlan plan;
  plan.number = object->at("number").as_int64();
  plan.plugin = text(*object, "plugin");
  plan.from_version = text(*object, "from_version");
  plan.to_version = text(*object, "to_version");
  plan.dialect = static_cast<Dialect>(object->at("dialect").as_int64());
  for (const auto& step : object->at("steps").as_array())
    plan.steps.push_back(step_from(step.as_object()));
  plan.before = shapes_from(*object, "before");
  plan.after = shapes_from(*object, "after");
  return plan;
}

}  // namespace tenon::data
