#include "http/static_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace tenon::http {
namespace {

namespace fs = std::filesystem;

class StaticFilesTest : public testing::Test {
 public:
  ~StaticFilesTest() override {
    fs::remove_all(folder_);
    fs::remove(folder_.string() + "_secret.txt");
  }

 protected:
  StaticFilesTest()
      : folder_(fs::path(testing::TempDir()) /
                ("static_" + std::to_string(::getpid()) + "_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    put("index.html", "<p nonce=NONCE>start</p>");
    put("assets/app-1a2b.js", "plain script");
    put("assets/app-1a2b.js.br", "br script");
    put("assets/app-1a2b.js.gz", "gz script");
    put("favicon.ico", "icon");
    fs::create_symlink("/etc/passwd", folder_ / "link.txt");
    std::ofstream(folder_.string() + "_secret.txt") << "secret";
  }

  void put(const std::string& name, std::string_view text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  static Response get(const StaticFiles& files, std::string_view target,
                      std::vector<HeaderField> fields = {}) {
    const auto request = Request::make(Method::get, target, fields);
    EXPECT_TRUE(request.has_value()) << target;
    return files.answer(*request);
  }

  fs::path folder_;
};

TEST_F(StaticFilesTest, serves_hashed_assets_as_immutable_and_the_rest_revalidated) {
  const auto files = *StaticFiles::load(folder_);
  const Response asset = get(*files, "/assets/app-1a2b.js");
  EXPECT_EQ(asset.body(), "plain script");
  EXPECT_EQ(asset.header("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(asset.header("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(asset.header("Vary"), "Accept-Encoding");
  const Response icon = get(*files, "/favicon.ico");
  EXPECT_EQ(icon.header("Cache-Control"), "no-cache");
  EXPECT_EQ(icon.header("Vary"), std::nullopt);
}

TEST_F(StaticFilesTest, negotiates_precompressed_forms) {
  const auto files = *StaticFiles::load(folder_);
  const auto coding = [&](std::string accept) {
    const Response response =
        get(*files, "/assets/app-1a2b.js", {{"Accept-Encoding", std::move(accept)}});
    return std::string(response.header("Content-Encoding").value_or("-")) + " " +
           std::string(response.body());
  };
  EXPECT_EQ(coding("gzip, deflate, br, zstd"), "br br script");
  EXPECT_EQ(coding("GZIP;q=0.5"), "gzip gz script");
  EXPECT_EQ(coding("br;q=0, gzip"), "gzip gz script");
  EXPECT_EQ(coding("zstd"), "- plain script");
  EXPECT_EQ(coding("br;q=0"), "- plain script");
}

TEST_F(StaticFilesTest, answers_304_to_the_etag_of_the_same_form) {
  const auto files = *StaticFiles::load(folder_);
  const std::string plain(*get(*files, "/assets/app-1a2b.js").header("ETag"));
  const std::string coded(
      *get(*files, "/assets/app-1a2b.js", {{"Accept-Encoding", "br"}}).header("ETag"));
  EXPECT_NE(plain, coded);
  EXPECT_EQ(get(*files, "/assets/app-1a2b.js", {{"If-None-Match", "\"x\", W/" + plain}}).status(),
            304);
  EXPECT_EQ(get(*files, "/assets/app-1a2b.js", {{"If-None-Match", coded}}).status(), 200);
}

TEST_F(StaticFilesTest, gives_the_start_page_for_paths_of_the_application_only) {
  const auto files = *StaticFiles::load(folder_);
  for (const std::string_view path : {"/", "/index.html", "/crm/customer", "/crm/"}) {
    EXPECT_EQ(get(*files, path).body(), "<p nonce=NONCE>start</p>") << path;
  }
  for (const std::string_view path : {"/none.js", "/assets/none", "/assets/none.js", "/a/b.txt"}) {
    EXPECT_EQ(get(*files, path).status(), 404) << path;
  }
}

TEST_F(StaticFilesTest, lets_a_hook_put_a_nonce_into_the_start_page) {
  StaticFiles::Options options;
  options.page_hook = [](const Request&, std::string& page, Response& response) {
    page.replace(page.find("NONCE"), 5, "abc");
    response.set("Content-Security-Policy", "script-src 'nonce-abc'");
  };
  const auto files = *StaticFiles::load(folder_, options);
  const Response page = get(*files, "/crm");
  EXPECT_EQ(page.body(), "<p nonce=abc>start</p>");
  EXPECT_EQ(page.header("Cache-Control"), "no-store");
  EXPECT_EQ(page.header("ETag"), std::nullopt);
  EXPECT_EQ(page.header("Content-Security-Policy"), "script-src 'nonce-abc'");
}

TEST_F(StaticFilesTest, never_leaves_its_folder) {
  const auto files = *StaticFiles::load(folder_);
  const std::string name = folder_.filename().string();
  for (const std::string& path :
       {"/..%2F" + name + "_secret.txt", "/assets%2F..%2F..%2F" + name + "_secret.txt",
        std::string("/%2Fetc%2Fpasswd.txt"), std::string("/link.txt"),
        std::string("/assets/..%5Cindex.html")}) {
    EXPECT_EQ(get(*files, path).status(), 404) << path;
  }
  EXPECT_FALSE(Request::make(Method::get, "/../x").has_value());
}

TEST_F(StaticFilesTest, refuses_a_folder_without_a_start_page_or_too_large) {
  EXPECT_EQ(StaticFiles::load(folder_ / "assets").error().reason(), "static.index");
  EXPECT_EQ(StaticFiles::load(folder_ / "none").error().reason(), "static.index");
  StaticFiles::Options options;
  options.total_bytes = 10;
  EXPECT_EQ(StaticFiles::load(folder_, options).error().reason(), "static.size");
}

}  // namespace
}  // namespace tenon::http
