#include "data/files/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/json.h"
#include "data/durably.h"
#include "data/encode.h"
#include "data/files/file_name.h"
#include "data/files/sniff.h"
#include "data/sight.h"
#include "data/tenant_state.h"

namespace tenon::data {
namespace {

using storage::Blob;
using storage::Row;
using storage::Session;
using storage::Visit;

constexpr std::int64_t kSweepBatch = 100;

std::int64_t micros(std::chrono::microseconds span) { return span.count(); }

Error too_much(std::string reason, std::uint64_t limit, std::string_view whose) {
  return Error(ErrorCode::exhausted, fmt::format("{} may have at most {} bytes.", whose, limit))
      .because(std::move(reason))
      .with_details(fmt::format("{{\"limit\":{}}}", limit));
}

Digest to_digest(Blob blob) {
  Digest digest{};
  if (blob.size() == digest.size()) std::ranges::copy(blob, digest.begin());
  return digest;
}

Result<std::uint64_t> bytes_used(Session& session) {
  std::uint64_t used = 0;
  TENON_TRY(session.query("SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM blob", {},
                          [&](const Row& row) {
                            used = static_cast<std::uint64_t>(row.integer(0));
                            return Visit::more;
                          }));
  return used;
}

Result<std::vector<Digest>> digests(Session& session, std::string_view sql,
                                    std::vector<storage::Value> values) {
  std::vector<Digest> found;
  TENON_TRY(session.query(sql, values, [&](const Row& row) {
    found.push_back(to_digest(row.blob(0)));
    return Visit::more;
  }));
  return found;
}

}  // namespace

struct Files::State {
  Tenant& tenant;
  const Clock& clock;
  Random& random;
  std::unique_ptr<BlobStore> store;
  const FileLimits limits;
  const Steps steps;

  void step(std::string_view name) const {
    if (steps) steps(name);
  }
  [[nodiscard]] std::int64_t now() const { return clock.now().time_since_epoch().count(); }

  /// The content is wanted for a while, and there is room for it.
  Result<> pin(Session& session, const Digest& sha256, std::uint64_t size) const {
    const std::array<storage::Value, 3> values{Blob(sha256), static_cast<std::int64_t>(size),
                                               now() + micros(limits.pin)};
    TENON_TRY(
        session.execute("INSERT INTO blob(sha256, size, pinned_until) VALUES(?1, ?2, ?3) ON "
                        "CONFLICT (sha256) DO UPDATE SET pinned_until = ?3",
                        values));
    TENON_ASSIGN(used, bytes_used(session));
    if (used > limits.tenant_bytes)
      return fail(too_much("files.quota", limits.tenant_bytes, "All files together"));
    return {};
  }

  static Result<> record(Session& session, const FileInfo& info) {
    const auto by = info.created_by;
    const std::array<storage::Value, 7> values{
        Blob(info.id.value.bytes),
        Blob(info.sha256),
        static_cast<std::int64_t>(info.size),
        std::string_view(info.type),
        std::string_view(info.name),
        info.created_at,
        by ? storage::Value(Blob(by->value.bytes)) : storage::Value(std::monostate())};
    TENON_TRY(
        session.execute("INSERT INTO file(id, sha256, size, type, name, created_at, "
                        "created_by, unused_since) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6)",
                        values));
    return {};
  }

  /// Removes one batch of unwanted content while nobody can begin to want it. Gives the number.
  Result<std::uint64_t> sweep_blobs(Session& session) const {
    TENON_ASSIGN(unwanted,
                 digests(session,
                         "SELECT b.sha256 FROM blob b WHERE b.pinned_until < ?1 AND NOT EXISTS "
                         "(SELECT 1 FROM file f WHERE f.sha256 = b.sha256) LIMIT ?2",
                         {now(), kSweepBatch}));
    for (const auto& sha256 : unwanted) {
      const std::array<storage::Value, 1> values{Blob(sha256)};
      // The row is held before the bytes go, so that a pin of another transaction waits.
      TENON_TRY(session.execute("DELETE FROM blob WHERE sha256 = ?1", values));
      step("swept row");
      TENON_TRY(store->remove(sha256));
      step("swept bytes");
    }
    return unwanted.size();
  }

  /// Bytes that no row speaks of: a sweep was undone, or the database is older than the store.
  Result<std::uint64_t> sweep_strays(Session& session, const std::vector<Digest>& suspects) const {
    std::uint64_t removed = 0;
    for (const auto& sha256 : suspects) {
      TENON_ASSIGN(known,
                   digests(session, "SELECT sha256 FROM blob WHERE sha256 = ?1", {Blob(sha256)}));
      if (!known.empty()) continue;
      TENON_TRY(store->remove(sha256));
      ++removed;
    }
    return removed;
  }

  Result<std::vector<Digest>> suspects() const {
    TENON_ASSIGN(reader, tenant.database().reader());
    std::vector<Digest> found;
    TENON_TRY(store->each([&](const Digest& sha256) -> Result<> {
      TENON_ASSIGN(known, digests(reader.session(), "SELECT sha256 FROM blob WHERE sha256 = ?1",
                                  {Blob(sha256)}));
      if (known.empty()) found.push_back(sha256);
      return {};
    }));
    return found;
  }

  Result<std::uint64_t> sweep_files(Session& session) const {
    const std::array<storage::Value, 2> values{now() - micros(limits.keep_unused), kSweepBatch};
    TENON_ASSIGN(gone, session.execute(
                           "DELETE FROM file WHERE id IN (SELECT id FROM file WHERE refs = 0 AND "
                           "unused_since < ?1 LIMIT ?2)",
                           values));
    return static_cast<std::uint64_t>(gone);
  }

  Result<FileInfo> info_of(const Uuid& id) const {
    TENON_ASSIGN(reader, tenant.database().reader());
    std::optional<FileInfo> found;
    const std::array<storage::Value, 1> values{Blob(id.bytes)};
    TENON_TRY(reader.session().query(
        "SELECT sha256, size, type, name, created_at, created_by FROM file WHERE id = ?1", values,
        [&](const Row& row) {
          found = FileInfo{.id = FileId{id},
                           .sha256 = to_digest(row.blob(0)),
                           .size = static_cast<std::uint64_t>(row.integer(1)),
                           .type = std::string(row.text(2)),
                           .name = std::string(row.text(3)),
                           .created_by = {},
                           .created_at = row.integer(4)};
          if (!row.is_null(5)) found->created_by = UserId{to_uuid(row.blob(5))};
          return Visit::more;
        }));
    if (!found)
      return fail(Error(ErrorCode::not_found, "There is no such file.").because("files.missing"));
    return std::move(*found);
  }
};

Files::Files(Tenant& tenant, const Clock& clock, Random& random, std::unique_ptr<BlobStore> store,
             FileLimits limits, Steps steps)
    : state_(new State{.tenant = tenant,
                       .clock = clock,
                       .random = random,
                       .store = std::move(store),
                       .limits = limits,
                       .steps = std::move(steps)}) {}
Files::~Files() = default;

const FileLimits& Files::limits() const noexcept { return state_->limits; }

Result<std::uint64_t> Files::used() {
  TENON_ASSIGN(reader, state_->tenant.database().reader());
  return bytes_used(reader.session());
}

Files::Upload::Upload(Files& files, std::unique_ptr<BlobWriter> writer, std::uint64_t left)
    : files_(files), writer_(std::move(writer)), left_(left) {}

Result<Files::Upload> Files::begin() {
  TENON_ASSIGN(already, used());
  const auto limit = state_->limits.tenant_bytes;
  TENON_ASSIGN(writer, state_->store->begin());
  state_->step("begun");
  return Upload(*this, std::move(writer), limit > already ? limit - already : 0);
}

Result<> Files::Upload::write(std::span<const std::uint8_t> data) {
  const auto& limits = files_.limits();
  if (data.size() > limits.file_bytes - size_)
    return fail(too_much("files.size", limits.file_bytes, "A file"));
  // Content that is there already costs nothing, but that is known at the end only; what does not
  // fit is not worth the disk it would take meanwhile.
  if (data.size() > left_ - std::min(left_, size_))
    return fail(too_much("files.quota", limits.tenant_bytes, "All files together"));
  size_ += data.size();
  hash_.update(data);
  const auto wanted = std::min(data.size(), kSniffBytes - head_.size());
  head_.append(reinterpret_cast<const char*>(data.data()), wanted);
  TENON_TRY(writer_->write(data));
  files_.state_->step("written");
  return {};
}

Task<FileInfo> Files::Upload::finish(Viewer viewer, std::string name, Deadline deadline) {
  auto& state = *files_.state_;
  TENON_CO_TRY(writer_->seal());
  state.step("sealed");
  const FileInfo info{.id = FileId::make(state.clock, state.random),
                      .sha256 = hash_.finish(),
                      .size = size_,
                      .type = std::string(sniff(head_)),
                      .name = clean_file_name(name),
                      .created_by = viewer.user,
                      .created_at = state.now()};
  auto& database = state.tenant.database();
  TENON_CO_TRY(co_await run_durably(database, deadline, [&](Session& session) {
    return state.pin(session, info.sha256, info.size);
  }));
  state.step("pinned");
  TENON_CO_TRY(writer_->place(info.sha256));
  state.step("placed");
  TENON_CO_TRY(co_await run_durably(
      database, deadline, [&](Session& session) { return State::record(session, info); }));
  state.step("recorded");
  writer_.reset();
  co_return info;
}

Result<OpenFile> Files::open_for(const Viewer& viewer, const EntityInfo& entity, RecordId record,
                                 std::string_view field) {
  TENON_ASSIGN(place, Sight(entity, viewer).column(field, "/field"));
  if (entity.columns()[place].type != FieldType::file)
    return fail(Error(ErrorCode::invalid, fmt::format("\"{}\" holds no file.", field))
                    .because("files.field"));
  // The one way to read decides: a row or a column that this viewer does not get gives no file.
  TENON_ASSIGN(row, state_->tenant.get(entity, record, viewer));
  TENON_ASSIGN(object, json::parse_object(row.json, {.bytes = row.json.size(), .depth = 128}));
  const auto* value = object.if_contains(field);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  const auto id = text == nullptr ? std::nullopt : Uuid::parse(*text);
  if (!id)
    return fail(Error(ErrorCode::not_found, "There is no such file.").because("files.missing"));
  TENON_ASSIGN(info, state_->info_of(*id));
  TENON_ASSIGN(content, state_->store->open(info.sha256));
  return OpenFile{.info = std::move(info), .content = std::move(content)};
}

Task<Files::Swept> Files::sweep(Deadline deadline) {
  auto& state = *state_;
  auto& database = state.tenant.database();
  Swept swept;
  for (std::uint64_t gone = kSweepBatch; gone == kSweepBatch; swept.files += gone) {
    TENON_CO_ASSIGN(count, co_await run_durably(database, deadline, [&](Session& session) {
                      return state.sweep_files(session);
                    }));
    gone = count;
  }
  state.step("swept files");
  for (std::uint64_t gone = kSweepBatch; gone == kSweepBatch; swept.blobs += gone) {
    TENON_CO_ASSIGN(count, co_await run_durably(database, deadline, [&](Session& session) {
                      return state.sweep_blobs(session);
                    }));
    gone = count;
    state.step("swept batch");
  }
  TENON_CO_ASSIGN(suspects, state.suspects());
  for (std::size_t from = 0; from < suspects.size(); from += kSweepBatch) {
    const auto to = std::min(suspects.size(), from + kSweepBatch);
    const std::vector<Digest> some(suspects.begin() + static_cast<std::ptrdiff_t>(from),
                                   suspects.begin() + static_cast<std::ptrdiff_t>(to));
    TENON_CO_ASSIGN(count, co_await run_durably(database, deadline, [&](Session& session) {
                      return state.sweep_strays(session, some);
                    }));
    swept.blobs += count;
  }
  TENON_CO_ASSIGN(unfinished, state.store->sweep_unfinished(state.limits.unfinished));
  swept.unfinished = unfinished;
  co_return swept;
}

}  // namespace tenon::data
