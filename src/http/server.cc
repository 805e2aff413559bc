#include "http/server.h"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "http/fault.h"
#include "http/response_head.h"
#include "http/session.h"
#include "http/worker.h"

namespace tenon::http {

namespace {
constexpr std::size_t kAcceptedAtOnce = 64;
constexpr std::chrono::milliseconds kCrowded{20};          // between looks whether there is room
constexpr std::chrono::milliseconds kOutOfResources{100};  // until accepting is tried again
}  // namespace

struct Server::Impl {
  Impl(Options options_in, Hooks hooks_in, const Router& router)
      : edge(std::move(options_in), std::move(hooks_in)) {
    for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i) {
      workers.push_back(std::make_unique<Worker>(edge, router));
    }
    acceptor.emplace(workers.front()->context);
    retry.emplace(workers.front()->context);
  }

  Result<> prepare();
  Result<> listen();
  void accept();
  void accept_waiting();
  void accept_later(std::chrono::milliseconds pause);
  void take(Socket socket, Worker& worker);
  void turn_away(Socket socket);
  std::shared_ptr<const TlsContext> certificate() const;
  void post_to_all(void (Worker::*act)());

  Edge edge;
  const Options& options = edge.options;
  const Hooks& hooks = edge.hooks;
  std::vector<std::unique_ptr<Worker>> workers;
  std::optional<asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>>
      acceptor;
  std::optional<asio::steady_timer> retry;
  std::size_t next = 0;
  bool crowded = false;
  mutable std::mutex tls_mutex;
  std::shared_ptr<const TlsContext> tls;  // shared: connections begin while another comes
  std::uint16_t port = 0;
  bool started = false;
  bool stopped = false;
};

Result<> Server::Impl::listen() {
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) {
    return fail(Error(ErrorCode::invalid, fmt::format("{} is not an IP address", options.address))
                    .because("http.address"));
  }
  const asio::ip::tcp::endpoint endpoint(address, options.port);
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor->non_blocking(true, error);
  if (!error) {
    port = acceptor->local_endpoint().port();
    return {};
  }
  const std::string place = address.is_v6() ? fmt::format("[{}]:{}", options.address, options.port)
                                            : fmt::format("{}:{}", options.address, options.port);
  if (error == asio::error::address_in_use) {
    return fail(Error(ErrorCode::unavailable, fmt::format("address {} is in use", place))
                    .because("http.in_use"));
  }
  return fail(Error(ErrorCode::denied, fmt::format("cannot listen on {}", place))
                  .because("http.bind")
                  .in_context(error.message()));
}

Result<> Server::Impl::prepare() {
  TENON_ASSIGN(proxies, TrustedProxies::parse(options.trusted_proxies));
  edge.proxies = std::move(proxies);
  if (options.tls.certificate.empty() && options.tls.key.empty()) return {};
  TENON_ASSIGN(loaded, TlsContext::load(options.tls));
  const std::scoped_lock lock(tls_mutex);
  tls = std::move(loaded);
  return {};
}

std::shared_ptr<const TlsContext> Server::Impl::certificate() const {
  const std::scoped_lock lock(tls_mutex);
  return tls;
}

void Server::Impl::accept_later(std::chrono::milliseconds pause) {
  retry->expires_after(pause);
  retry->async_wait([this](const error_code& cancelled) {
    if (!cancelled && acceptor->is_open()) accept();
  });
}

void Server::Impl::accept() {
  // Nearly full: who comes now waits in the backlog, and who only keeps a place loses it.
  if (edge.counter.crowded()) {
    if (!std::exchange(crowded, true)) ++edge.pauses;
    post_to_all(&Worker::close_idle);
    return accept_later(kCrowded);
  }
  crowded = false;
  Worker& worker = *workers[next++ % workers.size()];
  acceptor->async_accept(worker.context, [this, &worker](const error_code& error, Socket socket) {
    if (!acceptor->is_open() || error == asio::error::operation_aborted) return;
    if (!error) {
      take(std::move(socket), worker);
      return accept_waiting();
    }
    // Out of descriptors or memory: the connection waits in the backlog until some are free.
    if (hooks.fault) hooks.fault("accept: " + error.message());
    accept_later(kOutOfResources);
  });
}

// Who has connected already is let in at once: one at a turn of the event loop would make a busy
// server's clients wait where nobody sees them.
void Server::Impl::accept_waiting() {
  for (std::size_t i = 0; i < kAcceptedAtOnce && !edge.counter.crowded(); ++i) {
    Worker& worker = *workers[next++ % workers.size()];
    error_code error;
    Socket socket = acceptor->accept(worker.context, error);
    if (error) break;
    take(std::move(socket), worker);
  }
  accept();
}

void Server::Impl::take(Socket socket, Worker& worker) {
  error_code error;
  const auto address = socket.remote_endpoint(error).address();
  if (error) return;  // gone already
  Session::Peer peer{.address = address.to_string(),
                     .counted_as = address.to_string(),
                     .trusted = edge.proxies.trusts(address)};
  if (address.is_v6()) {
    const auto bytes = address.to_v6().to_bytes();
    peer.counted_as.assign(bytes.begin(), bytes.begin() + 8);
  }
  // The connections of a proxy are those of many.
  if (peer.trusted) peer.counted_as.clear();
  if (!edge.counter.enter(peer.counted_as)) return turn_away(std::move(socket));
  asio::post(worker.context, [&worker, socket = std::move(socket), peer = std::move(peer),
                              tls = certificate()]() mutable {
    Session::start(
        std::make_shared<Session>(worker, std::move(socket), std::move(peer), tls.get()));
  });
}

// Best effort and never a wait: a flood of connections must not cost more than a packet each.
void Server::Impl::turn_away(Socket socket) {
  ++edge.turned_away;
  error_code ignored;
  if (certificate()) return;  // a handshake would cost more than the refusal is worth
  Response response = make_problem(
      hooks, {503, "connections", "there are too many connections from here", nullptr});
  response.set("Retry-After", "1");
  std::string out;
  append_head(out, response, {.body_bytes = response.body().size(), .keep_alive = false});
  out += response.body();
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(out), ignored);
  socket.shutdown(Socket::shutdown_both, ignored);
}

void Server::Impl::post_to_all(void (Worker::*act)()) {
  for (const auto& worker : workers) {
    asio::post(worker->context, [&worker = *worker, act] { (worker.*act)(); });
  }
}

Server::Server(Options options, Hooks hooks, const Router& router)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(hooks), router)) {}

Server::~Server() { static_cast<void>(stop(Deadline::after(std::chrono::seconds(0)))); }

Result<> Server::start() {
  TENON_ASSERT(!impl_->started && !impl_->stopped);
  TENON_TRY(impl_->prepare());
  TENON_TRY(impl_->listen());
  impl_->started = true;
  impl_->accept();
  for (const auto& worker : impl_->workers) worker->start_thread();
  return {};
}

std::uint16_t Server::port() const noexcept { return impl_->port; }

Result<> Server::stop(Deadline deadline) {
  if (!impl_->started || impl_->stopped) return {};
  impl_->stopped = true;
  asio::post(impl_->workers.front()->context, [impl = impl_.get()] {
    error_code ignored;
    impl->acceptor->close(ignored);
    impl->retry->cancel();
  });
  impl_->post_to_all(&Worker::drain);
  const bool drained = impl_->edge.counter.wait_until_empty(deadline);
  if (!drained) {
    impl_->post_to_all(&Worker::cut);
    // Cancelled handlers get a moment to unwind on their own thread.
    static_cast<void>(
        impl_->edge.counter.wait_until_empty(Deadline::after(std::chrono::milliseconds(200))));
  }
  for (const auto& worker : impl_->workers) worker->join();
  if (drained) return {};
  return fail(Error(ErrorCode::cancelled, "requests were cut at the end of the drain time")
                  .because("http.cut"));
}

std::size_t Server::thread_count() const noexcept { return impl_->workers.size(); }

Executor Server::executor(std::size_t index) const {
  return impl_->workers.at(index)->context.get_executor();
}

Server::Figures Server::figures() const noexcept {
  const Edge& edge = impl_->edge;
  Figures figures{.connections = edge.counter.count(),
                  .in_flight = edge.in_flight,
                  .shed = edge.shed,
                  .turned_away = edge.turned_away,
                  .pauses = edge.pauses};
  for (const auto& worker : impl_->workers) figures.waiting += worker->waiting;
  return figures;
}

Result<> Server::reload_certificate() {
  if (!impl_->certificate()) return {};
  TENON_ASSIGN(loaded, TlsContext::load(impl_->options.tls));
  const std::scoped_lock lock(impl_->tls_mutex);
  impl_->tls = std::move(loaded);
  return {};
}

std::optional<Timestamp> Server::certificate_expires() const {
  const auto tls = impl_->certificate();
  return tls ? std::optional(tls->expires()) : std::nullopt;
}

std::size_t Server::connections() const noexcept { return impl_->edge.counter.count(); }

}  // namespace tenon::http
