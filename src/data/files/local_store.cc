// Blobs as files of one directory. A blob is written under a name of nobody's, synchronised, then
// linked under its own name, and the directory is synchronised: at every moment a named file is
// whole.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "data/files/blob_store.h"

namespace tenon::data {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> broken(std::string_view doing, int code) {
  if (code == ENOSPC || code == EDQUOT)
    return fail(Error(ErrorCode::exhausted, "There is no room for the file.")
                    .because("files.disk")
                    .in_context(doing));
  return fail(Error(ErrorCode::unavailable, "The file store does not answer.")
                  .because("files.store")
                  .in_context(fmt::format("{}: {}", doing, std::strerror(code))));
}

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool good() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

Result<> sync_directory(const fs::path& directory) {
  const Descriptor handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.good() || ::fsync(handle.get()) != 0) return broken(directory.string(), errno);
  return {};
}

/// Makes a directory and its entry durable.
Result<> make_directory(const fs::path& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0) return sync_directory(directory.parent_path());
  if (errno == EEXIST) return {};
  return broken(directory.string(), errno);
}

fs::path place_of(const fs::path& directory, const Digest& sha256) {
  const auto name = hex(sha256);
  return directory / name.substr(0, 2) / name.substr(2);
}

class LocalReader final : public BlobReader {
 public:
  LocalReader(Descriptor file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  std::uint64_t size() const noexcept override { return size_; }
  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size() && offset + done < size_) {
      const auto got = ::pread(file_.get(), out.data() + done, out.size() - done,
                               static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return broken("pread", errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  Descriptor file_;
  std::uint64_t size_;
};

class LocalWriter final : public BlobWriter {
 public:
  LocalWriter(fs::path directory, fs::path path, Descriptor file)
      : directory_(std::move(directory)), path_(std::move(path)), file_(std::move(file)) {}
  LocalWriter(const LocalWriter&) = delete;
  LocalWriter& operator=(const LocalWriter&) = delete;
  ~LocalWriter() override { ::unlink(path_.c_str()); }

  Result<> write(std::span<const std::uint8_t> data) override {
    while (!data.empty()) {
      const auto put = ::write(file_.get(), data.data(), data.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return broken("write", errno);
      data = data.subspan(static_cast<std::size_t>(put));
    }
    return {};
  }
  Result<> seal() override {
    if (::fsync(file_.get()) != 0) return broken("fsync", errno);
    return {};
  }
  Result<> place(const Digest& sha256) override {
    const auto to = place_of(directory_, sha256);
    TENON_TRY(make_directory(to.parent_path()));
    if (::link(path_.c_str(), to.c_str()) != 0 && errno != EEXIST) return broken("link", errno);
    return sync_directory(to.parent_path());
  }

 private:
  fs::path directory_;
  fs::path path_;
  Descriptor file_;
};

class LocalStore final : public BlobStore {
 public:
  explicit LocalStore(fs::path directory) : directory_(std::move(directory)) {}

  Result<std::unique_ptr<BlobWriter>> begin() override {
    const auto unfinished = directory_ / "new";
    std::error_code error;
    fs::create_directories(directory_.parent_path(), error);
    if (error) return broken(directory_.string(), error.value());
    TENON_TRY(make_directory(directory_));
    TENON_TRY(make_directory(unfinished));
    std::string pattern = (unfinished / "XXXXXX").string();
    Descriptor file(::mkostemp(pattern.data(), O_CLOEXEC));
    if (!file.good()) return broken("mkostemp", errno);
    return std::make_unique<LocalWriter>(directory_, pattern, std::move(file));
  }

  Result<std::unique_ptr<BlobReader>> open(const Digest& sha256) override {
    const auto path = place_of(directory_, sha256);
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file.good() && errno == ENOENT)
      return fail(
          Error(ErrorCode::not_found, "The content of the file is gone.").because("files.missing"));
    struct stat status{};
    if (!file.good() || ::fstat(file.get(), &status) != 0) return broken(path.string(), errno);
    return std::make_unique<LocalReader>(std::move(file),
                                         static_cast<std::uint64_t>(status.st_size));
  }

  Result<> remove(const Digest& sha256) override {
    const auto path = place_of(directory_, sha256);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return broken(path.string(), errno);
    return {};
  }

  Result<> each(const std::function<Result<>(const Digest&)>& visit) override {
    std::error_code error;
    for (fs::directory_iterator outer(directory_, error), end; !error && outer != end;
         outer.increment(error)) {
      const auto start = outer->path().filename().string();
      if (start.size() != 2) continue;
      std::error_code inside;
      for (fs::directory_iterator file(outer->path(), inside); !inside && file != end;
           file.increment(inside)) {
        const auto bytes = from_hex(start + file->path().filename().string());
        if (!bytes || bytes->size() != std::tuple_size_v<Digest>) continue;
        Digest digest{};
        std::memcpy(digest.data(), bytes->data(), digest.size());
        TENON_TRY(visit(digest));
      }
      if (inside) return broken(outer->path().string(), inside.value());
    }
    if (error && error != std::errc::no_such_file_or_directory)
      return broken(directory_.string(), error.value());
    return {};
  }

  Result<std::uint64_t> sweep_unfinished(std::chrono::seconds age) override {
    std::uint64_t removed = 0;
    const auto limit = fs::file_time_type::clock::now() - age;
    std::error_code error;
    for (fs::directory_iterator file(directory_ / "new", error), end; !error && file != end;
         file.increment(error)) {
      std::error_code gone;  // its writer may end it at any moment
      const auto written = fs::last_write_time(file->path(), gone);
      if (!gone && written <= limit && fs::remove(file->path(), gone)) ++removed;
    }
    return removed;
  }

 private:
  fs::path directory_;
};

}  // namespace

std::unique_ptr<BlobStore> make_local_store(std::filesystem::path directory) {
  return std::make_unique<LocalStore>(std::move(directory));
}

}  // namespace tenon::data
