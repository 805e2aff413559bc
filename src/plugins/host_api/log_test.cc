#include "plugins/host_api/log.h"

#include <gtest/gtest.h>

namespace tenon::plugins {
namespace {

TEST(LogText, escapes_everything_that_could_forge_a_line_or_drive_a_terminal) {
  EXPECT_EQ(escape_log_text("a\r\nb"), "a\\x0d\\x0ab");
  EXPECT_EQ(escape_log_text("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(escape_log_text("\x7f"), "\\x7f");
  EXPECT_EQ(escape_log_text("\xc2\x9b"), "\\x9b");
}

TEST(LogText, leaves_other_text_alone) {
  EXPECT_EQ(escape_log_text("处理事件 é成功"), "处理事件 é成功");
}

TEST(LogText, is_cut_on_a_code_point) {
  const std::string long_text = std::string(4095, 'a') + "榫";
  EXPECT_EQ(escape_log_text(long_text), std::string(4095, 'a'));
}

}  // namespace
}  // namespace tenon::plugins
