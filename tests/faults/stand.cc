#include "stand.h"

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "storage/postgres_scratch.h"

namespace tenon::testing {
namespace {

std::string make_folder(const std::string& inside) {
  std::string pattern = inside + "/tenon-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) std::terminate();
  return pattern;
}

enum class Place : std::uint8_t { own, borrowed };

/// Work on a server waits for locks on a thread of the pool: one fewer than there are writers, and
/// who holds the lock may stand behind who waits for it.
constexpr std::size_t threads_for(Engine engine) { return engine == Engine::postgres ? 20 : 1; }

/// Tenants of a folder: there lie their files, or the addresses of their databases.
class FolderStand : public Stand {
 public:
  FolderStand(Engine engine, std::string folder, Place place)
      : engine_(engine), folder_(std::move(folder)), place_(place) {}
  FolderStand(const FolderStand&) = delete;
  FolderStand& operator=(const FolderStand&) = delete;
  ~FolderStand() override {
    FolderStand::close();
    std::error_code ignored;
    if (place_ == Place::own) std::filesystem::remove_all(folder_, ignored);
  }

  std::string address() const override { return fmt::format("{}:{}", to_string(engine_), folder_); }
  Result<std::shared_ptr<data::Tenant>> create() override { return tenants().create("acme"); }
  Result<std::shared_ptr<data::Tenant>> open() override { return tenants().open("acme"); }
  void close() override {
    tenants_.reset();
    pool_.reset();
  }

 protected:
  data::Tenants& tenants() {
    if (!tenants_) {
      pool_.emplace(BlockingPool::Options{.threads = threads_for(engine_)});
      tenants_.emplace(folder_, *pool_, clock_, random_);
    }
    return *tenants_;
  }

 private:
  Engine engine_;
  std::string folder_;
  Place place_;
  SystemClock clock_;
  SystemRandom random_;
  std::optional<BlockingPool> pool_;
  std::optional<data::Tenants> tenants_;
};

/// Processes of the server that serve somebody.
std::vector<pid_t> backends(pid_t server) {
  std::vector<pid_t> found;
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", server));
  for (pid_t child = 0; children >> child;) {
    std::ifstream file(fmt::format("/proc/{}/cmdline", child));
    std::string title;
    std::getline(file, title, '\0');
    if (title.starts_with("postgres: tenon ")) found.push_back(child);
  }
  return found;
}

/// A database on the private server of this program. The process that kills is the one that made
/// it, so only that one looks for the server.
class PostgresStand final : public FolderStand {
 public:
  explicit PostgresStand(std::string folder)
      : FolderStand(Engine::postgres, std::move(folder), Place::own) {}

  Result<std::shared_ptr<data::Tenant>> create() override {
    return tenants().create("acme", server().fresh_database());
  }
  Result<std::shared_ptr<data::Tenant>> open() override {
    if (std::exchange(killed_, false)) TENON_TRY(recover());
    return FolderStand::open();
  }
  std::vector<std::string> victims() const override { return {"writer", "backend", "postmaster"}; }
  void kill(std::string_view victim, pid_t writer) override {
    killed_ = true;
    if (victim == "postmaster") {
      server().kill_9();
      down_ = true;
    } else if (victim == "backend") {
      const auto all = backends(server().process());
      if (!all.empty()) ::kill(all[turn_++ % all.size()], SIGKILL);
    } else {
      Stand::kill(victim, writer);
    }
  }

 private:
  static PrivatePostgres& server() { return *PrivatePostgres::shared(); }

  /// Waits until the server has recovered and has done with whoever was killed: what a client sent
  /// last may become durable behind its death.
  Result<> recover() {
    if (std::exchange(down_, false) && !server().start_again())
      return fail(ErrorCode::unavailable, "The server does not start again.");
    for (int attempt = 0; attempt < 600; ++attempt) {
      if (server().ask("SELECT 1 / (CASE WHEN count(*) = 0 THEN 1 ELSE 0 END) FROM "
                       "pg_stat_activity WHERE usename = 'tenon'"))
        return {};
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return fail(ErrorCode::unavailable, "The server does not recover.");
  }

  bool killed_ = false, down_ = false;
  std::size_t turn_ = 0;
};

}  // namespace

std::string_view to_string(Engine engine) noexcept {
  return engine == Engine::sqlite ? "sqlite" : "postgres";
}

std::size_t loops_for(data::Tenant& tenant, std::size_t wanted, std::size_t coroutines) {
  return tenant.database().dialect() == storage::Dialect::postgres ? coroutines : wanted;
}

void Stand::kill(std::string_view victim, pid_t writer) {
  if (victim == "writer") ::kill(writer, SIGKILL);
}

std::unique_ptr<Stand> make_stand(Engine engine, std::string folder) {
  if (folder.empty()) folder = std::filesystem::temp_directory_path().string();
  folder = make_folder(folder);
  if (engine == Engine::postgres) return std::make_unique<PostgresStand>(std::move(folder));
  return std::make_unique<FolderStand>(engine, std::move(folder), Place::own);
}

std::unique_ptr<Stand> open_stand(std::string_view address) {
  for (const auto engine : {Engine::sqlite, Engine::postgres})
    if (address.starts_with(to_string(engine)))
      return std::make_unique<FolderStand>(
          engine, std::string(address.substr(to_string(engine).size() + 1)), Place::borrowed);
  std::terminate();
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
