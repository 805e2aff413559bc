// What a workbook cannot hold is refused or exact text; rows beyond a sheet go to the next.
#include "services/exports/xlsx_table.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "storage/scratch.h"

namespace tenon::services {
namespace {

using data::FieldType;

class XlsxTableTest : public ::testing::Test {
 protected:
  tenon::testing::ScratchDirectory folder_;
  std::filesystem::path file_ = std::filesystem::path(folder_.path()) / "a.xlsx";
  std::vector<TableColumn> columns_ = {{.heading = "名称", .type = FieldType::string},
                                       {.heading = "n", .type = FieldType::integer}};

  /// A part of the workbook as text.
  std::string part(const std::string& name) const {
    const auto out = (std::filesystem::path(folder_.path()) / "part").string();
    const auto command =
        "python3 -c \"import sys,zipfile; sys.stdout.buffer.write(zipfile.ZipFile('" +
        file_.string() + "').read('" + name + "'))\" > " + out + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) return {};  // NOLINT(concurrency-mt-unsafe): one thread
    std::ifstream in(out);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(XlsxTableTest, rows_beyond_a_sheet_go_to_the_next_with_the_heading_again) {
  auto table = make_xlsx_table(columns_, file_, {.sheet = "[客户]/\\", .sheet_rows = 4});
  ASSERT_TRUE(table) << table.error().for_log();
  for (int i = 0; i < 7; ++i) {
    const auto number = std::to_string(i);
    const std::array<std::string_view, 2> cells{"\"x\"", number};
    ASSERT_TRUE((*table)->row(cells));
  }
  ASSERT_TRUE((*table)->finish());
  const auto book = part("xl/workbook.xml");
  EXPECT_NE(book.find("name=\"客户\""), std::string::npos) << book;
  EXPECT_NE(book.find("name=\"客户 3\""), std::string::npos);
  EXPECT_EQ(book.find("name=\"客户 4\""), std::string::npos);
  for (const auto* sheet : {"1", "2", "3"}) {
    const auto text = part("xl/worksheets/sheet" + std::string(sheet) + ".xml");
    EXPECT_NE(text.find("名称"), std::string::npos) << sheet;
    EXPECT_EQ(text.find("<row r=\"5\""), std::string::npos) << sheet;
  }
  EXPECT_NE(part("xl/worksheets/sheet3.xml").find("<v>6</v>"), std::string::npos);
}

TEST_F(XlsxTableTest, numbers_that_a_double_cannot_hold_are_exact_text) {
  auto table = make_xlsx_table(columns_, file_, {.sheet = "s"});
  ASSERT_TRUE(table);
  for (const std::string_view number :
       {"123456789012345", "1234567890123456", "-9223372036854775808"}) {
    const std::array<std::string_view, 2> cells{"null", number};
    ASSERT_TRUE((*table)->row(cells));
  }
  ASSERT_TRUE((*table)->finish());
  const auto text = part("xl/worksheets/sheet1.xml");
  EXPECT_NE(text.find("<v>123456789012345</v>"), std::string::npos) << text;
  EXPECT_NE(text.find("<t>1234567890123456</t>"), std::string::npos);
  EXPECT_NE(text.find("-9223372036854775808</t>"), std::string::npos);
}

TEST_F(XlsxTableTest, a_text_of_more_than_a_cell_takes_is_refused_by_its_place) {
  auto table = make_xlsx_table(columns_, file_, {.sheet = "s"});
  ASSERT_TRUE(table);
  const auto fits = "\"" + std::string(32'767, 'x') + "\"";
  const auto more = "\"" + std::string(32'768, 'x') + "\"";
  EXPECT_TRUE((*table)->row(std::array<std::string_view, 2>{fits, "1"}));
  const auto refused = (*table)->row(std::array<std::string_view, 2>{more, "1"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "exports.cell");
  EXPECT_NE(refused.error().message().find("Row 2, \"名称\""), std::string::npos);
}

TEST_F(XlsxTableTest, control_characters_and_code_points_that_xml_lacks_do_no_harm) {
  auto table = make_xlsx_table(columns_, file_, {.sheet = "s"});
  ASSERT_TRUE(table);
  const std::array<std::string_view, 2> cells{R"("a\u0001\u0000\uFFFE\uFFFF<&>")", "1"};
  ASSERT_TRUE((*table)->row(cells));
  ASSERT_TRUE((*table)->finish());
  const auto text = part("xl/worksheets/sheet1.xml");
  EXPECT_NE(text.find("a_x0001_"), std::string::npos) << text;
  EXPECT_EQ(text.find("\xEF\xBF\xBE"), std::string::npos);
}

}  // namespace
}  // namespace tenon::services
