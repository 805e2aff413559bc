#include "server/server.h"

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "api/endpoint.h"
#include "api/first_start.h"
#include "api/messages.h"
#include "api/openapi.h"
#include "api/routes.h"
#include "async/executor_pool.h"
#include "async/wait_for.h"
#include "base/hash.h"
#include "http/security_headers.h"
#include "http/server.h"
#include "http/static_files.h"
#include "identity/identity.h"
#include "identity/operators.h"
#include "plugins/host.h"
#include "plugins/registry.h"
#include "server/demo.h"
#include "server/edge.h"
#include "server/listen.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/metrics_route.h"
#include "server/modules.h"

namespace tenon::server {
namespace {

constexpr std::size_t kBlockingThreads = 4;
// Work that waits for PostgreSQL. More threads than one server has connections: a unit that holds
// the lock others wait for always finds one.
constexpr std::size_t kServerThreads = 32;
constexpr std::size_t kServerQueue = 1024;
// Content of files. An upload's last step waits for the writer, which works on the other pools.
constexpr std::size_t kFileThreads = 4;
constexpr std::size_t kFileQueue = 256;
// Modules and deliveries, once no request runs any more; systemd waits longer (packaging/).
constexpr std::chrono::seconds kEnding{5};

/// The folder of all data, readable by its owner only.
Result<> prepare_folder(const std::filesystem::path& folder) {
  ::umask(S_IRWXG | S_IRWXO);
  std::error_code error;
  std::filesystem::create_directories(folder / "tenants", error);
  if (error)
    return fail(ErrorCode::unavailable,
                "the data folder " + folder.string() + " cannot be used: " + error.message());
  return {};
}

/// A start page whose one nonce lets the application's run-time styles through its own policy.
http::StaticFiles::PageHook nonce_hook(Random& random) {
  return [&random](const http::Request&, std::string& page, http::Response& response) {
    std::array<std::uint8_t, 16> bytes{};
    random.fill(std::as_writable_bytes(std::span(bytes)));
    const std::string nonce = hex(bytes);
    constexpr std::string_view placeholder = "__CSP_NONCE__";
    for (auto at = page.find(placeholder); at != std::string::npos;
         at = page.find(placeholder, at + nonce.size()))
      page.replace(at, placeholder.size(), nonce);
    response.set("Content-Security-Policy", http::content_security_policy(nonce));
  };
}

}  // namespace

struct Server::Impl {
  explicit Impl(Config given)
      : config(std::move(given)),
        pool({.threads = kBlockingThreads, .queue = 4096, .name = "blocking"}),
        compilers({.threads = 1, .queue = 16, .name = "compile"}),
        servers({.threads = kServerThreads, .queue = kServerQueue, .name = "postgres"}),
        contents({.threads = kFileThreads, .queue = kFileQueue, .name = "files"}),
        tenants(
            config.data.string(), pool, clock, random,
            {.storage = {}, .files = config.files, .servers = &servers, .native = native_tables()}),
        operators(config.data / "operators", clock),
        first_start(clock),
        throttle(config.throttle) {}

  Config config;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<LineWriter> log_lines;
  std::unique_ptr<LineWriter> access_lines;  // null: off, or in the server's log
  std::unique_ptr<Log> log;
  BlockingPool pool;
  BlockingPool compilers;
  BlockingPool servers;
  BlockingPool contents;
  std::unique_ptr<wasm::Engine> engine;
  data::Tenants tenants;
  std::unique_ptr<plugins::Host> host;
  std::unique_ptr<Modules> modules;
  std::unique_ptr<plugins::Registry> registry;
  ExecutorPool background{1, "background"};
  std::unique_ptr<identity::Identity> identity;
  identity::Operators operators;
  api::FirstStart first_start;
  api::OpenApi openapi{api::all_routes()};
  std::string setup_token;
  std::unique_ptr<http::Outbound> outbound;
  api::Throttle throttle;
  std::unique_ptr<Metrics> metrics;
  std::unique_ptr<api::App> app;
  std::unique_ptr<api::Gate> gate;
  http::Router router;
  std::unique_ptr<http::Server> http;
  std::atomic<bool> leaving = false;
  bool stopped = false;

  [[nodiscard]] Result<> open_logs();
  [[nodiscard]] Result<> open();
  void make_metrics();
  void finished(const http::Exchange& exchange);
  [[nodiscard]] Result<> open_identity();
  void make_api();
  [[nodiscard]] Result<> publish_routes();
  [[nodiscard]] http::Hooks hooks();
  [[nodiscard]] Modules::Log modules_log() const;
  [[nodiscard]] Result<NativeOptions> native_options();
  [[nodiscard]] std::filesystem::path key_file() const;
  [[nodiscard]] http::OutboundOptions outbound_options() const;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { (void)stop(); }

Result<std::unique_ptr<Server>> Server::create(Config config) {
  TENON_TRY(parse_listen(config.listen, config.http));
  if (config.data.empty())
    return fail(ErrorCode::invalid, "say where the data is: --data DIR, or server.data");
  if (config.http.tls.certificate.empty() != config.http.tls.key.empty())
    return fail(ErrorCode::invalid, "tls.certificate and tls.key belong together");
  config.throttle.addresses = config.throttle.users;
  if (config.demo && !is_loopback(config.http.address))
    return fail(ErrorCode::invalid,
                "--demo listens on a loopback address only, not on " + config.http.address);
  TENON_TRY(prepare_folder(config.data));
  // A start that fails is stopped like any other: some tenants are served already.
  auto server = std::unique_ptr<Server>(new Server(std::make_unique<Impl>(std::move(config))));
  TENON_TRY(server->impl_->open());
  return server;
}

Result<> Server::Impl::open_logs() {
  const LogOptions& options = config.log;
  const auto open_file = [&](std::string file) {
    return LineWriter::open({.file = std::move(file),
                             .rotate_bytes = options.rotate_bytes,
                             .keep_files = options.keep_files,
                             .queue_bytes = options.queue_bytes});
  };
  TENON_ASSIGN(lines, open_file(options.file));
  log_lines = std::move(lines);
  log = std::make_unique<Log>(options.level, options.format, clock, *log_lines);
  if (!options.access || options.access_file == "-") return {};
  std::string file = options.access_file;
  if (file.empty()) {
    std::error_code error;
    std::filesystem::create_directories(config.data / "log", error);
    file = (config.data / "log" / "access.jsonl").string();
  }
  TENON_ASSIGN(access, open_file(std::move(file)));
  access_lines = std::move(access);
  return {};
}

void Server::Impl::make_metrics() {
  metrics = std::make_unique<Metrics>(
      Metrics::Sources{.edge = [this] { return http ? http->figures() : http::Server::Figures(); },
                       .tenants = [this] { return registry->health(); },
                       .dropped_log_lines =
                           [this] {
                             return log_lines->dropped() +
                                    (access_lines ? access_lines->dropped() : 0);
                           },
                       .certificate_expires =
                           [this] { return http ? http->certificate_expires() : std::nullopt; }},
      clock);
  host->on_call([this](const plugins::CallOrigin& origin, const plugins::Plugin& plugin,
                       const plugins::Outcome& outcome) {
    metrics->count(origin.workspace->tenant()->name(), plugin.id(), outcome.bill,
                   !outcome.result.has_value());
  });
}

void Server::Impl::finished(const http::Exchange& exchange) {
  metrics->count(exchange);
  if (!config.log.access) return;
  const std::string line = access_line(exchange, clock.now());
  (access_lines ? *access_lines : *log_lines).write(line);
}

Result<> Server::Impl::open() {
  TENON_TRY(open_logs());
  TENON_ASSIGN(made, wasm::Engine::create());
  engine = std::move(made);
  TENON_ASSIGN(cache, plugins::NativeCache::open(config.data / "native", random));
  TENON_ASSIGN(made_host, plugins::Host::create(
                              *engine, clock, std::move(cache), config.guest_threads,
                              [this](const plugins::CallOrigin& origin,
                                     const plugins::Plugin& plugin, const plugins::LogLine& line) {
                                log->info(line.message,
                                          {{"tenant", origin.workspace->tenant()->name()},
                                           {"plugin", plugin.id()},
                                           {"plugin_level", plugins::to_string(line.level)},
                                           {"trace", origin.trace}});
                              }));
  host = std::move(made_host);
  modules = std::make_unique<Modules>(clock, random, modules_log());
  TENON_ASSIGN(options, native_options());
  TENON_TRY(modules->start(std::move(options)));
  registry =
      std::make_unique<plugins::Registry>(plugins::RegistryParts{.tenants = tenants,
                                                                 .host = *host,
                                                                 .compilers = compilers,
                                                                 .modules = modules->registry(),
                                                                 .events = modules->events(),
                                                                 .feed = modules->feed()});
  modules->reach(*registry, *host);
  make_metrics();
  TENON_TRY(registry->open_all(
      {.broken =
           [this](std::string_view tenant, std::string_view plugin, const Error& error) {
             log->error("a plugin is not served",
                        {{"tenant", tenant}, {"plugin", plugin}, {"error", error.for_log()}});
           },
       .away =
           [this](std::string_view tenant, const Error& error) {
             log->error(
                 "tenant " + std::string(tenant) + " is not served until its database answers",
                 {{"tenant", tenant}, {"error", error.for_log()}});
           },
       .back =
           [this](std::string_view tenant) {
             log->info("tenant " + std::string(tenant) + " is served", {{"tenant", tenant}});
           }}));
  TENON_TRY(open_identity());
  if (config.demo) TENON_TRY(wait_for(make_demo(config, *registry, *host, *identity)));
  make_api();
  return publish_routes();
}

std::filesystem::path Server::Impl::key_file() const {
  return config.key_file.empty() ? config.data / "secret.key" : config.key_file;
}

/// What a company's administrator has us call lies outside; only a server that nobody but this
/// machine reaches calls this machine.
http::OutboundOptions Server::Impl::outbound_options() const {
  return {.loopback = is_loopback(config.http.address),
          .private_networks = config.outbound_private,
          .ca_file = config.outbound_ca.string()};
}

void Server::Impl::make_api() {
  outbound = std::make_unique<http::Outbound>(outbound_options());
  // A session cookie travels unprotected on this machine alone.
  const api::CookiePolicy cookie{.secure = config.public_url.starts_with("https://") ||
                                           !config.http.tls.certificate.empty() ||
                                           !is_loopback(config.http.address)};
  app = std::make_unique<api::App>(
      api::App{.tenants = tenants,
               .registry = *registry,
               .host = *host,
               .modules = modules->registry(),
               .feed = modules->feed(),
               .identity = *identity,
               .operators = operators,
               .first_start = first_start,
               .openapi = openapi,
               .outbound = *outbound,
               .pool = pool,
               .files = contents,
               .clock = clock,
               .random = random,
               .limits = {.package = config.package, .upload_bytes = config.files.file_bytes},
               .cookie = cookie,
               .public_url = config.public_url,
               .demo = config.demo});
  app->on_failure = [this](const Error& error, std::string_view trace) {
    if (error.code() == ErrorCode::internal || error.code() == ErrorCode::unavailable)
      log->error("a request failed", {{"error", error.for_log()}, {"trace", trace}});
  };
  gate =
      std::make_unique<api::Gate>(*identity, operators, cookie, random, throttle, app->on_failure);
}

Result<NativeOptions> Server::Impl::native_options() {
  TENON_ASSIGN(key, open_sealing_key(key_file(), random));
  return NativeOptions{
      .jobs = {.times = {.lease = config.job_lease, .retry_pause = config.job_retry_pause},
               .running = config.jobs_running,
               .running_per_tenant = config.jobs_running_per_tenant},
      .backups = services::BackupParts{.tenants = tenants,
                                       .data = config.data,
                                       .pool = pool,
                                       .clock = clock,
                                       .random = random},
      .backup = config.backup,
      .folder = config.data / "bulk",
      .key = std::move(key),
      .outbound = outbound_options()};
}

Modules::Log Server::Impl::modules_log() const {
  return {.failed =
              [this](std::string_view tenant, std::string_view module, const Error& error) {
                log->error("a module failed",
                           {{"module", module}, {"tenant", tenant}, {"error", error.for_log()}});
              },
          .undelivered =
              [this](std::string_view tenant, const data::Event& event, const Error& error) {
                log->warning("an event is not delivered", {{"tenant", tenant},
                                                           {"event", event.id.to_string()},
                                                           {"type", event.type},
                                                           {"error", error.for_log()}});
              }};
}

Result<> Server::Impl::open_identity() {
  TENON_ASSIGN(key, open_sealing_key(key_file(), random));
  identity::Identity::Options options;
  options.throttle.per_address = config.sign_ins_per_address;
  identity = std::make_unique<identity::Identity>(
      std::move(options), std::move(key), pool, background.next(), clock, random,
      [this](std::string_view name) -> Result<std::shared_ptr<data::Tenant>> {
        TENON_ASSIGN(workspace, registry->serving(name));
        return workspace->tenant();
      });
  identity->trail.start();
  TENON_ASSIGN(names, tenants.list());
  if (names.empty() && !config.demo) setup_token = first_start.begin(random);
  return {};
}

Result<> Server::Impl::publish_routes() {
  for (const auto& table : openapi.tables()) {
    auto routes = api::bind(table, *app, *gate);
    if (table.owner() == "health") routes = not_ready_when(leaving, std::move(routes));
    TENON_TRY(router.replace(table.owner(), std::move(routes)));
  }
  TENON_TRY(router.replace("unknown", api::unknown_routes(*gate)));
  TENON_ASSIGN(token, read_token(config.metrics_token_file));
  TENON_TRY(router.replace("metrics", metrics_routes(*metrics, std::move(token))));
  modules->registry().publish_through(api::module_binder(*app, *gate),
                                      [this](std::vector<http::Route> routes) {
                                        return router.replace("modules", std::move(routes));
                                      });
  TENON_TRY(modules->registry().publish());
  if (config.web.empty() || !std::filesystem::exists(config.web / "index.html")) return {};
  TENON_ASSIGN(files, http::StaticFiles::load(config.web, {.page_hook = nonce_hook(random)}));
  return router.replace("web", {{.method = http::Method::get,
                                 .pattern = "/{path*}",
                                 .handler = http::StaticFiles::handler(files)}});
}

http::Hooks Server::Impl::hooks() {
  return {.problem = [this](const http::Problem& problem) { return edge_problem(problem, random); },
          .answer = http::add_security_headers,
          .exchange = [this](const http::Exchange& exchange) { finished(exchange); },
          .fault = [this](std::string_view what) { log->error(what); }};
}

Result<> Server::start() {
  impl_->http = std::make_unique<http::Server>(impl_->config.http, impl_->hooks(), impl_->router);
  return impl_->http->start();
}

std::string Server::address() const { return address_of(impl_->config.http, impl_->http->port()); }

void Server::reload() {
  impl_->log_lines->reopen();
  if (impl_->access_lines) impl_->access_lines->reopen();
  const auto loaded = impl_->http->reload_certificate();
  if (loaded) {
    impl_->log->info("log files and certificate were opened again");
  } else {
    impl_->log->error("the certificate stays what it was", {{"error", loaded.error().for_log()}});
  }
}

std::string Server::setup_link() const {
  if (impl_->setup_token.empty()) return {};
  const auto& origin = impl_->config.public_url;
  return (origin.empty() ? address() : origin) + "/setup#" + impl_->setup_token;
}

bool Server::demo() const noexcept { return impl_->config.demo; }

std::vector<http::PublishedRoute> Server::routes() const { return impl_->router.list(); }

Result<> Server::stop() {
  if (std::exchange(impl_->stopped, true)) return {};
  impl_->leaving = true;
  if (impl_->http) std::this_thread::sleep_for(impl_->config.drain_notice);
  Result<> done;
  if (impl_->http) done = impl_->http->stop(Deadline::after(impl_->config.drain_time));
  // Requests that had to be cut have used up the drain time; what is below ends in order all the
  // same.
  const Deadline deadline = Deadline::after(kEnding);
  if (impl_->registry) {
    auto ended = wait_for(impl_->registry->stop(deadline));
    if (done && !ended) done = std::move(ended);
  }
  if (impl_->modules) {
    auto ended = impl_->modules->stop(deadline);
    if (done && !ended) done = std::move(ended);
  }
  if (impl_->identity) {
    auto ended = wait_for(impl_->identity->trail.stop(deadline));
    if (done && !ended) done = std::move(ended);
  }
  impl_->background.stop();
  impl_->tenants.close();
  impl_->contents.stop();
  impl_->servers.stop();
  impl_->compilers.stop();
  impl_->pool.stop();
  if (impl_->host) impl_->host->stop();
  if (impl_->access_lines) impl_->access_lines->stop();
  if (impl_->log_lines) impl_->log_lines->stop();
  return done;
}

}  // namespace tenon::server
