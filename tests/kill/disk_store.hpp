#pragma once

#include "fsutil/posix_fs.hpp"
#include "tests/kill/program.hpp"
#include "tests/support/store_rig.hpp"

#include <map>
#include <string>
#include <vector>

namespace coldpress {

// A directory under $TMPDIR, or under /dev/shm where that is faster; removed at the end.
class Scratch {
public:
  enum class On : bool { disk, memory };
  explicit Scratch(On where);
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();

  const std::string& path() const { return path_; } // without symlinks
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

// A copy with modes and mtimes; `to` is removed before.
void copy_tree(const std::string& from, const std::string& to);

// A Codex home on a real disk, and what its rollouts must say at every moment.
// Whatever fails throws.
class DiskStore {
public:
  enum class Codex : bool { never_ran, ran }; // has it made its lock files?
  DiskStore(std::string home, std::string program, Codex codex);

  const std::string& home() const { return rig_.home(); }
  const StoreRig& rig() const { return rig_; }
  Fs& fs() { return fs_; }

  // Puts a cold rollout of so many lines. Random bytes in them keep it from getting
  // small.
  void add(int number, int lines, Root root = Root::archived);
  // Its bytes.
  const std::string& content(int number) const { return kept_.at(number).bytes; }
  // A line was appended, and acknowledged.
  void append(int number, const std::string& line) { kept_.at(number).bytes += line; }
  // What it must say from now on.
  void set_content(int number, std::string bytes) {
    kept_.at(number).bytes = std::move(bytes);
  }
  // Its mtime is not what add() has set.
  void forget_mtime(int number) { kept_.at(number).mtime.reset(); }

  // `coldpress WORD... --store HOME`, with the settings a test needs: no waiting.
  Command command(const std::vector<std::string>& words,
                  const Lacks& lacks = {},
                  const std::string& reap_grace = "0s") const;

  // What breaks the first promise now, a line each. `unreadable`: rollouts that nobody
  // could read before, either.
  std::vector<std::string> unreadable(const std::vector<int>& excused = {}) const;
  // And what is not as a finished pass leaves it.
  std::vector<std::string> not_clean() const;

private:
  struct Kept {
    Root root;
    std::string bytes;
    std::optional<WallTime> mtime;
    std::uint32_t mode = 0;
  };
  void check_form(int number, const Kept& kept, std::vector<std::string>& wrong) const;
  void check_state_dir(std::vector<std::string>& wrong) const;

  mutable PosixFs fs_;
  SystemClock clock_;
  StoreRig rig_;
  std::string program_;
  std::map<int, Kept> kept_;
};

} // namespace coldpress
