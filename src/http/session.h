#pragma once
// One connection: requests are read, run and answered strictly in order, and every wait has a
// deadline. Deadlines are plain members that the worker's sweep compares, so that a request costs
// no timer. Private to the room.

#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <optional>
#include <string>

#include "http/body_stream.h"
#include "http/request_reader.h"
#include "http/response_head.h"
#include "http/stream.h"
#include "http/worker.h"

namespace tenon::http {

/// Thread: its worker's. Lifetime: held by its coroutine's completion handler; the worker and the
/// connection counter know when the last one has ended.
class Session final : public BodyStream, public BodySource {
 public:
  /// Who connected.
  struct Peer {
    std::string address;     // shown
    std::string counted_as;  // entered into the counter
    bool trusted = false;    // a proxy that may say who the client is
  };
  /// `tls` is null for plain HTTP.
  Session(Worker& worker, Socket socket, Peer peer, const TlsContext* tls);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() override;

  static void start(std::shared_ptr<Session> session);

  /// Acts when the deadline has passed.
  void sweep(Instant now);
  void close_if_idle();
  /// Closes as soon as no request is under way.
  void drain();
  /// Closes now; a handler that runs is cancelled.
  void cut();

  [[nodiscard]] Task<> write(std::string piece) override;
  [[nodiscard]] Task<std::string> read() override;

 private:
  // What the connection waits for; decides what a passed deadline means.
  enum class Phase { handshake, idle, head, body, handler, write, stream, linger };

  asio::awaitable<void> run();
  asio::awaitable<bool> read_more();
  asio::awaitable<bool> exchange();
  asio::awaitable<bool> receive_part();
  asio::awaitable<std::optional<Response>> answer_of(const Route& route, Request request);
  asio::awaitable<bool> refuse(Refusal refusal);
  asio::awaitable<bool> send(Response response);
  asio::awaitable<bool> send_stream(const BodyWriter& writer);
  asio::awaitable<bool> flush();
  asio::awaitable<void> linger();

  [[nodiscard]] bool write_some();
  void note_head();
  [[nodiscard]] std::size_t body_limit() const noexcept;
  void queue(Response& response);
  void wait_for(Phase phase, std::chrono::milliseconds time);
  void wait_from(Instant now, Phase phase, std::chrono::milliseconds time);
  void allow_for(std::size_t bytes);
  void time_out(Instant now);
  void abandon();
  void check_client(Instant now);
  void note_origin();
  [[nodiscard]] Response problem(const Refusal& refusal, const Request* request = nullptr);
  void finish(Response& response);
  void report(const Response& response);

  Worker& worker_;
  Stream stream_;
  asio::cancellation_signal cancel_;
  const Peer peer_;
  RequestReader reader_;

  Phase phase_ = Phase::head;
  Instant phase_start_;
  std::chrono::milliseconds phase_time_{};
  std::size_t phase_bytes_ = 0;
  Instant deadline_ = Instant::max();
  bool timed_out_ = false;
  bool broken_ = false;    // the socket failed or was cut
  bool stopping_ = false;  // a streamed answer has to end
  bool abandoned_ = false;
  Instant next_check_;
  std::size_t requests_ = 0;

  // The exchange under way.
  RouteMatch match_;
  Method method_ = Method::get;
  int minor_version_ = 1;
  bool has_head_ = false;
  bool keep_alive_ = false;
  bool continue_due_ = false;
  bool body_open_ = false;                  // the handler may still read from it
  std::chrono::nanoseconds body_waited_{};  // for the parts it has read
  std::size_t body_received_ = 0;
  Instant received_at_;
  std::string log_target_;  // filled only when the exchange hook wants it
  std::string address_;     // of the client
  Transport transport_ = Transport::plain;
  Notes notes_;
  std::size_t received_bytes_ = 0;
  std::size_t sent_bytes_ = 0;

  // Bytes on their way out: the head with a small body, then a large body.
  std::string out_;
  std::string_view out_left_;
  std::string_view body_left_;
  bool chunked_ = false;
  std::uint64_t owed_ = 0;  // bytes of a streamed body that were announced and have not been given
};

}  // namespace tenon::http
