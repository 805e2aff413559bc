#include "data/personal/personal.h"

#include "data/audit.h"
#include "data/durably.h"

namespace tenon::data {

struct Personal::Change {
  std::string_view what;  // `platform.view`
  Uuid record;
  std::uint64_t version = 1;
  std::string_view action;
  std::string before = {}, after = {};
};

Result<storage::ReadLease> Personal::reader(Deadline deadline) {
  TENON_ASSIGN(lease, tenant_->database().reader());
  lease.set_deadline(deadline);
  return std::move(lease);
}

Result<> Personal::note(storage::Session& session, const Change& change) const {
  std::optional<ChainHead> head;
  return append_audit(session,
                      {.at = clock_.now().time_since_epoch().count(),
                       .user = origin_.user,
                       .plugin = {},
                       .trace = origin_.trace,
                       .entity = change.what,
                       .record = RecordId{change.record},
                       .version = static_cast<std::int64_t>(change.version),
                       .action = change.action,
                       .before = change.before,
                       .after = change.after},
                      head);
}

Result<std::string> Personal::preferences(Deadline deadline) {
  TENON_ASSIGN(lease, reader(deadline));
  return read_preferences(lease.session(), origin_.user);
}

Task<> Personal::change_preferences(json::object changes, Deadline deadline) {
  co_return co_await run_durably(
      tenant_->database(), deadline, [&](storage::Session& session) -> Result<> {
        TENON_TRY(data::change_preferences(session, origin_.user, changes));
        return note(session, {.what = "platform.preference",
                              .record = origin_.user.value,
                              .action = "updated",
                              .after = json::serialize(changes)});
      });
}

Result<std::vector<SavedView>> Personal::views(std::string_view entity, Deadline deadline) {
  TENON_ASSIGN(lease, reader(deadline));
  return list_views(lease.session(), origin_.user, entity);
}

Result<SavedView> Personal::view(ViewId id, Deadline deadline) {
  TENON_ASSIGN(lease, reader(deadline));
  return read_view(lease.session(), origin_.user, id);
}

Task<SavedView> Personal::save_view(ViewFields fields, Deadline deadline) {
  const SavedView view{.id = ViewId::make(clock_, random_),
                       .user = origin_.user,
                       .version = 1,
                       .fields = std::move(fields),
                       .updated_at = clock_.now().time_since_epoch().count()};
  TENON_CO_TRY(co_await run_durably(tenant_->database(), deadline,
                                    [&](storage::Session& session) -> Result<> {
                                      TENON_TRY(insert_view(session, view));
                                      return note(session, {.what = "platform.view",
                                                            .record = view.id.value,
                                                            .action = "created",
                                                            .after = to_json(view, view.user)});
                                    }));
  co_return view;
}

Task<SavedView> Personal::change_view(ViewId id, json::object changes,
                                      std::optional<std::uint64_t> expected, Deadline deadline) {
  co_return co_await run_durably(
      tenant_->database(), deadline, [&](storage::Session& session) -> Result<SavedView> {
        TENON_ASSIGN(before, read_view(session, origin_.user, id));
        TENON_ASSIGN(view, update_view(session, origin_.user, id, changes, expected, clock_.now()));
        TENON_TRY(note(session, {.what = "platform.view",
                                 .record = id.value,
                                 .version = view.version,
                                 .action = "updated",
                                 .before = to_json(before, before.user),
                                 .after = to_json(view, view.user)}));
        return std::move(view);
      });
}

Task<> Personal::erase_view(ViewId id, std::optional<std::uint64_t> expected, Deadline deadline) {
  co_return co_await run_durably(tenant_->database(), deadline,
                                 [&](storage::Session& session) -> Result<> {
                                   TENON_ASSIGN(before, read_view(session, origin_.user, id));
                                   TENON_TRY(data::erase_view(session, origin_.user, id, expected));
                                   return note(session, {.what = "platform.view",
                                                         .record = id.value,
                                                         .version = before.version + 1,
                                                         .action = "deleted",
                                                         .before = to_json(before, before.user)});
                                 });
}

}  // namespace tenon::data
