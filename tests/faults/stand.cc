#include "stand.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <optional>

namespace tenon::testing {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

std::string make_folder(const std::string& inside) {
  std::string pattern = inside + "/tenon-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) std::terminate();
  return pattern;
}

enum class Place : std::uint8_t { own, borrowed };

class SqliteStand final : public Stand {
 public:
  SqliteStand(std::string folder, Place place) : folder_(std::move(folder)), place_(place) {}
  SqliteStand(const SqliteStand&) = delete;
  SqliteStand& operator=(const SqliteStand&) = delete;
  ~SqliteStand() override {
    close();
    std::error_code ignored;
    if (place_ == Place::own) std::filesystem::remove_all(folder_, ignored);
  }

  std::string address() const override { return std::string(kSqlite) + folder_; }
  Result<std::shared_ptr<data::Tenant>> create() override { return tenants().create("acme"); }
  Result<std::shared_ptr<data::Tenant>> open() override { return tenants().open("acme"); }
  void close() override {
    tenants_.reset();
    pool_.reset();
  }

 private:
  data::Tenants& tenants() {
    if (!tenants_) {
      pool_.emplace(BlockingPool::Options{.threads = 1});
      tenants_.emplace(folder_, *pool_, clock_, random_);
    }
    return *tenants_;
  }

  std::string folder_;
  Place place_;
  SystemClock clock_;
  SystemRandom random_;
  std::optional<BlockingPool> pool_;
  std::optional<data::Tenants> tenants_;
};

}  // namespace

void Stand::kill(std::string_view victim, pid_t writer) {
  if (victim == "writer") ::kill(writer, SIGKILL);
}

std::unique_ptr<Stand> make_stand(Engine, std::string folder) {
  if (folder.empty()) folder = std::filesystem::temp_directory_path().string();
  return std::make_unique<SqliteStand>(make_folder(folder), Place::own);
}

std::unique_ptr<Stand> open_stand(std::string_view address) {
  if (!address.starts_with(kSqlite)) std::terminate();
  return std::make_unique<SqliteStand>(std::string(address.substr(kSqlite.size())),
                                       Place::borrowed);
}

MemoryFolder::MemoryFolder()
    : path_(make_folder(::access("/dev/shm", W_OK) == 0
                            ? "/dev/shm"
                            : std::filesystem::temp_directory_path().string())) {}

MemoryFolder::~MemoryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tenon::testing
