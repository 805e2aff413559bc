#include "services/comments/comments.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "data/durably.h"
#include "data/platform_act.h"
#include "identity/audience.h"
#include "identity/user_rows.h"
#include "modules/record_event.h"
#include "services/comments/mentions.h"
#include "services/notifications/notifier.h"
#include "services/wire/wire.h"

namespace tenon::services {
namespace {

constexpr std::size_t kPage = 50;
constexpr std::size_t kMaxPage = 200;
constexpr std::size_t kReference = 120;  // bytes of `crm.customer/<id>`

/// The record that a comment is about.
struct About {
  std::string entity;
  RecordId record;
};

std::unexpected<Error> no_record() {
  return fail(Error(ErrorCode::not_found, "There is no such record, or not for you.")
                  .because("data.not_found"));
}

std::unexpected<Error> unknown() {
  return fail(Error(ErrorCode::not_found, "There is no such comment.").because("comment.unknown"));
}

std::optional<About> about_of(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto id = RecordId::parse(text.substr(slash + 1));
  if (!id) return std::nullopt;
  return About{.entity = std::string(text.substr(0, slash)), .record = *id};
}

/// Errors: not_found (`data.not_found`) unless the viewer sees the record.
Result<> check_seen(data::Tenant& tenant, const data::Viewer& viewer, const About& about) {
  TENON_ASSIGN(seen, identity::sees(tenant, viewer, about.entity, about.record));
  if (!seen) return no_record();
  return {};
}

/// Whom a text means, and who of them may hear of it.
struct Meant {
  std::vector<UserId> told;
  std::vector<std::string> unseeing;  // names of those who do not see the record
  std::vector<std::string> unknown;   // names of nobody
};

Result<Meant> meant_by(data::Tenant& tenant, std::string_view text, const About& about) {
  Meant meant;
  for (const auto& name : mentions_in(text)) {
    std::optional<identity::UserRow> user;
    {
      TENON_ASSIGN(lease, tenant.database().reader());
      TENON_ASSIGN(found, identity::find_user(lease.session(), name));
      user = std::move(found);
    }
    if (!user || user->state != identity::UserState::active) {
      meant.unknown.push_back(name);
      continue;
    }
    TENON_ASSIGN(sees, identity::sees(tenant, user->id, about.entity, about.record));
    if (sees)
      meant.told.push_back(user->id);
    else
      meant.unseeing.push_back(name);
  }
  return meant;
}

Result<> note(data::UnitOfWork& unit, const Comment& comment, std::string_view action,
              Timestamp now) {
  const json::object after{{"entity", comment.entity}, {"record", comment.record.to_string()}};
  TENON_TRY(data::note_act(unit.native_session(),
                           {.user = unit.viewer().user,
                            .trace = unit.origin().trace,
                            .subject = "platform.comment",
                            .key = comment.id.to_string(),
                            .action = std::string(action),
                            .after = json::serialize(after)},
                           now));
  json::object payload = after;
  payload["comment"] = comment.id.to_string();
  TENON_TRY(unit.announce("comment." + std::string(action),
                          "tenon.comment/" + comment.id.to_string(), json::serialize(payload)));
  return {};
}

Result<std::string> name_of(storage::Session& session, const std::optional<UserId>& id) {
  if (!id) return std::string();
  auto user = identity::get_user(session, *id);
  if (!user && user.error().code() == ErrorCode::not_found) return std::string();
  if (!user) return std::unexpected(std::move(user.error()));
  return user->full_name.empty() ? user->name : user->full_name;
}

Result<> tell(data::UnitOfWork& unit, const Comment& comment, std::vector<UserId> users) {
  std::erase_if(users, [&](const UserId& user) { return user == comment.author; });
  if (users.empty()) return {};
  const auto* entity = identity::enabled_entity(unit.catalog(), comment.entity);
  json::object what;
  if (entity != nullptr)
    for (const auto& [locale, text] : entity->entity().display_name) what[locale] = text;
  if (what.empty()) what["en"] = comment.entity;
  TENON_ASSIGN(who, name_of(unit.native_session(), comment.author));
  return notify(
      unit,
      {.kind = "comment.mention",
       .users = std::move(users),
       .arguments = {{"who", who}, {"what", std::move(what)}, {"comment", comment.id.to_string()}},
       .entity = comment.entity,
       .record = comment.record});
}

json::object answer(const Comment& comment, const modules::RouteCall& call, const Meant& meant) {
  auto object = to_json(comment, call.principal->name);
  json::array unseeing, nobody;
  for (const auto& name : meant.unseeing) unseeing.emplace_back(name);
  for (const auto& name : meant.unknown) nobody.emplace_back(name);
  object["cannot_see"] = std::move(unseeing);
  object["unknown"] = std::move(nobody);
  return object;
}

struct Listed {
  std::vector<Comment> comments;
  std::map<UserId, std::string> names;
};

Result<Listed> read_list(data::Tenant& tenant, const data::Viewer& viewer, const About& about,
                         std::optional<CommentId> after, std::size_t limit) {
  TENON_TRY(check_seen(tenant, viewer, about));
  TENON_ASSIGN(lease, tenant.database().reader());
  TENON_ASSIGN(found, list_comments(lease.session(), about.entity, about.record, after, limit));
  Listed listed{.comments = std::move(found), .names = {}};
  for (const auto& comment : listed.comments) {
    if (!comment.author || listed.names.contains(*comment.author)) continue;
    TENON_ASSIGN(name, name_of(lease.session(), comment.author));
    listed.names.emplace(*comment.author, std::move(name));
  }
  return listed;
}

Task<http::Response> list(modules::RouteCall call, http::Request request) {
  constexpr std::array<std::string_view, 3> kKnown = {"record", "limit", "after"};
  TENON_CO_ASSIGN(parameters, parameters_of(request, kKnown));
  TENON_CO_ASSIGN(limit, limit_of(parameters, kPage, kMaxPage));
  TENON_CO_ASSIGN(after, id_of<CommentId>(parameters, "after"));
  const auto named = parameters.find("record");
  const auto about = named == parameters.end() ? std::nullopt : about_of(named->second);
  if (!about) co_return wrong_parameter("record", "plugin.entity/id is expected");
  auto& tenant = *call.tenant;
  TENON_CO_ASSIGN(listed,
                  TENON_CO_ACT(tenant, read_list(tenant, call.viewer, *about, after, limit)));
  json::array rows;
  for (const auto& comment : listed.comments)
    rows.push_back(to_json(comment, comment.author ? listed.names[*comment.author] : ""));
  auto response = answer_of(200, rows);
  if (listed.comments.size() == limit)
    response.set("Link", "</api/v1/comments?record=" + about->entity + "/" +
                             about->record.to_string() + "&limit=" + std::to_string(limit) +
                             "&after=" + listed.comments.back().id.to_string() + ">; rel=\"next\"");
  co_return response;
}

data::Origin origin_of(const modules::RouteCall& call) {
  return {.plugin = {}, .trace = call.trace_id, .correlation = {}, .causation = {}};
}

/// The comment when it is the caller's own and he still sees the record. Whose it is else is told
/// to who sees it.
Result<Comment> own_comment(data::Tenant& tenant, const modules::RouteCall& call,
                            std::string_view text) {
  const auto id = CommentId::parse(text);
  if (!id) return unknown();
  std::optional<Comment> comment;
  {
    TENON_ASSIGN(lease, tenant.database().reader());
    TENON_ASSIGN(found, read_comment(lease.session(), *id));
    comment = std::move(found);
  }
  TENON_ASSIGN(seen, identity::sees(tenant, call.viewer, comment->entity, comment->record));
  if (!seen || comment->deleted_at) return unknown();
  if (comment->author != call.principal->user)
    return fail(Error(ErrorCode::denied, "A comment is changed by its author alone.")
                    .because("comment.author"));
  return *std::move(comment);
}

/// A record that is gone for good takes its comments along.
Task<> follow(modules::DeliveryHandle delivery) {
  const auto event = modules::RecordEvent::decode(delivery->event);
  if (!event) co_return Result<>();  // about no record
  if (event->action == "deleted") {
    const auto catalog = delivery->tenant->catalog();
    const auto dot = event->entity.find('.');
    const auto* entity = catalog->find(event->entity.substr(0, dot), event->entity.substr(dot + 1));
    if (entity == nullptr || entity->entity().soft_delete) co_return Result<>();
  }
  co_return co_await data::run_durably(
      delivery->tenant->database(), delivery->deadline,
      [entity = event->entity, record = event->record](storage::Session& session) {
        return forget_comments(session, entity, record);
      });
}

}  // namespace

data::Localized Comments::name() const { return {{"en", "Comments"}, {"zh-CN", "评论"}}; }
Version Comments::version() const { return {.major = 1, .minor = 0, .patch = 0}; }

std::vector<modules::Dependency> Comments::dependencies() const {
  std::vector<modules::Dependency> needed;
  if (auto range = VersionRange::parse("^1.0"))
    needed.push_back({.id = "notifications", .version = *std::move(range)});
  return needed;
}

Task<> Comments::on_startup(modules::ModuleContext context) {
  context_.emplace(std::move(context));
  co_return Result<>();
}

Result<std::vector<modules::Subscription>> Comments::register_event_handlers(
    modules::EventBus& bus) {
  std::vector<modules::Subscription> all;
  TENON_ASSIGN(one, bus.subscribe_outside(
                        "comments", {.patterns = {"*.purged", "*.deleted"}, .tenant = {}}, follow));
  all.push_back(std::move(one));
  return all;
}

Task<http::Response> Comments::add(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(body, object_of(request));
  BodyReader members(body);
  const auto named = members.required("record", kReference);
  auto text = members.required("text", kMaxComment);
  const auto about = about_of(named);
  if (!about && !named.empty()) members.wrong("record", "syntax", "plugin.entity/id is expected");
  TENON_CO_TRY(members.done());
  auto& tenant = *call.tenant;
  const auto look = [&]() -> Result<Meant> {
    TENON_TRY(check_seen(tenant, call.viewer, *about));
    return meant_by(tenant, text, *about);
  };
  TENON_CO_ASSIGN(meant, TENON_CO_ACT(tenant, look()));
  const auto now = context_->clock.now();
  const Comment comment{.id = CommentId{Uuid::make_v7(now, context_->random)},
                        .entity = about->entity,
                        .record = about->record,
                        .author = call.principal->user,
                        .text = std::move(text),
                        .mentions = meant.told,
                        .at = now,
                        .edited_at = {},
                        .deleted_at = {}};
  TENON_CO_TRY(co_await data::run_unit(call.tenant, call.viewer, origin_of(call), call.deadline,
                                       [&](data::UnitOfWork& unit) -> Result<> {
                                         // Seen in this very transaction: what is purged meanwhile
                                         // gets no comment.
                                         const auto* entity = identity::enabled_entity(
                                             unit.catalog(), comment.entity);
                                         if (entity == nullptr) return no_record();
                                         TENON_TRY(unit.get(*entity, comment.record));
                                         TENON_TRY(insert_comment(unit.native_session(), comment));
                                         TENON_TRY(note(unit, comment, "added", now));
                                         return tell(unit, comment, meant.told);
                                       }));
  context_->events.committed(tenant.name());
  auto response = answer_of(201, answer(comment, call, meant));
  response.set("Location", "/api/v1/comments/" + comment.id.to_string());
  co_return response;
}

Task<http::Response> Comments::edit(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(body, object_of(request));
  BodyReader members(body);
  auto text = members.required("text", kMaxComment);
  TENON_CO_TRY(members.done());
  auto& tenant = *call.tenant;
  const auto id = std::string(request.parameter("id"));
  TENON_CO_ASSIGN(before, TENON_CO_ACT(tenant, own_comment(tenant, call, id)));
  const About about{.entity = before.entity, .record = before.record};
  TENON_CO_ASSIGN(meant, TENON_CO_ACT(tenant, meant_by(tenant, text, about)));
  const auto now = context_->clock.now();
  auto after = before;
  after.text = std::move(text);
  after.mentions = meant.told;
  after.edited_at = now;
  auto fresh = meant.told;
  std::erase_if(fresh, [&](const UserId& user) {
    return std::ranges::find(before.mentions, user) != before.mentions.end();
  });
  TENON_CO_TRY(co_await data::run_unit(call.tenant, call.viewer, origin_of(call), call.deadline,
                                       [&](data::UnitOfWork& unit) -> Result<> {
                                         TENON_ASSIGN(
                                             there, read_comment(unit.native_session(), after.id));
                                         if (there.deleted_at) return unknown();
                                         TENON_TRY(update_comment(unit.native_session(), after));
                                         TENON_TRY(note(unit, after, "edited", now));
                                         return tell(unit, after, fresh);
                                       }));
  context_->events.committed(tenant.name());
  co_return answer_of(200, answer(after, call, meant));
}

Task<http::Response> Comments::drop(modules::RouteCall call, http::Request request) {
  auto& tenant = *call.tenant;
  const auto id = std::string(request.parameter("id"));
  TENON_CO_ASSIGN(comment, TENON_CO_ACT(tenant, own_comment(tenant, call, id)));
  const auto now = context_->clock.now();
  comment.text.clear();
  comment.mentions.clear();
  comment.deleted_at = now;
  TENON_CO_TRY(co_await data::run_unit(call.tenant, call.viewer, origin_of(call), call.deadline,
                                       [&](data::UnitOfWork& unit) -> Result<> {
                                         TENON_TRY(update_comment(unit.native_session(), comment));
                                         return note(unit, comment, "deleted", now);
                                       }));
  context_->events.committed(tenant.name());
  co_return http::Response(204);
}

std::vector<modules::Route> Comments::protected_routes() {
  using http::Method;
  using Member = Task<http::Response> (Comments::*)(modules::RouteCall, http::Request);
  const auto own = [this](Member member) -> modules::RouteHandler {
    return [this, member](modules::RouteCall call, http::Request request) {
      return (this->*member)(std::move(call), std::move(request));
    };
  };
  const std::string all = "/api/v1/comments";
  return {{.method = Method::get, .pattern = all, .handler = list},
          {.method = Method::post, .pattern = all, .handler = own(&Comments::add)},
          {.method = Method::patch, .pattern = all + "/{id}", .handler = own(&Comments::edit)},
          {.method = Method::del, .pattern = all + "/{id}", .handler = own(&Comments::drop)}};
}

}  // namespace tenon::services
