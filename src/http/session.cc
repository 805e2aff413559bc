#include "http/session.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "http/fault.h"

namespace tenon::http {
namespace {

constexpr Refusal kBusy{503, "overload", "the server is busy; try again in a moment"};
constexpr std::chrono::milliseconds kCancelTime{250};  // a cancelled handler may still answer

/// One handler that runs.
class InFlight {
 public:
  explicit InFlight(Edge& edge) : edge_(edge) { count_ = ++edge_.in_flight; }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() { --edge_.in_flight; }
  [[nodiscard]] bool too_many() const noexcept { return count_ > edge_.options.requests_in_flight; }

 private:
  Edge& edge_;
  std::size_t count_;
};

}  // namespace

Session::Session(Worker& worker, Socket socket, Peer peer, const TlsContext* tls)
    : worker_(worker),
      stream_(std::move(socket), tls),
      peer_(std::move(peer)),
      reader_(worker.options),
      address_(peer_.address),
      transport_(tls != nullptr ? Transport::tls : Transport::plain) {
  worker_.add(*this);
}

Session::~Session() { worker_.remove(*this, peer_.counted_as); }

void Session::start(std::shared_ptr<Session> session) {
  Session& self = *session;
  asio::co_spawn(
      self.worker_.context, self.run(),
      asio::bind_cancellation_slot(self.cancel_.slot(),
                                   [session = std::move(session)](const std::exception_ptr& error) {
                                     if (error) report_fault(session->worker_.hooks, error);
                                   }));
}

asio::awaitable<void> Session::run() {
  // A cancelled handler must not take the connection's own waits with it.
  co_await asio::this_coro::throw_if_cancelled(false);
  if (stream_.encrypted()) {
    wait_for(Phase::handshake, worker_.options.handshake_time);
    const error_code failed = co_await stream_.handshake();
    broken_ = broken_ || failed || timed_out_;
  }
  wait_for(Phase::head, worker_.options.head_time);
  for (bool open = !broken_; open;) {
    switch (reader_.next()) {
      case RequestReader::Step::need_more:
        open = co_await read_more();
        break;
      case RequestReader::Step::head:
        note_head();
        if (!match_.route && reader_.head().body != BodyKind::none) {
          // Nobody takes this body, so it is not read and the connection cannot go on.
          keep_alive_ = false;
          open = co_await exchange();
        } else {
          reader_.begin_body(body_limit());
          if (!match_.route || !match_.route->streams_body || reader_.head().body == BodyKind::none)
            break;
          body_open_ = true;
          body_waited_ = {};
          body_received_ = 0;
          open = co_await exchange();
        }
        break;
      case RequestReader::Step::complete:
        open = co_await exchange();
        break;
      case RequestReader::Step::refused:
        open = co_await refuse(reader_.refusal());
        break;
    }
  }
  if (!broken_) co_await linger();
  stream_.close();
}

asio::awaitable<bool> Session::read_more() {
  if (worker_.draining && !reader_.started()) co_return broken_ = true, false;
  if (continue_due_) {
    continue_due_ = false;
    if (reader_.body_wire_bytes() == 0) {
      out_left_ = "HTTP/1.1 100 Continue\r\n\r\n";
      if (!write_some() && !co_await flush()) co_return false;
      wait_for(Phase::body, worker_.options.head_time);
    }
  }
  const Got got = co_await stream_.read_some(reader_.space());
  if (timed_out_ && (phase_ == Phase::body || reader_.started())) {
    if (body_open_) co_return false;
    timed_out_ = false;
    co_return co_await refuse({408, "time.request", "the request came too slowly"});
  }
  if (got.error || timed_out_) co_return broken_ = true, false;
  reader_.filled(got.bytes);
  if (phase_ == Phase::idle) {
    wait_for(Phase::head, worker_.options.head_time);
  } else if (phase_ == Phase::body) {
    allow_for(got.bytes);
  }
  co_return true;
}

void Session::note_head() {
  const Head& head = reader_.head();
  match_ = worker_.routes.find(head);
  method_ = head.method;
  minor_version_ = head.minor_version;
  keep_alive_ = head.keep_alive && ++requests_ < worker_.options.requests_per_connection;
  has_head_ = true;
  received_at_ = std::chrono::steady_clock::now();
  if (worker_.hooks.exchange) log_target_ = head.target();
  note_origin();
  if (head.body == BodyKind::none) return;
  continue_due_ = head.expects_continue;
  wait_from(received_at_, Phase::body, worker_.options.head_time);
}

// A proxy's connection carries requests of many clients.
void Session::note_origin() {
  if (!peer_.trusted) return;
  std::string client = worker_.edge.proxies.client(reader_.head());
  address_ = client.empty() ? peer_.address : std::move(client);
  transport_ = stream_.encrypted() ? Transport::tls : TrustedProxies::transport(reader_.head());
}

std::size_t Session::body_limit() const noexcept {
  const std::size_t own = match_.route ? match_.route->body_bytes : 0;
  return own != 0 ? own : worker_.options.body_bytes;
}

asio::awaitable<bool> Session::exchange() {
  const Instant now = phase_ == Phase::body ? std::chrono::steady_clock::now() : received_at_;
  wait_from(now, Phase::handler, worker_.options.handler_time);
  received_bytes_ = reader_.body_wire_bytes();
  Request request(reader_.take_head(), body_open_ ? std::string() : reader_.take_body());
  if (body_open_) request.set_body_source(this);
  request.set_origin(address_, received_at_, Deadline::at(deadline_));
  request.set_way(transport_, &notes_);
  request.set_body_depth(worker_.options.body_depth);
  if (!match_.route) {
    const bool known = !match_.allow.empty();
    co_return co_await send(
        problem(known ? Refusal{405, "route.method", "the method is not allowed here"}
                      : Refusal{404, "route.not_found", "there is nothing here"},
                &request));
  }
  const Route& route = *match_.route;
  if (route.sheddable && !co_await worker_.turns.wait(now)) {
    ++worker_.edge.shed;
    keep_alive_ = keep_alive_ && !std::exchange(body_open_, false);
    co_return co_await send(problem(kBusy, &request));
  }
  request.set_route(route.parameters, route.wildcard_from);
  std::optional<Response> response;
  if (!broken_) response = co_await answer_of(route, std::move(request));
  if (broken_) {
    if (!abandoned_) report(Response(0));
    co_return false;
  }
  // What the handler has left unread stands in the way of the next request.
  keep_alive_ = keep_alive_ && !timed_out_ && !std::exchange(body_open_, false);
  continue_due_ = false;
  if (!response) {
    response = timed_out_
                   ? problem({503, "time.handler", "the request took too long"})
                   : problem({500, "handler.threw", "the server failed to answer this request"});
  }
  timed_out_ = false;
  co_return co_await send(std::move(*response));
}

Task<std::string> Session::read() {
  const auto failed = [](ErrorCode code, std::string_view reason, std::string_view text) {
    return fail(Error(code, std::string(text)).because(std::string(reason)));
  };
  while (body_open_) {
    const auto step = reader_.next();
    if (step == RequestReader::Step::refused) {
      const auto& refusal = reader_.refusal();
      co_return failed(ErrorCode::invalid,
                       refusal.status == 413 ? "http.body_too_large" : "http.body", refusal.text);
    }
    if (step == RequestReader::Step::complete) body_open_ = false;
    if (auto part = reader_.take_part(); !part.empty()) co_return part;
    if (body_open_ && !co_await receive_part()) {
      if (std::exchange(timed_out_, false))
        co_return failed(ErrorCode::invalid, "http.too_slow", "the request came too slowly");
      co_return failed(ErrorCode::cancelled, "http.stream", "the client is gone");
    }
  }
  co_return std::string();
}

// The handler's own time does not count against the client, nor the client's against the handler.
asio::awaitable<bool> Session::receive_part() {
  const Instant now = std::chrono::steady_clock::now();
  wait_from(now - std::chrono::duration_cast<Instant::duration>(body_waited_), Phase::body,
            worker_.options.head_time);
  allow_for(body_received_);
  // A slow client takes no place from those whose work runs.
  --worker_.edge.in_flight;
  const bool received = co_await read_more();
  ++worker_.edge.in_flight;
  body_waited_ = std::chrono::steady_clock::now() - phase_start_;
  body_received_ = phase_bytes_;
  wait_for(Phase::handler, worker_.options.handler_time);
  co_return received;
}

/// Nothing when the handler failed or was cancelled.
asio::awaitable<std::optional<Response>> Session::answer_of(const Route& route, Request request) {
  const InFlight one(worker_.edge);
  if (route.sheddable && one.too_many()) {
    ++worker_.edge.shed;
    co_return problem(kBusy, &request);
  }
  std::optional<Response> response;
  try {
    if (worker_.hooks.around) {
      response = co_await worker_.hooks.around(route.handler, std::move(request));
    } else {
      response = co_await route.handler(std::move(request));
    }
  } catch (...) {
    if (!timed_out_ && !broken_) report_fault(worker_.hooks, std::current_exception());
  }
  co_return response;
}

asio::awaitable<bool> Session::refuse(Refusal refusal) {
  keep_alive_ = false;
  if (!has_head_) {
    received_at_ = phase_start_;
    method_ = Method::get;
    minor_version_ = 1;
  }
  co_return co_await send(problem(refusal));
}

void Session::wait_for(Phase phase, std::chrono::milliseconds time) {
  wait_from(std::chrono::steady_clock::now(), phase, time);
}

void Session::wait_from(Instant now, Phase phase, std::chrono::milliseconds time) {
  phase_ = phase;
  phase_start_ = now;
  phase_time_ = time;
  phase_bytes_ = 0;
  deadline_ = now + time;
}

// The least rate: each byte that came or went buys its share of a second.
void Session::allow_for(std::size_t bytes) {
  phase_bytes_ += bytes;
  const auto rate = static_cast<double>(worker_.options.body_bytes_per_second);
  const std::chrono::duration<double> bought(static_cast<double>(phase_bytes_) / rate);
  deadline_ =
      phase_start_ + phase_time_ + std::chrono::duration_cast<std::chrono::milliseconds>(bought);
}

void Session::sweep(Instant now) {
  if (now >= deadline_) return time_out(now);
  if (phase_ == Phase::handler || phase_ == Phase::stream) check_client(now);
}

// While a request runs nobody reads from the socket, so a client that left is looked for here: its
// work would only take place from others. Like most servers we take a half-closed client for gone.
void Session::check_client(Instant now) {
  if (now < phase_start_ + worker_.options.client_check_time || now < next_check_) return;
  next_check_ = now + worker_.options.client_check_time;
  if (!stream_.peer_closed()) return;
  broken_ = stopping_ = true;
  deadline_ = Instant::max();
  cancel_.emit(asio::cancellation_type::terminal);
}

void Session::time_out(Instant now) {
  deadline_ = Instant::max();
  if (phase_ != Phase::handler) {
    timed_out_ = true;
    stream_.cancel();
  } else if (!timed_out_) {
    timed_out_ = true;
    deadline_ = now + kCancelTime;
    cancel_.emit(asio::cancellation_type::terminal);
  } else {
    abandon();
  }
}

// The handler does not heed its cancellation. The client gets its answer now; the coroutine ends
// when the handler does.
void Session::abandon() {
  keep_alive_ = false;
  Response response = problem({503, "time.handler", "the request took too long"});
  finish(response);
  queue(response);
  static_cast<void>(write_some());
  report(response);
  stream_.shutdown();
  broken_ = abandoned_ = true;
}

void Session::close_if_idle() {
  if (phase_ != Phase::idle || reader_.started()) return;
  timed_out_ = true;
  stream_.cancel();
}

void Session::drain() {
  stopping_ = true;
  if (phase_ == Phase::stream) cancel_.emit(asio::cancellation_type::terminal);
  const bool waits = phase_ == Phase::idle || phase_ == Phase::handshake ||
                     (phase_ == Phase::head && !reader_.started());
  // A request that has arrived already is still answered.
  if ((waits && !stream_.has_bytes()) || phase_ == Phase::linger) stream_.cancel();
}

void Session::cut() {
  broken_ = stopping_ = true;
  cancel_.emit(asio::cancellation_type::terminal);
  stream_.close();
}

Response Session::problem(const Refusal& refusal, const Request* request) {
  const Problem problem{refusal.status, refusal.rule, refusal.text, request, &notes_};
  Response response = make_problem(worker_.hooks, problem);
  if (problem.status == 405)
    response.set("Allow", problem.rule == "route.method"
                              ? std::string_view(match_.allow)
                              : "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  if (problem.status == 503) response.set("Retry-After", "1");
  return response;
}

void Session::finish(Response& response) {
  if (!worker_.hooks.answer) return;
  try {
    worker_.hooks.answer(response, transport_);
  } catch (...) {
    report_fault(worker_.hooks, std::current_exception());
  }
}

void Session::report(const Response& response) {
  if (!worker_.hooks.exchange) return;
  Exchange exchange{.remote_address = address_,
                    .status = response.status(),
                    .received_bytes = received_bytes_,
                    .sent_bytes = sent_bytes_,
                    .took = std::chrono::steady_clock::now() - received_at_,
                    .transport = transport_,
                    .notes = &notes_};
  if (has_head_) {
    exchange.method = to_string(method_);
    exchange.target = log_target_;
    if (match_.route) exchange.route = match_.route->pattern;
  }
  try {
    worker_.hooks.exchange(exchange);
  } catch (...) {
    report_fault(worker_.hooks, std::current_exception());
  }
}

}  // namespace tenon::http
