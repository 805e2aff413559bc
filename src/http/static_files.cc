#include "http/static_files.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <map>
#include <optional>

#include "http/ascii.h"
#include "http/media_type.h"

namespace tenon::http {
namespace fs = std::filesystem;
namespace {

using SharedBytes = Response::SharedBytes;

// In the order of preference when the client takes several.
struct Coding {
  std::string_view name;
  std::string_view suffix;
};
constexpr std::array<Coding, 3> kCodings = {{{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}}};

struct Variant {
  SharedBytes bytes;  // shared with the answers that are being sent
  std::string etag;
};

struct File {
  Variant plain;
  std::array<Variant, kCodings.size()> coded;
  bool has_coded = false;
  bool immutable = false;
  std::string_view type;
};

// An ETag tells versions apart; it guards nothing, so a fast hash will do.
std::string etag_of(std::string_view bytes, std::string_view suffix) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  }
  return fmt::format("\"{:x}-{:016x}{}\"", bytes.size(), hash, suffix);
}

Result<SharedBytes> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in) {
    return fail(Error(ErrorCode::unavailable, "a file of the web application cannot be read")
                    .because("static.read")
                    .in_context(path.string()));
  }
  return std::make_shared<const std::string>(std::move(bytes));
}

/// True when Accept-Encoding takes `coding` with a quality above zero.
bool accepts(std::string_view field, std::string_view coding) {
  bool accepted = false;
  split(field, ',', [&](std::string_view piece) {
    const std::size_t mark = piece.find(';');
    if (!same_without_case(trim(piece.substr(0, mark)), coding)) return;
    accepted = mark == std::string_view::npos ||
               trim(piece.substr(mark + 1)).find_first_of("123456789") != std::string_view::npos;
  });
  return accepted;
}

bool matches(std::string_view if_none_match, std::string_view etag) {
  bool found = false;
  split(if_none_match, ',', [&](std::string_view piece) {
    if (piece.starts_with("W/")) piece.remove_prefix(2);
    found = found || piece == etag || piece == "*";
  });
  return found;
}

}  // namespace

struct StaticFiles::Impl {
  Options options;
  std::map<std::string, File, std::less<>> files;

  Result<> read_folder(const fs::path& folder);
  void pair_codings();
  Response send_file(const Request& request, const File& file) const;
  Response send_page(const Request& request) const;
};

Result<> StaticFiles::Impl::read_folder(const fs::path& folder) {
  std::error_code error;
  std::size_t total = 0;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_symlink(error) || !entry->is_regular_file(error)) continue;
    total += entry->file_size(error);
    if (total > options.total_bytes) {
      return fail(
          Error(ErrorCode::exhausted,
                fmt::format("the web application is larger than {} bytes", options.total_bytes))
              .because("static.size"));
    }
    TENON_ASSIGN(bytes, read_file(entry->path()));
    std::string name = entry->path().lexically_relative(folder).generic_string();
    File file;
    file.plain = {bytes, etag_of(*bytes, "")};
    file.immutable = name.starts_with(options.immutable_prefix);
    file.type = media_type(name);
    files.emplace(std::move(name), std::move(file));
  }
  if (!error && files.contains("index.html")) return {};
  return fail(Error(ErrorCode::not_found, "the web application has no index.html")
                  .because("static.index")
                  .in_context(folder.string()));
}

void StaticFiles::Impl::pair_codings() {
  for (auto& [name, file] : files) {
    for (std::size_t i = 0; i < kCodings.size(); ++i) {
      const auto coded = files.find(name + std::string(kCodings[i].suffix));
      if (coded == files.end()) continue;
      const SharedBytes& bytes = coded->second.plain.bytes;
      file.coded[i] = {bytes, etag_of(*bytes, fmt::format("-{}", kCodings[i].name))};
      file.has_coded = true;
    }
  }
}

Response StaticFiles::Impl::send_file(const Request& request, const File& file) const {
  const Variant* chosen = &file.plain;
  std::string_view coding;
  const auto wanted = request.header("accept-encoding");
  for (std::size_t i = 0; i < kCodings.size() && file.has_coded && wanted && coding.empty(); ++i) {
    if (!file.coded[i].bytes || !accepts(*wanted, kCodings[i].name)) continue;
    chosen = &file.coded[i];
    coding = kCodings[i].name;
  }
  Response response(200);
  response.set("ETag", chosen->etag);
  response.set("Cache-Control",
               file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (file.has_coded) response.set("Vary", "Accept-Encoding");
  if (const auto known = request.header("if-none-match"); known && matches(*known, chosen->etag)) {
    return std::move(response.set_status(304));
  }
  response.set("Content-Type", file.type);
  if (!coding.empty()) response.set("Content-Encoding", coding);
  response.set_body(chosen->bytes);
  return response;
}

Response StaticFiles::Impl::send_page(const Request& request) const {
  const File& index = files.find("index.html")->second;
  if (!options.page_hook) return send_file(request, index);
  std::string page = *index.plain.bytes;
  Response response(200);
  response.set("Content-Type", index.type).set("Cache-Control", "no-store");
  options.page_hook(request, page, response);
  response.set_body(std::move(page));
  return response;
}

Result<std::shared_ptr<const StaticFiles>> StaticFiles::load(const fs::path& folder,
                                                             Options options) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  TENON_TRY(impl->read_folder(folder));
  impl->pair_codings();
  return std::shared_ptr<const StaticFiles>(new StaticFiles(std::move(impl)));
}

StaticFiles::StaticFiles(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
StaticFiles::~StaticFiles() = default;

Response StaticFiles::answer(const Request& request) const {
  std::string name;
  for (std::size_t i = request.wildcard_from(); i < request.segment_count(); ++i) {
    if (!name.empty()) name += '/';
    name += request.segment(i);
  }
  if (name.empty() || name == "index.html") return impl_->send_page(request);
  if (const auto file = impl_->files.find(name); file != impl_->files.end()) {
    return impl_->send_file(request, file->second);
  }
  const std::string_view last = request.segment(request.segment_count() - 1);
  if (!last.contains('.') && !name.starts_with(impl_->options.immutable_prefix)) {
    return impl_->send_page(request);
  }
  return Response::text(404, "there is no such file\n");
}

namespace {

asio::awaitable<Response> serve(std::shared_ptr<const StaticFiles> files, Request request) {
  co_return files->answer(request);
}

}  // namespace

Handler StaticFiles::handler(std::shared_ptr<const StaticFiles> files) {
  return [files = std::move(files)](Request request) { return serve(files, std::move(request)); };
}

}  // namespace tenon::http
