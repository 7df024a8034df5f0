#pragma once

#include "tests/kill/disk_store.hpp"

#include <functional>
#include <string>
#include <vector>

namespace coldpress {

// A store, and what the real program is doing in it when it is killed.
struct KillCase {
  std::string name;
  DiskStore::Codex codex = DiskStore::Codex::ran;
  std::function<void(DiskStore& store)> prepare;
  std::vector<std::string> words; // of the command line
  std::vector<int> excused;       // rollouts that nobody can read before it, either
  Lacks lacks;
};

// So many rollouts are compressed, restored, reaped or put right.
struct CaseSize {
  int rollouts = 2;
  int jobs = 1;
};

// Compress, compress for the first time, restore, reap, sweep: each on a whole file
// system and on one that lacks leases, unnamed files and rename flags.
std::vector<KillCase> all_kill_cases(const CaseSize& size);

} // namespace coldpress
