#include "services/webhooks/rows.h"

#include <algorithm>
#include <array>

#include "data/dialect.h"
#include "identity/sql.h"

namespace tenon::services {
namespace {

namespace sql = identity::sql;

constexpr std::array<std::string_view, 3> kWebhookStates = {"on", "off", "failed"};
constexpr std::array<std::string_view, 3> kDeliveryStates = {"waiting", "delivered", "dead"};

constexpr std::string_view kTables = R"sql(
CREATE TABLE webhook(
  id {id} PRIMARY KEY,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  patterns TEXT NOT NULL,
  secret {bytes} NOT NULL,
  state {integer} NOT NULL,
  created_by {id},
  created_at {integer} NOT NULL,
  failing_since {integer},
  last_error TEXT NOT NULL
) {compact};
CREATE TABLE webhook_delivery(
  id {id} PRIMARY KEY,
  webhook {id} NOT NULL,
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at {integer} NOT NULL,
  state {integer} NOT NULL,
  attempts {integer} NOT NULL,
  next_at {integer} NOT NULL,
  status {integer} NOT NULL,
  answer TEXT NOT NULL,
  error TEXT NOT NULL,
  attempted_at {integer},
  took_ms {integer} NOT NULL
) {strict};
CREATE INDEX webhook_delivery_due ON webhook_delivery(next_at) WHERE state = 0;
CREATE INDEX webhook_delivery_waiting ON webhook_delivery(webhook) WHERE state = 0;
CREATE INDEX webhook_delivery_log ON webhook_delivery(webhook, id);
CREATE INDEX webhook_delivery_old ON webhook_delivery(created_at) WHERE state <> 0;
)sql";

constexpr std::string_view kWebhookColumns =
    "id, name, url, patterns, secret, state, created_by, created_at, failing_since, last_error";
constexpr std::string_view kDeliveryColumns =
    "d.id, d.webhook, d.type, d.body, d.created_at, d.state, d.attempts, d.next_at, d.status, "
    "d.answer, d.error, d.attempted_at, d.took_ms";

sql::Value time_or_null(const std::optional<Timestamp>& at) {
  if (!at) return std::monostate{};
  return sql::time(*at);
}

std::optional<Timestamp> optional_time(const sql::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return sql::time_at(row, column);
}

std::string patterns_text(const std::vector<std::string>& patterns) {
  json::array list;
  for (const auto& pattern : patterns) list.emplace_back(pattern);
  return json::serialize(list);
}

Webhook webhook_of(const sql::Row& row) {
  Webhook made{.id = sql::id_at<WebhookId>(row, 0),
               .name = std::string(row.text(1)),
               .url = std::string(row.text(2)),
               .patterns = {},
               .secret = sql::bytes_at(row, 4),
               .state = static_cast<WebhookState>(row.integer(5)),
               .created_by = sql::optional_id_at<UserId>(row, 6),
               .created_at = sql::time_at(row, 7),
               .failing_since = optional_time(row, 8),
               .last_error = std::string(row.text(9))};
  if (const auto list = json::parse(row.text(3)); list && list->is_array())
    for (const auto& pattern : list->get_array())
      if (pattern.is_string()) made.patterns.emplace_back(pattern.get_string());
  return made;
}

WebhookDelivery delivery_of(const sql::Row& row) {
  return {.id = sql::id_at<DeliveryId>(row, 0),
          .webhook = sql::id_at<WebhookId>(row, 1),
          .type = std::string(row.text(2)),
          .body = std::string(row.text(3)),
          .created_at = sql::time_at(row, 4),
          .state = static_cast<DeliveryState>(row.integer(5)),
          .attempts = static_cast<std::uint32_t>(row.integer(6)),
          .next_at = sql::time_at(row, 7),
          .status = static_cast<int>(row.integer(8)),
          .answer = std::string(row.text(9)),
          .error = std::string(row.text(10)),
          .attempted_at = optional_time(row, 11),
          .took_ms = row.integer(12)};
}

json::value time_json(const std::optional<Timestamp>& at) {
  return at ? json::value(to_rfc3339(*at)) : json::value(nullptr);
}

}  // namespace

std::string_view to_string(WebhookState state) noexcept {
  return kWebhookStates[static_cast<std::size_t>(state)];
}
std::string_view to_string(DeliveryState state) noexcept {
  return kDeliveryStates[static_cast<std::size_t>(state)];
}
std::optional<DeliveryState> delivery_state_from(std::string_view word) noexcept {
  const auto found = std::ranges::find(kDeliveryStates, word);
  if (found == kDeliveryStates.end()) return std::nullopt;
  return static_cast<DeliveryState>(found - kDeliveryStates.begin());
}

modules::Migrations webhook_tables() {
  static const std::string sqlite = data::portable(data::Dialect::sqlite, kTables);
  static const std::string postgres = data::portable(data::Dialect::postgres, kTables);
  return {.version = 1,
          .scripts = {{.number = 1, .name = "webhooks", .sqlite = sqlite, .postgres = postgres}},
          .entities = {}};
}

Result<std::vector<Webhook>> list_webhooks(storage::Session& session) {
  std::vector<Webhook> found;
  TENON_TRY(sql::each(
      session, "SELECT " + std::string(kWebhookColumns) + " FROM webhook ORDER BY id",
      std::array<sql::Value, 0>{}, [&](const sql::Row& row) { found.push_back(webhook_of(row)); }));
  return found;
}

Result<Webhook> read_webhook(storage::Session& session, WebhookId id) {
  std::optional<Webhook> found;
  TENON_TRY(sql::each(session,
                      "SELECT " + std::string(kWebhookColumns) + " FROM webhook WHERE id = ?1",
                      std::array<sql::Value, 1>{sql::id(id)},
                      [&](const sql::Row& row) { found = webhook_of(row); }));
  if (!found)
    return fail(
        Error(ErrorCode::not_found, "There is no such webhook.").because("webhook.unknown"));
  return *std::move(found);
}

Result<> insert_webhook(storage::Session& session, const Webhook& webhook) {
  const auto patterns = patterns_text(webhook.patterns);
  TENON_TRY(session.execute(
      "INSERT INTO webhook(id, name, url, patterns, secret, state, created_by, created_at, "
      "failing_since, last_error) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, '')",
      std::array<sql::Value, 8>{sql::id(webhook.id), webhook.name, webhook.url, patterns,
                                storage::Blob(bytes_of(webhook.secret)),
                                static_cast<std::int64_t>(webhook.state),
                                sql::id(webhook.created_by), sql::time(webhook.created_at)}));
  return {};
}

Result<> update_webhook(storage::Session& session, const Webhook& webhook) {
  const auto patterns = patterns_text(webhook.patterns);
  TENON_TRY(session.execute(
      "UPDATE webhook SET name = ?2, url = ?3, patterns = ?4, secret = ?5, state = ?6, "
      "failing_since = ?7, last_error = ?8 WHERE id = ?1",
      std::array<sql::Value, 8>{sql::id(webhook.id), webhook.name, webhook.url, patterns,
                                storage::Blob(bytes_of(webhook.secret)),
                                static_cast<std::int64_t>(webhook.state),
                                time_or_null(webhook.failing_since), webhook.last_error}));
  return {};
}

Result<> delete_webhook(storage::Session& session, WebhookId id) {
  const std::array<sql::Value, 1> values{sql::id(id)};
  TENON_TRY(session.execute("DELETE FROM webhook_delivery WHERE webhook = ?1", values));
  TENON_TRY(session.execute("DELETE FROM webhook WHERE id = ?1", values));
  return {};
}

Result<bool> has_room(storage::Session& session, WebhookId webhook) {
  TENON_ASSIGN(count,
               sql::number(session,
                           "SELECT count(*) FROM (SELECT 1 FROM webhook_delivery WHERE webhook = "
                           "?1 AND state = 0 LIMIT ?2) AS waiting",
                           std::array<sql::Value, 2>{sql::id(webhook),
                                                     static_cast<std::int64_t>(kMaxQueued)}));
  return count < static_cast<std::int64_t>(kMaxQueued);
}

Result<> insert_delivery(storage::Session& session, const WebhookDelivery& delivery) {
  TENON_TRY(session.execute(
      "INSERT INTO webhook_delivery(id, webhook, type, body, created_at, state, attempts, next_at, "
      "status, answer, error, took_ms) VALUES(?1, ?2, ?3, ?4, ?5, 0, 0, ?5, 0, '', '', 0)",
      std::array<sql::Value, 5>{sql::id(delivery.id), sql::id(delivery.webhook), delivery.type,
                                delivery.body, sql::time(delivery.created_at)}));
  return {};
}

Result<std::optional<Timestamp>> next_due(storage::Session& session) {
  std::optional<Timestamp> due;
  TENON_TRY(sql::each(
      session, "SELECT next_at FROM webhook_delivery WHERE state = 0 ORDER BY next_at LIMIT 1",
      std::array<sql::Value, 0>{}, [&](const sql::Row& row) { due = sql::time_at(row, 0); }));
  return due;
}

Result<std::vector<Attempt>> claim(storage::Session& session, Timestamp now,
                                   std::chrono::seconds lease, std::span<const WebhookId> busy,
                                   std::size_t limit) {
  std::vector<sql::Value> values{sql::time(now), static_cast<std::int64_t>(limit)};
  std::string except;
  for (const auto& id : busy) {
    values.push_back(sql::id(id));
    except += (except.empty() ? " AND d.webhook NOT IN (?" : ", ?") + std::to_string(values.size());
  }
  if (!except.empty()) except += ")";
  std::vector<Attempt> claimed;
  TENON_TRY(session.query("SELECT " + std::string(kDeliveryColumns) +
                              ", w.url, w.secret FROM webhook_delivery AS d JOIN webhook AS w ON "
                              "w.id = d.webhook WHERE d.state = 0 AND d.next_at <= ?1 AND w.state "
                              "= 0" +
                              except + " ORDER BY d.next_at, d.id LIMIT ?2",
                          values, [&](const sql::Row& row) {
                            claimed.push_back({.delivery = delivery_of(row),
                                               .url = std::string(row.text(13)),
                                               .secret = sql::bytes_at(row, 14)});
                            return sql::Visit::more;
                          }));
  for (auto& attempt : claimed) {
    ++attempt.delivery.attempts;
    TENON_TRY(
        session.execute("UPDATE webhook_delivery SET attempts = ?2, next_at = ?3 WHERE id = ?1",
                        std::array<sql::Value, 3>{sql::id(attempt.delivery.id),
                                                  std::int64_t{attempt.delivery.attempts},
                                                  sql::time(now + lease)}));
  }
  return claimed;
}

Result<bool> settle(storage::Session& session, const WebhookDelivery& delivery,
                    const AttemptResult& result, Timestamp now, std::optional<Timestamp> next) {
  const auto state = result.delivered ? DeliveryState::delivered
                     : next           ? DeliveryState::waiting
                                      : DeliveryState::dead;
  TENON_ASSIGN(
      changed,
      session.execute(
          "UPDATE webhook_delivery SET state = ?3, next_at = ?4, status = ?5, answer = ?6, error = "
          "?7, attempted_at = ?8, took_ms = ?9 WHERE id = ?1 AND attempts = ?2 AND state = 0",
          std::array<sql::Value, 9>{sql::id(delivery.id), std::int64_t{delivery.attempts},
                                    static_cast<std::int64_t>(state), sql::time(next.value_or(now)),
                                    std::int64_t{result.status}, result.answer, result.error,
                                    sql::time(now), result.took_ms}));
  if (changed == 0) return false;
  if (result.delivered) {
    TENON_TRY(session.execute(
        "UPDATE webhook SET failing_since = NULL, last_error = '' WHERE id = ?1 AND failing_since "
        "IS NOT NULL",
        std::array<sql::Value, 1>{sql::id(delivery.webhook)}));
  } else {
    TENON_TRY(session.execute(
        "UPDATE webhook SET failing_since = coalesce(failing_since, ?2), last_error = ?3 WHERE id "
        "= ?1",
        std::array<sql::Value, 3>{sql::id(delivery.webhook), sql::time(now), result.error}));
  }
  return true;
}

Result<std::vector<WebhookDelivery>> list_deliveries(storage::Session& session, WebhookId webhook,
                                                     const DeliveryQuery& query) {
  DeliveryId before;
  before.value.bytes.fill(0xFF);
  if (query.before) before = *query.before;
  const std::string state =
      query.state ? " AND d.state = " + std::to_string(static_cast<int>(*query.state)) : "";
  std::vector<WebhookDelivery> found;
  TENON_TRY(sql::each(session,
                      "SELECT " + std::string(kDeliveryColumns) +
                          " FROM webhook_delivery AS d WHERE d.webhook = ?1 AND d.id < ?2" + state +
                          " ORDER BY d.id DESC LIMIT ?3",
                      std::array<sql::Value, 3>{sql::id(webhook), sql::id(before),
                                                static_cast<std::int64_t>(query.limit)},
                      [&](const sql::Row& row) { found.push_back(delivery_of(row)); }));
  return found;
}

Result<WebhookDelivery> read_delivery(storage::Session& session, WebhookId webhook, DeliveryId id) {
  std::optional<WebhookDelivery> found;
  TENON_TRY(sql::each(session,
                      "SELECT " + std::string(kDeliveryColumns) +
                          " FROM webhook_delivery AS d WHERE d.id = ?1 AND d.webhook = ?2",
                      std::array<sql::Value, 2>{sql::id(id), sql::id(webhook)},
                      [&](const sql::Row& row) { found = delivery_of(row); }));
  if (!found)
    return fail(Error(ErrorCode::not_found, "There is no such delivery.")
                    .because("webhook.delivery_unknown"));
  return *std::move(found);
}

Result<> send_again(storage::Session& session, const WebhookDelivery& delivery, Timestamp now) {
  TENON_ASSIGN(changed,
               session.execute("UPDATE webhook_delivery SET state = 0, attempts = 0, next_at = ?2 "
                               "WHERE id = ?1 AND state <> 0",
                               std::array<sql::Value, 2>{sql::id(delivery.id), sql::time(now)}));
  if (changed > 0) return {};
  return fail(Error(ErrorCode::conflict, "This delivery waits to be sent already.")
                  .because("webhook.waiting"));
}

Result<std::uint64_t> forget_deliveries(storage::Session& session, Timestamp now,
                                        std::size_t bound) {
  TENON_ASSIGN(old, session.execute(
                        "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery "
                        "WHERE state <> 0 AND created_at < ?1 ORDER BY created_at LIMIT ?2)",
                        std::array<sql::Value, 2>{sql::time(now - kKeptDays),
                                                  static_cast<std::int64_t>(bound)}));
  auto gone = static_cast<std::uint64_t>(old);
  TENON_ASSIGN(webhooks, list_webhooks(session));
  for (const auto& webhook : webhooks) {
    TENON_ASSIGN(
        more, session.execute(
                  "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE "
                  "webhook = ?1 AND state <> 0 ORDER BY id DESC LIMIT ?2 OFFSET ?3)",
                  std::array<sql::Value, 3>{sql::id(webhook.id), static_cast<std::int64_t>(bound),
                                            static_cast<std::int64_t>(kKeptDeliveries)}));
    gone += static_cast<std::uint64_t>(more);
  }
  return gone;
}

json::object to_json(const Webhook& webhook) {
  json::array events;
  for (const auto& pattern : webhook.patterns) events.emplace_back(pattern);
  return {{"id", webhook.id.to_string()},
          {"name", webhook.name},
          {"url", webhook.url},
          {"events", std::move(events)},
          {"state", to_string(webhook.state)},
          {"created_at", to_rfc3339(webhook.created_at)},
          {"failing_since", time_json(webhook.failing_since)},
          {"last_error", webhook.last_error}};
}

json::object to_json(const WebhookDelivery& delivery, Body body) {
  json::object object{
      {"id", delivery.id.to_string()},
      {"type", delivery.type},
      {"state", to_string(delivery.state)},
      {"attempts", delivery.attempts},
      {"status", delivery.status == 0 ? json::value(nullptr) : json::value(delivery.status)},
      {"answer", delivery.answer},
      {"error", delivery.error},
      {"created_at", to_rfc3339(delivery.created_at)},
      {"attempted_at", time_json(delivery.attempted_at)},
      {"next_at", delivery.state == DeliveryState::waiting
                      ? json::value(to_rfc3339(delivery.next_at))
                      : json::value(nullptr)},
      {"took_ms", delivery.took_ms}};
  if (body == Body::with) object["body"] = delivery.body;
  return object;
}

}  // namespace tenon::services
