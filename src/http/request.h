#pragma once
// What a handler gets: one request, whole, checked and within its limits.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/deadline.h"
#include "base/error.h"
#include "http/body_stream.h"
#include "http/head_check.h"
#include "http/notes.h"
#include "http/transport.h"

namespace tenon::http {

struct HeaderField {
  std::string name;
  std::string value;
};

/// Movable and owning: a handler keeps it across suspensions without copies.
/// Lifetime: views stay valid while the request, or what it was moved to, lives.
class Request {
 public:
  Request(std::unique_ptr<Head> head, std::string body) noexcept
      : head_(std::move(head)), body_(std::move(body)) {}

  /// A request as if it had come over the wire; for tests and internal calls. Adds `Host:
  /// localhost` when `fields` has none. Errors: invalid with the rule of the head check as reason.
  [[nodiscard]] static Result<Request> make(Method method, std::string_view target,
                                            std::span<const HeaderField> fields = {},
                                            std::string body = {});

  [[nodiscard]] Method method() const noexcept { return head_->method; }
  [[nodiscard]] std::string_view target() const noexcept { return head_->target(); }
  [[nodiscard]] std::string_view path() const noexcept { return head_->path(); }
  [[nodiscard]] std::string_view query() const noexcept { return head_->query(); }
  /// The Host field as sent, with its port.
  [[nodiscard]] std::string_view host() const noexcept { return head_->host(); }
  [[nodiscard]] std::size_t segment_count() const noexcept { return head_->segment_count(); }
  [[nodiscard]] std::string_view segment(std::size_t i) const noexcept { return head_->segment(i); }

  /// The first field of that name, without case. `Accept`, `Prefer` and others that may come in
  /// several fields: use for_each_header.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    return head_->field(name);
  }
  /// Calls `visit(name, value)` for each field in order.
  template <class Visit>
  void for_each_header(Visit&& visit) const {
    for (std::size_t i = 0; i < head_->field_count(); ++i) {
      visit(head_->field_name(i), head_->field_value(i));
    }
  }

  /// The decoded segment bound to `{name}` in the route's pattern; empty when there is none. A
  /// trailing wildcard binds nothing: its segments start at wildcard_from().
  [[nodiscard]] std::string_view parameter(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t wildcard_from() const noexcept { return wildcard_from_; }

  [[nodiscard]] const std::string& body() const noexcept { return body_; }
  [[nodiscard]] std::string take_body() noexcept { return std::move(body_); }

  /// The body, when the route reads it itself and there is one; null otherwise.
  [[nodiscard]] BodySource* body_source() const noexcept { return body_source_; }

  /// The client's address without port: the peer's, or what a trusted proxy says.
  [[nodiscard]] const std::string& remote_address() const noexcept { return remote_address_; }
  /// How the client's bytes travel, as far as we know.
  [[nodiscard]] Transport transport() const noexcept { return transport_; }
  /// Tells the access log a fact; `name` is a literal. Nothing happens outside a session.
  void note(std::string_view name, std::string value) const {
    if (notes_ != nullptr) notes_->set(name, std::move(value));
  }
  /// How deep the structure of a body may be: for who decodes it.
  [[nodiscard]] std::size_t body_depth() const noexcept { return body_depth_; }
  void set_body_depth(std::size_t depth) noexcept { body_depth_ = depth; }

  /// When the head was complete.
  [[nodiscard]] Instant received_at() const noexcept { return received_at_; }
  /// When the client gets a 503 instead of the handler's answer.
  [[nodiscard]] Deadline deadline() const noexcept { return deadline_; }
  [[nodiscard]] const Head& head() const noexcept { return *head_; }

  void set_origin(std::string remote_address, Instant received_at, Deadline deadline) noexcept {
    remote_address_ = std::move(remote_address);
    received_at_ = received_at;
    deadline_ = deadline;
  }
  /// `source` outlives the handler's run.
  void set_body_source(BodySource* source) noexcept { body_source_ = source; }
  /// `notes` outlive the request.
  void set_way(Transport transport, Notes* notes) noexcept {
    transport_ = transport;
    notes_ = notes;
  }
  /// `names` belong to the route, which outlives the handler's run.
  void set_route(std::span<const std::pair<std::string, std::size_t>> names,
                 std::size_t wildcard_from) noexcept {
    parameters_ = names;
    wildcard_from_ = wildcard_from;
  }

 private:
  std::unique_ptr<Head> head_;
  std::string body_;
  BodySource* body_source_ = nullptr;
  std::string remote_address_;
  Instant received_at_;
  Deadline deadline_ = Deadline::never();
  Transport transport_ = Transport::plain;
  Notes* notes_ = nullptr;  // of the session; null for a request made by hand
  std::span<const std::pair<std::string, std::size_t>> parameters_;
  std::size_t wildcard_from_ = 0;
  std::size_t body_depth_ = 64;
};

}  // namespace tenon::http
