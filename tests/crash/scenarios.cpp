#include "tests/crash/scenarios.hpp"

#include "worker/stage/reap.hpp"
#include "worker/stage/restore.hpp"

namespace coldpress {

using namespace std::chrono_literals;

namespace {

const std::string k_text = test_rollout();
const std::string k_longer = k_text + test_line("a late line");
const std::string k_other = test_rollout(1, 20) + test_line("another history");

Scenario base(const std::string& name, const Kind& kind) {
  Scenario scenario;
  scenario.name = name + " (" + kind.name + ")";
  scenario.features = kind.features;
  scenario.wanted = k_text;
  scenario.plain = "/home/me/.codex/archived_sessions/" + test_rollout_name(1);
  scenario.keeps = {k_text};
  scenario.readable = {k_text};
  scenario.act = [](TestWorker& worker, const StoreRig& rig) {
    (void)run_test_pass(worker, rig);
  };
  return scenario;
}

void put_pair(const StoreRig& rig, std::string_view plain, std::string_view frame) {
  rig.put(rig.plain(), plain);
  rig.put(rig.compressed(), test_frame(frame));
}

} // namespace

Kind full_kind() {
  return {"all there is", {}};
}

Kind syncing_kind() {
  Kind kind{"unnamed files sync", {}};
  kind.features.unnamed_sync_holds = true;
  return kind;
}

Kind named_kind() {
  Kind kind{"no unnamed files", {}};
  kind.features.unnamed = false;
  return kind;
}

Kind linking_kind() {
  Kind kind{"no renameat2", {}};
  kind.features.rename_new = false;
  return kind;
}

Kind poor_kind() {
  Kind kind{"no unnamed files, no renameat2, no leases", {}};
  kind.features.unnamed = false;
  kind.features.rename_new = false;
  kind.features.leases = false;
  return kind;
}

std::vector<Kind> all_kinds() {
  return {full_kind(), syncing_kind(), named_kind(), linking_kind(), poor_kind()};
}

Scenario compress_scenario(const Kind& kind) {
  Scenario scenario = base("compress", kind);
  scenario.prepare = [](MemFs&, const StoreRig& rig) { rig.put(rig.plain(), k_text); };
  scenario.act = [](TestWorker& worker, const StoreRig& rig) {
    if (worker.fs.lstat(rig.plain())) {
      (void)worker.compress(rig.candidate(rig.plain()));
    }
  };
  return scenario;
}

// What publish() left, reaped by the same process.
Scenario reap_scenario(const Kind& kind) {
  Scenario scenario = base("reap", kind);
  scenario.prepare = [](MemFs&, const StoreRig& rig) {
    rig.put(rig.retired(), k_text);
    rig.put(rig.compressed(), test_frame(k_text));
  };
  scenario.act = [](TestWorker& worker, const StoreRig& rig) {
    (void)worker.recover(rig.forms());
  };
  return scenario;
}

Scenario restore_scenario(const Kind& kind) {
  Scenario scenario = base("restore", kind);
  scenario.prepare = [](MemFs&, const StoreRig& rig) {
    rig.put(rig.compressed(), test_frame(k_text));
  };
  scenario.act = [](TestWorker& worker, const StoreRig& rig) {
    Guards guards = worker.guards();
    (void)restore(guards, rig.compressed(), RestoreRules{}, {});
  };
  return scenario;
}

Scenario recompress_scenario(const Kind& kind) {
  Scenario scenario = base("recompress", kind);
  scenario.prepare = [](MemFs&, const StoreRig& rig) {
    rig.put(rig.compressed(), test_weak_frame(k_text));
  };
  scenario.act = [](TestWorker& worker, const StoreRig& rig) {
    if (const auto weak = rig.weak()) {
      (void)worker.recompress(*weak);
    }
  };
  return scenario;
}

std::vector<Scenario> leftover_scenarios(const Kind& kind) {
  std::vector<Scenario> all;
  const auto add = [&](const std::string& name, auto&& put, auto&& adapt) {
    Scenario scenario = base(name, kind);
    scenario.prepare = put;
    adapt(scenario);
    all.push_back(std::move(scenario));
  };
  const auto as_is = [](Scenario&) {};
  const auto longer = [](Scenario& scenario) {
    scenario.wanted = k_longer;
    scenario.keeps = {k_longer};
  };
  const auto longer_from_the_start = [](Scenario& scenario) {
    scenario.wanted = k_longer;
    scenario.keeps = {k_longer};
    scenario.readable = {k_longer};
  };
  // Until the recovery the name shows the older bytes.
  const auto longer_in_the_end = [](Scenario& scenario) {
    scenario.wanted = k_longer;
    scenario.keeps = {k_longer};
    scenario.readable = {k_text, k_longer};
  };
  const auto with_elsewhere = [](Scenario& scenario) {
    scenario.elsewhere = "/home/me/.codex/sessions/2025/11/03/" + test_rollout_name(1);
  };

  add(
      "P + Z, equal",
      [](MemFs&, const StoreRig& rig) { put_pair(rig, k_text, k_text); },
      as_is);
  add(
      "P + Z, Z a prefix",
      [](MemFs&, const StoreRig& rig) { put_pair(rig, k_longer, k_text); },
      longer_from_the_start);
  add(
      "R + Z, unchanged",
      [](MemFs&, const StoreRig& rig) {
        rig.put(rig.retired(), k_text);
        rig.put(rig.compressed(), test_frame(k_text));
      },
      as_is);
  add(
      "R + Z, R has more",
      [](MemFs&, const StoreRig& rig) {
        rig.put(rig.retired(), k_longer, rig.cold_time() + 24h);
        rig.put(rig.compressed(), test_frame(k_text));
      },
      longer_in_the_end);
  add(
      "R + Z, Z has more",
      [](MemFs&, const StoreRig& rig) {
        rig.put(rig.retired(), k_text);
        rig.put(rig.compressed(), test_frame(k_longer));
      },
      longer_from_the_start);
  add(
      "R + Z differ",
      [](MemFs&, const StoreRig& rig) {
        rig.put(rig.retired(), k_other);
        rig.put(rig.compressed(), test_frame(k_text));
      },
      [](Scenario& scenario) {
        scenario.keeps = {k_text, k_other};
      });
  add(
      "R and P, one inode",
      [](MemFs& disk, const StoreRig& rig) {
        rig.put(rig.plain(), k_text);
        must(disk.link(rig.plain(), rig.retired()));
      },
      as_is);
  add(
      "R and P, R a prefix",
      [](MemFs&, const StoreRig& rig) {
        rig.put(rig.retired(), k_text);
        rig.put(rig.plain(), k_longer);
      },
      longer_from_the_start);
  add(
      "R and P, P a prefix",
      [](MemFs&, const StoreRig& rig) {
        rig.put(rig.retired(), k_longer);
        rig.put(rig.plain(), k_text);
      },
      [&](Scenario& scenario) {
        longer_in_the_end(scenario);
        if (!kind.features.rename_new) { // no exchange: the longer one is set aside
          scenario.wanted = k_text;
        }
      });
  add(
      "R and P differ",
      [](MemFs&, const StoreRig& rig) {
        rig.put(rig.retired(), k_other);
        rig.put(rig.plain(), k_text);
      },
      [](Scenario& scenario) {
        scenario.keeps = {k_text, k_other};
      });
  add(
      "R, P and Z, all of one history",
      [](MemFs&, const StoreRig& rig) {
        rig.put(rig.retired(), k_text);
        put_pair(rig, k_longer, k_text);
      },
      longer_from_the_start);
  add(
      "R alone, the thread is known",
      [](MemFs&, const StoreRig& rig) { rig.put(rig.retired(), k_longer); },
      [&](Scenario& scenario) {
        longer(scenario);
        scenario.readable.clear();
      });
  add(
      "R alone, the thread was deleted",
      [](MemFs&, const StoreRig& rig) { rig.put(rig.retired(), k_text); },
      [](Scenario& scenario) {
        scenario.wanted.clear();
        scenario.readable.clear();
        scenario.thread_row = ThreadRow::absent;
      });
  add(
      "Z here, P in the other tree",
      [](MemFs&, const StoreRig& rig) {
        rig.put(rig.compressed(), test_frame(k_text));
        rig.put(rig.plain(1, Root::active), k_text);
      },
      with_elsewhere);
  add(
      "Z in both trees",
      [](MemFs&, const StoreRig& rig) {
        rig.put(rig.compressed(), test_frame(k_text));
        rig.put(rig.compressed(1, Root::active), test_frame(k_text));
      },
      with_elsewhere);
  add(
      "R here, Z in the other tree",
      [](MemFs&, const StoreRig& rig) {
        rig.put(rig.retired(), k_text);
        rig.put(rig.compressed(1, Root::active), test_frame(k_text));
      },
      with_elsewhere);
  add(
      "temps of dead processes",
      [](MemFs& disk, const StoreRig& rig) {
        rig.put(rig.plain(), k_text);
        rig.put(join_path(rig.dir(), ".0123456789abcdef.coldpress-part"), "x");
        const std::string foreign = join_path(rig.dir(), "rollout-compress-aB3xY9.tmp");
        rig.put(foreign, test_frame(k_text));
        disk.set_times(foreign, rig.cold_time(), rig.cold_time());
      },
      [&](Scenario& scenario) {
        if (!kind.features.leases) { // no proof that nobody has it open
          scenario.prepare = [](MemFs&, const StoreRig& rig) {
            rig.put(rig.plain(), k_text);
            rig.put(join_path(rig.dir(), ".0123456789abcdef.coldpress-part"), "x");
          };
        }
      });
  return all;
}

} // namespace coldpress
