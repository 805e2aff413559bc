#include "server/server.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "api/endpoint.h"
#include "api/messages.h"
#include "api/routes.h"
#include "async/wait_for.h"
#include "base/hash.h"
#include "http/security_headers.h"
#include "http/server.h"
#include "http/static_files.h"
#include "identity/sessions.h"
#include "identity/users.h"
#include "plugins/host.h"
#include "plugins/registry.h"
#include "server/demo.h"
#include "server/modules.h"

namespace tenon::server {
namespace {

constexpr std::chrono::seconds kDrain{20};
constexpr std::size_t kBlockingThreads = 4;
// Work that waits for PostgreSQL. More threads than one server has connections: a unit that holds
// the lock others wait for always finds one.
constexpr std::size_t kServerThreads = 32;
constexpr std::size_t kServerQueue = 1024;
// Content of files. An upload's last step waits for the writer, which works on the other pools.
constexpr std::size_t kFileThreads = 4;
constexpr std::size_t kFileQueue = 256;

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
        contents({.threads = kFileThreads, .queue = kFileQueue, .name = "files"}),
        tenants(config.data.string(), pool, clock, random,
                {.storage = {}, .files = {}, .servers = &servers}),
        users(pool, clock, random),
        sessions({}, clock, random) {}

  Config config;
  SystemClock clock;
  SystemRandom random;
  std::shared_ptr<spdlog::logger> log;  // shared with the sinks' registry
  BlockingPool pool;
  BlockingPool compilers;
  BlockingPool servers;
  BlockingPool contents;
  std::unique_ptr<wasm::Engine> engine;
  data::Tenants tenants;
  std::unique_ptr<plugins::Host> host;
  std::unique_ptr<Modules> modules;
  std::unique_ptr<plugins::Registry> registry;
  identity::Users users;
  identity::Sessions sessions;
  std::unique_ptr<api::App> app;
  std::unique_ptr<api::Gate> gate;
  http::Router router;
  std::unique_ptr<http::Server> http;
  bool stopped = false;

  [[nodiscard]] Result<> open();
  [[nodiscard]] Result<> publish_routes();
  [[nodiscard]] http::Hooks hooks();
  [[nodiscard]] Modules::Log modules_log() const;
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
  modules = std::make_unique<Modules>(clock, random, modules_log());
  TENON_TRY(modules->start());
  registry =
      std::make_unique<plugins::Registry>(plugins::RegistryParts{.tenants = tenants,
                                                                 .host = *host,
                                                                 .compilers = compilers,
                                                                 .modules = modules->registry(),
                                                                 .events = modules->events(),
                                                                 .feed = modules->feed()});
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
  if (config.demo) TENON_TRY(wait_for(make_demo(config, *registry, *host, users)));
  app = std::make_unique<api::App>(api::App{.registry = *registry,
                                            .host = *host,
                                            .modules = modules->registry(),
                                            .feed = modules->feed(),
                                            .sessions = sessions,
                                            .users = users,
                                            .pool = pool,
                                            .files = contents,
                                            .clock = clock,
                                            .random = random,
                                            .demo = config.demo});
  gate = std::make_unique<api::Gate>(
      sessions, random, [log = log](const Error& error, std::string_view trace) {
        if (error.code() == ErrorCode::internal || error.code() == ErrorCode::unavailable)
          log->error("trace={} {}", trace, error.for_log());
      });
  return publish_routes();
}

Modules::Log Server::Impl::modules_log() const {
  return {.failed =
              [log = log](std::string_view tenant, std::string_view module, const Error& error) {
                log->error("module {} of tenant {} failed: {}", module,
                           tenant.empty() ? "(all)" : tenant, error.for_log());
              },
          .undelivered =
              [log = log](std::string_view tenant, const data::Event& event, const Error& error) {
                log->warn("event {} {} of tenant {} is not delivered: {}", event.id.to_string(),
                          event.type, tenant, error.for_log());
              }};
}

Result<> Server::Impl::publish_routes() {
  TENON_TRY(router.replace("health", api::health_routes(*app)));
  TENON_TRY(router.replace("session", api::session_routes(*app, *gate)));
  TENON_TRY(router.replace("plugins", api::plugin_routes(*app, *gate)));
  TENON_TRY(router.replace("records", api::record_routes(*app, *gate)));
  TENON_TRY(router.replace("unknown", api::unknown_routes(*gate)));
  TENON_TRY(router.replace("extensions", api::extension_routes(*app, *gate)));
  TENON_TRY(router.replace("plugin life", api::plugin_life_routes(*app, *gate)));
  TENON_TRY(router.replace("events", api::event_routes(*app, *gate)));
  TENON_TRY(router.replace("module health", api::module_routes(*app, *gate)));
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
  if (impl_->modules) {
    auto ended = impl_->modules->stop(deadline);
    if (done && !ended) done = std::move(ended);
  }
  impl_->tenants.close();
  impl_->contents.stop();
  impl_->servers.stop();
  impl_->compilers.stop();
  impl_->pool.stop();
  if (impl_->host) impl_->host->stop();
  return done;
}

}  // namespace tenon::server
