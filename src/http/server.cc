#include "http/server.h"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <vector>

#include "http/fault.h"
#include "http/response_head.h"
#include "http/session.h"
#include "http/worker.h"

namespace tenon::http {

using boost::system::error_code;

struct Server::Impl {
  Impl(Options options_in, Hooks hooks_in, const Router& router)
      : options(std::move(options_in)), hooks(std::move(hooks_in)), counter(options) {
    for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i) {
      workers.push_back(std::make_unique<Worker>(options, hooks, router, counter));
    }
    acceptor.emplace(workers.front()->context);
    retry.emplace(workers.front()->context);
  }

  Result<> listen();
  void accept();
  void take(Session::Socket socket, Worker& worker);
  void turn_away(Session::Socket socket);
  void post_to_all(void (Worker::*act)());

  const Options options;
  const Hooks hooks;
  ConnectionCounter counter;
  std::vector<std::unique_ptr<Worker>> workers;
  std::optional<asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>>
      acceptor;
  std::optional<asio::steady_timer> retry;
  std::size_t next = 0;
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

void Server::Impl::accept() {
  Worker& worker = *workers[next++ % workers.size()];
  acceptor->async_accept(worker.context,
                         [this, &worker](const error_code& error, Session::Socket socket) {
                           if (!acceptor->is_open() || error == asio::error::operation_aborted)
                             return;
                           if (!error) {
                             take(std::move(socket), worker);
                             return accept();
                           }
                           // Out of descriptors or memory: the connection waits in the backlog
                           // until some are free.
                           if (hooks.fault) hooks.fault("accept: " + error.message());
                           retry->expires_after(std::chrono::milliseconds(100));
                           retry->async_wait([this](const error_code& cancelled) {
                             if (!cancelled && acceptor->is_open()) accept();
                           });
                         });
}

void Server::Impl::take(Session::Socket socket, Worker& worker) {
  error_code error;
  const auto peer = socket.remote_endpoint(error).address();
  if (error) return;  // gone already
  std::string address = peer.to_string();
  std::string counted_as = address;
  if (peer.is_v6()) {
    const auto bytes = peer.to_v6().to_bytes();
    counted_as.assign(bytes.begin(), bytes.begin() + 8);
  }
  if (!counter.enter(counted_as)) return turn_away(std::move(socket));
  asio::post(worker.context, [&worker, socket = std::move(socket), address = std::move(address),
                              counted_as = std::move(counted_as)]() mutable {
    Session::start(std::make_shared<Session>(worker, std::move(socket), std::move(address),
                                             std::move(counted_as)));
  });
}

// Best effort and never a wait: a flood of connections must not cost more than a packet each.
void Server::Impl::turn_away(Session::Socket socket) {
  Response response = make_problem(
      hooks, {503, "connections", "there are too many connections from here", nullptr});
  response.set("Retry-After", "1");
  std::string out;
  append_head(out, response, {.body_bytes = response.body().size(), .keep_alive = false});
  out += response.body();
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(out), ignored);
  socket.shutdown(Session::Socket::shutdown_both, ignored);
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
  const bool drained = impl_->counter.wait_until_empty(deadline);
  if (!drained) {
    impl_->post_to_all(&Worker::cut);
    // Cancelled handlers get a moment to unwind on their own thread.
    static_cast<void>(
        impl_->counter.wait_until_empty(Deadline::after(std::chrono::milliseconds(200))));
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

std::size_t Server::connections() const noexcept { return impl_->counter.count(); }

}  // namespace tenon::http
