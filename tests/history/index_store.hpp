#pragma once

#include "fsutil/posix_fs.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/index/index_update.hpp"

#include <string>
#include <vector>

namespace coldpress::history {

// A store with made-up rollouts, and its index.
struct IndexStore {
  IndexStore();

  // The file of thread `number`, below sessions/ or archived_sessions/.
  static std::string thread_id(int number);
  static std::string file_name(int number);
  std::string path(int number) const;

  // Written anew, or in place; each writing has a later mtime.
  void write(int number, const std::string& bytes);
  void append(int number, const std::string& bytes);
  // One frame with the plain file's mtime, which goes.
  void compress(int number);
  void archive(int number);
  void remove(int number);

  IndexReport update(Look look = Look::all); // refresh_index(); no error
  // Moves the clock behind all that was written, so that its times count.
  void settle();
  Index index();
  // All rows of all rollouts with their texts and words, by rollout name: but for the
  // ids that depend on the order of writing. A line each.
  std::string rows();
  // The same of an index that was made from scratch.
  std::string rows_from_scratch();

  TempDir dir;
  PosixFs fs;
  FakeClock clock;
  Store store;

private:
  void touch(const std::string& file);
  int writings_ = 0;
};

// The rows of one, as IndexStore::rows().
std::string rows_of(const Index& index);

} // namespace coldpress::history
