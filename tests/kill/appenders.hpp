#pragma once

#include "tests/kill/disk_store.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace coldpress {

// Writers that take no lock, each on a rollout of its own: one that keeps the file open,
// or one that opens it anew for each line and stops when the plain file is gone.
class Appenders {
public:
  enum class Manner : bool { keeps_open, reopens };
  // Called by the writer after each line, with its descriptor and the bytes that it has
  // appended so far.
  using AfterLine = std::function<void(int fd, std::uint64_t appended)>;

  Appenders() = default;
  Appenders(const Appenders&) = delete;
  Appenders& operator=(const Appenders&) = delete;
  ~Appenders() { stop(); }

  // Has the file open, where it keeps it, before this returns.
  void start(const DiskStore& store,
             int number,
             Root root,
             Manner manner,
             AfterLine after_line = {});
  // Ends them and tells the store what they have appended. The number of lines.
  std::uint64_t finish(DiskStore& store);

private:
  struct Writer {
    int number = 0;
    std::string path;
    AfterLine after_line;
    int kept_open = -1;
    std::string appended;
    std::uint64_t lines = 0;
    std::thread thread;
  };
  void write_lines(Writer& writer) const;
  void stop();

  std::atomic<bool> stop_{false};
  std::vector<std::unique_ptr<Writer>> writers_;
};

} // namespace coldpress
