#include "data/states.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "data/decode.h"

namespace tenon::data {
namespace {

std::string_view text_of(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

std::unexpected<Error> immutable(std::string_view state) {
  return fail(Error(ErrorCode::conflict,
                    fmt::format("A document that is \"{}\" can not be changed.", state))
                  .because("data.immutable"));
}

std::unexpected<Error> refused(ErrorCode code, std::string text) {
  return fail(Error(code, std::move(text)).because("data.transition"));
}

Result<> check_required(const EntityInfo& entity, const State& state,
                        const std::vector<Value>& row) {
  std::vector<FieldError> errors;
  for (const auto& field : state.required)
    if (const auto place = entity.find(field); place && is_null(row[*place]))
      errors.push_back(
          {"/" + field, "required",
           fmt::format("This field must be filled in while it is \"{}\".", state.name)});
  if (errors.empty()) return {};
  return fail(Error(ErrorCode::invalid, "Some fields are missing for this state.")
                  .because("data.fields")
                  .with_fields(std::move(errors)));
}

/// Whether the row's `field` is more than `limit`, the JSON text of a value of its kind.
Result<bool> exceeds(const EntityInfo& entity, const std::vector<Value>& row,
                     const std::string& field, const std::string& limit) {
  const auto place = entity.find(field);
  TENON_ASSERT(place.has_value());
  const auto* amount = std::get_if<std::int64_t>(&row[*place]);
  if (amount == nullptr) return false;
  TENON_ASSIGN(written, json::parse(limit));
  auto bare = entity.columns()[*place];
  bare.rules = {};
  const auto value = decode_json(bare, written);
  TENON_ASSERT(value && std::holds_alternative<std::int64_t>(*value));
  return *amount > std::get<std::int64_t>(*value);
}

std::unexpected<Error> lacks(const EntityInfo& entity, std::string_view permission,
                             std::string reason, std::string text) {
  auto error = Error(ErrorCode::denied, std::move(text)).because(std::move(reason));
  if (permission.empty()) return fail(std::move(error));
  return fail(std::move(error).with_details(json::serialize(
      json::object{{"permission", entity.plugin() + "." + std::string(permission)}})));
}

/// Whether `actor` may take a document of this amount further.
Result<> check_amount(const EntityInfo& entity, const Transition& transition,
                      const std::vector<Value>& row, const StateActor& actor) {
  if (transition.amount_field.empty() || !transition.amount_limit) return {};
  TENON_ASSIGN(above, exceeds(entity, row, transition.amount_field, *transition.amount_limit));
  if (!above) return {};
  if (!transition.amount_permission.empty() && actor.may(transition.amount_permission)) return {};
  return lacks(entity, transition.amount_permission, "data.transition_amount",
               "The amount is above what you may take further; ask somebody who may.");
}

Result<> check_actor(const EntityInfo& entity, const Transition& transition,
                     const std::vector<Value>& row, const StateActor& actor) {
  const auto& author = row[*entity.find("created_by")];
  if (transition.not_author && !is_null(author) && author == actor.user)
    return fail(Error(ErrorCode::denied, "Somebody else than the author has to do this.")
                    .because("data.transition_author"));
  if (!actor.may) return {};
  if (!transition.permission.empty() && !actor.may(transition.permission))
    return lacks(entity, transition.permission, "data.transition_right",
                 fmt::format("The right \"{}\" is missing.", transition.permission));
  return check_amount(entity, transition, row, actor);
}

bool leads_from(const Transition& transition, std::string_view state) noexcept {
  return std::ranges::find(transition.from, state) != transition.from.end();
}

bool same_but_state(const EntityInfo& entity, const std::vector<Value>& before,
                    const std::vector<Value>& after) {
  for (std::size_t i = 0; i < entity.columns().size(); ++i)
    if (!entity.columns()[i].system && i != *entity.status() && before[i] != after[i]) return false;
  return true;
}

}  // namespace

Result<const Transition*> check_transition(const EntityInfo& entity,
                                           const std::vector<Value>& before,
                                           const std::vector<Value>& after, const StateActor& actor,
                                           const Transition* cleared) {
  if (!entity.status()) return nullptr;
  const auto& states = *entity.entity().states;
  const auto to = text_of(after[*entity.status()]);
  const auto* target = states.find(to);
  if (target == nullptr)
    return refused(ErrorCode::invalid, fmt::format("There is no state \"{}\".", to));
  if (before.empty()) {
    if (to != states.initial)
      return refused(ErrorCode::invalid,
                     fmt::format("A document begins as \"{}\".", states.initial));
    TENON_TRY(check_required(entity, *target, after));
    return nullptr;
  }
  const auto from = text_of(before[*entity.status()]);
  const auto* source = states.find(from);
  if (source != nullptr && source->immutable && !same_but_state(entity, before, after))
    return immutable(from);
  if (from == to) {
    TENON_TRY(check_required(entity, *target, after));
    return nullptr;
  }
  const auto way = std::ranges::find_if(states.transitions, [&](const Transition& transition) {
    return transition.to == to && leads_from(transition, from);
  });
  if (way == states.transitions.end())
    return refused(ErrorCode::invalid,
                   fmt::format("No way leads from \"{}\" to \"{}\".", from, to));
  // Several ways may lead there; who was allowed one takes that one.
  if (cleared != nullptr && cleared->to == to && leads_from(*cleared, from)) {
    TENON_TRY(check_required(entity, *target, after));
    return cleared;
  }
  TENON_TRY(check_actor(entity, *way, after, actor));
  if (approvals_needed(entity, *way, after) > 0 || approvals_needed(entity, *way, before) > 0)
    return fail(
        Error(ErrorCode::conflict,
              fmt::format("Others have to agree first: ask for the step \"{}\".", way->name))
            .because("data.approval")
            .with_details(json::serialize(json::object{{"step", way->name}})));
  TENON_TRY(check_required(entity, *target, after));
  return &*way;
}

StateActor actor_of(const EntityInfo& entity, const Viewer& viewer) {
  StateActor actor{.user = {}, .may = {}};
  if (viewer.user) actor.user = viewer.user->value;
  if (viewer.rights != nullptr)
    actor.may = [rights = viewer.rights.get(), &entity](std::string_view permission) {
      return rights->holds(entity.plugin() + "." + std::string(permission));
    };
  return actor;
}

Result<> check_step(const EntityInfo& entity, const Transition& transition,
                    const std::vector<Value>& row, const StateActor& actor) {
  const auto from = text_of(row[*entity.status()]);
  if (!leads_from(transition, from))
    return refused(
        ErrorCode::invalid,
        fmt::format("\"{}\" is no step of a document that is \"{}\".", transition.name, from));
  TENON_TRY(check_actor(entity, transition, row, actor));
  return check_required(entity, *entity.entity().states->find(transition.to), row);
}

std::uint32_t approvals_needed(const EntityInfo& entity, const Transition& transition,
                               const std::vector<Value>& row) {
  if (!transition.approvals) return 0;
  const auto& rule = *transition.approvals;
  if (rule.amount_field.empty() || !rule.above) return rule.count;
  const auto above = exceeds(entity, row, rule.amount_field, *rule.above);
  return !above || *above ? rule.count : 0;
}

bool has_approvals(const EntityInfo& entity) noexcept {
  return entity.status() &&
         std::ranges::any_of(entity.entity().states->transitions,
                             [](const Transition& one) { return one.approvals.has_value(); });
}

Result<> check_erasable(const EntityInfo& entity, const std::vector<Value>& row) {
  if (!entity.status()) return {};
  const auto name = text_of(row[*entity.status()]);
  const auto* state = entity.entity().states->find(name);
  if (state != nullptr && state->immutable) return immutable(name);
  return {};
}

}  // namespace tenon::data
