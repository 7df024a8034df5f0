#include "tests/crash/crash_rig.hpp"

#include "worker/rollout/name.hpp"
#include "worker/rollout/reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace coldpress {

using namespace std::chrono_literals;

namespace {

// Bytes of a file, decoded if it is a .zst; empty if it is damaged.
std::string content(MemFs& disk, const std::string& path) {
  auto reader = RolloutReader::open_exact(disk, path);
  if (!reader) {
    return {};
  }
  std::string bytes;
  const Sink sink = [&bytes](std::span<const std::byte> out) -> Result<void> {
    bytes.append(reinterpret_cast<const char*>(out.data()), out.size());
    return {};
  };
  return copy_rollout(*reader, sink) ? bytes : std::string();
}

// What a process finds, without the bytes of the lock file.
std::string state_of(const Machine& machine) {
  std::string state;
  for (const auto& file : machine.disk.snapshot()) {
    if (!file.first.ends_with(".lock")) {
      state +=
          file.first + "=" + std::to_string(std::hash<std::string>{}(file.second)) + "\n";
    }
  }
  return state;
}

class Judge {
public:
  Judge(const Scenario& scenario, Machine& machine, Tally& tally)
      : scenario_(scenario), machine_(machine), tally_(tally) {}

  // What must hold at every moment.
  void always(const std::string& when) {
    for (const std::string& kept : scenario_.keeps) {
      if (!stands_somewhere(kept)) {
        tally_.losses.push_back(when + ": bytes are in no file\n" + listing());
      }
    }
    const auto& may = scenario_.readable;
    if (!may.empty() && std::find(may.begin(), may.end(), read()) == may.end()) {
      tally_.losses.push_back(when + ": not readable\n" + listing());
    }
  }

  void in_the_end(const std::string& when, const TestPass& pass) {
    always(when);
    if (read() != scenario_.wanted) {
      tally_.losses.push_back(when + ": not what it should be in the end\n" + listing());
    }
    const std::size_t one = scenario_.wanted.empty() ? 0 : 1;
    if (forms() != one || !machine_.rig.litter().empty() || pass.error ||
        pass.count(OutcomeKind::failed) + pass.count(OutcomeKind::conflict) > 0) {
      tally_.messes.push_back(when + ": left behind\n" + listing());
    }
  }

private:
  std::string read() {
    const auto here = machine_.rig.read(scenario_.plain);
    if (here || scenario_.elsewhere.empty()) {
      return here.value_or("");
    }
    return machine_.rig.read(scenario_.elsewhere).value_or("");
  }

  bool stands_somewhere(const std::string& bytes) {
    const auto files = machine_.disk.snapshot();
    // Not by opening: a reader would wait for a write lease.
    return std::any_of(files.begin(), files.end(), [&](const auto& file) {
      return file.second == bytes || (is_compressed_name(file.first) &&
                                      content(machine_.disk, file.first) == bytes);
    });
  }

  std::size_t forms() const {
    std::size_t count = 0;
    for (const std::string& plain : {scenario_.plain, scenario_.elsewhere}) {
      count += !plain.empty() && machine_.disk.exists(plain) ? 1 : 0;
      count += !plain.empty() && machine_.disk.exists(compressed_name(plain)) ? 1 : 0;
    }
    return count;
  }

  std::string listing() const {
    std::string text;
    for (const auto& file : machine_.disk.snapshot()) {
      text += "  " + file.first + " " + std::to_string(file.second.size()) + "\n";
    }
    return text;
  }

  const Scenario& scenario_;
  Machine& machine_;
  Tally& tally_;
};

void two_passes(const Scenario& scenario,
                Machine& machine,
                Tally& tally,
                const std::string& when) {
  Judge judge(scenario, machine, tally);
  tally.deaths += 1;
  judge.always(when);
  if (!tally.states.insert(state_of(machine)).second) {
    return; // what becomes of such a disk was seen before
  }
  machine.pass(scenario);
  judge.always(when + ", one pass");
  const TestPass second = machine.pass(scenario);
  judge.in_the_end(when + ", two passes", second);
}

std::unique_ptr<Fs> put_between(const Layer& layer, Fs& disk) {
  return layer ? layer(disk) : nullptr;
}

bool changes_the_disk(const FaultFs::Call& call) {
  static const std::set<std::string> k_ops{"open_lock",
                                           "create_new",
                                           "create_unnamed",
                                           "write_at",
                                           "truncate",
                                           "sync_file",
                                           "sync_dir",
                                           "link_handle",
                                           "link",
                                           "rename_new",
                                           "unlink",
                                           "make_dir",
                                           "set_mtime",
                                           "rename_exchange",
                                           "set_mode",
                                           "set_owner",
                                           "set_xattr",
                                           "remove_xattr"};
  return k_ops.count(call.op) != 0;
}

// The calls before which the disk is another than before the call before.
std::vector<int> moments_of(const FaultFs& fs) {
  std::vector<int> moments{0};
  int call = 0;
  for (const FaultFs::Call& done : fs.log()) {
    if (done.op == "close") { // not counted; the disk forgets an unnamed file by it
      continue;
    }
    ++call;
    if (changes_the_disk(done)) {
      moments.push_back(call);
    }
  }
  return moments;
}

// A run nobody disturbs, looked at before each call. Answers when it is worth to die.
std::vector<int> moments_of(const Scenario& scenario, const Layer& layer, Tally& tally) {
  Machine machine(scenario);
  const auto between = put_between(layer, machine.disk);
  FaultFs fs(between ? *between : machine.disk);
  Judge judge(scenario, machine, tally);
  fs.set_hook([&](std::string_view op, const std::string& path) {
    judge.always("before " + std::string(op) + " " + path);
  });
  machine.run(fs, scenario);
  fs.set_hook({});
  tally.calls = fs.calls();
  return moments_of(fs);
}

} // namespace

const std::vector<Death>& all_deaths() {
  static const std::vector<Death> deaths{
      {"kill -9", false, {}, 0},
      {"drop_all", true, Unsynced::drop_all, 0},
      {"removals_only", true, Unsynced::removals_only, 0},
      {"keep_all", true, Unsynced::keep_all, 0},
      {"random 1", true, Unsynced::random, 1},
      {"random 2", true, Unsynced::random, 2},
      {"random 3", true, Unsynced::random, 3},
      {"random 4", true, Unsynced::random, 4},
      {"random 5", true, Unsynced::random, 5},
  };
  return deaths;
}

Machine::Machine(const Scenario& scenario) {
  disk.set_features(scenario.features);
  rig.put_codex_locks();
  must(make_dirs(disk, rig.state_dir(), 0700));
  scenario.prepare(disk, rig);
  disk.sync_all();
  clock.advance(1h);
}

void Machine::run(Fs& fs, const Scenario& scenario) {
  auto worker = TestWorker::start(fs, clock, rig, test_process(pid, boot));
  if (worker) {
    (*worker)->thread_row = scenario.thread_row;
    scenario.act(**worker, rig);
  }
}

void Machine::die(const Death& death) {
  if (death.power_cut) {
    disk.power_cut(death.mode, death.seed);
    boot += "'";
  } else {
    disk.kill_process();
  }
  ++pid;
  // Another boot's lock record counts until its heartbeat is old.
  clock.advance(1h);
}

TestPass Machine::pass(const Scenario& scenario) {
  // A foreign temp that a power cut gives its name back has the ctime of its removal, and
  // is left alone for a day.
  clock.advance(25h);
  return pass_on(disk, scenario);
}

TestPass Machine::pass_on(Fs& fs, const Scenario& scenario) {
  auto worker = TestWorker::start(fs, clock, rig, test_process(++pid, boot));
  if (!worker) {
    return {std::move(worker.error()), {}};
  }
  (*worker)->thread_row = scenario.thread_row;
  return run_test_pass(**worker, rig);
}

Tally run_deaths(const Scenario& scenario, const Layer& layer) {
  Tally tally;
  for (const int nth : moments_of(scenario, layer, tally)) {
    for (const Death& death : all_deaths()) {
      Machine machine(scenario);
      const auto between = put_between(layer, machine.disk);
      FaultFs dying(between ? *between : machine.disk);
      dying.freeze_from(nth);
      machine.run(dying, scenario);
      machine.die(death);
      two_passes(scenario,
                 machine,
                 tally,
                 death.name + " before call " + std::to_string(nth) + " of " +
                     scenario.name);
    }
  }
  return tally;
}

Tally run_second_deaths(const Scenario& scenario, const std::vector<Death>& deaths) {
  Tally tally;
  std::set<std::string> seen;
  for (const int nth : moments_of(scenario, {}, tally)) {
    // The first death leaves few different disks; each is looked at once.
    const auto after_first = [&] {
      auto machine = std::make_unique<Machine>(scenario);
      FaultFs dying(machine->disk);
      dying.freeze_from(nth);
      machine->run(dying, scenario);
      machine->die(all_deaths().front());
      return machine;
    };
    if (!seen.insert(state_of(*after_first())).second) {
      continue;
    }
    const auto counted = after_first();
    FaultFs counter(counted->disk);
    (void)counted->pass_on(counter, scenario);
    for (const int next : moments_of(counter)) {
      for (const Death& death : deaths) {
        const auto machine = after_first();
        FaultFs dying(machine->disk);
        dying.freeze_from(next);
        (void)machine->pass_on(dying, scenario);
        machine->die(death);
        two_passes(scenario,
                   *machine,
                   tally,
                   "kill -9 before call " + std::to_string(nth) + ", then " + death.name +
                       " before call " + std::to_string(next) + " of the pass, " +
                       scenario.name);
      }
    }
  }
  return tally;
}

void report(const Scenario& scenario, const Tally& tally) {
  constexpr std::size_t k_shown = 3;
  for (std::size_t i = 0; i < std::min(k_shown, tally.losses.size()); ++i) {
    FAIL_CHECK("loss: " << tally.losses[i]);
  }
  for (std::size_t i = 0; i < std::min(k_shown, tally.messes.size()); ++i) {
    FAIL_CHECK("mess: " << tally.messes[i]);
  }
  CHECK(tally.losses.empty());
  CHECK(tally.messes.empty());
  MESSAGE(scenario.name << ": " << tally.calls << " calls, " << tally.states.size()
                        << " different disks");
}

} // namespace coldpress
