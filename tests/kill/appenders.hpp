#pragma once

#include "tests/kill/disk_store.hpp"

#include <atomic>
#include <cstdint>
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

  Appenders() = default;
  Appenders(const Appenders&) = delete;
  Appenders& operator=(const Appenders&) = delete;
  ~Appenders() { stop(); }

  // Has the file open, where it keeps it, before this returns.
  void start(const DiskStore& store, int number, Root root, Manner manner);
  // Ends them and tells the store what they have appended. The number of lines.
  std::uint64_t finish(DiskStore& store);

private:
  struct Writer {
    int number = 0;
    std::string path;
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
