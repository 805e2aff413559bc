#include "data/transfer/table_hash.h"

namespace tenon::data {
namespace {

void put_number(std::string& text, std::uint64_t number) {
  for (int i = 0; i < 8; ++i) text += static_cast<char>(number >> (8 * i) & 0xFFU);
}

void put(std::string& text, char kind, std::string_view bytes) {
  text += kind;
  put_number(text, bytes.size());
  text += bytes;
}

void put(std::string& text, const storage::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    text += 'i';
    put_number(text, static_cast<std::uint64_t>(*number));
  } else if (const auto* view = std::get_if<std::string_view>(&value)) {
    put(text, 't', *view);
  } else if (const auto* blob = std::get_if<storage::Blob>(&value)) {
    put(text, 'b', {reinterpret_cast<const char*>(blob->data()), blob->size()});
  } else {
    text += 'n';
  }
}

void add(Digest& sum, const Digest& more) {
  unsigned carry = 0;
  for (std::size_t i = sum.size(); i-- > 0; carry >>= 8U) {
    carry += unsigned{sum[i]} + more[i];
    sum[i] = static_cast<std::uint8_t>(carry & 0xFFU);
  }
}

}  // namespace

TableHasher::TableHasher(const TableInfo& table) : width_(table.columns.size()) {
  for (const auto& column : table.columns) put(head_, 'c', column.name);
  const auto digest = sha256(head_);
  head_.assign(digest.begin(), digest.end());
}

void TableHasher::add(const RowBatch& batch) {
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    text_ = head_;
    for (std::size_t column = 0; column < width_; ++column) put(text_, batch.at(row, column));
    data::add(hash_.sum, sha256(text_));
  }
  hash_.rows += batch.rows();
}

Result<TableHash> table_hash(storage::Session& session, const TableInfo& table) {
  TableHasher hasher(table);
  TENON_TRY(each_batch(session, table, [&](const RowBatch& batch) -> Result<> {
    hasher.add(batch);
    return {};
  }));
  return hasher.hash();
}

Result<TableHashes> hash_tables(storage::Session& session, const Catalog& catalog) {
  TENON_ASSIGN(tables, read_tables(session, catalog));
  TableHashes hashes;
  for (const auto& table : tables) {
    TENON_ASSIGN(hash, table_hash(session, table));
    hashes.emplace(table.name, hash);
  }
  return hashes;
}

std::string first_difference(const TableHashes& left, const TableHashes& right) {
  for (const auto& [name, hash] : left)
    if (const auto found = right.find(name); found == right.end() || found->second != hash)
      return name;
  for (const auto& [name, hash] : right)
    if (!left.contains(name)) return name;
  return {};
}

}  // namespace tenon::data
