#include "data/cast.h"

#include <string_view>

#include "data/fields/json_string.h"

namespace tenon::data {

void recast(std::string& out, std::size_t from, Cast cast) {
  const auto raw = std::string_view(out).substr(from);
  if (cast == Cast::none || raw == "null") return;
  const bool quoted = raw.starts_with('"');
  std::string shown;
  switch (cast) {
    case Cast::none:
      return;
    case Cast::text:
      if (quoted) return;
      write_json_string(shown, raw);
      break;
    case Cast::number:
      if (!quoted) return;
      shown = raw.substr(1, raw.size() - 2);
      break;
    case Cast::integer:
      if (raw != "true" && raw != "false") return;
      shown = raw == "true" ? "1" : "0";
      break;
    case Cast::date:
      shown = std::string(raw.substr(0, raw.find('T')));
      if (!shown.ends_with('"')) shown += '"';
      break;
  }
  out.replace(from, std::string::npos, shown);
}

}  // namespace tenon::data
