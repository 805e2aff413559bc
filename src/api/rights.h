#pragma once
// What a principal's permissions let it see: the rows of an entity, whichever way a question or a
// change reaches them, when its plugin is enabled and the principal may list it.

#include <memory>
#include <string_view>

#include "data/viewer.h"
#include "identity/principal.h"
#include "plugins/workspace.h"

namespace tenon::api {

class PermittedRights final : public data::Rights {
 public:
  PermittedRights(std::shared_ptr<const identity::Principal> principal,
                  std::shared_ptr<const plugins::Installations> installations)
      : principal_(std::move(principal)), installations_(std::move(installations)) {}
  [[nodiscard]] const data::Access& on(std::string_view entity) const noexcept override;
  [[nodiscard]] bool holds(std::string_view permission) const noexcept override {
    return principal_->has(permission);
  }

 private:
  std::shared_ptr<const identity::Principal> principal_;         // shared with the session
  std::shared_ptr<const plugins::Installations> installations_;  // shared with the workspace
};

/// `principal` for a request that is to be answered in `locale`: plugins tell people in the
/// language they asked in, not in the one of their settings.
[[nodiscard]] std::shared_ptr<const identity::Principal> answered_in(
    std::string_view locale, std::shared_ptr<const identity::Principal> principal);

/// Who looks, with all that his roles say.
[[nodiscard]] data::Viewer viewer_of(std::shared_ptr<const identity::Principal> principal,
                                     std::shared_ptr<const plugins::Installations> installations);

}  // namespace tenon::api
