#pragma once
// Services stand below plugins and the edge, but must know a little of both: what the manifest of a
// plugin declares for them, the hook that a row passes before it is saved, the Chinese text of a
// rule. Who stands above gives it through this.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/bulk/import.h"
#include "identity/principal.h"
#include "services/bulk/declared.h"

namespace tenon::services {

/// Thread: any.
class Outlook {
 public:
  virtual ~Outlook() = default;
  /// What `plugin` declares; null when it is not enabled for the tenant.
  [[nodiscard]] virtual std::shared_ptr<const Declared> declared(std::string_view tenant,
                                                                 std::string_view plugin) const = 0;
  /// What each row of the entity passes before it is written; empty: nothing. The function blocks
  /// and must not be called on a thread that serves others or runs guests.
  [[nodiscard]] virtual data::BeforeRow before_row(
      std::shared_ptr<const identity::Principal> principal, std::string_view plugin,
      std::string_view entity, const std::string& trace) const = 0;
  /// The Chinese text of a reason or of the code of a field.
  [[nodiscard]] virtual std::optional<std::string_view> chinese(std::string_view reason) const = 0;
};

/// Text for people of `reason`, where there is one in the language; else `english`.
[[nodiscard]] std::string_view words_of(const Outlook& outlook, std::string_view reason,
                                        std::string_view english, std::string_view locale);

}  // namespace tenon::services
