#include "server/settings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "server/config_file.h"

namespace tenon::server {
namespace {

using namespace std::chrono_literals;

std::string error_of(std::string_view text) {
  Config config;
  const auto done = apply_config(config, text, "tenon.toml");
  return done ? "" : done.error().message();
}

TEST(SettingsTest, every_setting_has_a_name_of_its_own_and_shows_what_it_takes) {
  std::set<std::string_view> keys;
  for (const Setting& setting : settings()) {
    SCOPED_TRACE(setting.key);
    EXPECT_TRUE(keys.insert(setting.key).second);
    EXPECT_EQ(std::ranges::count(setting.key, '.'), 1);
    EXPECT_TRUE(setting.help.ends_with('.'));
    const auto dot = setting.key.find('.');
    const Config defaults;
    std::string text = "[" + std::string(setting.key.substr(0, dot)) + "]\n";
    text += std::string(setting.key.substr(dot + 1)) + " = " + setting.show(defaults) + "\n";
    Config config;
    const auto done = apply_config(config, text, "tenon.toml");
    ASSERT_TRUE(done.has_value()) << done.error().message();
    EXPECT_EQ(setting.show(config), setting.show(defaults));
  }
}

TEST(SettingsTest, sizes_times_and_rates_are_read_with_their_units) {
  Config config;
  for (const char* one :
       {"limits.head_bytes=16KiB", "limits.target_bytes=300", "times.header=2min",
        "times.queue=7ms", "limits.user_rate=2.5", "server.io_threads=3", "log.access=false",
        "log.level=error", "server.listen=[::1]:99", "server.trusted_proxies=10.0.0.0/8,::1"}) {
    const auto done = put_setting(config, one);
    EXPECT_TRUE(done.has_value()) << one << ": " << done.error().message();
  }
  EXPECT_EQ(config.http.head.head_bytes, 16U * 1024);
  EXPECT_EQ(config.http.head.target_bytes, 300U);
  EXPECT_EQ(config.http.head_time, 2min);
  EXPECT_EQ(config.http.queue_time, 7ms);
  EXPECT_DOUBLE_EQ(config.throttle.per_user.per_second, 2.5);
  EXPECT_DOUBLE_EQ(config.throttle.per_user.burst, 5);
  EXPECT_EQ(config.http.threads, 3U);
  EXPECT_FALSE(config.log.access);
  EXPECT_EQ(config.log.level, LogLevel::error);
  EXPECT_EQ(config.listen, "[::1]:99");
  EXPECT_EQ(config.http.trusted_proxies, (std::vector<std::string>{"10.0.0.0/8", "::1"}));
}

TEST(SettingsTest, what_is_out_of_bounds_or_of_another_kind_changes_nothing) {
  const Config defaults;
  for (const char* one : {"limits.head_bytes=1",
                          "limits.head_bytes=9GiB",
                          "limits.head_bytes=-1",
                          "limits.head_bytes=",
                          "limits.head_bytes=8kb",
                          "limits.head_bytes=99999999999999999999GiB",
                          "times.header=5",
                          "times.header=5 weeks",
                          "times.header=1ms",
                          "limits.user_rate=0",
                          "limits.user_rate=nan",
                          "limits.user_rate=-1",
                          "limits.user_rate=inf",
                          "server.io_threads=0",
                          "server.io_threads=65",
                          "server.io_threads=1.5",
                          "log.access=yes",
                          "log.level=loud",
                          "limits.nothing=1",
                          "limits",
                          "",
                          "=1"}) {
    Config config;
    EXPECT_FALSE(put_setting(config, one).has_value()) << one;
    for (const Setting& setting : settings())
      EXPECT_EQ(setting.show(config), setting.show(defaults));
  }
}

TEST(SettingsTest, a_file_tells_all_its_mistakes_with_their_places) {
  EXPECT_EQ(error_of("[limits]\nhed_bytes = 1\n"),
            "tenon.toml:2:1: unknown key \"limits.hed_bytes\"; did you mean "
            "\"limits.head_bytes\"?");
  EXPECT_EQ(error_of("[server]\nio_threads = true\nlisten = [1]\n"),
            "tenon.toml:2:14: server.io_threads wants a number from 1 to 64, but this is true or "
            "false\ntenon.toml:3:10: server.listen wants text, but this is an array");
  EXPECT_EQ(error_of("limits = 3\n"), "tenon.toml:1:1: \"limits\" is a table: write [limits]");
  EXPECT_EQ(error_of("limits.head_bytes = 9000\n"), "");
  EXPECT_NE(error_of("[server\n").find("tenon.toml:1:"), std::string::npos);
}

TEST(SettingsTest, paths_of_a_file_are_taken_from_its_folder) {
  Config config;
  ASSERT_TRUE(apply_config(config,
                           "[server]\ndata = \"data\"\nweb = \"/srv/web\"\n[tls]\n"
                           "certificate = \"../cert.pem\"\n[log]\naccess_file = \"-\"\n",
                           "/etc/tenon/tenon.toml")
                  .has_value());
  EXPECT_EQ(config.data, "/etc/tenon/data");
  EXPECT_EQ(config.web, "/srv/web");
  EXPECT_EQ(config.http.tls.certificate, "/etc/cert.pem");
  EXPECT_EQ(config.log.access_file, "-");
  EXPECT_EQ(config.http.tls.key, "");
}

}  // namespace
}  // namespace tenon::server
