#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "commands.h"
#include "data/tenant.h"
#include "server/modules.h"

namespace tenon::app {
namespace {

struct VerifyOptions {
  std::string data;
  std::string tenant;
  std::string kept;
};

/// `POSITION:HASH`, as an earlier run printed it.
Result<std::optional<data::ChainHead>> kept_head(const std::string& text) {
  if (text.empty()) return std::optional<data::ChainHead>();
  const auto colon = text.find(':');
  const auto bytes = colon == std::string::npos ? std::nullopt : from_hex(text.substr(colon + 1));
  data::ChainHead head;
  std::size_t digits = 0;
  try {
    head.position = std::stoll(text, &digits);
  } catch (const std::exception&) {
    digits = 0;
  }
  if (!bytes || bytes->size() != head.hash.size() || digits != colon || head.position < 0)
    return fail(ErrorCode::invalid, "--head wants POSITION:HASH, as this command prints it");
  for (std::size_t i = 0; i < bytes->size(); ++i)
    head.hash[i] = static_cast<std::uint8_t>((*bytes)[i]);
  return std::optional(head);
}

Result<int> verify(const VerifyOptions& options) {
  TENON_ASSIGN(kept, kept_head(options.kept));
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool({.threads = 1, .queue = 16, .name = "blocking"});
  data::Tenants tenants(
      options.data, pool, clock, random,
      {.storage = {}, .files = {}, .servers = nullptr, .native = server::native_tables()});
  TENON_ASSIGN(tenant, tenants.open(options.tenant));
  TENON_ASSIGN(report, tenant->verify_audit(kept));
  std::printf("%llu rows hold, %llu wait for their seal; head %lld:%s\n",
              static_cast<unsigned long long>(report.sealed),
              static_cast<unsigned long long>(report.unsealed),
              static_cast<long long>(report.head.position), hex(report.head.hash).c_str());
  if (report.fault.empty()) return 0;
  std::fprintf(stderr, "tenon: %s\n", report.fault.c_str());
  return 1;
}

}  // namespace

void add_audit(CLI::App& app, Command& selected) {
  CLI::App* audit = app.add_subcommand("audit", "The audit of a tenant");
  audit->require_subcommand(1);
  auto options =
      std::make_shared<VerifyOptions>();  // shared: CLI11 keeps references until the command runs
  CLI::App* command = audit->add_subcommand(
      "verify", "Check that no row of the audit was changed; prints the head of its chain");
  command->add_option("--data", options->data, "Folder of all data")->required();
  command->add_option("--tenant", options->tenant, "Name of the tenant")->required();
  command->add_option("--head", options->kept,
                      "POSITION:HASH of an earlier run, which must still lie on the chain");
  command->callback([options, &selected] { selected = [options] { return verify(*options); }; });
}

}  // namespace tenon::app
