#pragma once
// Native modules work for all tenants; this is how they find them.

#include <memory>
#include <vector>

#include "data/tenant.h"

namespace tenon::modules {

/// Thread: any.
class TenantDirectory {
 public:
  virtual ~TenantDirectory() = default;
  /// Tenants that are served at this moment, by name.
  [[nodiscard]] virtual std::vector<std::shared_ptr<data::Tenant>> served() const = 0;
};

}  // namespace tenon::modules
