// How the registry asks modules how they are.
#include <utility>

#include "modules/attempt.h"
#include "modules/module_registry.h"

namespace tenon::modules {
namespace {

Health failing(std::string message) {
  return {.status = Health::Status::failing, .message = std::move(message), .details = {}};
}

/// What people are told of an error; the rest is in the log.
std::string in_words(const Error& error) {
  if (error.reason() == "module.hangs" || error.reason() == "deadline")
    return "it does not answer in time; restart the server if that stays so";
  return error.message();
}

}  // namespace

Task<ModuleRegistry::Checked> ModuleRegistry::ask(EntryHandle entry, Deadline deadline) {
  const auto began = std::chrono::steady_clock::now();
  TENON_CO_ASSIGN(health, co_await entry->module->health_check(deadline));
  co_return Checked{.health = std::move(health),
                    .took = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::steady_clock::now() - began)};
}

Attempt<ModuleRegistry::Checked> ModuleRegistry::question(const EntryHandle& entry) {
  const std::lock_guard lock(entry->asking);
  // Whoever asks meanwhile gets the same answer; one that hangs is asked no second time.
  if (!entry->asked || entry->asked->ended()) {
    const Deadline deadline = Deadline::after(times_.health);
    entry->asked = Attempt<Checked>::start(calls_, ask(entry, deadline), deadline);
  }
  return *entry->asked;
}

asio::awaitable<std::vector<ModuleHealth>> ModuleRegistry::check(
    std::vector<std::pair<std::string, EntryHandle>> entries) {
  struct Question {
    std::size_t place;
    Attempt<Checked> attempt;
  };
  std::vector<ModuleHealth> answers;
  std::vector<Question> questions;
  for (auto& [tenant, entry] : entries) {
    const auto& module = *entry->module;
    answers.push_back({.tenant = std::move(tenant),
                       .id = std::string(module.id()),
                       .version = module.version(),
                       .type = module.module_type(),
                       .health = {},
                       .took = {}});
    auto& answer = answers.back();
    if (entry->problem)
      answer.health = failing("it is not used: " + in_words(*entry->problem));
    else
      questions.push_back({.place = answers.size() - 1, .attempt = question(entry)});
  }
  for (const auto& [place, attempt] : questions) {
    auto& answer = answers[place];
    auto outcome = co_await attempt.outcome();
    if (outcome) {
      answer.health = std::move(outcome->health);
      answer.took = outcome->took;
    } else {
      answer.health = failing(in_words(outcome.error()));
      answer.took = std::chrono::duration_cast<std::chrono::microseconds>(times_.health);
    }
  }
  co_return answers;
}

asio::awaitable<std::vector<ModuleHealth>> ModuleRegistry::health_check_all() {
  std::vector<std::pair<std::string, EntryHandle>> entries;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& entry : natives_) entries.emplace_back("", entry);
    for (const auto& [name, tenant] : tenants_)
      for (const auto& [id, entry] : tenant.modules) entries.emplace_back(name, entry);
  }
  return check(std::move(entries));
}

asio::awaitable<std::vector<ModuleHealth>> ModuleRegistry::health_check(std::string tenant) {
  std::vector<std::pair<std::string, EntryHandle>> entries;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& entry : natives_) entries.emplace_back("", entry);
    if (const auto found = tenants_.find(tenant); found != tenants_.end())
      for (const auto& [id, entry] : found->second.modules) entries.emplace_back(tenant, entry);
  }
  return check(std::move(entries));
}

}  // namespace tenon::modules
