#include "api/rights.h"

namespace tenon::api {

const data::Access& PermittedRights::on(std::string_view entity) const noexcept {
  static const data::Access all;
  static const data::Access none{.scope = data::Scope::none, .hidden = {}, .locked = {}};
  if (!installations_->contains(entity.substr(0, entity.find('.')))) return none;
  // Who may do everything is asked for nothing: this is on the way of every statement.
  if (principal_->administrator) return all;
  const auto found = principal_->entities.find(entity);
  return found == principal_->entities.end() ? none : found->second;
}

std::shared_ptr<const identity::Principal> answered_in(
    std::string_view locale, std::shared_ptr<const identity::Principal> principal) {
  if (principal->locale == locale) return principal;
  auto other = std::make_shared<identity::Principal>(*principal);
  other->locale = locale;
  return other;
}

data::Viewer viewer_of(std::shared_ptr<const identity::Principal> principal,
                       std::shared_ptr<const plugins::Installations> installations) {
  data::Viewer viewer{.user = principal->user,
                      .department = principal->department,
                      .departments = principal->departments,
                      .rights = nullptr};
  viewer.rights = std::make_shared<PermittedRights>(std::move(principal), std::move(installations));
  return viewer;
}

}  // namespace tenon::api
