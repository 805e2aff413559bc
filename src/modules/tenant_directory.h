#pragma once
// Native modules work for all tenants; this is how they find them.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/tenant.h"

namespace tenon::modules {

/// The settings that a module of a tenant understands.
struct ModuleSchema {
  std::string id;
  data::Localized name;
  std::vector<data::Field> fields;
};

/// Thread: any.
class TenantDirectory {
 public:
  virtual ~TenantDirectory() = default;
  /// Tenants that are served at this moment, by name.
  [[nodiscard]] virtual std::vector<std::shared_ptr<data::Tenant>> served() const = 0;
  /// Of every module that the tenant uses and that has settings.
  [[nodiscard]] virtual std::vector<ModuleSchema> schemas(std::string_view /*tenant*/) const {
    return {};
  }
};

}  // namespace tenon::modules
