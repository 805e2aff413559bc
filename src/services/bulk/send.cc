#include "services/bulk/send.h"

#include <memory>
#include <stdexcept>

#include "http/query.h"

namespace tenon::services {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;

asio::awaitable<void> send(BlockingPool* pool, std::shared_ptr<SpoolReader> reader,
                           http::BodyStream* stream) {
  for (auto left = reader->size(); left > 0;) {
    std::string piece(std::min<std::uint64_t>(kPiece, left), '\0');
    const auto got = co_await pool->run([&] { return reader->read(piece); });
    // Cuts the connection: half a file must not look like a whole one.
    if (!got || *got != piece.size()) throw std::runtime_error("a spool file cannot be read");
    left -= piece.size();
    if (!co_await stream->write(std::move(piece))) co_return;
  }
}

/// The ASCII form for old clients.
std::string plain(std::string_view name) {
  std::string text;
  for (const char c : name)
    text += c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '%' ? c : '_';
  return text;
}

}  // namespace

http::Response send_file(BlockingPool& pool, SpoolReader reader, std::string_view media_type,
                         std::string_view name) {
  http::Response response(200);
  response.set("Content-Type", media_type);
  response.set("Content-Disposition", "attachment; filename=\"" + plain(name) +
                                          "\"; filename*=UTF-8''" + http::percent_encode(name));
  response.set("Content-Security-Policy", "default-src 'none'; sandbox");
  const auto size = reader.size();
  response.set_body([pool = &pool, file = std::make_shared<SpoolReader>(std::move(reader))](
                        http::BodyStream& stream) { return send(pool, file, &stream); },
                    size);
  return response;
}

}  // namespace tenon::services
