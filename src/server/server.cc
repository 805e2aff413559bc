#include "server/server.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "api/endpoint.h"
#include "api/first_start.h"
#include "api/messages.h"
#include "api/routes.h"
#include "async/executor_pool.h"
#include "async/wait_for.h"
#include "base/hash.h"
#include "http/security_headers.h"
#include "http/server.h"
#include "http/static_files.h"
#include "identity/identity.h"
#include "identity/operators.h"
#include "identity/tables.h"
#include "plugins/host.h"
#include "plugins/registry.h"
#include "server/demo.h"

namespace tenon::server {
namespace {

constexpr std::chrono::seconds kDrain{20};
constexpr std::size_t kBlockingThreads = 4;
// Work that waits for PostgreSQL. More threads than one server has connections: a unit that holds
// the lock others wait for always finds one.
constexpr std::size_t kServerThreads = 32;
constexpr std::size_t kServerQueue = 1024;

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

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

/// A problem that no endpoint saw (wrong path, wrong framing) in the same protocol as all others.
http::Response edge_problem(const http::Problem& problem) {
  ErrorCode code = ErrorCode::invalid;
  std::string reason = "http." + std::string(problem.rule);
  if (problem.status == 404) code = ErrorCode::not_found, reason = "http.not_found";
  if (problem.status == 405) reason = "http.method";
  if (problem.status == 413) reason = "http.body_too_large";
  if (problem.status == 500) code = ErrorCode::internal;
  if (problem.status == 503) code = ErrorCode::unavailable, reason = "http.timeout";
  const std::string locale =
      problem.request != nullptr ? api::Gate::locale_of(*problem.request) : "en";
  return api::Gate::problem(Error(code, std::string(problem.text)).because(std::move(reason)),
                            locale, "");
}

}  // namespace

struct Server::Impl {
  explicit Impl(Config given)
      : config(std::move(given)),
        pool({.threads = kBlockingThreads, .queue = 4096, .name = "blocking"}),
        compilers({.threads = 1, .queue = 16, .name = "compile"}),
        servers({.threads = kServerThreads, .queue = kServerQueue, .name = "postgres"}),
        tenants(config.data.string(), pool, clock, random,
                {.storage = {}, .files = {}, .servers = &servers, .native = {identity::tables()}}),
        operators(config.data / "operators", clock),
        first_start(clock) {}

  Config config;
  SystemClock clock;
  SystemRandom random;
  std::shared_ptr<spdlog::logger> log;  // shared with the sinks' registry
  BlockingPool pool;
  BlockingPool compilers;
  BlockingPool servers;
  std::unique_ptr<wasm::Engine> engine;
  data::Tenants tenants;
  std::unique_ptr<plugins::Host> host;
  std::unique_ptr<plugins::Registry> registry;
  ExecutorPool background{1, "background"};
  std::unique_ptr<identity::Identity> identity;
  identity::Operators operators;
  api::FirstStart first_start;
  std::string setup_token;
  std::unique_ptr<http::Outbound> outbound;
  std::unique_ptr<api::App> app;
  std::unique_ptr<api::Gate> gate;
  http::Router router;
  std::unique_ptr<http::Server> http;
  bool stopped = false;

  [[nodiscard]] Result<> open();
  [[nodiscard]] Result<> open_identity();
  [[nodiscard]] Result<> publish_routes();
  [[nodiscard]] http::Hooks hooks();
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { (void)stop(); }

Result<std::unique_ptr<Server>> Server::create(Config config) {
  if (config.demo && !is_loopback(config.http.address))
    return fail(ErrorCode::invalid,
                "--demo listens on a loopback address only, not on " + config.http.address);
  TENON_TRY(prepare_folder(config.data));
  // A start that fails is stopped like any other: some tenants are served already.
  auto server = std::unique_ptr<Server>(new Server(std::make_unique<Impl>(std::move(config))));
  TENON_TRY(server->impl_->open());
  return server;
}

Result<> Server::Impl::open() {
  log =
      std::make_shared<spdlog::logger>("tenon", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %v", spdlog::pattern_time_type::utc);

  TENON_ASSIGN(made, wasm::Engine::create());
  engine = std::move(made);
  TENON_ASSIGN(cache, plugins::NativeCache::open(config.data / "native", random));
  TENON_ASSIGN(made_host,
               plugins::Host::create(
                   *engine, clock, std::move(cache), config.guest_threads,
                   [log = log](const plugins::CallOrigin& origin, const plugins::Plugin& plugin,
                               const plugins::LogLine& line) {
                     log->info("plugin {} {} trace={} {}", plugin.id(),
                               plugins::to_string(line.level), origin.trace, line.message);
                   }));
  host = std::move(made_host);
  registry = std::make_unique<plugins::Registry>(tenants, *host, compilers);
  TENON_TRY(registry->open_all(
      {.broken =
           [log = log](std::string_view tenant, std::string_view plugin, const Error& error) {
             log->error("plugin {} of tenant {} is not served: {}", plugin, tenant,
                        error.for_log());
           },
       .away =
           [log = log](std::string_view tenant, const Error& error) {
             log->error("tenant {} is not served until its database answers: {}", tenant,
                        error.for_log());
           },
       .back = [log =
                    log](std::string_view tenant) { log->info("tenant {} is served", tenant); }}));
  TENON_TRY(open_identity());
  if (config.demo) TENON_TRY(wait_for(make_demo(config, *registry, *host, *identity)));
  // What a company's administrator has us call lies outside; only a server that nobody but this
  // machine reaches calls this machine.
  outbound = std::make_unique<http::Outbound>(
      http::OutboundOptions{.loopback = is_loopback(config.http.address),
                            .private_networks = config.outbound_private,
                            .ca_file = config.outbound_ca.string()});
  // A session cookie travels unprotected on this machine alone.
  const api::CookiePolicy cookie{.secure = config.public_url.starts_with("https://") ||
                                           !is_loopback(config.http.address)};
  app = std::make_unique<api::App>(api::App{.tenants = tenants,
                                            .registry = *registry,
                                            .host = *host,
                                            .identity = *identity,
                                            .operators = operators,
                                            .first_start = first_start,
                                            .outbound = *outbound,
                                            .pool = pool,
                                            .clock = clock,
                                            .random = random,
                                            .cookie = cookie,
                                            .public_url = config.public_url,
                                            .demo = config.demo});
  app->on_failure = [log = log](const Error& error, std::string_view trace) {
    if (error.code() == ErrorCode::internal || error.code() == ErrorCode::unavailable)
      log->error("trace={} {}", trace, error.for_log());
  };
  gate = std::make_unique<api::Gate>(*identity, operators, cookie, random, app->on_failure);
  return publish_routes();
}

Result<> Server::Impl::open_identity() {
  const auto file = config.key_file.empty() ? config.data / "secret.key" : config.key_file;
  TENON_ASSIGN(key, open_sealing_key(file, random));
  identity = std::make_unique<identity::Identity>(
      identity::Identity::Options{.sessions = {},
                                  .throttle = {.per_address = config.sign_ins_per_address},
                                  .passwords = {}},
      std::move(key), pool, background.next(), clock, random,
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
  TENON_TRY(router.replace("health", api::health_routes(*app)));
  TENON_TRY(router.replace("session", api::session_routes(*app, *gate)));
  TENON_TRY(router.replace("users", api::user_routes(*app, *gate)));
  TENON_TRY(router.replace("roles", api::role_routes(*app, *gate)));
  TENON_TRY(router.replace("tokens", api::token_routes(*app, *gate)));
  TENON_TRY(router.replace("explain", api::explain_routes(*app, *gate)));
  TENON_TRY(router.replace("tenants", api::tenant_routes(*app, *gate)));
  TENON_TRY(router.replace("oidc", api::oidc_routes(*app, *gate)));
  TENON_TRY(router.replace("plugins", api::plugin_routes(*app, *gate)));
  TENON_TRY(router.replace("records", api::record_routes(*app, *gate)));
  TENON_TRY(router.replace("unknown", api::unknown_routes(*gate)));
  TENON_TRY(router.replace("extensions", api::extension_routes(*app, *gate)));
  if (config.web.empty() || !std::filesystem::exists(config.web / "index.html")) return {};
  TENON_ASSIGN(files, http::StaticFiles::load(config.web, {.page_hook = nonce_hook(random)}));
  return router.replace("web", {{.method = http::Method::get,
                                 .pattern = "/{path*}",
                                 .handler = http::StaticFiles::handler(files)}});
}

http::Hooks Server::Impl::hooks() {
  return {.problem = edge_problem,
          .answer =
              [](http::Response& response) {
                http::add_security_headers(response, http::Transport::plain);
              },
          .fault = [log = log](std::string_view what) { log->error("{}", what); }};
}

Result<> Server::start() {
  impl_->http = std::make_unique<http::Server>(impl_->config.http, impl_->hooks(), impl_->router);
  return impl_->http->start();
}

std::string Server::address() const {
  const std::string& host = impl_->config.http.address;
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return "http://" + shown + ":" + std::to_string(impl_->http->port());
}

std::string Server::setup_link() const {
  if (impl_->setup_token.empty()) return {};
  const auto& origin = impl_->config.public_url;
  return (origin.empty() ? address() : origin) + "/setup#" + impl_->setup_token;
}

bool Server::demo() const noexcept { return impl_->config.demo; }

Result<> Server::stop() {
  if (std::exchange(impl_->stopped, true)) return {};
  const Deadline deadline = Deadline::after(kDrain);
  Result<> done;
  if (impl_->http) done = impl_->http->stop(deadline);
  if (impl_->registry) {
    auto ended = wait_for(impl_->registry->stop(deadline));
    if (done && !ended) done = std::move(ended);
  }
  if (impl_->identity) {
    auto ended = wait_for(impl_->identity->trail.stop(deadline));
    if (done && !ended) done = std::move(ended);
  }
  impl_->background.stop();
  impl_->tenants.close();
  impl_->servers.stop();
  impl_->compilers.stop();
  impl_->pool.stop();
  if (impl_->host) impl_->host->stop();
  return done;
}

}  // namespace tenon::server
