#include "tests/kill/kill_case.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace coldpress {

namespace {

constexpr int k_lines = 60;
constexpr int k_compressed_before = 90; // a rollout that is in its last form already

Root root_of(int number) {
  return number % 2 == 0 ? Root::active : Root::archived;
}

void run_now(const DiskStore& store) {
  if (const Ended ended = run_program(store.command({"run"})); ended.code != 0) {
    throw std::runtime_error(fmt::format("a first run ended with {}", ended.code));
  }
}

void add_all(DiskStore& store, const CaseSize& size) {
  for (int number = 1; number <= size.rollouts; ++number) {
    store.add(number, k_lines, root_of(number));
  }
}

// Names the plain bytes again, as a file of their own.
void put_again(DiskStore& store, const std::string& path, std::string_view bytes) {
  store.rig().put(path, bytes);
  const File file(store.fs(), store.fs().open_lock(path, Create::no).value());
  must(store.fs().set_mode(file.handle(), 0640));
}

void give_mtime(DiskStore& store, const std::string& from, const std::string& to) {
  const File file(store.fs(), store.fs().open_lock(to, Create::no).value());
  must(store.fs().set_mtime(file.handle(), store.fs().lstat(from).value().mtime));
}

// What a kill between retiring and reaping leaves.
void put_retired(DiskStore& store, int number) {
  const Root root = root_of(number);
  const std::string retired = store.rig().retired(number, root);
  put_again(store, retired, store.content(number));
  give_mtime(store, store.rig().compressed(number, root), retired);
}

// One rollout for each sort of leftover.
void put_leftovers(DiskStore& store) {
  const StoreRig& rig = store.rig();
  for (int number = 1; number <= 5; ++number) {
    store.add(number, k_lines, root_of(number));
  }
  run_now(store);
  put_retired(store, 1);
  put_again(store, rig.plain(2, root_of(2)), store.content(2)); // P + Z
  give_mtime(store, rig.compressed(2, root_of(2)), rig.plain(2, root_of(2)));
  put_retired(store, 3); // R alone
  must(store.fs().unlink(rig.compressed(3, root_of(3))));
  put_again(store, rig.plain(4, root_of(4)), store.content(4)); // R and P, one inode
  give_mtime(store, rig.compressed(4, root_of(4)), rig.plain(4, root_of(4)));
  must(store.fs().link(rig.plain(4, root_of(4)), rig.retired(4, root_of(4))));
  must(store.fs().unlink(rig.compressed(4, root_of(4))));
  put_again(store, rig.plain(5, root_of(5)), store.content(5)); // R and P, R a prefix
  give_mtime(store, rig.compressed(5, root_of(5)), rig.plain(5, root_of(5)));
  must(store.fs().unlink(rig.compressed(5, root_of(5))));
  const std::string& whole = store.content(5);
  put_again(store, rig.retired(5, root_of(5)), whole.substr(0, whole.size() / 2));
  rig.put(join_path(rig.dir(), ".0123456789abcdef.coldpress-part"), "half a frame");
}

std::vector<KillCase> whole_cases(const CaseSize& size) {
  const std::string jobs = std::to_string(size.jobs);
  const std::vector<std::string> run{"run", "--once", "--jobs", jobs};
  std::vector<KillCase> cases(5);
  cases[0].name = "compress";
  cases[0].prepare = [size](DiskStore& store) {
    store.add(k_compressed_before, k_lines);
    run_now(store);
    add_all(store, size);
  };
  cases[0].words = run;
  cases[1].name = "first run";
  cases[1].codex = DiskStore::Codex::never_ran;
  cases[1].prepare = [size](DiskStore& store) { add_all(store, size); };
  cases[1].words = run;
  cases[2].name = "restore";
  cases[2].prepare = [size](DiskStore& store) {
    add_all(store, size);
    run_now(store);
  };
  cases[2].words = {"restore", "--all"};
  cases[3].name = "reap";
  cases[3].prepare = [size](DiskStore& store) {
    add_all(store, size);
    run_now(store);
    for (int number = 1; number <= size.rollouts; ++number) {
      put_retired(store, number);
    }
  };
  cases[3].words = run;
  cases[4].name = "sweep";
  cases[4].prepare = put_leftovers;
  cases[4].words = {"sweep"};
  cases[4].excused = {3};
  return cases;
}

} // namespace

std::vector<KillCase> all_kill_cases(const CaseSize& size) {
  std::vector<KillCase> cases = whole_cases(size);
  for (KillCase& bare : whole_cases(size)) {
    bare.name += " (bare)";
    bare.lacks = {true, true, true};
    cases.push_back(std::move(bare));
  }
  return cases;
}

} // namespace coldpress
