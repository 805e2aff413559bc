#include "modules/module_order.h"

#include <algorithm>
#include <set>

namespace tenon::modules {
namespace {

Error refusal(std::string text, std::string reason, json::object details) {
  return Error(ErrorCode::conflict, std::move(text))
      .because(std::move(reason))
      .with_details(json::serialize(details));
}

std::string named(const std::string& id) { return "\"" + id + "\""; }

class Walk {
 public:
  Walk(const std::vector<Needs>& modules, const std::vector<Needs>& there) {
    for (const auto& module : there) there_.emplace(module.id, &module);
    for (const auto& module : modules) modules_.emplace(module.id, &module);
    for (const auto& module : modules) visit(module);
  }

  Order order;

 private:
  /// Whether `module` can be used.
  bool visit(const Needs& module) {
    if (order.refused.contains(module.id)) return false;
    if (done_.contains(module.id)) return true;
    path_.push_back(module.id);
    for (const auto& dependency : module.dependencies)
      if (!satisfied(module, dependency)) break;
    path_.pop_back();
    if (order.refused.contains(module.id)) return false;
    done_.insert(module.id);
    order.sorted.push_back(module.id);
    return true;
  }

  bool satisfied(const Needs& module, const Dependency& dependency) {
    const auto own = modules_.find(dependency.id);
    const auto other = there_.find(dependency.id);
    const auto* found = own != modules_.end()   ? own->second
                        : other != there_.end() ? other->second
                                                : nullptr;
    json::object details{
        {"module", module.id}, {"needs", dependency.id}, {"range", dependency.version.text()}};
    const auto needs =
        named(module.id) + " needs " + named(dependency.id) + " " + dependency.version.text();
    if (found == nullptr)
      return refuse(module, refusal(needs + ", which is not there; install it first",
                                    "module.missing", std::move(details)));
    details["there"] = found->version.text();
    if (!dependency.version.contains(found->version))
      return refuse(module, refusal(needs + "; " + found->version.text() +
                                        " is there, bring it to a version that fits first",
                                    "module.version", std::move(details)));
    if (own == modules_.end()) return true;
    if (const auto at = std::ranges::find(path_, dependency.id); at != path_.end()) {
      std::string cycle;
      for (auto step = at; step != path_.end(); ++step) cycle += *step + " → ";
      return refuse(module, refusal(cycle + dependency.id + ": each needs the next first",
                                    "module.cycle", std::move(details)));
    }
    if (visit(*found)) return true;
    const auto& why = order.refused.at(dependency.id);
    // Everybody on a cycle is told the whole of it.
    if (why.reason() == "module.cycle" &&
        (" " + why.message()).find(" " + module.id + " → ") != std::string::npos)
      return refuse(module, Error(why));
    return refuse(module, refusal(needs + ", which cannot be used: " + why.message(),
                                  "module.blocked", std::move(details)));
  }

  bool refuse(const Needs& module, Error error) {
    order.refused.emplace(module.id, std::move(error));
    return false;
  }

  std::map<std::string, const Needs*> modules_, there_;
  std::set<std::string> done_;
  std::vector<std::string> path_;
};

}  // namespace

Needs Needs::of(const ErpModule& module) {
  return {.id = std::string(module.id()),
          .version = module.version(),
          .dependencies = module.dependencies()};
}

Order order_modules(const std::vector<Needs>& modules, const std::vector<Needs>& there) {
  return std::move(Walk(modules, there).order);
}

std::vector<std::string> needing(const std::vector<Needs>& modules, std::string_view id) {
  std::vector<std::string> found;
  for (const auto& module : modules)
    if (std::ranges::any_of(module.dependencies,
                            [&](const auto& dependency) { return dependency.id == id; }))
      found.push_back(module.id);
  std::ranges::sort(found);
  return found;
}

}  // namespace tenon::modules
