#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/recover.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <functional>
#include <map>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_text = test_rollout();
const std::string k_longer = k_text + test_line("a late line");
const std::string k_other = test_rollout(1, 20) + test_line("another history");

using Files = std::map<std::string, std::string>;

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  StoreRig store{disk, clock};
  FaultFs fs{disk};
  std::unique_ptr<TestWorker> worker;

  std::string plain = store.plain();
  std::string compressed = store.compressed();
  std::string retired = store.retired();
  std::string other_plain = store.plain(1, Root::active);
  std::string other_compressed = store.compressed(1, Root::active);
  std::string orphan = join_path(store.orphans_dir(), base_name(retired));

  void start() {
    clock.advance(2h);
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
    worker->settle = 1h;
  }
  Recovered recover() { return worker->recover(store.forms()); }

  // Rollouts in the trees and what was set aside.
  Files files() const {
    Files all = disk.snapshot();
    std::erase_if(all, [](const auto& file) {
      return file.first.find("sessions/") == std::string::npos &&
             file.first.find("/orphans/") == std::string::npos;
    });
    return all;
  }
  File hold(const std::string& path) {
    File file(disk, disk.open_lock(join_path(store.home(), path), Create::yes).value());
    must(disk.try_lock(file.handle()));
    return file;
  }
};

std::string frame() {
  return test_frame(k_text);
}

// A row of DESIGN section 5: what was found, and what is right.
struct Row {
  std::string name;
  std::function<void(Rig&)> put;
  std::optional<OutcomeKind> kind; // nothing: there is nothing to do
  std::function<Files(const Rig&)> after;
  ThreadRow thread = ThreadRow::present;
};

std::vector<Row> rows() {
  std::vector<Row> all;
  all.push_back({"P",
                 [](Rig& r) { r.store.put(r.plain, k_text); },
                 std::nullopt,
                 [](const Rig& r) {
                   return Files{{r.plain, k_text}};
                 }});
  all.push_back({"Z",
                 [](Rig& r) { r.store.put(r.compressed, frame()); },
                 std::nullopt,
                 [](const Rig& r) {
                   return Files{{r.compressed, frame()}};
                 }});
  all.push_back({"P + Z, equal",
                 [](Rig& r) {
                   r.store.put(r.plain, k_text);
                   r.store.put(r.compressed, frame());
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.plain, k_text}};
                 }});
  all.push_back({"P + Z, Z a prefix",
                 [](Rig& r) {
                   r.store.put(r.plain, k_longer);
                   r.store.put(r.compressed, frame());
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.plain, k_longer}};
                 }});
  all.push_back({"P + Z, P a prefix",
                 [](Rig& r) {
                   r.store.put(r.plain, k_text);
                   r.store.put(r.compressed, test_frame(k_longer));
                 },
                 OutcomeKind::conflict,
                 [](const Rig& r) {
                   return Files{{r.plain, k_text}, {r.compressed, test_frame(k_longer)}};
                 }});
  all.push_back({"empty P + Z",
                 [](Rig& r) {
                   r.store.put(r.plain, "");
                   r.store.put(r.compressed, frame());
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.retired, ""}, {r.compressed, frame()}};
                 }});
  all.push_back({"empty P + Z that is damaged at its end",
                 [](Rig& r) {
                   std::string bad = frame();
                   bad.back() = static_cast<char>(bad.back() ^ 1);
                   r.store.put(r.plain, "");
                   r.store.put(r.compressed, bad);
                 },
                 OutcomeKind::conflict,
                 [](const Rig& r) {
                   return Files{{r.plain, ""}, {r.compressed, r.disk.get(r.compressed)}};
                 }});
  all.push_back({"P + Z, different",
                 [](Rig& r) {
                   r.store.put(r.plain, k_other);
                   r.store.put(r.compressed, frame());
                 },
                 OutcomeKind::conflict,
                 [](const Rig& r) {
                   return Files{{r.plain, k_other}, {r.compressed, frame()}};
                 }});
  all.push_back(
      {"P + damaged Z",
       [](Rig& r) {
         std::string bad = frame();
         bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
         r.store.put(r.plain, k_text);
         r.store.put(r.compressed, bad);
       },
       OutcomeKind::conflict,
       [](const Rig& r) {
         return Files{{r.plain, k_text}, {r.compressed, r.disk.get(r.compressed)}};
       }});
  all.push_back({"P + Z that ends inside its frame",
                 [](Rig& r) {
                   r.store.put(r.plain, k_text);
                   r.store.put(r.compressed, frame().substr(0, 200));
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.plain, k_text}};
                 }});
  all.push_back({"P + empty Z",
                 [](Rig& r) {
                   r.store.put(r.plain, k_text);
                   r.store.put(r.compressed, "");
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.plain, k_text}};
                 }});
  all.push_back({"P + Z that ends inside a longer frame",
                 [](Rig& r) {
                   r.store.put(r.plain, k_text);
                   r.store.put(r.compressed, test_frame(k_longer).substr(0, 200));
                 },
                 OutcomeKind::conflict,
                 [](const Rig& r) {
                   return Files{{r.plain, k_text},
                                {r.compressed, test_frame(k_longer).substr(0, 200)}};
                 }});
  all.push_back({"R + Z, unchanged",
                 [](Rig& r) {
                   r.store.put(r.retired, k_text);
                   r.store.put(r.compressed, frame());
                 },
                 OutcomeKind::reaped,
                 [](const Rig& r) {
                   return Files{{r.compressed, frame()}};
                 }});
  all.push_back({"R has more than Z",
                 [](Rig& r) {
                   r.store.put(r.retired, k_longer);
                   r.store.put(r.compressed, frame());
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.plain, k_longer}};
                 }});
  all.push_back({"R was touched",
                 [](Rig& r) {
                   r.store.put(r.retired, k_text, r.clock.wall());
                   r.store.put(r.compressed, frame());
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.plain, k_text}};
                 }});
  all.push_back({"R beside another Z: migrated since",
                 [](Rig& r) {
                   r.store.put(r.retired, k_other);
                   r.clock.advance(1s);
                   r.store.put(r.compressed, frame(), r.disk.lstat(r.retired)->mtime);
                 },
                 OutcomeKind::orphaned,
                 [](const Rig& r) {
                   return Files{{r.compressed, frame()}, {r.orphan, k_other}};
                 }});
  all.push_back({"R was overwritten in place, and its mtime put back",
                 [](Rig& r) {
                   r.store.put(r.compressed, frame());
                   r.clock.advance(1s);
                   r.store.put(r.retired, k_other, r.disk.lstat(r.compressed)->mtime);
                 },
                 OutcomeKind::orphaned,
                 [](const Rig& r) {
                   return Files{{r.compressed, frame()}, {r.orphan, k_other}};
                 }});
  all.push_back({"R open for writing, no P",
                 [](Rig& r) {
                   r.store.put(r.retired, k_text);
                   r.store.put(r.compressed, frame());
                   r.disk.finish_open(r.disk.open_for_append_resolve(r.retired).value());
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.plain, k_text}};
                 }});
  all.push_back({"R and P, one inode",
                 [](Rig& r) {
                   r.store.put(r.plain, k_text);
                   must(r.disk.link(r.plain, r.retired));
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.plain, k_text}};
                 }});
  all.push_back({"R and P, R a prefix",
                 [](Rig& r) {
                   r.store.put(r.retired, k_text);
                   r.store.put(r.plain, k_longer);
                 },
                 OutcomeKind::reaped,
                 [](const Rig& r) {
                   return Files{{r.plain, k_longer}};
                 }});
  all.push_back({"R and P, P a prefix",
                 [](Rig& r) {
                   r.store.put(r.retired, k_longer);
                   r.store.put(r.plain, k_text);
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.plain, k_longer}, {r.retired, k_text}};
                 }});
  all.push_back({"R and P, different",
                 [](Rig& r) {
                   r.store.put(r.retired, k_other);
                   r.store.put(r.plain, k_text);
                 },
                 OutcomeKind::orphaned,
                 [](const Rig& r) {
                   return Files{{r.plain, k_text}, {r.orphan, k_other}};
                 }});
  all.push_back({"Z here, P in the other tree",
                 [](Rig& r) {
                   r.store.put(r.compressed, frame());
                   r.store.put(r.other_plain, k_text);
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.other_plain, k_text}};
                 }});
  all.push_back({"Z in both trees, equal, archived last",
                 [](Rig& r) {
                   r.store.put(r.other_compressed, frame());
                   r.clock.advance(1s);
                   r.store.put(r.compressed, frame());
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.compressed, frame()}};
                 }});
  all.push_back({"Z in both trees, equal, unarchived last",
                 [](Rig& r) {
                   r.store.put(r.compressed, frame());
                   r.clock.advance(1s);
                   r.store.put(r.other_compressed, frame());
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.other_compressed, frame()}};
                 }});
  all.push_back({"R beside a Z that has more: resumed and compressed again since",
                 [](Rig& r) {
                   r.store.put(r.retired, k_text);
                   r.store.put(r.compressed, test_frame(k_longer));
                 },
                 OutcomeKind::reaped,
                 [](const Rig& r) {
                   return Files{{r.compressed, test_frame(k_longer)}};
                 }});
  all.push_back({"Z in both trees, one a prefix",
                 [](Rig& r) {
                   r.store.put(r.compressed, test_frame(k_longer));
                   r.store.put(r.other_compressed, frame());
                 },
                 OutcomeKind::recovered,
                 [](const Rig& r) {
                   return Files{{r.compressed, test_frame(k_longer)}};
                 }});
  all.push_back(
      {"Z in both trees, different",
       [](Rig& r) {
         r.store.put(r.compressed, test_frame(k_other));
         r.store.put(r.other_compressed, frame());
       },
       OutcomeKind::conflict,
       [](const Rig& r) {
         return Files{{r.compressed, test_frame(k_other)}, {r.other_compressed, frame()}};
       }});
  all.push_back({"P in both trees",
                 [](Rig& r) {
                   r.store.put(r.plain, k_text);
                   r.store.put(r.other_plain, k_text);
                 },
                 OutcomeKind::conflict,
                 [](const Rig& r) {
                   return Files{{r.plain, k_text}, {r.other_plain, k_text}};
                 }});
  all.push_back({"R here, its Z in the other tree",
                 [](Rig& r) {
                   r.store.put(r.retired, k_text);
                   r.store.put(r.other_compressed, frame());
                 },
                 OutcomeKind::reaped,
                 [](const Rig& r) {
                   return Files{{r.other_compressed, frame()}};
                 }});
  all.push_back({"R here, P in the other tree",
                 [](Rig& r) {
                   r.store.put(r.retired, k_text);
                   r.store.put(r.other_plain, k_longer);
                 },
                 OutcomeKind::reaped,
                 [](const Rig& r) {
                   return Files{{r.other_plain, k_longer}};
                 }});
  for (const ThreadRow thread : {ThreadRow::present, ThreadRow::no_database}) {
    all.push_back({"R alone, the thread is there, or nobody knows",
                   [](Rig& r) { r.store.put(r.retired, k_text); },
                   OutcomeKind::recovered,
                   [](const Rig& r) {
                     return Files{{r.plain, k_text}};
                   },
                   thread});
  }
  all.push_back({"R alone, the thread was deleted",
                 [](Rig& r) { r.store.put(r.retired, k_text); },
                 OutcomeKind::orphaned,
                 [](const Rig& r) {
                   return Files{{r.orphan, k_text}};
                 },
                 ThreadRow::absent});
  return all;
}

} // namespace

TEST_CASE("recovery puts right what the table says, and reports it") {
  for (const Row& row : rows()) {
    CAPTURE(row.name);
    Rig rig;
    row.put(rig);
    rig.start();
    rig.worker->thread_row = row.thread;
    const Recovered recovered = rig.recover();
    CHECK_FALSE(recovered.due_in);
    REQUIRE(recovered.outcome.has_value() == row.kind.has_value());
    if (row.kind) {
      INFO(recovered.outcome->detail);
      CHECK(name_of(recovered.outcome->kind) == name_of(*row.kind));
      CHECK(recovered.outcome->rollout.ends_with(test_rollout_name(1)));
    }
    CHECK(rig.files() == row.after(rig));
    CHECK(rig.disk.open_handles() == 1); // the store lock's
  }
}

// Two forms of which the table lets one go, and which.
struct Pair {
  std::string name;
  std::string victim;
  std::string keeper;
};

std::vector<Pair> pairs(const Rig& r) {
  return {{"P keeps, Z goes", r.compressed, r.plain},
          {"P keeps, Z of the other tree goes", r.compressed, r.other_plain},
          {"Z keeps, R goes", r.retired, r.compressed},
          {"P keeps, R goes", r.retired, r.plain},
          {"Z keeps, Z of the other tree goes", r.compressed, r.other_compressed}};
}

void put_pair(Rig& r, const Pair& pair) {
  for (const std::string& path : {pair.victim, pair.keeper}) {
    r.store.put(path, path.ends_with(".zst") ? frame() : k_text);
    r.clock.advance(1s);
  }
  const WallTime mtime = r.disk.lstat(pair.victim)->mtime;
  r.disk.set_times(pair.keeper, mtime, r.disk.lstat(pair.keeper)->ctime);
}

TEST_CASE("of two copies none goes for what is not only the user's own to change") {
  struct Fault {
    std::string name;
    std::function<void(Rig&, const Pair&)> make;
  };
  const std::vector<Fault> faults{
      {"the keeper is another user's",
       [](Rig& r, const Pair& p) { r.disk.set_owner_of(p.keeper, 1001, 1000); }},
      {"the victim is another user's",
       [](Rig& r, const Pair& p) { r.disk.set_owner_of(p.victim, 1001, 1000); }},
      {"others may write to the keeper",
       [](Rig& r, const Pair& p) { r.disk.set_mode_of(p.keeper, 0666); }},
      {"the keeper has a second name",
       [](Rig& r, const Pair& p) { must(r.disk.link(p.keeper, "/home/me/second")); }}};
  for (const Fault& fault : faults) {
    for (const Pair& pair : pairs(Rig())) {
      CAPTURE(fault.name);
      CAPTURE(pair.name);
      Rig rig;
      put_pair(rig, pair);
      fault.make(rig, pair);
      rig.start();
      const Files before = rig.files();
      const Recovered recovered = rig.recover();
      REQUIRE(recovered.outcome);
      CHECK(name_of(recovered.outcome->kind) == "conflict");
      CHECK(recovered.outcome->detail != "");
      CHECK(rig.files() == before);
    }
  }
  for (const Pair& pair : pairs(Rig())) {
    CAPTURE(pair.name);
    Rig rig;
    put_pair(rig, pair);
    rig.start();
    const Recovered recovered = rig.recover();
    REQUIRE(recovered.outcome);
    CHECK(name_of(recovered.outcome->kind) != "conflict");
    CHECK_FALSE(rig.disk.exists(pair.victim));
  }
}

TEST_CASE("a .zst whose directory is mounted in both trees is its only copy, and stays") {
  Rig rig;
  rig.store.put(rig.other_compressed, frame());
  rig.disk.take_away(parent_dir(rig.compressed));
  rig.disk.mount(parent_dir(rig.other_compressed), parent_dir(rig.compressed));
  rig.start();
  const Files before = rig.files();
  REQUIRE(before.size() == 2);
  const Recovered recovered = rig.recover();
  REQUIRE(recovered.outcome);
  CHECK(name_of(recovered.outcome->kind) == "conflict");
  CHECK(recovered.outcome->detail.find("mounted in two places") != std::string::npos);
  CHECK(rig.files() == before);
}

TEST_CASE("recovery a second time finds nothing more, but for what it may not touch") {
  for (const Row& row : rows()) {
    CAPTURE(row.name);
    Rig rig;
    row.put(rig);
    rig.start();
    rig.worker->thread_row = row.thread;
    (void)rig.recover();
    const Files after = rig.files();
    rig.clock.advance(2h);
    const Recovered again = rig.recover();
    if (row.kind == OutcomeKind::conflict) {
      REQUIRE(again.outcome);
      CHECK(again.outcome->kind == OutcomeKind::conflict);
    }
    if (!again.outcome || again.outcome->kind == OutcomeKind::conflict) {
      CHECK(rig.files() == after);
    } else {
      // One act at a time: what it left is a row of its own.
      (void)rig.recover();
      const Files last = rig.files();
      CHECK_FALSE(rig.store.forms().files.size() > 2);
      rig.clock.advance(2h);
      (void)rig.recover();
      CHECK(rig.files() == last);
    }
  }
}

TEST_CASE("recovery touches nothing while a lock is held or lost") {
  struct Lock {
    std::string name;
    std::function<std::optional<File>(Rig&)> take;
  };
  const std::vector<Lock> locks{
      {"maintenance",
       [](Rig& r) { return std::optional(r.hold(".tmp/rollout-maintenance.lock")); }},
      {"coordination",
       [](Rig& r) {
         return std::optional(r.hold("thread-writer-locks/.coordination.lock"));
       }},
      {"thread",
       [](Rig& r) {
         return std::optional(
             r.hold("thread-writer-locks/" + test_thread_id(1) + ".lock"));
       }},
      {"store",
       [](Rig& r) {
         must(r.disk.unlink(join_path(r.store.state_dir(), "store.lock")));
         return std::optional<File>();
       }},
  };
  for (const Row& row : rows()) {
    for (const Lock& lock : locks) {
      CAPTURE(row.name);
      CAPTURE(lock.name);
      Rig rig;
      row.put(rig);
      rig.start();
      rig.worker->thread_row = row.thread;
      const Files before = rig.files();
      const auto held = lock.take(rig);
      const Recovered recovered = rig.recover();
      CHECK(rig.files() == before);
      if (recovered.outcome && recovered.outcome->error) {
        CHECK(recovered.outcome->error->code == Errc::lost_lock);
      } else if (recovered.outcome) {
        CHECK(recovered.outcome->kind == OutcomeKind::conflict);
      }
    }
  }
}

TEST_CASE("recovery leaves a pair alone until both files have settled") {
  Rig rig;
  rig.store.put(rig.compressed, frame());
  rig.start();
  rig.store.put(rig.plain, k_text); // a materialisation in progress, perhaps
  const Files before = rig.files();
  CHECK_FALSE(rig.recover().outcome);
  CHECK(rig.files() == before);
  rig.clock.advance(1h - 1ns);
  CHECK_FALSE(rig.recover().outcome);
  rig.clock.advance(1ns);
  CHECK(rig.recover().outcome);
  CHECK(rig.files() == Files{{rig.plain, k_text}});
}

TEST_CASE("recovery reaps no retired file before its grace is over, and says when") {
  Rig rig;
  rig.store.put(rig.compressed, frame());
  rig.start();
  rig.store.put(rig.retired, k_text, rig.disk.lstat(rig.compressed)->mtime);
  rig.clock.advance(4s);
  const Recovered early = rig.recover();
  CHECK_FALSE(early.outcome);
  CHECK(early.due_in == 6s);
  CHECK(rig.disk.exists(rig.retired));
  rig.clock.advance(*early.due_in);
  CHECK(rig.recover().outcome);
  CHECK_FALSE(rig.disk.exists(rig.retired));
}

TEST_CASE("recovery waits no longer than the grace when the calendar was set back") {
  Rig rig;
  rig.store.put(rig.compressed, frame());
  rig.store.put(rig.retired, k_text);
  rig.start();
  rig.clock.set_wall(rig.clock.wall() - 30 * 24h);
  const Recovered recovered = rig.recover();
  REQUIRE(recovered.due_in);
  CHECK(*recovered.due_in <= k_test_grace);
}

TEST_CASE("a writer that comes to the retired file under the lock stops its reaping") {
  Rig rig;
  rig.store.put(rig.compressed, frame());
  rig.store.put(rig.retired, k_text);
  rig.start();
  bool came = false;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "lease_whole" && path == rig.retired) {
      came = true;
      (void)rig.disk.append(rig.retired, test_line("late"));
    }
  });
  (void)rig.recover();
  CHECK(came);
  CHECK(rig.disk.get(rig.retired) == k_text + test_line("late"));
}

TEST_CASE("a line written just before the lease is not reaped with the retired file") {
  Rig rig;
  rig.store.put(rig.compressed, frame());
  rig.store.put(rig.retired, k_text);
  rig.start();
  int leases = 0;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "set_lease" && path == rig.retired && ++leases == 2) {
      (void)rig.disk.append(rig.retired, test_line("late"));
    }
  });
  (void)rig.recover();
  CHECK(leases == 2);
  CHECK(rig.disk.get(rig.retired) == k_text + test_line("late"));
}

TEST_CASE("a writer that comes during an exchange gets its file back") {
  for (const bool to_plain : {true, false}) {
    Rig rig;
    rig.store.put(rig.retired, k_longer);
    rig.store.put(rig.plain, k_text);
    rig.start();
    const auto writer =
        rig.disk.open_for_append_resolve(to_plain ? rig.plain : rig.retired).value();
    bool came = false;
    rig.fs.set_hook([&](std::string_view op, const std::string&) {
      if (op == "rename_exchange" && !came) {
        came = true;
        rig.disk.finish_open(writer);
        rig.disk.append_to(writer, "late\n");
      }
    });
    CHECK_FALSE(rig.recover().outcome);
    CHECK(came);
    CHECK(rig.files() == Files{{rig.plain, k_text + (to_plain ? "late\n" : "")},
                               {rig.retired, k_longer + (to_plain ? "" : "late\n")}});
  }
}

TEST_CASE("a retired file beside a plain one waits while somebody writes to it") {
  Rig rig;
  rig.store.put(rig.retired, k_other);
  rig.store.put(rig.plain, k_text);
  rig.start();
  const auto writer = rig.disk.open_for_append_resolve(rig.retired).value();
  rig.disk.finish_open(writer);
  const Files before = rig.files();
  CHECK_FALSE(rig.recover().outcome);
  CHECK(rig.files() == before);
}

TEST_CASE("a retired file whose .zst was archived while its grace ran is no lone one") {
  Rig rig;
  const std::string retired = rig.store.retired(1, Root::active);
  rig.store.put(retired, k_text);
  rig.store.put(rig.other_compressed, frame());
  rig.start();
  const RolloutForms seen = rig.store.forms();
  REQUIRE(seen.files.size() == 2);
  must(rig.disk.rename_new(rig.other_compressed, rig.compressed));
  const Recovered recovered = rig.worker->recover(seen);
  REQUIRE(recovered.outcome);
  CHECK(recovered.outcome->kind == OutcomeKind::reaped);
  CHECK(rig.files() == Files{{rig.compressed, frame()}});
}

TEST_CASE(
    "a .zst that comes back while the locks are taken keeps its retired file aside") {
  Rig rig;
  rig.store.put(rig.retired, k_text);
  rig.start();
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "open_lock" && path.ends_with(".coordination.lock") &&
        !rig.disk.exists(rig.other_compressed)) {
      rig.store.put(rig.other_compressed, frame());
    }
  });
  CHECK_FALSE(rig.recover().outcome);
  CHECK(rig.disk.exists(rig.retired));
  CHECK_FALSE(rig.disk.exists(rig.plain));
}

TEST_CASE("a retired file that was cut and written anew is its writer's, not an orphan") {
  Rig rig;
  rig.store.put(rig.retired, k_text);
  rig.store.put(rig.compressed, frame());
  rig.start();
  must(rig.disk.truncate(rig.disk.open_lock(rig.retired, Create::no).value(), 0));
  SUBCASE("only cut") {}
  SUBCASE("with a line of its own") {
    const File writer(rig.disk, rig.disk.open_lock(rig.retired, Create::no).value());
    must(rig.disk.write_at(writer.handle(), std::as_bytes(std::span(k_other)), 0));
  }
  const std::string now = rig.disk.get(rig.retired);
  const Recovered recovered = rig.recover();
  REQUIRE(recovered.outcome);
  CHECK(recovered.outcome->kind == OutcomeKind::recovered);
  CHECK(rig.disk.get(rig.plain) == now);
  CHECK(rig.disk.exists(rig.compressed));
}

TEST_CASE("a retired file that cannot be read just now is not put over a whole .zst") {
  Rig rig;
  rig.store.put(rig.retired, k_text);
  rig.store.put(rig.compressed, frame());
  rig.start();
  const Files before = rig.files();
  bool armed = false;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    // The id is read from it, too, but the .zst only to be compared: just before.
    armed = armed || (op == "open_read" && path == rig.compressed);
    if (armed && op == "read_at" && path == rig.retired) {
      armed = false;
      rig.fs.fail_op("read_at", Errc::io, EIO);
    }
  });
  const Recovered recovered = rig.recover();
  rig.fs.set_hook({});
  REQUIRE(recovered.outcome);
  CHECK(recovered.outcome->kind == OutcomeKind::failed);
  REQUIRE(recovered.outcome->error);
  CHECK(recovered.outcome->error->sys == EIO);
  CHECK(recovered.outcome->error->path == rig.retired);
  CHECK(rig.files() == before);
}

TEST_CASE("forms that another program has leased wait, and are no failure") {
  for (const bool beside_plain : {false, true}) {
    for (const bool of_frame : {false, true}) {
      CAPTURE(beside_plain);
      CAPTURE(of_frame);
      Rig rig;
      rig.store.put(beside_plain ? rig.plain : rig.retired, k_text);
      rig.store.put(rig.compressed, frame());
      rig.start();
      const Files before = rig.files();
      const std::string& path = of_frame       ? rig.compressed
                                : beside_plain ? rig.plain
                                               : rig.retired;
      {
        const File held(rig.disk, rig.disk.open_lock(path, Create::no).value());
        must(rig.disk.set_lease(held.handle(), LeaseKind::write));
        CHECK_FALSE(rig.recover().outcome);
        CHECK(rig.files() == before);
      }
      CHECK(rig.recover().outcome);
    }
  }
}

TEST_CASE("a retired file stays while Codex's database is busy, and comes back after") {
  Rig rig;
  rig.store.put(rig.retired, k_text);
  rig.start();
  rig.worker->thread_row = ThreadRow::unknown;
  CHECK_FALSE(rig.recover().outcome);
  CHECK(rig.files() == Files{{rig.retired, k_text}});
  rig.worker->thread_row = ThreadRow::present;
  CHECK(rig.recover().outcome);
  CHECK(rig.files() == Files{{rig.plain, k_text}});
}

TEST_CASE(
    "a retired file whose plain name is a directory now is reported, not forgotten") {
  Rig rig;
  rig.store.put(rig.retired, k_text);
  rig.start();
  must(rig.disk.make_dir(rig.plain, 0700));
  const Recovered recovered = rig.recover();
  REQUIRE(recovered.outcome);
  CHECK(recovered.outcome->kind == OutcomeKind::conflict);
  CHECK(rig.disk.get(rig.retired) == k_text);
}

TEST_CASE("a second orphan of one rollout does not replace the first") {
  Rig rig;
  rig.store.put(rig.retired, k_other);
  rig.store.put(rig.plain, k_text);
  rig.start();
  REQUIRE(rig.recover().outcome);
  rig.store.put(rig.retired, k_other + "more\n");
  rig.clock.advance(2h);
  const Recovered second = rig.recover();
  REQUIRE(second.outcome);
  CHECK(second.outcome->kind == OutcomeKind::orphaned);
  CHECK(rig.files() == Files{{rig.plain, k_text},
                             {rig.orphan, k_other},
                             {rig.orphan + ".2", k_other + "more\n"}});
}

TEST_CASE("recovery says how to join what a tool made anew") {
  Rig rig;
  rig.store.put(rig.compressed, frame());
  rig.store.put(rig.plain, test_line("no head"), rig.clock.wall() - 24h);
  rig.start();
  const Recovered recovered = rig.recover();
  REQUIRE(recovered.outcome);
  CHECK(recovered.outcome->kind == OutcomeKind::conflict);
  CHECK(recovered.outcome->detail.find("without a session_meta") != std::string::npos);
  // coldpress cat would show the plain file, as every reader does.
  CHECK(recovered.outcome->detail.find("zstd -dc the .zst") != std::string::npos);
}

TEST_CASE("an orphan goes by the thread's id in the retired file") {
  Rig rig;
  rig.store.put(rig.retired, test_rollout(7)); // a revert: the name says another id
  rig.start();
  const File held = rig.hold("thread-writer-locks/" + test_thread_id(7) + ".lock");
  const Files before = rig.files();
  CHECK_FALSE(rig.recover().outcome);
  CHECK(rig.files() == before);
}

TEST_CASE("recovery makes what stays durable before a name goes") {
  Rig rig;
  rig.store.put(rig.plain, k_text);
  rig.store.put(rig.compressed, frame());
  rig.start();
  rig.fs.reset();
  REQUIRE(rig.recover().outcome);
  const auto gone = rig.fs.find("unlink", rig.compressed);
  const auto file = rig.fs.find("sync_file", rig.plain);
  REQUIRE(gone);
  REQUIRE(file);
  const auto names = rig.fs.find("sync_dir", rig.store.dir(), *file);
  REQUIRE(names);
  CHECK(*file < *names);
  CHECK(*names < *gone);
  CHECK(rig.fs.find("sync_dir", rig.store.dir(), *gone));
}

TEST_CASE("a retired file and its plain name are durable before the .zst goes") {
  Rig rig;
  rig.store.put(rig.retired, k_longer);
  rig.store.put(rig.compressed, frame());
  rig.start();
  rig.fs.reset();
  REQUIRE(rig.recover().outcome);
  const auto synced = rig.fs.find("sync_file", rig.retired);
  const auto renamed = rig.fs.find("rename_new", rig.retired);
  const auto gone = rig.fs.find("unlink", rig.compressed);
  REQUIRE(synced);
  REQUIRE(renamed);
  REQUIRE(gone);
  CHECK(*synced < *renamed);
  const auto named = rig.fs.find("sync_dir", rig.store.dir(), *renamed);
  REQUIRE(named);
  CHECK(*named < *gone);
}

TEST_CASE("an empty plain file is freed after the grace, and kept if it grew meanwhile") {
  for (const bool grows : {false, true}) {
    Rig rig;
    rig.store.put(rig.plain, "");
    rig.store.put(rig.compressed, frame());
    rig.start();
    std::optional<MemFs::Writer> writer;
    if (grows) { // has resolved the path, and meets the leases later
      writer = rig.disk.open_for_append_resolve(rig.plain).value();
    }
    REQUIRE(rig.recover().outcome->kind == OutcomeKind::recovered);
    CHECK(rig.files() == Files{{rig.retired, ""}, {rig.compressed, frame()}});
    if (grows) {
      REQUIRE(rig.disk.finish_open(*writer) == MemFs::Opened::yes);
      rig.clock.advance(1s);
      rig.disk.append_to(*writer, "late\n");
      rig.disk.close_writer(*writer);
    }
    rig.clock.advance(2h);
    (void)rig.recover();
    CHECK(rig.files() == (grows ? Files{{rig.plain, "late\n"}, {rig.compressed, frame()}}
                                : Files{{rig.compressed, frame()}}));
  }
}

TEST_CASE("an empty plain file stays where a writer comes, or where nobody can tell") {
  Rig rig;
  rig.store.put(rig.plain, "");
  rig.store.put(rig.compressed, frame());
  rig.start();
  std::optional<MemFs::Writer> writer;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "rename_new" && path == rig.plain && !writer) {
      writer = rig.disk.open_for_append_resolve(rig.plain).value();
      (void)rig.disk.finish_open(*writer);
      rig.disk.append_to(*writer, "late\n");
    }
  });
  CHECK_FALSE(rig.recover().outcome);
  CHECK(rig.files() == Files{{rig.plain, "late\n"}, {rig.compressed, frame()}});

  Rig other;
  MemFeatures features;
  features.leases = false;
  other.disk.set_features(features);
  other.store.put(other.plain, "");
  other.store.put(other.compressed, frame());
  other.start();
  CHECK(other.recover().outcome->kind == OutcomeKind::conflict);
  CHECK(other.files() == Files{{other.plain, ""}, {other.compressed, frame()}});
}
