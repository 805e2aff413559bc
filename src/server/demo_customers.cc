#include "server/demo_customers.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace tenon::server {
namespace {

struct ListShape {
  std::string_view name;
  std::size_t
      columns;  // 0: plain words; else rows `[value, weight, …]` of at least so many members
};

constexpr std::array kLists = {
    ListShape{"cities", 3},          ListShape{"brands_first", 0}, ListShape{"brands_second", 0},
    ListShape{"brands_whole", 0},    ListShape{"industries", 3},   ListShape{"forms", 2},
    ListShape{"surnames", 2},        ListShape{"given_first", 0},  ListShape{"given_second", 0},
    ListShape{"roads", 0},           ListShape{"places", 2},       ListShape{"mail_names", 0},
    ListShape{"domains", 0},         ListShape{"levels", 5},       ListShape{"statuses", 2},
    ListShape{"mobile_prefixes", 0}, ListShape{"notes", 0}};

bool fits(const json::value& row, std::size_t columns) {
  if (columns == 0) return row.is_string();
  return row.is_array() && row.get_array().size() >= columns && row.get_array()[0].is_string() &&
         row.get_array()[1].is_int64() && row.get_array()[1].get_int64() > 0;
}

Result<> check(const json::object& words) {
  for (const ListShape& shape : kLists) {
    const json::value* list = words.if_contains(shape.name);
    bool good = list != nullptr && list->is_array() && !list->get_array().empty();
    for (std::size_t i = 0; good && i < list->get_array().size(); ++i)
      good = fits(list->get_array()[i], shape.columns);
    if (!good)
      return fail(ErrorCode::invalid,
                  "words.json: \"" + std::string(shape.name) + "\" is missing or malformed");
  }
  return {};
}

std::string text(const json::array& row, std::size_t column) {
  return std::string(row[column].as_string());
}

std::uint64_t number(const json::array& row, std::size_t column) {
  return static_cast<std::uint64_t>(row[column].as_int64());
}

/// A sole trader's or a factory's name has no ending between the trade and the form.
bool is_company(std::string_view form) { return form.ends_with("公司"); }

std::string day_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace

Result<DemoCustomers> DemoCustomers::read(std::string_view words, Timestamp start) {
  TENON_ASSIGN(object, json::parse_object(words));
  TENON_TRY(check(object));
  const json::value* seed = object.if_contains("seed");
  if (seed == nullptr || !seed->is_int64())
    return fail(ErrorCode::invalid, "words.json: \"seed\" is missing");
  const auto value = static_cast<std::uint64_t>(seed->get_int64());
  return DemoCustomers(std::move(object), value, start);
}

const json::array& DemoCustomers::list(std::string_view name) const {
  return words_.at(name).as_array();
}

std::string DemoCustomers::pick(std::string_view name) {
  const json::array& words = list(name);
  return std::string(words[below(words.size())].as_string());
}

const json::array& DemoCustomers::weighted(std::string_view name) {
  const json::array& rows = list(name);
  std::uint64_t total = 0;
  for (const json::value& row : rows) total += number(row.as_array(), 1);
  std::uint64_t at = below(total);
  for (const json::value& row : rows) {
    const std::uint64_t weight = number(row.as_array(), 1);
    if (at < weight) return row.as_array();
    at -= weight;
  }
  return rows.back().as_array();
}

std::string DemoCustomers::company(const std::string& city) {
  const auto brand = [&] {
    return below(5) == 0 ? pick("brands_whole") : pick("brands_first") + pick("brands_second");
  };
  std::string chosen = brand();
  const json::array& industry = weighted("industries");
  const json::array& endings = industry[2].as_array();
  const std::string ending(endings[below(endings.size())].as_string());
  const std::string form = text(weighted("forms"), 0);
  const auto name = [&] {
    return city + chosen + text(industry, 0) + (is_company(form) ? ending : "") + form;
  };
  while (!names_.insert(name()).second) chosen = brand();
  return name();
}

std::string DemoCustomers::person() {
  std::string name = text(weighted("surnames"), 0);
  if (below(3) != 0) name += pick("given_first");
  return name + pick("given_second");
}

std::string DemoCustomers::phone(const std::string& area) {
  if (below(5) != 0) return pick("mobile_prefixes") + fmt::format("{:08}", below(100'000'000));
  return fmt::format("{}-{}{:07}", area, between(2, 8), below(10'000'000));
}

std::string DemoCustomers::address(const std::string& city) {
  std::string place = city + "市" + pick("roads") + text(weighted("places"), 0);
  const auto fill = [&](std::string_view mark, std::uint64_t value) {
    if (const auto at = place.find(mark); at != std::string::npos)
      place.replace(at, mark.size(), std::to_string(value));
  };
  fill("{n}", between(1, 999));
  fill("{b}", between(1, 30));
  fill("{r}", between(101, 2899));
  return place;
}

json::object DemoCustomers::next() {
  using namespace std::chrono;
  const std::string code = fmt::format("{:06}", ++serial_);
  const json::array& place = weighted("cities");
  const std::string city = text(place, 0);
  json::object customer{{"name", company(city)}, {"code", "C" + code}, {"city", city}};
  customer["contact_name"] = person();
  customer["phone"] = phone(text(place, 2));
  if (below(3) != 0) {
    const std::string domain = "c" + code + "." + pick("domains");
    customer["email"] = pick("mail_names") + "@" + domain;
    if (below(2) == 0) customer["website"] = "https://www." + domain;
  }
  customer["address"] = address(city);
  const json::array& level = weighted("levels");
  const std::uint64_t step = number(level, 4);
  customer["level"] = text(level, 0);
  customer["credit_limit"] =
      fmt::format("{}.00", step * between(number(level, 2) / step, number(level, 3) / step));
  const std::string status = text(weighted("statuses"), 0);
  customer["status"] = status;
  customer["active"] = status != "lost";
  constexpr sys_days first = year(1993) / 1 / 1;
  constexpr sys_days last = year(2024) / 12 / 31;
  customer["founded"] = day_text(
      first +
      days(static_cast<int>(below(static_cast<std::uint64_t>((last - first).count()) + 1))));
  if (status != "lead" || below(2) == 0) {
    const sys_days day = floor<days>(start_) - days(static_cast<int>(between(1, 400)));
    // 09:00 to 18:00 in China is 01:00 to 10:00 UTC.
    customer["last_contact_at"] =
        to_rfc3339(Timestamp(day + hours(1) + minutes(static_cast<int>(below(9 * 60)))));
  }
  if (const std::string note = pick("notes"); !note.empty()) customer["notes"] = note;
  return customer;
}

}  // namespace tenon::server
