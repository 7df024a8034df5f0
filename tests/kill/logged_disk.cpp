#include "tests/kill/logged_disk.hpp"

#include "tests/kill/mounts.hpp"
#include "tests/kill/write_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace coldpress {

namespace {

constexpr std::uint64_t k_disk = 2; // node of the file; the root's is FUSE_ROOT_ID
constexpr std::uint32_t k_max_pages = 256;
constexpr std::uint32_t k_page = 4096;
constexpr std::uint32_t k_max_write = k_max_pages * k_page;

// Speaks the protocol of /dev/fuse, as much of it as a loop device and a mount need.
class DiskServer {
public:
  DiskServer(int device, int image, std::uint64_t size, const std::string& log)
      : device_(device), image_(image), size_(size), log_(log),
        request_(k_max_write + k_page) {}

  // Until it is unmounted.
  void serve() {
    for (;;) {
      const ssize_t got = ::read(device_, request_.data(), request_.size());
      if (got >= static_cast<ssize_t>(sizeof head_)) {
        std::memcpy(&head_, request_.data(), sizeof head_);
        handle();
      } else if (got < 0 && errno == ENODEV) {
        return;
      } else if (got >= 0 || (errno != EINTR && errno != ENOENT)) {
        throw std::runtime_error(fmt::format("read of /dev/fuse: {}", errno));
      }
    }
  }

private:
  template <typename T> T in() const {
    T value{};
    std::memcpy(&value, request_.data() + sizeof head_, sizeof value);
    return value;
  }

  void answer(int error, const void* data = nullptr, std::size_t size = 0) const {
    fuse_out_header out{};
    out.len = static_cast<std::uint32_t>(sizeof out + size);
    out.error = -error;
    out.unique = head_.unique;
    const std::array<iovec, 2> parts{iovec{&out, sizeof out},
                                     iovec{const_cast<void*>(data), size}};
    if (::writev(device_, parts.data(), parts.size()) < 0 && errno != ENOENT) {
      throw std::runtime_error(fmt::format("write to /dev/fuse: {}", errno));
    }
  }
  template <typename T> void answer_with(const T& value) const {
    answer(0, &value, sizeof value);
  }

  void handle() {
    switch (head_.opcode) {
    case FUSE_INIT:
      return begin();
    case FUSE_LOOKUP:
      return look_up();
    case FUSE_GETATTR:
    case FUSE_SETATTR:
      return tell_attributes();
    case FUSE_OPEN:
      return answer_with(fuse_open_out{});
    case FUSE_READ:
      return read_disk(in<fuse_read_in>());
    case FUSE_WRITE:
      return write_disk(in<fuse_write_in>());
    case FUSE_FSYNC:
      log_.flushed();
      return answer(0);
    case FUSE_FLUSH:
    case FUSE_RELEASE:
      return answer(0);
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
      return; // no answer is asked for
    default:
      return answer(ENOSYS); // also holes: nothing here is discarded
    }
  }

  void begin() const {
    const auto asked = in<fuse_init_in>();
    fuse_init_out out{};
    out.major = FUSE_KERNEL_VERSION;
    out.minor = FUSE_KERNEL_MINOR_VERSION;
    out.max_readahead = asked.max_readahead;
    out.flags = asked.flags & (FUSE_BIG_WRITES | FUSE_MAX_PAGES | FUSE_ASYNC_READ);
    out.max_write = k_max_write;
    out.max_pages = k_max_pages;
    answer_with(out);
  }

  fuse_attr attributes_of(std::uint64_t node) const {
    fuse_attr attributes{};
    attributes.ino = node;
    attributes.nlink = 1;
    attributes.blksize = k_page;
    attributes.mode = node == k_disk ? S_IFREG | 0600 : S_IFDIR | 0700;
    attributes.size = node == k_disk ? size_ : 0;
    return attributes;
  }

  void look_up() const {
    const auto* name = reinterpret_cast<const char*>(request_.data() + sizeof head_);
    if (head_.nodeid != FUSE_ROOT_ID || std::string_view(name) != "disk") {
      return answer(ENOENT);
    }
    fuse_entry_out out{};
    out.nodeid = k_disk;
    out.attr = attributes_of(k_disk);
    answer_with(out);
  }

  void tell_attributes() const {
    fuse_attr_out out{};
    out.attr = attributes_of(head_.nodeid);
    answer_with(out);
  }

  void read_disk(const fuse_read_in& asked) const {
    std::vector<std::byte> bytes(asked.size);
    const ssize_t got =
        ::pread(image_, bytes.data(), bytes.size(), static_cast<off_t>(asked.offset));
    got < 0 ? answer(errno) : answer(0, bytes.data(), static_cast<std::size_t>(got));
  }

  void write_disk(const fuse_write_in& asked) {
    const std::span<const std::byte> bytes(request_.data() + sizeof head_ + sizeof asked,
                                           asked.size);
    if (::pwrite(image_, bytes.data(), bytes.size(), static_cast<off_t>(asked.offset)) !=
        static_cast<ssize_t>(bytes.size())) {
      return answer(EIO);
    }
    log_.wrote(asked.offset, bytes);
    fuse_write_out out{};
    out.size = asked.size;
    answer_with(out);
  }

  int device_;
  int image_;
  std::uint64_t size_;
  WriteLogger log_;
  std::vector<std::byte> request_;
  fuse_in_header head_{};
};

// The server's whole life. It ends with who started it: a disk that nobody serves any
// more answers with errors, one whose server is blocked blocks for ever.
[[noreturn]] void serve(int device, const std::string& image, const std::string& log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    const int fd = ::open(image.c_str(), O_RDWR | O_CLOEXEC);
    struct stat stat {};
    if (fd < 0 || ::fstat(fd, &stat) != 0) {
      throw std::runtime_error("cannot open " + image);
    }
    DiskServer(device, fd, static_cast<std::uint64_t>(stat.st_size), log).serve();
  } catch (const std::exception& error) {
    fmt::print(stderr, "the logged disk: {}\n", error.what());
    ::_exit(1);
  }
  ::_exit(0);
}

} // namespace

std::unique_ptr<LoggedDisk> LoggedDisk::start(const std::string& dir,
                                              const std::string& image,
                                              const std::string& log,
                                              std::string& why_not) {
  std::filesystem::create_directories(dir);
  const int device = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device < 0) {
    why_not = fmt::format("/dev/fuse: {}", std::strerror(errno));
    return nullptr;
  }
  const std::string options =
      fmt::format("fd={},rootmode=40000,user_id=0,group_id=0", device);
  if (::mount("coldpress-disk", dir.c_str(), "fuse", MS_NODEV, options.c_str()) != 0) {
    why_not = fmt::format("mount of fuse: {}", std::strerror(errno));
    ::close(device);
    return nullptr;
  }
  const pid_t server = ::fork();
  if (server == 0) {
    serve(device, image, log);
  }
  ::close(device);
  if (server < 0) {
    ::umount2(dir.c_str(), MNT_DETACH);
    throw std::runtime_error("fork failed");
  }
  return std::unique_ptr<LoggedDisk>(new LoggedDisk(dir, server));
}

void LoggedDisk::stop() {
  unmount_now(dir_);
  int status = 0;
  const pid_t server = std::exchange(server_, 0);
  if (::waitpid(server, &status, 0) != server || status != 0) {
    throw std::runtime_error("the server of the logged disk has failed");
  }
}

LoggedDisk::~LoggedDisk() {
  if (server_ > 0) {
    ::kill(server_, SIGKILL);
    (void)::waitpid(server_, nullptr, 0);
    ::umount2(dir_.c_str(), MNT_DETACH);
  }
}

} // namespace coldpress
