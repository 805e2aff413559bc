#include "api/rights.h"

#include <string>

namespace tenon::api {

const data::Access& PermittedRights::on(std::string_view entity) const noexcept {
  static const data::Access all;
  static const data::Access none{.scope = data::Scope::none, .hidden = {}, .locked = {}};
  if (!installations_->contains(entity.substr(0, entity.find('.')))) return none;
  // Who may do everything is asked for nothing: this is on the way of every statement.
  const bool may = principal_->administrator || principal_->has(std::string(entity) + ".list");
  return may ? all : none;
}

}  // namespace tenon::api
