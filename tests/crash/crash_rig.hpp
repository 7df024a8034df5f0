#pragma once

#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace coldpress {

// How a process ends before a call.
struct Death {
  std::string name;
  bool power_cut = true; // false: kill -9, the machine goes on
  Unsynced mode = Unsynced::drop_all;
  std::uint64_t seed = 0;
};

// Every mode of Unsynced, the random one with some seeds, and kill -9.
const std::vector<Death>& all_deaths();

// A store and one process in it. Everything must hold whichever call is its last.
struct Scenario {
  std::string name;
  MemFeatures features;
  // Puts the store as it is before; all of it is made durable then.
  std::function<void(MemFs& disk, const StoreRig& rig)> prepare;
  // What the process does.
  std::function<void(TestWorker& worker, const StoreRig& rig)> act;
  // Logical bytes of rollout 1 in the end, under `plain` or `elsewhere`. Empty: none.
  std::string wanted;
  std::string plain;
  std::string elsewhere; // its place in the other tree, if it may be there
  // Bytes that must stand whole in some file at every moment, the orphans' included.
  std::vector<std::string> keeps;
  // At every moment a reader gets one of these. Empty: not asked.
  std::vector<std::string> readable;
  ThreadRow thread_row = ThreadRow::present;
};

// One disk in one moment of a scenario.
struct Machine {
  explicit Machine(const Scenario& scenario);

  // Runs `act` on `fs`, or dies of it.
  void run(Fs& fs, const Scenario& scenario);
  void die(const Death& death);
  // A new process, later: a whole pass over the store.
  TestPass pass(const Scenario& scenario);
  // As pass(), on a disk that dies.
  TestPass pass_on(Fs& fs, const Scenario& scenario);

  FakeClock clock;
  MemFs disk{clock};
  StoreRig rig{disk, clock};
  std::uint32_t pid = 100;
  std::string boot = "boot-a";
};

struct Tally {
  int calls = 0;
  std::uint64_t deaths = 0;
  std::set<std::string> states;    // different disks that the next process found
  std::vector<std::string> losses; // where what must be readable or kept was not
  std::vector<std::string> messes; // where a second pass did not put all right
};

// Puts something between a process and its disk; what it answers must outlive the call.
using Layer = std::function<std::unique_ptr<Fs>(Fs& disk)>;

// Ends the process before each of its calls, in every way to die, and then runs two
// passes.
Tally run_deaths(const Scenario& scenario, const Layer& layer = {});
// kill -9 before each call; then a power cut before each call of the pass after that.
Tally run_second_deaths(const Scenario& scenario, const std::vector<Death>& deaths);

// Fails the test if anything was lost or left, and prints the number of states.
void report(const Scenario& scenario, const Tally& tally);

} // namespace coldpress
