#pragma once

#include "tests/explorer/records.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// The disk, and what its users know of it beside.
struct World {
  std::unique_ptr<FakeClock> clock = std::make_unique<FakeClock>();
  std::unique_ptr<MemFs> disk;

  RecordSet acked = 1;        // a writer was told that they are there
  bool contents_last = false; // what is written is durable at once; names never are

  bool deleting = false;          // the user's delete has begun
  bool deleted = false;           // ... and ended: nothing may come back
  bool echoed = false;            // a tool has made the plain name anew
  bool set_aside = false;         // all of it stands under a temp file's name
  bool unlinked_unsynced = false; // Codex took Z's name and synced no directory
  bool gap_is_codexs = false;     // ... and then the power went: R may be all there is
  int materialising = 0;          // from reading Z to unlinking it
  int linked = 0; // of these: from naming P (or touching it) to unlinking Z

  // What is written now has a time of its own. It goes by who writes and not by when, so
  // that what can be done in any order leads to one state: nobody asks which of two
  // times is the later.
  void set_time(int who, int step) {
    clock->set_wall(FakeClock().wall() + std::chrono::milliseconds{who * 100 + step});
  }

  bool exists(const std::string& path) const { return disk->exists(path); }
  std::optional<FileStat> stat(const std::string& path) const;
  // Makes a file in one step, its bytes durable and its name not.
  void make(const std::string& path, const std::string& bytes, WallTime mtime);
  // True if nobody has that flock now.
  bool lock_free(const std::string& path) const;
  // The open file with its flock; nothing if somebody has it.
  std::optional<FileHandle> lock(const std::string& path) const;
};

// A store that holds only the locks and the rollout in one form, all of it old.
World make_world(bool compressed);

// What a reader gets now: the plain form, else the .zst, else the same in the archive.
struct Visible {
  bool any = false;
  std::optional<RecordSet> records; // nothing if it is damaged
};
Visible look(const World& world);

// Of one file's bytes, decoded if its name says so; nothing if it is damaged.
std::optional<RecordSet> records_of_file(const std::string& path,
                                         const std::string& bytes);

// What stands in files that have a name, orphans and the retired file included.
RecordSet kept_anywhere(const World& world);

} // namespace coldpress
