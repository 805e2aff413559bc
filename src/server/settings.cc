#include "server/settings.h"

#include <algorithm>
#include <charconv>

#include "plugins/manifest/suggest.h"
#include "server/setting_kinds.h"

namespace tenon::server {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kKi = 1024;
constexpr std::uint64_t kMi = kKi * kKi;
constexpr std::uint64_t kGi = kKi * kMi;
constexpr std::uint64_t kMany = 1'000'000'000;

std::vector<Setting> server_settings() {
  return {
      text("server.data", "Folder of all data; made when it is missing.",
           [](auto& c) -> auto& { return c.data; }),
      text("server.listen", "ADDRESS:PORT to listen on, an IPv6 address in brackets.",
           [](auto& c) -> auto& { return c.listen; }),
      text("server.web", "Folder of the built web application; empty: none is served.",
           [](auto& c) -> auto& { return c.web; }),
      text("server.plugins", "Folder of first-party plugins.",
           [](auto& c) -> auto& { return c.plugins; }),
      number("server.io_threads", "Threads that read, run endpoints and write.", 1, 64,
             [](auto& c) -> auto& { return c.http.threads; }),
      number("server.guest_threads", "Threads that run plugins.", 1, 64,
             [](auto& c) -> auto& { return c.guest_threads; }),
      duration("server.drain_notice",
               "How long after SIGTERM requests are still taken while /readyz says 503, so that a "
               "load balancer sends the next ones elsewhere; a little longer than its checks.",
               0ms, 5min, [](auto& c) -> auto& { return c.drain_notice; }),
      duration("server.drain_time", "How long running requests may go on after SIGTERM.", 0ms, 1h,
               [](auto& c) -> auto& { return c.drain_time; }),
      texts("server.trusted_proxies",
            "Addresses and networks of reverse proxies: X-Forwarded-For and X-Forwarded-Proto are "
            "believed from these only, and their connections are not counted as one address.",
            [](auto& c) -> auto& { return c.http.trusted_proxies; }),
      text("server.public_url",
           "https://… where people reach this server, for links; empty: the host that was asked.",
           [](auto& c) -> auto& { return c.public_url; }),
      text("server.key_file",
           "Key that seals stored secrets, made when it is missing; empty: secret.key in the data "
           "folder.",
           [](auto& c) -> auto& { return c.key_file; }),
      boolean(
          "server.outbound_private",
          "Whether sign-in services and webhooks that companies name may lie in private networks.",
          [](auto& c) -> auto& { return c.outbound_private; }),
      text("server.outbound_ca", "PEM file of more authorities that those may be certified by.",
           [](auto& c) -> auto& { return c.outbound_ca; }),
      text("tls.certificate", "PEM file of the certificate chain; empty: plain HTTP.",
           [](auto& c) -> auto& { return c.http.tls.certificate; }),
      text("tls.key", "PEM file of its private key, not readable by everybody.",
           [](auto& c) -> auto& { return c.http.tls.key; }),
      duration("tls.handshake_time", "How long a client may take to agree on encryption.", 100ms,
               1min, [](auto& c) -> auto& { return c.http.handshake_time; }),
  };
}

std::vector<Setting> size_settings() {
  return {
      size("limits.head_bytes", "Request line and fields; more is 431.", 512, kMi,
           [](auto& c) -> auto& { return c.http.head.head_bytes; }),
      number("limits.head_fields", "Fields of a request; more is 431.", 8, 1000,
             [](auto& c) -> auto& { return c.http.head.fields; }),
      size("limits.target_bytes", "Path with query; more is 414.", 128, kMi,
           [](auto& c) -> auto& { return c.http.head.target_bytes; }),
      size("limits.json_bytes", "Body of a request that is no upload; more is 413.", kKi, kGi,
           [](auto& c) -> auto& { return c.http.body_bytes; }),
      number("limits.json_depth", "Arrays and objects in each other; more is 400.", 4, 1000,
             [](auto& c) -> auto& { return c.http.body_depth; }),
      size("limits.upload_bytes", "One uploaded file; more is 413.", kKi, 16 * kGi,
           [](auto& c) -> auto& { return c.files.file_bytes; }),
      size("limits.files_bytes_per_tenant", "All files of one company, equal ones counted once.",
           kMi, 1024 * 1024 * kGi, [](auto& c) -> auto& { return c.files.tenant_bytes; }),
      size("limits.package_bytes", "One uploaded plugin; more is 413.", kKi, kGi,
           [](auto& c) -> auto& { return c.package.package_bytes; }),
      number("limits.body_bytes_per_second",
             "A body or a reader slower than this is cut, after header_time or write_time.", 1,
             kMany, [](auto& c) -> auto& { return c.http.body_bytes_per_second; }),
  };
}

std::vector<Setting> load_settings() {
  return {
      number("limits.connections", "Open connections in all.", 1, 1'000'000,
             [](auto& c) -> auto& { return c.http.connections; }),
      number("limits.connections_per_address", "Open connections from one address; more is 503.", 1,
             1'000'000, [](auto& c) -> auto& { return c.http.connections_per_address; }),
      number("limits.accept_pause_percent",
             "At this share of all connections others wait outside, and idle ones are closed.", 1,
             100, [](auto& c) -> auto& { return c.http.accept_pause_percent; }),
      number("limits.requests_per_connection", "Requests on one connection before it is closed.", 1,
             kMany, [](auto& c) -> auto& { return c.http.requests_per_connection; }),
      number("limits.requests_in_flight", "Requests that run at once; more is 503.", 1, 1'000'000,
             [](auto& c) -> auto& { return c.http.requests_in_flight; }),
      number("limits.requests_in_flight_per_tenant",
             "Requests of one company that run at once; more is 503.", 1, 1'000'000,
             [](auto& c) -> auto& { return c.throttle.in_flight_per_tenant; }),
      number("limits.queue", "Requests that wait for their turn on one thread; more is 503.", 1,
             1'000'000, [](auto& c) -> auto& { return c.http.queue; }),
      rate("limits.user_rate", "Requests a second of one user, twice that at once; more is 429.",
           [](auto& c) -> auto& { return c.throttle.per_user; }),
      rate("limits.tenant_rate",
           "Requests a second of one company, twice that at once; more is 429.",
           [](auto& c) -> auto& { return c.throttle.per_tenant; }),
      rate("limits.address_rate",
           "Requests a second from one address, twice that at once; more is 429.",
           [](auto& c) -> auto& { return c.throttle.per_address; }),
      number("limits.sign_ins_per_address",
             "Attempts to sign in from one address a minute; more is 429.", 1, kMany,
             [](auto& c) -> auto& { return c.sign_ins_per_address; }),
      number("limits.rates_remembered", "Users and addresses whose rate is remembered.", 100,
             10'000'000, [](auto& c) -> auto& { return c.throttle.users; }),
  };
}

std::vector<Setting> time_settings() {
  return {
      duration("times.header", "How long a request's head may take; then 408.", 10ms, 10min,
               [](auto& c) -> auto& { return c.http.head_time; }),
      duration("times.handler", "How long a request may run; then 503.", 10ms, 1h,
               [](auto& c) -> auto& { return c.http.handler_time; }),
      duration("times.keep_alive", "How long a connection may wait for its next request.", 10ms, 1h,
               [](auto& c) -> auto& { return c.http.idle_time; }),
      duration("times.write", "How long an answer may wait for a client that does not read.", 10ms,
               1h, [](auto& c) -> auto& { return c.http.write_time; }),
      duration("times.queue", "How long a request may wait for its turn in a burst; then 503.", 1ms,
               1min, [](auto& c) -> auto& { return c.http.queue_time; }),
      duration("times.standing_queue",
               "The same once the queue has not been empty for 100 ms: overload.", 1ms, 1min,
               [](auto& c) -> auto& { return c.http.standing_queue_time; }),
  };
}

std::vector<Setting> job_settings() {
  return {
      duration("jobs.lease",
               "A scheduled job whose process has died is begun again after this time.", 1s, 10min,
               [](auto& c) -> auto& { return c.job_lease; }),
      duration("jobs.retry_pause",
               "Before a failed job is tried again; four times longer with each further failure.",
               100ms, 1h, [](auto& c) -> auto& { return c.job_retry_pause; }),
      number("jobs.running", "Scheduled jobs that run at once; others wait.", 1, 1000,
             [](auto& c) -> auto& { return c.jobs_running; }),
      number("jobs.running_per_tenant", "Those of one company.", 1, 1000,
             [](auto& c) -> auto& { return c.jobs_running_per_tenant; }),
  };
}

std::vector<Setting> backup_settings() {
  return {
      text("backups.directory",
           "Folder of scheduled backups, one folder in it for each company; empty: none are made.",
           [](auto& c) -> auto& { return c.backup.directory; }),
      text("backups.cron", "When they are made: five fields, in the company's time zone.",
           [](auto& c) -> auto& { return c.backup.cron; }),
      text("backups.drill_cron", "When the newest one is restored on trial and compared.",
           [](auto& c) -> auto& { return c.backup.drill_cron; }),
      number("backups.keep_daily", "Backups of the newest days that are kept, one each.", 0, 1000,
             [](auto& c) -> auto& { return c.backup.keep.daily; }),
      number("backups.keep_weekly", "The same for weeks.", 0, 1000,
             [](auto& c) -> auto& { return c.backup.keep.weekly; }),
      number("backups.keep_monthly", "The same for months.", 0, 1000,
             [](auto& c) -> auto& { return c.backup.keep.monthly; }),
  };
}

std::vector<Setting> log_settings() {
  return {
      choice("log.level", "The least that is written.", {"info", "warning", "error"},
             [](auto& c) -> auto& { return c.log.level; }),
      choice("log.format", "JSON lines, or text for a terminal.", {"json", "text"},
             [](auto& c) -> auto& { return c.log.format; }),
      text("log.file", "File of the server's log; empty: standard error.",
           [](auto& c) -> auto& { return c.log.file; }),
      boolean("log.access", "Whether each request gets a line, always JSON.",
              [](auto& c) -> auto& { return c.log.access; }),
      text("log.access_file",
           "File of those lines; empty: log/access.jsonl in the data folder; \"-\": the server's "
           "log.",
           [](auto& c) -> auto& { return c.log.access_file; }),
      size("log.rotate_bytes", "A log file this large is set aside.", 64 * kKi, 64 * kGi,
           [](auto& c) -> auto& { return c.log.rotate_bytes; }),
      number("log.keep_files", "Files set aside that are kept.", 0, 1000,
             [](auto& c) -> auto& { return c.log.keep_files; }),
      text("metrics.token_file",
           "File with the bearer token of /metrics; empty: only local requests are answered.",
           [](auto& c) -> auto& { return c.metrics_token_file; }),
  };
}

std::vector<Setting> make_settings() {
  std::vector<Setting> all;
  for (auto part : {server_settings(), size_settings(), load_settings(), time_settings(),
                    job_settings(), backup_settings(), log_settings()})
    std::ranges::move(part, std::back_inserter(all));
  return all;
}

/// Text of the command line as the kind that the setting wants: the first that fits.
std::vector<SettingValue> readings(const std::string& text) {
  std::vector<SettingValue> all;
  std::int64_t number = 0;
  double real = 0;
  const char* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, number);
      read.ec == std::errc{} && read.ptr == end)
    all.emplace_back(number);
  if (const auto read = std::from_chars(text.data(), end, real);
      read.ec == std::errc{} && read.ptr == end)
    all.emplace_back(real);
  if (text == "true" || text == "false") all.emplace_back(text == "true");
  all.emplace_back(text);
  std::vector<std::string> list;
  for (std::size_t from = 0; from < text.size();) {
    const auto comma = std::min(text.find(',', from), text.size());
    list.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  all.emplace_back(std::move(list));
  return all;
}

}  // namespace

std::span<const Setting> settings() {
  static const std::vector<Setting> all = make_settings();
  return all;
}

const Setting* find_setting(std::string_view key) {
  const auto all = settings();
  const auto found = std::ranges::find(all, key, &Setting::key);
  return found == all.end() ? nullptr : &*found;
}

std::string similar_setting(std::string_view key) {
  std::vector<std::string_view> keys;
  for (const Setting& setting : settings()) keys.push_back(setting.key);
  const auto nearest = plugins::nearest(key, keys);
  return nearest.empty() ? std::string() : "did you mean \"" + std::string(nearest) + "\"?";
}

Result<> put_setting(Config& config, const NamedText& text) {
  const Setting* setting = find_setting(text.key);
  if (setting == nullptr) {
    std::string what = text.origin + ": unknown key \"" + text.key + "\"";
    if (const auto similar = similar_setting(text.key); !similar.empty()) what += "; " + similar;
    return fail(Error(ErrorCode::invalid, std::move(what)).because("config.unknown_key"));
  }
  for (const SettingValue& value : readings(text.value))
    if (setting->put(config, value)) return {};
  return fail(Error(ErrorCode::invalid, text.origin + ": " + text.key + " wants " + setting->wants)
                  .because("config.value"));
}

Result<> put_setting(Config& config, std::string_view assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos)
    return fail(
        Error(ErrorCode::invalid, "--set wants KEY=VALUE, got \"" + std::string(assignment) + "\"")
            .because("config.value"));
  return put_setting(config, {.origin = "--set",
                              .key = std::string(assignment.substr(0, equals)),
                              .value = std::string(assignment.substr(equals + 1))});
}

std::string settings_reference() {
  const Config defaults;
  std::string text;
  std::string_view section;
  for (const Setting& setting : settings()) {
    const auto here = setting.key.substr(0, setting.key.find('.'));
    if (here != section) {
      section = here;
      text.append(text.empty() ? "" : "\n").append("### [").append(section).append("]\n\n");
      text += "| key | default | wants | what it is |\n|---|---|---|---|\n";
    }
    text.append("| `").append(setting.key.substr(section.size() + 1)).append("` | `");
    text.append(setting.show(defaults)).append("` | ").append(setting.wants).append(" | ");
    text.append(setting.help).append(" |\n");
  }
  return text;
}

}  // namespace tenon::server
