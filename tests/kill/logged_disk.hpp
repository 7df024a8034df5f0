#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

namespace coldpress {

// A disk that logs what it is told: an image served as the one file of a FUSE mount, by a
// process of its own, for a loop device to stand on. Once the loop device says that a
// write or a flush is done, it is in the log.
class LoggedDisk {
public:
  // `dir` is made. Null, with the reason in `why_not`, where this machine cannot do it.
  static std::unique_ptr<LoggedDisk> start(const std::string& dir,
                                           const std::string& image,
                                           const std::string& log,
                                           std::string& why_not);
  LoggedDisk(const LoggedDisk&) = delete;
  LoggedDisk& operator=(const LoggedDisk&) = delete;
  ~LoggedDisk();

  std::string file() const { return dir_ + "/disk"; }
  // After whoever has the file open is gone; throws if the server has failed.
  void stop();

private:
  LoggedDisk(std::string dir, pid_t server) : dir_(std::move(dir)), server_(server) {}

  std::string dir_;
  pid_t server_;
};

} // namespace coldpress
