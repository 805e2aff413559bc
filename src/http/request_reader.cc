#include "http/request_reader.h"

#include <llhttp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "http/ascii.h"
#include "http/head_reader.h"

namespace tenon::http {

namespace {
constexpr std::array<char, 4> kChunkedEnd{'\r', '\n', '\r', '\n'};
}  // namespace

// llhttp reads the same bytes a second time and frames the body. Its callbacks only note.
struct RequestReader::Parser {
  explicit Parser(RequestReader& reader) : owner(&reader) {}

  static Parser& of(llhttp_t* state) { return *static_cast<Parser*>(state->data); }
  int refuse(int status, std::string_view rule, std::string_view text) {
    owner->refuse(status, rule, text);
    return HPE_USER;
  }
  int extension(std::size_t bytes) {
    extension_bytes += bytes;
    if (extension_bytes <= owner->options_.chunk_extension_bytes) return 0;
    return refuse(400, "chunk.extension", "a chunk extension is too long");
  }
  int body(const char* at, std::size_t size) {
    if (size > owner->body_limit_ - owner->body_bytes_) {
      return refuse(413, "body.size", "the request body is too large");
    }
    owner->body_bytes_ += size;
    owner->body_.append(at, size);
    return 0;
  }

  static const llhttp_settings_t& settings() {
    static const llhttp_settings_t table = [] {
      llhttp_settings_t made;
      llhttp_settings_init(&made);
      made.on_headers_complete = [](llhttp_t* p) {
        of(p).headers_complete = true;
        return 0;
      };
      made.on_header_field = [](llhttp_t* p, const char*, std::size_t) {
        if (!of(p).headers_complete) return 0;
        return of(p).refuse(400, "trailer", "trailers are refused");
      };
      made.on_chunk_header = [](llhttp_t* p) {
        of(p).extension_bytes = 0;
        return 0;
      };
      made.on_chunk_extension_name = [](llhttp_t* p, const char*, std::size_t size) {
        return of(p).extension(size);
      };
      made.on_chunk_extension_value = made.on_chunk_extension_name;
      made.on_body = [](llhttp_t* p, const char* at, std::size_t size) {
        return of(p).body(at, size);
      };
      // Pausing keeps llhttp from running into the next pipelined request.
      made.on_message_complete = [](llhttp_t* p) {
        of(p).message_complete = true;
        return static_cast<int>(HPE_PAUSED);
      };
      return made;
    }();
    return table;
  }

  void reset() {
    llhttp_init(&state, HTTP_REQUEST, &settings());
    state.data = this;
    headers_complete = message_complete = false;
    extension_bytes = 0;
  }

  RequestReader* owner;
  llhttp_t state{};
  bool headers_complete = false;
  bool message_complete = false;
  std::size_t extension_bytes = 0;
};

RequestReader::RequestReader(const Options& options)
    : options_(options), parser_(std::make_unique<Parser>(*this)) {}

RequestReader::~RequestReader() = default;

std::span<char> RequestReader::space() {
  // One byte more than the longest head, so that a longer one is seen to be longer.
  if (buffer_.empty()) buffer_.resize(options_.head.head_bytes + 1);
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {buffer_.data() + end_, buffer_.size() - end_};
}

RequestReader::Step RequestReader::refuse(int status, std::string_view rule,
                                          std::string_view text) {
  if (state_ != State::refused) refusal_ = {status, rule, text};
  state_ = State::refused;
  return Step::refused;
}

RequestReader::Step RequestReader::next() {
  switch (state_) {
    case State::head:
      return next_head();
    case State::checked:
      return Step::head;
    case State::body:
      return next_body();
    case State::refused:
      return Step::refused;
  }
  return Step::refused;
}

RequestReader::Step RequestReader::next_head() {
  const std::string_view bytes(buffer_.data() + begin_, end_ - begin_);
  while (scanned_ < bytes.size()) {
    const std::size_t end = bytes.find('\n', scanned_);
    if (end == std::string_view::npos) break;
    if (end == 0 || bytes[end - 1] != '\r') {
      return refuse(400, "line.bare", "a line does not end with CR LF");
    }
    if (end == line_start_ + 1) {
      if (line_start_ == 0)
        return refuse(400, "method.syntax", "the request starts with an empty line");
      return accept_head(end + 1);
    }
    line_start_ = scanned_ = end + 1;
  }
  scanned_ = bytes.size();
  if (line_start_ > 0 && !line_checked_) {
    // The head is not whole yet, but a bad request line need not wait for the rest.
    if (const auto bad = check_request_line(bytes, options_.head)) {
      return refuse(bad->status, bad->rule, bad->text);
    }
    line_checked_ = true;
  }
  return look_at_start();
}

RequestReader::Step RequestReader::look_at_start() {
  const std::size_t size = end_ - begin_;
  if (size == 0) return Step::need_more;
  if (!is_token_byte(buffer_[begin_])) {
    return refuse(400, "method.syntax", "the method is not a token");
  }
  if (line_start_ == 0 && size > options_.head.target_bytes + 32) {
    return refuse(414, "target.size", "the request target is too long");
  }
  if (size > options_.head.head_bytes) {
    return refuse(431, "head.size", "the request head is too large");
  }
  return Step::need_more;
}

RequestReader::Step RequestReader::accept_head(std::size_t size) {
  const char* const from = buffer_.data() + begin_;
  auto head = check_head({from, size}, options_.head);
  if (!head) return refuse(head.error().status, head.error().rule, head.error().text);
  parser_->reset();
  const llhttp_errno_t code = llhttp_execute(&parser_->state, from, size);
  const bool paused = code == HPE_PAUSED && llhttp_get_error_pos(&parser_->state) == from + size;
  const bool chunked = (parser_->state.flags & F_CHUNKED) != 0;
  if ((code != HPE_OK && !paused) || !parser_->headers_complete || parser_->state.upgrade != 0 ||
      chunked != (head->body == BodyKind::chunked) ||
      parser_->message_complete != (head->body == BodyKind::none) ||
      (!chunked && !parser_->message_complete &&
       parser_->state.content_length != head->content_length)) {
    return refuse(400, "head.differs", "the request head can be read in two ways");
  }
  head_ = std::make_unique<Head>(std::move(*head));
  body_kind_ = head_->body;
  begin_ += size;
  scanned_ = line_start_ = wire_ = body_bytes_ = 0;
  line_checked_ = false;
  body_.clear();
  state_ = State::checked;
  return Step::head;
}

void RequestReader::begin_body(std::size_t limit) {
  if (state_ != State::checked) return;
  body_limit_ = limit;
  state_ = State::body;
  if (head_->body != BodyKind::length) return;
  if (head_->content_length > limit) {
    refuse(413, "body.size", "the request body is too large");
    return;
  }
  // What a head claims is not allocated before it comes.
  body_.reserve(std::min<std::size_t>(head_->content_length, 64 * 1024));
}

void RequestReader::note_tail(std::string_view used) noexcept {
  for (const char c : used.substr(used.size() - std::min(used.size(), tail_.size()))) {
    std::ranges::rotate(tail_, tail_.begin() + 1);
    tail_.back() = c;
  }
}

RequestReader::Step RequestReader::next_body() {
  if (!parser_->message_complete) {
    if (begin_ == end_) return Step::need_more;
    const char* const from = buffer_.data() + begin_;
    const std::size_t size = end_ - begin_;
    const llhttp_errno_t code = llhttp_execute(&parser_->state, from, size);
    if (state_ == State::refused) return Step::refused;
    if (code != HPE_OK && code != HPE_PAUSED) {
      return refuse(400, "chunk.syntax", "the chunks of the body are malformed");
    }
    const std::size_t used =
        code == HPE_PAUSED ? static_cast<std::size_t>(llhttp_get_error_pos(&parser_->state) - from)
                           : size;
    note_tail({from, used});
    begin_ += used;
    wire_ += used;
    if (wire_ > body_limit_ + options_.body_wire_slack) {
      return refuse(413, "body.wire", "the request body has too much framing");
    }
    if (!parser_->message_complete) return Step::need_more;
    // llhttp takes a bare LF for the empty line behind the last chunk.
    if (body_kind_ == BodyKind::chunked && tail_ != kChunkedEnd) {
      return refuse(400, "chunk.syntax", "the chunks of the body are malformed");
    }
  }
  state_ = State::head;
  return Step::complete;
}

}  // namespace tenon::http
