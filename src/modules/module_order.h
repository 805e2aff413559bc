#pragma once
// Modules need each other: who is needed starts first and stops last. What cannot be put in order
// is named: who needs what, and in which version.

#include <map>
#include <string>
#include <vector>

#include "modules/module.h"

namespace tenon::modules {

struct Needs {
  std::string id;
  Version version;
  std::vector<Dependency> dependencies;

  [[nodiscard]] static Needs of(const ErpModule& module);
};

struct Order {
  std::vector<std::string> sorted;       // each behind those it needs, else as they were given
  std::map<std::string, Error> refused;  // who cannot be used, and why
};

/// Errors in `refused`: conflict (`module.missing`, `module.version`, `module.cycle` with the whole
/// cycle, `module.blocked`: it needs one that is refused). `there` are modules outside the list
/// that may be needed. Details of all: {"module", "needs", "range", "there"} as far as they apply.
[[nodiscard]] Order order_modules(const std::vector<Needs>& modules,
                                  const std::vector<Needs>& there = {});

/// Ids of those in `modules` that need `id`, sorted.
[[nodiscard]] std::vector<std::string> needing(const std::vector<Needs>& modules,
                                               std::string_view id);

}  // namespace tenon::modules
