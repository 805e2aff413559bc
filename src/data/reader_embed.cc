// Related records on their way into the records they belong to.
#include <algorithm>
#include <unordered_map>

#include "data/aggregate.h"
#include "data/encode.h"
#include "data/reader.h"

namespace tenon::data {
namespace {

/// The rows, by place, that hang on each parent.
using ByParent = std::unordered_map<Uuid, std::vector<std::size_t>>;

std::vector<Uuid> keys_of(const std::vector<std::vector<Value>>& links, std::size_t place) {
  std::vector<Uuid> keys;
  for (const auto& link : links)
    if (const auto* key = std::get_if<Uuid>(&link[place])) keys.push_back(*key);
  std::ranges::sort(keys);
  const auto same = std::ranges::unique(keys);
  keys.erase(same.begin(), same.end());
  return keys;
}

void put_name(std::string& json, std::string_view name) {
  if (json.size() > 1) json += ',';
  json.append(1, '"').append(name).append("\":");
}

/// The members of a related record that is not there, in the record that would have them.
void put_nulls(std::string& json, const Query& query) {
  for (const auto& selected : query.select) {
    put_name(json, selected.name);
    json += "null";
  }
  for (const auto& embed : query.embeds) {
    if (embed.spread) {
      put_nulls(json, embed.query);
    } else if (embed.shown) {
      put_name(json, embed.name);
      json += embed.kind == Embed::Kind::to_one ? "null" : "[]";
    }
  }
}

/// `children` are open objects of the related records, in their order.
void put_related(std::string& json, const Embed& embed, const std::vector<std::string>& children,
                 const std::vector<std::size_t>* found) {
  if (embed.spread) {
    if (found == nullptr) return put_nulls(json, embed.query);
    const auto members = std::string_view(children[found->front()]).substr(1);
    if (json.size() > 1 && !members.empty()) json += ',';
    json += members;
    return;
  }
  put_name(json, embed.name);
  if (embed.kind == Embed::Kind::to_one) {
    json += found == nullptr ? "null" : children[found->front()] + "}";
    return;
  }
  json += '[';
  if (found != nullptr)
    for (const auto& child : *found)
      json.append(&child == found->data() ? "" : ",").append(children[child]).append(1, '}');
  json += ']';
}

}  // namespace

Result<> Reader::attach(Sight sight, const std::vector<Embed>& embeds, Rowset& rows) {
  if (rows.json.empty()) return {};
  for (std::size_t i = 0; i < embeds.size(); ++i) {
    if (!embeds[i].shown) continue;
    TENON_TRY(embeds[i].query.aggregated ? attach_groups(sight, embeds[i], i, rows)
                                         : attach_one(sight, embeds[i], i, rows));
  }
  return {};
}

Result<> Reader::attach_one(Sight sight, const Embed& embed, std::size_t place, Rowset& rows) {
  const auto keys = keys_of(rows.links, place);
  Rowset related;
  ByParent of_parent;
  if (!keys.empty()) {
    TENON_ASSIGN(plan, plan_embed(sight, embed, keys, session_.dialect()));
    const auto& entity = *embed.entity;
    ++tally_.queries;
    TENON_TRY(session_.query(
        plan.statement.sql, views(plan.statement.values), [&](const storage::Row& row) {
          const auto behind = plan.columns.size() + plan.links.size();
          of_parent[to_uuid(row.blob(static_cast<int>(behind)))].push_back(related.json.size());
          write_open(related.json.emplace_back(), entity, plan.columns, row);
          related.links.push_back(read_links(entity, plan.links, row, plan.columns.size()));
          return storage::Visit::more;
        }));
  }
  if (related.json.size() > kMaxEmbeddedRows)
    return fail(Error(ErrorCode::exhausted,
                      "Too many related records of \"" + embed.name + "\" on one page.")
                    .because("query.embedded"));
  tally_.rows_read += related.json.size();
  TENON_TRY(attach(Sight(*embed.entity, viewer_), embed.query.embeds, related));

  for (std::size_t i = 0; i < rows.json.size(); ++i) {
    const auto* key = std::get_if<Uuid>(&rows.links[i][place]);
    const auto found = key == nullptr ? of_parent.end() : of_parent.find(*key);
    put_related(rows.json[i], embed, related.json,
                found == of_parent.end() ? nullptr : &found->second);
  }
  return {};
}

/// `contacts(count())`: one group in each record, `[{"count":3}]`.
Result<> Reader::attach_groups(Sight sight, const Embed& embed, std::size_t place, Rowset& rows) {
  const auto keys = keys_of(rows.links, place);
  std::unordered_map<Uuid, std::string> of_parent;
  if (!keys.empty()) {
    TENON_ASSIGN(plan, plan_embed(sight, embed, keys, session_.dialect()));
    const Sight inner(*embed.entity, viewer_);
    const auto behind = static_cast<int>(aggregate_width(embed.query));
    Result<> written;
    ++tally_.queries;
    TENON_TRY(session_.query(
        plan.statement.sql, views(plan.statement.values), [&](const storage::Row& row) {
          written = write_group(of_parent[to_uuid(row.blob(behind))], inner, embed.query, row);
          return written ? storage::Visit::more : storage::Visit::stop;
        }));
    TENON_TRY(std::move(written));
  }
  tally_.rows_read += of_parent.size();
  for (std::size_t i = 0; i < rows.json.size(); ++i) {
    auto& json = rows.json[i];
    put_name(json, embed.name);
    json += '[';
    const auto* key = std::get_if<Uuid>(&rows.links[i][place]);
    const auto found = key == nullptr ? of_parent.end() : of_parent.find(*key);
    if (found == of_parent.end())
      write_no_group(json, embed.query);
    else
      json += found->second;
    json += ']';
  }
  return {};
}

}  // namespace tenon::data
