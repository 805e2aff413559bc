// The steps of a plan in words, for people who decide whether it is carried out.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "data/migration.h"

namespace tenon::data {
namespace {

struct Words {
  std::string_view key, en, zh;
};

constexpr std::array kWords{
    Words{"migration.create_table", "Create the table “{0}”.", "新建数据表“{0}”。"},
    Words{"migration.references", "Join “{0}” to the tables it refers to.",
          "建立“{0}”的引用关系。"},
    Words{"migration.add_column", "Add the field “{1}” to “{0}”.", "为“{0}”增加字段“{1}”。"},
    Words{"migration.create_index", "Build an index on “{0}” ({1}).", "为“{0}”建立索引（{1}）。"},
    Words{"migration.drop_index", "Drop an index of “{0}” ({1}).", "删除“{0}”的索引（{1}）。"},
    Words{"migration.fill_shadow", "Prepare “{1}” of “{0}” for search.",
          "为“{0}”的“{1}”准备搜索数据。"},
    Words{"migration.callback", "Let the plugin rewrite its rows (step {1}).",
          "由插件分批改写数据（第 {1} 步）。"},
    Words{"migration.rename_table", "Rename the table “{1}” to “{0}”.",
          "将数据表“{1}”更名为“{0}”。"},
    Words{"migration.rename_column", "Rename fields of “{0}”: {1}.", "更名“{0}”的字段：{1}。"},
    Words{"migration.change_table", "Change the fields of “{0}”: {1}.", "更改“{0}”的字段：{1}。"},
    Words{"migration.quarantine_table", "Put the table “{0}” away; it is kept until it is purged.",
          "将数据表“{0}”移入隔离区，清除前一直保留。"},
    Words{"migration.search", "Index the words of “{0}” anew.", "重建“{0}”的全文索引。"},
    Words{"migration.derive", "Compute “{1}” of the rows of “{0}” that are there, in batches.",
          "分批计算“{0}”现有记录的“{1}”。"},
    Words{"migration.derive_rest", "Compute “{1}” of the rows of “{0}” that changed meanwhile.",
          "计算“{0}”在此期间变化的记录的“{1}”。"},
    Words{"migration.derive_all", "Compute “{1}” of all rows of “{0}” anew.",
          "重新计算“{0}”全部记录的“{1}”。"},
    Words{"migration.activate", "Switch to version {1}.", "切换到版本 {1}。"},
    Words{"schema.data.duplicate", "“{0}”: the values of “{1}” are not unique.",
          "“{0}”：“{1}”的值有重复。"},
    Words{"schema.data.missing", "“{0}”: rows without “{1}”, which becomes required.",
          "“{0}”：有记录未填写即将成为必填的“{1}”。"},
    Words{"schema.data.range", "“{0}”: values of “{1}” do not fit its new kind.",
          "“{0}”：“{1}”的值超出新类型的范围。"},
    Words{"schema.data.lossy", "“{0}”: values of “{1}” are cut or emptied.",
          "“{0}”：“{1}”的部分值将被截断或清空。"},
    Words{"schema.data.dropped", "“{0}”: the field “{1}” goes, with its values.",
          "“{0}”：字段“{1}”及其值将被移除。"},
    Words{"schema.data.dropped_table", "The table “{0}” goes, with its rows.",
          "数据表“{0}”及其记录将被移除。"},
    Words{"schema.data.formula",
          "“{0}”: “{1}” cannot be computed for some rows; correct them or its formula.",
          "“{0}”：部分记录无法计算“{1}”；请更正这些记录或公式。"},
    Words{"schema.data.sum", "“{0}”: the sum in “{1}” is too large for some rows.",
          "“{0}”：部分记录“{1}”的合计过大。"},
    Words{"schema.referenced", "“{0}” is still referred to by “{1}”.", "“{0}”仍被“{1}”引用。"},
};

}  // namespace

Localized words_of(std::string_view key, std::string_view entity, std::string_view what) {
  const auto found = std::ranges::find(kWords, key, &Words::key);
  TENON_ASSERT(found != kWords.end());
  return {{"en", fmt::format(fmt::runtime(found->en), entity, what)},
          {"zh-CN", fmt::format(fmt::runtime(found->zh), entity, what)}};
}

}  // namespace tenon::data
