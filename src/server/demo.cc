#include "server/demo.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "base/json.h"
#include "plugins/records.h"

namespace tenon::server {
namespace {

constexpr std::size_t kBatch = 500;
constexpr std::uint64_t kSeed = 20'261'123;  // the same customers every time
constexpr std::chrono::minutes kPatience{5};

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file || content.empty())
    return fail(ErrorCode::unavailable,
                "--demo needs " + path.string() + "; build it, or name its folder by --plugins");
  return content;
}

/// Word lists of plugins/crm/demo/words.json and a seeded choice among them.
class Words {
 public:
  [[nodiscard]] static Result<Words> read(const std::filesystem::path& path) {
    TENON_ASSIGN(text, read_file(path));
    TENON_ASSIGN(object, json::parse_object(text));
    Words words;
    for (const auto& [name, list] : object) {
      if (!list.is_array() || list.get_array().empty())
        return fail(ErrorCode::invalid,
                    path.string() + ": \"" + std::string(name) + "\" must be a list of words");
      for (const auto& word : list.get_array())
        if (word.is_string()) words.lists_[std::string(name)].emplace_back(word.get_string());
    }
    for (const std::string_view name :
         {"cities", "words", "industries", "suffixes", "surnames", "given", "streets"})
      if (!words.lists_.contains(std::string(name)))
        return fail(ErrorCode::invalid,
                    path.string() + ": \"" + std::string(name) + "\" is missing");
    return words;
  }

  [[nodiscard]] std::uint64_t number(std::uint64_t below) { return random_.next() % below; }
  [[nodiscard]] const std::string& pick(const std::string& list) {
    const auto& words = lists_.at(list);
    return words[number(words.size())];
  }

 private:
  std::map<std::string, std::vector<std::string>> lists_;
  SeededRandom random_{kSeed};
};

/// One customer as a sales clerk would have typed it.
json::object customer(Words& words, std::size_t serial) {
  static constexpr std::array<std::string_view, 10> levels = {"A", "B", "B", "C", "C",
                                                              "C", "C", "D", "D", "D"};
  static constexpr std::array<std::string_view, 10> states = {
      "lead",   "lead",   "active", "active",  "active",
      "active", "active", "active", "dormant", "lost"};
  const std::string city = words.pick("cities");
  const std::string_view level = levels[words.number(levels.size())];
  const std::uint64_t credit = level == "D" ? 0
                                            : (words.number(200) + 1) * (level == "A"   ? 50'000
                                                                         : level == "B" ? 10'000
                                                                                        : 1'000);
  const std::string name =
      city + words.pick("words") + words.pick("industries") + words.pick("suffixes");
  return {
      {"name", name},
      {"code", fmt::format("C{:06}", serial)},
      {"level", level},
      {"status", states[words.number(states.size())]},
      {"contact_name", words.pick("surnames") + words.pick("given")},
      {"phone", fmt::format("1{}{:09}", 3 + words.number(7), words.number(1'000'000'000))},
      {"email", fmt::format("info{}@example.com", serial)},
      {"city", city},
      {"address", fmt::format("{}市{}{}号", city, words.pick("streets"), words.number(900) + 1)},
      {"credit_limit", fmt::format("{}.00", credit)},
      {"active", words.number(20) != 0},
      {"founded", fmt::format("{}-{:02}-{:02}", 1985 + words.number(40), 1 + words.number(12),
                              1 + words.number(28))},
      {"last_contact_at", fmt::format("2026-{:02}-{:02}T{:02}:{:02}:00Z", 1 + words.number(10),
                                      1 + words.number(28), words.number(10), words.number(60))},
  };
}

/// Rows of one batch in one transaction, each through the hook.
Task<> insert_batch(plugins::Host& host, std::shared_ptr<plugins::Workspace> workspace,
                    std::shared_ptr<const identity::Principal> principal, Words& words,
                    std::size_t from, std::size_t count) {
  const auto installations = workspace->installations();
  const auto catalog = workspace->tenant()->catalog();
  TENON_CO_ASSIGN(entity, catalog->entity("crm", "customer"));
  data::UnitOfWork work =
      workspace->tenant()->unit(data::Viewer{.user = principal->user}, data::Origin{});
  plugins::CallOrigin origin{.workspace = workspace,
                             .installations = installations,
                             .principal = std::move(principal),
                             .trace = "demo",
                             .deadline = Deadline::after(kPatience)};
  for (std::size_t i = 0; i < count; ++i)
    TENON_CO_TRY(co_await plugins::insert_record(host, {.work = work, .origin = origin}, *entity,
                                                 customer(words, from + i + 1)));
  co_return co_await work.commit();
}

}  // namespace

Task<> make_demo(const Config& config, plugins::Registry& registry, plugins::Host& host,
                 identity::Users& users) {
  if (registry.find("demo")) co_return Result<>();
  const auto folder = config.plugins / "crm";
  TENON_CO_ASSIGN(manifest, read_file(folder / "plugin.toml"));
  TENON_CO_ASSIGN(component, read_file(folder / "plugin.wasm"));
  TENON_CO_ASSIGN(words, Words::read(folder / "demo" / "words.json"));
  TENON_CO_ASSIGN(workspace, registry.create("demo"));
  const Deadline deadline = Deadline::after(kPatience);
  TENON_CO_ASSIGN(
      user, co_await users.create(
                workspace->tenant(),
                {.name = "demo", .password = Secret<std::string>("demo"), .administrator = true},
                identity::Users::PasswordRule::waived, deadline));
  const auto principal = std::make_shared<const identity::Principal>(
      identity::Principal{.tenant = "demo", .user = user, .name = "demo", .administrator = true});
  TENON_CO_TRY(co_await registry.install(workspace,
                                         plugins::InstallRequest{.principal = principal,
                                                                 .trace = "demo",
                                                                 .manifest = std::move(manifest),
                                                                 .component = std::move(component),
                                                                 .deadline = deadline}));
  for (std::size_t done = 0; done < config.demo_rows; done += kBatch)
    TENON_CO_TRY(co_await insert_batch(host, workspace, principal, words, done,
                                       std::min(kBatch, config.demo_rows - done)));
  co_return Result<>();
}

}  // namespace tenon::server
