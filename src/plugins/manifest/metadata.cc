#include <array>

#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/sections.h"

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;

constexpr std::array kContracts = {"v0"sv, "v1.0"sv};
constexpr std::int64_t kMostVersions = 1'000'000;

std::optional<Version> read_version(const Word& word, IssueList& issues) {
  auto version = Version::parse(word.text);
  if (!version)
    issues.add(
        word.spot, codes::kVersion,
        quoted(word.text) + " is no version; versions are written like 1.2.3 or 1.2.3-beta.1");
  return version;
}

void read_platform_version(TableReader& table, Draft& draft) {
  const auto word = table.text("min_platform_version", Need::optional);
  if (!word) return;
  const auto version = read_version(*word, draft.issues);
  if (!version) return;
  draft.manifest.metadata.min_platform_version = version;
  const auto ours = Version::parse(TENON_PLATFORM_VERSION);
  TENON_ASSERT(ours.has_value());
  if (*version > *ours)
    draft.issues.add(word->spot, codes::kPlatform,
                     "this platform is " + ours->text() + ", older than the " + version->text() +
                         " that the plugin asks for");
}

void read_dependency(TableReader& table, UniqueNames& unique, Draft& draft) {
  PluginDependency dependency;
  const auto id = table.text("id", Need::required);
  if (id && check_name(*id, NameUse::plugin, "a plugin id", draft.issues)) {
    unique.add(*id);
    if (id->text == draft.manifest.metadata.id)
      draft.issues.add(id->spot, codes::kCycle, "a plugin does not depend on itself");
    dependency.id = id->text;
  }
  if (const auto word = table.text("version", Need::required)) {
    if (auto range = VersionRange::parse(word->text))
      dependency.version = *std::move(range);
    else
      draft.issues.add(word->spot, codes::kVersion,
                       quoted(word->text) +
                           " is no requirement; they are written like ^1.2, ~1.2.3, 1.2.3, "
                           ">=1.0 <2.0 or *");
  }
  table.finish();
  if (!dependency.id.empty()) draft.manifest.metadata.plugins.push_back(std::move(dependency));
}

}  // namespace

void read_metadata(TableReader& root, Draft& draft) {
  auto table = root.table("metadata", Need::required);
  if (!table) return;
  auto& metadata = draft.manifest.metadata;
  const auto id = table->text("id", Need::required);
  if (id && check_name(*id, NameUse::plugin, "a plugin id", draft.issues)) metadata.id = id->text;
  metadata.name = table->localized("name", Need::required);
  if (const auto word = table->text("version", Need::required))
    if (auto version = read_version(*word, draft.issues)) metadata.version = *std::move(version);
  metadata.description = table->localized("description", Need::optional,
                                          {.longest = 2000, .lines = TextRule::Lines::many});
  metadata.author = table->line("author");
  metadata.license = table->line("license", {.longest = 63});
  read_platform_version(*table, draft);
  if (const auto contract = table->choice("contract", Need::required, kContracts))
    metadata.contract = static_cast<Contract>(*contract);
  if (const auto version = table->integer("schema_version", 1, kMostVersions))
    metadata.schema_version = static_cast<std::uint32_t>(*version);
  UniqueNames unique("plugin", draft.issues);
  for (auto& dependency : table->tables("plugins", ManifestLimits::kItems))
    read_dependency(dependency, unique, draft);
  table->finish();
}

}  // namespace tenon::plugins
