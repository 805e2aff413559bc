// A byte stream is read the same whichever way it arrives: at once, byte by byte, or in pieces.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "http/request_reader.h"

using namespace tenon::http;

namespace {

constexpr std::size_t kBody = 4096;
constexpr std::size_t kMostRequests = 50;

/// What a stream came to: one line for each request, and the refusal at its end.
std::string read(std::string_view stream, const std::vector<std::size_t>& pieces) {
  Options options;
  options.body_bytes = kBody;
  RequestReader reader(options);
  std::string story;
  std::size_t requests = 0;
  std::size_t piece = 0;
  for (;;) {
    switch (reader.next()) {
      case RequestReader::Step::need_more: {
        if (stream.empty()) return story;
        const auto space = reader.space();
        tenon::fuzz::require(!space.empty(), "who needs more has space");
        std::size_t size = pieces.empty() ? stream.size() : pieces[piece++ % pieces.size()];
        size = std::min({std::max<std::size_t>(size, 1), space.size(), stream.size()});
        stream.copy(space.data(), size);
        stream.remove_prefix(size);
        reader.filled(size);
        break;
      }
      case RequestReader::Step::head:
        reader.begin_body(kBody);
        break;
      case RequestReader::Step::complete: {
        const auto head = reader.take_head();
        const auto body = reader.take_body();
        tenon::fuzz::require(body.size() <= kBody, "a body has a bound");
        if (head->body == BodyKind::length)
          tenon::fuzz::require(body.size() == head->content_length, "a body has its length");
        story.append(head->target()).append(" ").append(body).append("\n");
        if (++requests == kMostRequests) return story;
        break;
      }
      case RequestReader::Step::refused:
        return story.append(std::to_string(reader.refusal().status)).append(" refused");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::vector<std::size_t> pieces = {data[0], data[1], data[2]};
  const auto stream = tenon::fuzz::text_of(data + 3, size - 3);
  const std::string whole = read(stream, {});
  const std::string some = read(stream, pieces);
  const std::string bytes = read(stream, {1});
  // What comes late may be refused late, but the requests before it are the same.
  const auto requests = [](const std::string& story) {
    return story.substr(0, story.rfind('\n') + 1);
  };
  tenon::fuzz::require(requests(whole) == requests(some), "pieces make no difference");
  tenon::fuzz::require(requests(whole) == requests(bytes), "single bytes make no difference");
  tenon::fuzz::require(whole.ends_with("refused") == bytes.ends_with("refused"),
                       "what is refused at once is refused byte by byte");
  return 0;
}
