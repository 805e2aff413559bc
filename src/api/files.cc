// Files: content comes in as a stream and belongs to nobody until a record names it; it goes out
// only through a record and a field that the reader may see.

#include "data/files/files.h"

#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "api/conditional.h"
#include "api/disposition.h"
#include "api/routes.h"
#include "api/target.h"
#include "async/wait_for.h"
#include "base/hash.h"
#include "data/files/sniff.h"
#include "http/ascii.h"

namespace tenon::api {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10U;
constexpr std::chrono::seconds kFinishWithin{10};  // the client's own time is over by then

json::object described(const data::FileInfo& info) {
  return {{"id", info.id.to_string()},
          {"name", info.name},
          {"size", info.size},
          {"type", info.type},
          {"sha256", hex(info.sha256)},
          {"created_at", to_rfc3339(Timestamp(std::chrono::microseconds(info.created_at)))}};
}

/// Forms are refused: another site can send one without being asked for leave, and its parts would
/// have to be held in memory.
Result<> check_media_type(const http::Request& request) {
  const auto said = request.header("Content-Type").value_or("");
  const auto type = said.substr(0, said.find(';'));
  if (http::same_without_case(type, "multipart/form-data") ||
      http::same_without_case(type, "application/x-www-form-urlencoded"))
    return fail(Error(ErrorCode::invalid,
                      "send the bytes of the file as the body, such as application/octet-stream")
                    .because("http.media_type"));
  return {};
}

/// The name of a file: `?name=`.
Result<std::string> name_of(const http::Request& request) {
  constexpr std::array<std::string_view, 1> kKnown = {"name"};
  TENON_TRY(check_parameters(request, kKnown));
  TENON_ASSIGN(name, parameter_of(request, "name"));
  return name.value_or("file");
}

/// All of the body goes to the store in pieces; nothing of it stays when this fails.
Task<data::FileInfo> receive(const App* app, Site site, http::BodySource* source,
                             std::string name) {
  auto& files = site.workspace->tenant()->files();
  auto& pool = app->files;
  TENON_CO_ASSIGN(upload, co_await pool.run([&] { return files.begin(); }));
  std::string piece;
  for (bool more = true; more;) {
    TENON_CO_ASSIGN(part, co_await source->read());
    more = !part.empty();
    piece += part;
    if (piece.empty() || (more && piece.size() < kPiece)) continue;
    TENON_CO_TRY(co_await pool.run([&] { return upload.write(bytes_of(piece)); }));
    piece.clear();
  }
  const auto deadline = Deadline::after(kFinishWithin);
  co_return co_await pool.run(
      [&] { return wait_for(upload.finish(site.viewer, std::move(name), deadline)); });
}

Task<http::Response> upload(const App* app, RequestContext context, http::Request request) {
  TENON_CO_TRY(check_media_type(request));
  TENON_CO_ASSIGN(name, name_of(request));
  TENON_CO_ASSIGN(site, site_of(*app, context));
  if (request.body_source() == nullptr)
    co_return fail(Error(ErrorCode::invalid, "the file is empty").because("files.empty"));
  TENON_CO_ASSIGN(info, co_await receive(app, site, request.body_source(), name));
  co_return http::Response::json(201, json::serialize(described(info)));
}

/// The file in a field of a record, for who may read both.
Task<data::OpenFile> open(const App* app, const RequestContext* context,
                          const http::Request* request) {
  TENON_CO_ASSIGN(target, target_of(*app, *context, *request, Want::list));
  TENON_CO_ASSIGN(id, id_of(*request));
  const std::string field(request->parameter("field"));
  co_return co_await app->files.run([&] {
    return target.site.workspace->tenant()->files().open_for(target.site.viewer, *target.entity, id,
                                                             field);
  });
}

struct Part {
  std::uint64_t from = 0, size = 0;
};

/// `bytes=10-19`, `bytes=10-`, `bytes=-5`; anything else is read over, as RFC 9110 allows. Empty:
/// the part is behind the end.
std::optional<Part> part_of(const http::Request& request, std::uint64_t size) {
  const Part whole{.from = 0, .size = size};
  auto text = request.header("Range").value_or("");
  if (!text.starts_with("bytes=") || text.contains(',')) return whole;
  text.remove_prefix(6);
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return whole;
  const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const auto first = number(text.substr(0, dash));
  const auto last = number(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return whole;
    const auto tail = std::min(*last, size);
    return tail == 0 ? std::nullopt : std::optional(Part{.from = size - tail, .size = tail});
  }
  if (!first || (dash + 1 < text.size() && (!last || *last < *first))) return whole;
  if (*first >= size) return std::nullopt;
  return Part{.from = *first, .size = std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

/// Cuts the connection when the content cannot be read to its end.
asio::awaitable<void> send(BlockingPool* pool, std::shared_ptr<data::OpenFile> file, Part part,
                           http::BodyStream* stream) {
  while (part.size > 0) {
    std::string piece(std::min<std::uint64_t>(kPiece, part.size), '\0');
    const auto read = co_await pool->run([&] {
      return file->content->read(part.from,
                                 {reinterpret_cast<std::uint8_t*>(piece.data()), piece.size()});
    });
    if (!read || *read != piece.size()) throw std::runtime_error("a stored file cannot be read");
    part.from += piece.size();
    part.size -= piece.size();
    if (!co_await stream->write(std::move(piece))) co_return;
  }
}

/// What may run anywhere but in a page of ours.
void guard(http::Response& response, const http::Request& request, const data::FileInfo& info) {
  const bool shown = data::may_show_inline(info.type) && request.query() == "disposition=inline";
  response.set(
      "Content-Disposition",
      content_disposition(shown ? Disposition::inline_ : Disposition::attachment, info.name));
  response.set("Content-Security-Policy", "default-src 'none'; sandbox");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Accept-Ranges", "bytes");
}

Task<http::Response> download(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(opened, co_await open(app, &context, &request));
  const auto etag = "\"" + hex(opened.info.sha256).substr(0, 32) + "\"";
  if (is_known(request, etag)) co_return http::Response(304).set("ETag", etag);
  const auto size = opened.info.size;
  const auto part = part_of(request, size);
  if (!part) {
    auto response = Gate::problem(
        Error(ErrorCode::invalid, "The file ends before this range.").because("http.range_empty"),
        context.locale, context.trace);
    response.set("Content-Range", "bytes */" + std::to_string(size));
    co_return response;
  }
  const bool whole = part->size == size;
  http::Response response(whole ? 200 : 206);
  const auto& type = opened.info.type;
  response.set("Content-Type", type.starts_with("text/") ? type + "; charset=utf-8" : type);
  response.set("ETag", etag);
  guard(response, request, opened.info);
  if (!whole)
    response.set("Content-Range", "bytes " + std::to_string(part->from) + "-" +
                                      std::to_string(part->from + part->size - 1) + "/" +
                                      std::to_string(size));
  response.set_body([pool = &app->files, part = *part,
                     file = std::make_shared<data::OpenFile>(std::move(opened))](
                        http::BodyStream& stream) { return send(pool, file, part, &stream); },
                    part->size);
  co_return response;
}

Task<http::Response> information(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(opened, co_await open(app, &context, &request));
  co_return http::Response::json(200, json::serialize(described(opened.info)));
}

}  // namespace

Table file_routes() {
  using http::Method;
  Table table("files", {"文件", "Files"});
  const std::string one = "/api/v1/files/{plugin}/{entity}/{id}/{field}";
  auto& row = table.add(Method::post, "/api/v1/files", Access::signed_in, upload,
                        {.id = "upload_file",
                         .summary = {"上传文件", "Upload a file"},
                         .about = {"文件在被某条记录引用之前不属于任何人。",
                                   "It belongs to nobody until a record names it."},
                         .query = {{"name", "text"}},
                         .body = "binary",
                         .media = "application/octet-stream",
                         .replies = {{201, "File"}},
                         .failures = {507},
                         .types = {{"File",
                                    "{id: uuid, name: text, size: int(0..), type: text, sha256: "
                                    "/^[0-9a-f]{64}$/, created_at: time}"}}});
  // Above what the data room allows, whose refusal names the limit.
  row.body_bytes = [](const Limits& limits) { return limits.upload_bytes + kPiece; };
  row.streams_body = true;
  table
      .add(Method::get, one, "list", download,
           {.id = "download_file_of_@",
            .summary = {"下载文件：@", "The content of a file: @"},
            .path = {{"field", "@field"}},
            .query = {{"disposition", "'inline'|'attachment'"}},
            .headers = {{"If-None-Match"}, {"Range"}},
            .replies = {{200, "binary", {"ETag", "Content-Disposition"}, "*/*"},
                        {206, "binary", {"ETag", "Content-Disposition", "Content-Range"}, "*/*"},
                        {304, "", {"ETag"}}},
            .failures = {416, 422}})
      .each = Each::file_entity;
  table
      .add(Method::get, one + "/info", "list", information,
           {.id = "get_file_of_@",
            .summary = {"文件信息：@", "What is known of a file: @"},
            .path = {{"field", "@field"}},
            .replies = {{200, "File"}},
            .failures = {422}})
      .each = Each::file_entity;
  return table;
}

}  // namespace tenon::api
