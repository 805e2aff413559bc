#include "services/notifications/compose.h"

#include <algorithm>

#include "data/steps.h"
#include "identity/audience.h"
#include "identity/user_rows.h"
#include "services/notifications/kinds.h"

namespace tenon::services {
namespace {

constexpr std::string_view kNotice = "tenon.notice";
constexpr std::string_view kApproval = "tenon.approval.";

std::string text_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

std::unexpected<Error> no_notice() {
  return fail(Error(ErrorCode::invalid, "This event is no notice.").because("notification.event"));
}

Result<Notice> notice_of(const json::object& payload) {
  Notice notice{.kind = text_in(payload, "kind"), .users = {}};
  const auto* users = payload.if_contains("users");
  const auto* arguments = payload.if_contains("arguments");
  if (find_kind(notice.kind) == nullptr || users == nullptr || !users->is_array() ||
      arguments == nullptr || !arguments->is_object())
    return no_notice();
  for (const auto& user : users->get_array())
    if (const auto* text = user.if_string())
      if (const auto id = UserId::parse(*text)) notice.users.push_back(*id);
  notice.arguments = arguments->get_object();
  notice.entity = text_in(payload, "entity");
  notice.record = RecordId::parse(text_in(payload, "record"));
  return notice;
}

json::object both(const data::Localized& texts, const std::string& fallback) {
  json::object object;
  for (const auto& [locale, text] : texts) object[locale] = text;
  if (object.empty()) object["en"] = fallback;
  return object;
}

Result<std::string> name_of(storage::Session& session, const std::optional<UserId>& id) {
  if (!id) return std::string("Tenon");
  auto user = identity::get_user(session, *id);
  if (!user && user.error().code() == ErrorCode::not_found) return std::string();
  if (!user) return std::unexpected(std::move(user.error()));
  return user->full_name.empty() ? user->name : user->full_name;
}

bool concerns(const data::Approval& approval, const UserId& user) {
  return approval.author == user || approval.asked_by == user;
}

/// Who hears of what became of a request.
Result<std::vector<UserId>> audience_of(storage::Session& session, const data::Approval& approval,
                                        std::string_view action, const std::optional<UserId>& by) {
  std::vector<UserId> users;
  if (action == "asked") {
    if (approval.state != data::ApprovalState::waiting) return users;
    TENON_ASSIGN(holders, identity::holders_of(session, approval.permission, kMaxAudience));
    users = std::move(holders);
    if (approval.not_author)
      std::erase_if(users, [&](const UserId& user) { return concerns(approval, user); });
    return users;
  }
  for (const auto& user : {approval.asked_by, approval.author})
    if (user && user != by && std::ranges::find(users, *user) == users.end())
      users.push_back(*user);
  return users;
}

std::string_view kind_of(std::string_view action) noexcept {
  if (action == "asked") return "approval.waiting";
  if (action == "approved") return "approval.approved";
  if (action == "rejected") return "approval.rejected";
  return {};
}

Result<Notice> approval_notice(data::Tenant& tenant, std::string_view action,
                               const json::object& payload) {
  Notice notice{.kind = std::string(kind_of(action)), .users = {}};
  const auto id = data::ApprovalId::parse(text_in(payload, "approval"));
  if (notice.kind.empty()) return notice;
  if (!id) return no_notice();
  TENON_ASSIGN(lease, tenant.database().reader());
  auto approval = data::read_approval(lease.session(), *id);
  if (!approval && approval.error().code() == ErrorCode::not_found) return notice;
  if (!approval) return std::unexpected(std::move(approval.error()));
  const auto catalog = tenant.catalog();
  const auto* entity = identity::enabled_entity(*catalog, approval->entity);
  if (entity == nullptr || !entity->entity().states) return notice;
  const auto by = UserId::parse(text_in(payload, "by"));
  TENON_ASSIGN(users, audience_of(lease.session(), *approval, action, by));
  TENON_ASSIGN(who, name_of(lease.session(), by));
  notice.users = std::move(users);
  notice.entity = approval->entity;
  notice.record = approval->record;
  const auto& steps = entity->entity().states->transitions;
  const auto step = std::ranges::find(steps, approval->step, &data::Transition::name);
  notice.arguments = {{"who", who},
                      {"what", both(entity->entity().display_name, approval->entity)},
                      {"step", step == steps.end() ? both({}, approval->step)
                                                   : both(step->display_name, step->name)},
                      {"approval", approval->id.to_string()}};
  if (!approval->decisions.empty()) notice.arguments["reason"] = approval->decisions.back().reason;
  return notice;
}

}  // namespace

Result<Notice> compose(data::Tenant& tenant, const data::Event& event) {
  TENON_ASSIGN(payload, json::parse_object(event.payload));
  const std::string_view type = event.type;
  auto made = type == kNotice ? notice_of(payload)
              : type.starts_with(kApproval)
                  ? approval_notice(tenant, type.substr(kApproval.size()), payload)
                  : Result<Notice>(no_notice());
  if (!made || !made->record) return made;
  auto& notice = *made;
  std::vector<UserId> seeing;
  for (const auto& user : notice.users) {
    TENON_ASSIGN(may, identity::sees(tenant, user, notice.entity, *notice.record));
    if (may) seeing.push_back(user);
  }
  notice.users = std::move(seeing);
  return made;
}

}  // namespace tenon::services
