#pragma once

#include "fsutil/posix_fs.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// One rig per Fs: an empty directory on it, and a way to let time pass.

class PosixRig {
public:
  Fs& fs() { return posix_; }
  std::string at(const std::string& name) const { return dir_ / name; }
  std::string root() const { return dir_.path(); }
  // Returns when the file system would write a later time than now.
  void tick();
  // As another process does it.
  void symlink(const std::string& name, const std::string& target);
  void move(const std::string& from, const std::string& to);

private:
  TempDir dir_;
  PosixFs posix_;
};

class MemRig {
public:
  MemRig() { mem_.put_dir("/rig"); }
  Fs& fs() { return mem_; }
  std::string at(const std::string& name) const { return "/rig/" + name; }
  std::string root() const { return "/rig"; }
  void tick() { clock_.advance(std::chrono::milliseconds{1}); }
  void symlink(const std::string& name, const std::string& target) {
    mem_.put_symlink(at(name), target);
  }
  void move(const std::string& from, const std::string& to) {
    mem_.move(at(from), at(to));
  }

private:
  FakeClock clock_;
  MemFs mem_{clock_};
};

class FaultRig {
public:
  Fs& fs() { return fault_; }
  std::string at(const std::string& name) const { return below_.at(name); }
  std::string root() const { return below_.root(); }
  void tick() { below_.tick(); }
  void symlink(const std::string& name, const std::string& target) {
    below_.symlink(name, target);
  }
  void move(const std::string& from, const std::string& to) { below_.move(from, to); }

private:
  MemRig below_;
  FaultFs fault_{below_.fs()};
};

#define EVERY_FS PosixRig, MemRig, FaultRig

// A new file with these bytes, still open for writing.
File make_file(Fs& fs, const std::string& path, std::string_view bytes);
File open_file(Fs& fs, const std::string& path);
void write(Fs& fs, const File& file, std::string_view bytes, std::uint64_t offset);
std::string contents(Fs& fs, const File& file);
std::string contents(Fs& fs, const std::string& path);
bool exists(Fs& fs, const std::string& path);
std::vector<std::string> names_in(Fs& fs, const std::string& dir);

// The value, or a failed check that says why not.
template <class T> T must(Result<T> result) {
  if (!result) {
    FAIL(describe(result.error()));
  }
  return std::move(*result);
}
inline void must(const Result<void>& result) {
  if (!result) {
    FAIL(describe(result.error()));
  }
}
template <class T> bool fails(const Result<T>& result, Errc code) {
  if (result) {
    MESSAGE("succeeded");
    return false;
  }
  INFO(describe(result.error()));
  CHECK_EQ(name_of(result.error().code), name_of(code));
  CHECK_FALSE(result.error().op.empty());
  return result.error().code == code;
}

// What the real file system under $TMPDIR may lack: the case says so and ends.
template <class T> bool lacks(const Result<T>& result, const char* what) {
  if (!result && result.error().code == Errc::unsupported) {
    MESSAGE("skipped, this file system has no " << what);
    return true;
  }
  return false;
}

} // namespace coldpress
