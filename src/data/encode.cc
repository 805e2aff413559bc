#include "data/encode.h"

#include <algorithm>

#include "data/fields/json_string.h"
#include "data/fields/number.h"
#include "data/fields/time.h"

namespace tenon::data {

Uuid to_uuid(storage::Blob blob) noexcept {
  Uuid uuid;
  if (blob.size() == uuid.bytes.size()) std::ranges::copy(blob, uuid.bytes.begin());
  return uuid;
}

void write_value(std::string& out, const Column& column, const storage::Row& row, int place) {
  if (row.is_null(place)) {
    out += "null";
    return;
  }
  switch (column.type) {
    case FieldType::integer:
      return write_integer(out, row.integer(place));
    case FieldType::boolean:
      out += row.integer(place) != 0 ? "true" : "false";
      return;
    case FieldType::decimal:
    case FieldType::money:
      out += '"';
      write_decimal(out, row.integer(place), column.scale);
      out += '"';
      return;
    case FieldType::date:
      out += '"';
      write_date(out, row.integer(place));
      out += '"';
      return;
    case FieldType::datetime:
      out += '"';
      write_datetime(out, row.integer(place));
      out += '"';
      return;
    case FieldType::uuid:
    case FieldType::reference:
    case FieldType::file:
      out += '"';
      out += to_uuid(row.blob(place)).to_string();
      out += '"';
      return;
    case FieldType::json:
    case FieldType::computed:
    case FieldType::multi_select:
      out += row.text(place);
      return;
    default:
      write_json_string(out, row.text(place));
  }
}

void write_record(std::string& out, const EntityInfo& entity, const storage::Row& row) {
  char before = '{';
  int place = 0;
  for (const auto& column : entity.columns()) {
    out += before;
    before = ',';
    out += '"';
    out += column.name;
    out += "\":";
    write_value(out, column, row, place++);
  }
  out += '}';
}

Value read_value(const Column& column, const storage::Row& row, int place) {
  if (row.is_null(place)) return {};
  switch (column.storage) {
    case Storage::integer:
      return row.integer(place);
    case Storage::blob:
      return to_uuid(row.blob(place));
    default:
      return std::string(row.text(place));
  }
}

}  // namespace tenon::data
