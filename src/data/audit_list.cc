#include "data/audit_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "data/encode.h"
#include "data/fields/json_string.h"
#include "data/fields/number.h"
#include "data/fields/time.h"

namespace tenon::data {
namespace {

void put_id(std::string& out, std::string_view name, const storage::Row& row, int column) {
  out.append(",\"").append(name).append("\":");
  if (row.is_null(column)) {
    out += "null";
    return;
  }
  out.append("\"").append(to_uuid(row.blob(column)).to_string()).append("\"");
}

void put_text(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  write_json_string(out, text);
}

/// What an update changed is what its `before` names; a deletion keeps the whole row there.
void put_changes(std::string& out, std::string_view action, std::string_view before) {
  out += ",\"changed\":[";
  if (!before.empty() && action != "deleted" && action != "purged")
    if (const auto fields = json::parse_object(before, {.bytes = std::size_t{16} << 20U})) {
      bool first = true;
      for (const auto& [name, value] : *fields) {
        if (!first) out += ',';
        first = false;
        write_json_string(out, name);
      }
    }
  out += ']';
}

/// The condition of a query with its values.
class Where {
 public:
  template <class T>
  void add(std::string_view condition, const std::optional<T>& id) {
    if (id) bind(condition, storage::Blob(id->value.bytes));
  }
  void add(std::string_view condition, const std::string& text) {
    if (!text.empty()) bind(condition, std::string_view(text));
  }
  void bind(std::string_view condition, storage::Value value) {
    values_.push_back(value);
    text_ += fmt::format("{} {} ?{}", text_.empty() ? " WHERE" : " AND", condition, values_.size());
  }
  [[nodiscard]] std::string limited(std::size_t rows) {
    values_.emplace_back(static_cast<std::int64_t>(rows));
    return text_ + fmt::format(" ORDER BY sequence DESC LIMIT ?{}", values_.size());
  }
  [[nodiscard]] storage::Values values() const { return values_; }

 private:
  std::string text_;
  std::vector<storage::Value> values_;
};

}  // namespace

void write_audit_row(std::string& out, const storage::Row& row) {
  out += "{\"sequence\":";
  write_integer(out, row.integer(0));
  out += ",\"version\":";
  write_integer(out, row.integer(1));
  out += ",\"at\":\"";
  write_datetime(out, row.integer(2));
  out += '"';
  put_text(out, "action", row.text(3));
  put_id(out, "user", row, 4);
  put_text(out, "plugin", row.text(5));
  put_id(out, "trace", row, 6);
  put_changes(out, row.text(3), row.text(7));
  out.append(",\"before\":").append(row.is_null(7) ? "null" : row.text(7));
  out.append(",\"record\":").append(row.is_null(8) ? "null" : row.text(8));
  put_text(out, "entity", row.text(9));
  put_id(out, "id", row, 10);
  out += '}';
}

Result<Page> list_audit(storage::Session& session, const AuditQuery& query) {
  const auto limit = std::clamp<std::size_t>(query.limit, 1, kMaxAuditPage);
  Where where;
  where.add("record =", query.record);
  where.add("\"user\" =", query.user);
  where.add("trace =", query.trace);
  where.add("entity =", query.entity);
  where.add("action =", query.action);
  where.add("plugin =", query.plugin);
  if (query.from) where.bind("at >=", std::int64_t{query.from->time_since_epoch().count()});
  if (query.until) where.bind("at <", std::int64_t{query.until->time_since_epoch().count()});
  if (query.before) where.bind("sequence <", *query.before);
  const auto sql = fmt::format("SELECT {} FROM audit{}", kAuditColumns, where.limited(limit + 1));
  Page page;
  page.json = "[";
  std::int64_t last = 0;
  bool more = false;
  TENON_TRY(session.query(sql, where.values(), [&](const storage::Row& row) {
    more = page.rows == limit;
    if (more) return storage::Visit::stop;
    if (page.rows++ > 0) page.json += ',';
    write_audit_row(page.json, row);
    last = row.integer(0);
    return storage::Visit::more;
  }));
  page.json += ']';
  if (more) page.next = std::to_string(last);
  return page;
}

}  // namespace tenon::data
