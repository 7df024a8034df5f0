#pragma once

#include "tests/race/codex_writer.hpp"
#include "tests/race/process.hpp"
#include "tests/race/record.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace coldpress::race {

// How somebody who saw a rollout under its plain name comes back to that file.
enum class Way : int {
  descriptor,   // has it open for reading, and opens /proc/self/fd/N
  path_only,    // the same with an O_PATH descriptor, which holds nothing open
  inode,        // by its inode alone: open_by_handle_at(2)
  retired_name, // finds the name that the inode has now
};
inline constexpr std::uint32_t k_ways = 4;

// One rollout on its way through that.
class BackDoor {
public:
  // Throws if the rollout is not there.
  BackDoor(const Home& home, std::uint32_t rollout, Way way);
  Way way() const { return way_; }
  // For reading and writing. Nothing: there is no such file any more.
  Fd open() const;
  const struct stat& seen() const { return seen_; }

private:
  Way way_;
  Fd held_;
  std::string retired_;
  std::string handle_; // struct file_handle
  struct stat seen_ {};
};

// The edit n of that writer: eight bytes of one line, and back.
std::string mark_of(std::uint32_t writer, std::uint32_t n);
std::size_t place_of(std::uint32_t n, const std::string& text);

// Makes rollouts and edits each a few times in place at random moments: as
// `rsync --inplace -t`, the bytes are synced and the mtime is put back. A rollout is
// offered in slots[me] and may be taken from there; once slots[me + k_editors] is its
// number, its editor has closed it for good.
inline constexpr std::uint32_t k_editors = 6;

class Editor {
public:
  Editor(const Home& home, const Record& record, std::uint32_t me)
      : home_(home), record_(record), shared_(record.shared()), me_(me), dice_(me + 1) {}
  void work();

private:
  void offer_one();
  void edit(const BackDoor& door, std::uint32_t rollout, const std::string& text);
  bool overwrite(const Fd& file, const BackDoor& door, std::size_t at, std::uint32_t n);
  bool put(const Fd& file, std::size_t at, const std::string& mark);
  void fault(const char* what);

  const Home& home_;
  const Record& record_;
  Shared& shared_;
  std::uint32_t me_;
  Dice dice_;
};

// Every fourth rollout is larger than what publish leaves to a comparison of contents.
int lines_of(std::uint32_t rollout);

} // namespace coldpress::race
