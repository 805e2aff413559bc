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

/// Whether `actor` may take a document of this amount further.
Result<> check_amount(const EntityInfo& entity, const Transition& transition,
                      const std::vector<Value>& row, const StateActor& actor) {
  if (transition.amount_field.empty() || !transition.amount_limit) return {};
  const auto place = entity.find(transition.amount_field);
  TENON_ASSERT(place.has_value());
  const auto* amount = std::get_if<std::int64_t>(&row[*place]);
  if (amount == nullptr) return {};
  TENON_ASSIGN(written, json::parse(*transition.amount_limit));
  auto bare = entity.columns()[*place];
  bare.rules = {};
  const auto limit = decode_json(bare, written);
  TENON_ASSERT(limit && std::holds_alternative<std::int64_t>(*limit));
  if (*amount <= std::get<std::int64_t>(*limit)) return {};
  if (!transition.amount_permission.empty() && actor.may(transition.amount_permission)) return {};
  return refused(ErrorCode::denied, "The amount is above what you may approve.");
}

Result<> check_actor(const EntityInfo& entity, const Transition& transition,
                     const std::vector<Value>& row, const StateActor& actor) {
  const auto& author = row[*entity.find("created_by")];
  if (transition.not_author && !is_null(author) && author == actor.user)
    return refused(ErrorCode::denied, "Somebody else than the author has to do this.");
  if (!actor.may) return {};
  if (!transition.permission.empty() && !actor.may(transition.permission))
    return refused(ErrorCode::denied,
                   fmt::format("The right \"{}\" is missing.", transition.permission));
  return check_amount(entity, transition, row, actor);
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
                                           const std::vector<Value>& after,
                                           const StateActor& actor) {
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
    return transition.to == to && std::ranges::find(transition.from, from) != transition.from.end();
  });
  if (way == states.transitions.end())
    return refused(ErrorCode::invalid,
                   fmt::format("No way leads from \"{}\" to \"{}\".", from, to));
  TENON_TRY(check_actor(entity, *way, after, actor));
  TENON_TRY(check_required(entity, *target, after));
  return &*way;
}

Result<> check_erasable(const EntityInfo& entity, const std::vector<Value>& row) {
  if (!entity.status()) return {};
  const auto name = text_of(row[*entity.status()]);
  const auto* state = entity.entity().states->find(name);
  if (state != nullptr && state->immutable) return immutable(name);
  return {};
}

}  // namespace tenon::data
