// The reader against a table of texts, the same in any pieces, and against noise; the guard.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "data/bulk/csv_reader.h"
#include "data/bulk/csv_writer.h"

namespace tenon::data {
namespace {

/// Rows as `a|b/c|d`, quoted cells in brackets; an error as its reason and line.
std::string read(std::string_view text, std::size_t piece = 1000, CsvLimits limits = {}) {
  CsvReader reader(limits);
  std::vector<CsvRow> rows;
  Result<> done;
  for (std::size_t at = 0; done && at < text.size(); at += piece)
    done = reader.feed(text.substr(at, piece), rows);
  if (done) done = reader.finish(rows);
  if (!done) return done.error().reason() + " " + done.error().details();
  std::string shown;
  for (const auto& row : rows) {
    shown += shown.empty() ? "" : "/";
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const auto& [cell, quoted] = row.cells[i];
      shown += (i == 0 ? "" : "|") + (quoted ? "[" + cell + "]" : cell);
    }
  }
  return shown;
}

struct Case {
  std::string_view text, rows;
};

TEST(CsvReader, reads_every_text_the_same_in_pieces_of_any_size) {
  const Case cases[] = {
      {"", ""},
      {"a", "a"},
      {"a,b\r\nc,d\r\n", "a|b/c|d"},
      {"a,b\nc,d", "a|b/c|d"},
      {"a,b\rc,d\r", "a|b/c|d"},
      {"a;b\n1,5;2", "a|b/1,5|2"},
      {"a\tb\n1\t2", "a|b/1|2"},
      {"\"a;b;c\",d\n", "[a;b;c]|d"},
      {"\xef\xbb\xbf"
       "a,b\n",
       "a|b"},
      {"\xef\xbb\xbf\"a\",b\n", "[a]|b"},
      {"a,\"x\"\"y\"\n", "a|[x\"y]"},
      {"a,\"x\ny\"\nb,c", "a|[x\ny]/b|c"},
      {"a,\"x\r\ny\"\r\nb,c", "a|[x\r\ny]/b|c"},
      {"a,\"\"\nb,", "a|[]/b|"},
      {"\"\"\n", "[]"},
      {"a\n\n\r\nb\n", "a/b"},
      {",\n", "|"},
      {" a , b ", " a | b "},
      {"客户,市\n张三,上海", "客户|市/张三|上海"},
      {"a,b\"c\n", "csv.quote {\"line\":1}"},
      {"a\nb\"\n", "csv.quote {\"line\":2}"},
      {"a\n\"b\"c\n", "csv.after_quote {\"line\":2}"},
      {"a\n\"b\nc\n", "csv.open_quote {\"line\":3}"},
  };
  for (const auto& [text, rows] : cases)
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U})
      EXPECT_EQ(read(text, piece), rows) << text;
}

TEST(CsvReader, holds_its_limits) {
  const CsvLimits limits{.row_bytes = 20, .cell_bytes = 8, .cells = 4};
  EXPECT_EQ(read("12345678,1,2,3\n", 1, limits), "12345678|1|2|3");
  EXPECT_EQ(read("123456789\n", 1, limits), "csv.cell_bytes {\"line\":1}");
  EXPECT_EQ(read("1,2,3,4,5\n", 1, limits), "csv.cells {\"line\":1}");
  EXPECT_EQ(read("a\n12345678,12345678,1234\n", 1, limits), "csv.row_bytes {\"line\":2}");
  EXPECT_EQ(read("a\n\"1\n2\n3\n4\n5\n6\n7\n8\n9\n\"\n", 1, limits), "csv.cell_bytes {\"line\":6}");
  EXPECT_EQ(read(std::string(30, 'a'), 30, limits), "csv.row_bytes {\"line\":1}");
}

TEST(CsvReader, survives_noise_and_answers_the_same_in_any_pieces) {
  SeededRandom random(7);
  constexpr std::string_view kBytes =
      ",;\t\"\r\n\xef\xbb\xbf"
      "a1\0\xff";
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (auto left = random.next() % 40; left > 0; --left)
      text += kBytes[random.next() % kBytes.size()];
    const auto whole = read(text, 1000, {.row_bytes = 16, .cell_bytes = 8, .cells = 5});
    // A limit of the row may be found earlier in the first line when it comes as a whole.
    if (whole.starts_with("csv.")) continue;
    EXPECT_EQ(read(text, 1, {.row_bytes = 16, .cell_bytes = 8, .cells = 5}), whole);
  }
}

TEST(CsvWriter, guards_formulas_but_no_numbers_and_can_be_undone) {
  const Case cases[] = {{"=1+1", "'=1+1"}, {"+1+1", "'+1+1"},     {"-12.50", "-12.50"},
                        {"+3", "+3"},      {"-1e5", "-1e5"},      {"@SUM(A1)", "'@SUM(A1)"},
                        {"\tx", "'\tx"},   {"\rx", "'\rx"},       {"'=1", "''=1"},
                        {"'tis", "'tis"},  {"-", "'-"},           {"a=1", "a=1"},
                        {"", ""},          {"-1-cmd", "'-1-cmd"}, {"'", "'"},
                        {"-1.", "'-1."},   {"''@x", "'''@x"},     {"+-1", "'+-1"}};
  for (const auto& [text, cell] : cases) {
    EXPECT_EQ(guarded(text), cell);
    EXPECT_EQ(unguarded(guarded(text)), text);
  }
}

TEST(CsvWriter, writes_what_the_reader_reads) {
  for (const std::string text :
       {"", "a", "a,b", "a;b", "a\tb", "\"", "x\"y", "\r\n", " a ", "\n"}) {
    std::string line = "k,";
    write_cell(line, text, Guard::none);
    CsvReader reader;
    std::vector<CsvRow> rows;
    ASSERT_TRUE(reader.feed("h1,h2\n" + line + "\n", rows) && reader.finish(rows));
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].cells[1].text, text);
  }
}

}  // namespace
}  // namespace tenon::data
