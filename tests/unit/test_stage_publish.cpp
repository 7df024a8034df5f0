#include "locking/lock_record.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/pass_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/publish.hpp"
#include "worker/stage/reap.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <map>
#include <set>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

// When somebody else acts.
enum class When { before_publish, between_link_and_retire, between_rename_and_look };

const std::string k_line = test_line("a turn that must not be lost");

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  StoreRig store{disk, clock};
  FaultFs fs{disk};
  std::unique_ptr<TestWorker> worker;
  Root root;
  std::string text = test_rollout();
  std::string plain;
  std::string compressed;
  std::string retired;

  explicit Rig(Root in = Root::archived, const MemFeatures& features = {})
      : root(in), plain(store.plain(1, in)), compressed(store.compressed(1, in)),
        retired(store.retired(1, in)) {
    disk.set_features(features);
    store.put(plain, text);
    clock.advance(1h);
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
  }

  // claim, encode, verify, publish, and `act` at that moment.
  Step<Published> publish(When when, const std::function<void()>& act) {
    auto verified = worker->verify(store.candidate(plain));
    REQUIRE(verified);
    clock.advance(1s);
    if (when == When::before_publish) {
      act();
    } else {
      on(when, act);
    }
    Guards guards = worker->guards();
    auto published =
        coldpress::publish(guards, std::move(*verified), {worker->active_without_lease});
    fs.set_hook({});
    CHECK((when == When::before_publish || acted_));
    return published;
  }
  Step<Published> publish() {
    return publish(When::before_publish, [] {});
  }
  Step<std::monostate> reap(const Published& published) {
    clock.advance(k_test_grace);
    Guards guards = worker->guards();
    return coldpress::reap(guards, published);
  }

  // What stands in the trees, by path.
  std::map<std::string, std::string> trees() const {
    std::map<std::string, std::string> files = disk.snapshot();
    std::erase_if(files, [](const auto& file) {
      return file.first.find("sessions/") == std::string::npos;
    });
    return files;
  }
  void lose_the_store_lock() {
    const std::string path = join_path(store.state_dir(), "store.lock");
    LockRecord record = decode_lock_record(disk.get(path)).value();
    record.generation += 1;
    record.process.pid += 1;
    disk.put(path, encode_lock_record(record));
  }
  // Locks a file as another process would.
  File hold(const std::string& path) {
    disk.put_dir(parent_dir(path));
    File file(disk, disk.open_lock(path, Create::yes).value());
    must(disk.try_lock(file.handle()));
    return file;
  }
  std::string thread_lock() const {
    return join_path(store.home(), "thread-writer-locks/" + test_thread_id(1) + ".lock");
  }
  std::string maintenance_lock() const {
    return join_path(store.home(), ".tmp/rollout-maintenance.lock");
  }

private:
  void on(When when, std::function<void()> act) {
    fs.set_hook(
        [this, when, act = std::move(act)](std::string_view op, const std::string& path) {
          const bool now = when == When::between_link_and_retire
                               ? op == "sync_dir" && path == parent_dir(plain)
                               : op == "lstat" && path == retired;
          if (now && !acted_) {
            acted_ = true;
            act();
          }
        });
  }
  bool acted_ = false;
};

// An unlink of a file that is open here only hides its name until it is closed: nfs(5),
// "silly rename".
class NfsUnlink final : public PassFs {
public:
  using PassFs::PassFs;
  Result<void> unlink(const std::string& path) override {
    const auto gone = PassFs::lstat(path);
    auto done = PassFs::unlink(path);
    if (gone && done) {
      hidden_.insert(gone->inode);
    }
    return done;
  }
  Result<FileStat> stat(FileHandle file) override {
    auto found = PassFs::stat(file);
    if (found && hidden_.contains(found->inode)) {
      found->links += 1;
    }
    return found;
  }

private:
  std::set<std::uint64_t> hidden_;
};

} // namespace

TEST_CASE("publish names the frame, retires the plain file, and reap frees it") {
  Rig rig;
  auto published = rig.publish();
  REQUIRE(published);
  CHECK(rig.trees() ==
        std::map<std::string, std::string>{{rig.compressed, rig.disk.get(rig.compressed)},
                                           {rig.retired, rig.text}});
  CHECK(rig.store.read(rig.plain) == rig.text);
  CHECK(published->lease() == LeaseSupport::works);
  REQUIRE(rig.reap(*published));
  CHECK(rig.trees().size() == 1);
  CHECK(rig.store.read(rig.plain) == rig.text);
}

TEST_CASE("publish keeps mode and mtime to the nanosecond") {
  Rig rig;
  const FileStat before = rig.disk.lstat(rig.plain).value();
  REQUIRE(rig.publish());
  const FileStat after = rig.disk.lstat(rig.compressed).value();
  CHECK(after.mtime == before.mtime);
  CHECK(after.mode == before.mode);
  CHECK(after.uid == before.uid);
}

TEST_CASE("a writer that opens between rename and lease check gets its file back") {
  Rig rig;
  const auto writer = rig.disk.open_for_append_resolve(rig.plain).value();
  const auto published = rig.publish(When::between_rename_and_look, [&] {
    CHECK(rig.disk.finish_open(writer) == MemFs::Opened::waits);
    rig.disk.append_to(writer, k_line);
  });
  REQUIRE_FALSE(published);
  CHECK(published.error().kind == OutcomeKind::writer_arrived);
  CHECK(rig.trees() ==
        std::map<std::string, std::string>{{rig.plain, rig.text + k_line}});
}

TEST_CASE("a rollback is durable before the frame goes") {
  Rig rig;
  const auto writer = rig.disk.open_for_append_resolve(rig.plain).value();
  REQUIRE_FALSE(
      rig.publish(When::between_rename_and_look, [&] { rig.disk.finish_open(writer); }));
  const auto back = rig.fs.find("rename_new", rig.retired);
  REQUIRE(back);
  const auto synced = rig.fs.find("sync_dir", rig.store.dir(), *back);
  const auto gone = rig.fs.find("unlink", rig.compressed, *back);
  REQUIRE(synced);
  REQUIRE(gone);
  CHECK(*synced < *gone);
}

TEST_CASE("no call in the critical section waits for the disk") {
  Rig rig;
  REQUIRE(rig.publish());
  const auto renamed = rig.fs.find("rename_new", rig.plain);
  REQUIRE(renamed);
  const auto log = rig.fs.log();
  const std::string coordination =
      join_path(rig.store.home(), "thread-writer-locks/.coordination.lock");
  std::size_t taken = *renamed;
  while (log[taken].op != "try_lock" || log[taken].path != coordination) {
    --taken;
  }
  const auto released = rig.fs.find("close", coordination, *renamed);
  REQUIRE(released);
  for (std::size_t at = taken; at < *released; ++at) {
    CAPTURE(log[at].op);
    CHECK_FALSE(log[at].op.starts_with("sync"));
    CHECK(log[at].op != "write_at");
  }
}

TEST_CASE("a line that comes after the lease and before the reap survives in the open") {
  Rig rig;
  const auto writer = rig.disk.open_for_append_resolve(rig.plain).value();
  const auto published = rig.publish();
  REQUIRE(published);
  CHECK(rig.disk.finish_open(writer) == MemFs::Opened::yes);
  rig.disk.append_to(writer, k_line);

  SUBCASE("while the writer is still there") {
    const auto reaped = rig.reap(*published);
    REQUIRE_FALSE(reaped);
    CHECK(reaped.error().reason == Reason::open_for_writing);
  }
  SUBCASE("when the writer is gone") {
    rig.disk.close_writer(writer);
    const auto reaped = rig.reap(*published);
    REQUIRE_FALSE(reaped);
    CHECK(reaped.error().reason == Reason::changed);
  }
  CHECK(rig.disk.get(rig.retired) == rig.text + k_line);
  const Recovered recovered = rig.worker->recover(rig.store.forms());
  REQUIRE(recovered.outcome);
  CHECK(recovered.outcome->kind == OutcomeKind::recovered);
  CHECK(rig.trees() ==
        std::map<std::string, std::string>{{rig.plain, rig.text + k_line}});
}

TEST_CASE("publish leaves a file alone that somebody has open for writing") {
  for (const When when : {When::before_publish, When::between_link_and_retire}) {
    Rig rig;
    const auto published = rig.publish(when, [&] {
      rig.disk.finish_open(rig.disk.open_for_append_resolve(rig.plain).value());
    });
    REQUIRE_FALSE(published);
    CHECK(published.error().reason == Reason::open_for_writing);
    CHECK(published.error().kind == OutcomeKind::skipped);
    CHECK(rig.trees() == std::map<std::string, std::string>{{rig.plain, rig.text}});
  }
}

TEST_CASE("publish sees every change of the plain file since it was claimed") {
  struct Change {
    std::string name;
    std::function<void(Rig& rig)> make;
    Reason reason = Reason::changed;
    bool frame_may_stay = false; // P is not ours any more: the recovery decides
  };
  const std::string moved = "/home/me/.codex/sessions/2025/11/03/moved.jsonl";
  const std::vector<Change> changes{
      {"appended to", [](Rig& rig) { (void)rig.disk.append(rig.plain, k_line); }},
      {"truncated",
       [](Rig& rig) { rig.disk.put(rig.plain, "x", rig.store.cold_time()); }},
      {"touched",
       [](Rig& rig) {
         rig.disk.set_times(rig.plain, rig.clock.wall(), rig.clock.wall());
       }},
      {"chmodded", [](Rig& rig) { rig.disk.set_mode_of(rig.plain, 0640); }},
      {"given away", [](Rig& rig) { rig.disk.set_owner_of(rig.plain, 1000, 7); }},
      {"hard-linked", [&](Rig& rig) { must(rig.disk.link(rig.plain, moved)); }},
      {"rewritten in place with its mtime",
       [](Rig& rig) {
         std::string other = rig.text;
         other.back() = ' ';
         const WallTime mtime = rig.disk.lstat(rig.plain)->mtime;
         rig.disk.put(rig.plain, other, mtime);
       }},
      {"replaced",
       [](Rig& rig) {
         must(rig.disk.unlink(rig.plain));
         rig.disk.put(rig.plain, rig.text, rig.store.cold_time());
       },
       Reason::changed,
       true},
      {"deleted",
       [](Rig& rig) { must(rig.disk.unlink(rig.plain)); },
       Reason::vanished,
       true},
      {"archived",
       [&](Rig& rig) { must(rig.disk.rename_new(rig.plain, moved)); },
       Reason::vanished,
       true},
  };
  for (const Change& change : changes) {
    for (const When when : {When::before_publish, When::between_link_and_retire}) {
      CAPTURE(change.name);
      CAPTURE(static_cast<int>(when));
      Rig rig;
      std::map<std::string, std::string> after;
      const auto published = rig.publish(when, [&] {
        change.make(rig);
        after = rig.trees();
      });
      REQUIRE_FALSE(published);
      CHECK(published.error().reason == change.reason);
      CHECK(published.error().kind == OutcomeKind::skipped);
      if (!change.frame_may_stay) {
        after.erase(rig.compressed);
      }
      CHECK(rig.trees() == after);
    }
  }
}

TEST_CASE("publish touches neither form when the plain name was taken again meanwhile") {
  Rig rig;
  const auto writer = rig.disk.open_for_append_resolve(rig.plain).value();
  const auto published = rig.publish(When::between_rename_and_look, [&] {
    rig.disk.finish_open(writer);
    rig.disk.append_to(writer, k_line);
    rig.disk.put(rig.plain, "made anew\n");
  });
  REQUIRE_FALSE(published);
  CHECK(published.error().kind == OutcomeKind::writer_arrived);
  CHECK(published.error().error);
  CHECK(rig.disk.get(rig.plain) == "made anew\n");
  CHECK(rig.disk.get(rig.retired) == rig.text + k_line);
  CHECK(rig.disk.exists(rig.compressed));
}

TEST_CASE("a plain name made anew after the rename does not undo a publication") {
  Rig rig;
  const auto published = rig.publish(When::between_rename_and_look,
                                     [&] { rig.disk.put(rig.plain, "made anew\n"); });
  REQUIRE(published);
  CHECK(rig.disk.get(rig.plain) == "made anew\n");
  CHECK(rig.disk.get(rig.retired) == rig.text);
  CHECK(rig.disk.exists(rig.compressed));
}

TEST_CASE("publish leaves both when the other tree gets a form of the rollout") {
  for (const When when : {When::before_publish, When::between_link_and_retire}) {
    Rig rig;
    const std::string twin = rig.store.plain(1, Root::active);
    const auto published = rig.publish(when, [&] { rig.disk.put(twin, "shorter\n"); });
    REQUIRE_FALSE(published);
    CHECK(published.error().reason == Reason::in_both_trees);
    CHECK(rig.trees() ==
          std::map<std::string, std::string>{{rig.plain, rig.text}, {twin, "shorter\n"}});
  }
}

TEST_CASE("publish never replaces a .zst that is there") {
  Rig rig;
  const auto published = rig.publish(When::before_publish,
                                     [&] { rig.disk.put(rig.compressed, "somebody's"); });
  REQUIRE_FALSE(published);
  CHECK(published.error().reason == Reason::both_forms);
  CHECK(rig.trees() == std::map<std::string, std::string>{
                           {rig.plain, rig.text}, {rig.compressed, "somebody's"}});
}

TEST_CASE("publish stops when a fork removes the new .zst, and keeps the plain file") {
  Rig rig;
  const auto published = rig.publish(When::between_link_and_retire,
                                     [&] { must(rig.disk.unlink(rig.compressed)); });
  REQUIRE_FALSE(published);
  CHECK(published.error().reason == Reason::changed);
  CHECK(rig.trees() == std::map<std::string, std::string>{{rig.plain, rig.text}});
}

TEST_CASE("publish stops when the new .zst was replaced, and keeps both") {
  Rig rig;
  const auto published = rig.publish(When::between_link_and_retire, [&] {
    must(rig.disk.unlink(rig.compressed));
    rig.disk.put(rig.compressed, "somebody's");
  });
  REQUIRE_FALSE(published);
  CHECK(published.error().reason == Reason::changed);
  CHECK(rig.trees() == std::map<std::string, std::string>{
                           {rig.plain, rig.text}, {rig.compressed, "somebody's"}});
}

TEST_CASE("a .zst that vanishes after the rename is no reason to roll back") {
  Rig rig;
  const auto published = rig.publish(When::between_rename_and_look,
                                     [&] { must(rig.disk.unlink(rig.compressed)); });
  CHECK(rig.disk.get(rig.retired) == rig.text);
  REQUIRE(published);
  CHECK_FALSE(rig.reap(*published));
  CHECK(rig.disk.get(rig.retired) == rig.text);
}

TEST_CASE("publish stops for a loaded thread at both of its looks") {
  for (const When when : {When::before_publish, When::between_link_and_retire}) {
    Rig rig;
    File held;
    const auto published = rig.publish(when, [&] { held = rig.hold(rig.thread_lock()); });
    REQUIRE_FALSE(published);
    CHECK(published.error().reason == Reason::live_writer);
    CHECK(rig.trees() == std::map<std::string, std::string>{{rig.plain, rig.text}});
  }
}

TEST_CASE("publish waits at most two seconds for the coordination lock") {
  Rig rig;
  File held;
  const auto published = rig.publish(When::before_publish, [&] {
    held =
        rig.hold(join_path(rig.store.home(), "thread-writer-locks/.coordination.lock"));
  });
  REQUIRE_FALSE(published);
  CHECK(published.error().reason == Reason::live_writer);
  CHECK(rig.trees() == std::map<std::string, std::string>{{rig.plain, rig.text}});
}

TEST_CASE("publish stops while Codex's maintenance runs") {
  Rig rig;
  File held;
  const auto published =
      rig.publish(When::before_publish, [&] { held = rig.hold(rig.maintenance_lock()); });
  REQUIRE_FALSE(published);
  CHECK(published.error().reason == Reason::maintenance);
  CHECK(rig.trees() == std::map<std::string, std::string>{{rig.plain, rig.text}});
}

TEST_CASE("publish holds the maintenance lock until the name is durable") {
  Rig rig;
  const auto published = rig.publish(When::between_link_and_retire, [&] {
    const File file(rig.disk,
                    rig.disk.open_lock(rig.maintenance_lock(), Create::no).value());
    CHECK_FALSE(rig.disk.try_lock(file.handle()));
  });
  REQUIRE(published);
  CHECK_NOTHROW(rig.hold(rig.maintenance_lock()));
}

TEST_CASE("publish stops when the store was taken over, and leaves what it has named to "
          "whoever has the store now") {
  for (const When when : {When::before_publish, When::between_link_and_retire}) {
    Rig rig;
    const auto published = rig.publish(when, [&] { rig.lose_the_store_lock(); });
    REQUIRE_FALSE(published);
    CHECK(published.error().kind == OutcomeKind::skipped);
    REQUIRE(published.error().error);
    CHECK(published.error().error->code == Errc::lost_lock);
    CHECK(rig.disk.get(rig.plain) == rig.text);
    CHECK(rig.disk.exists(rig.compressed) == (when == When::between_link_and_retire));
    CHECK_FALSE(rig.disk.exists(rig.retired));
  }
}

// As the worker is about to take Codex's lock for the second time, to retire the file:
// the store lock was looked at just before.
Step<Published> publish_stopped_at_the_section(Rig& rig,
                                               const std::function<void()>& act) {
  auto verified = rig.worker->verify(rig.store.candidate(rig.plain));
  REQUIRE(verified);
  int sections = 0;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "open_lock" && path.ends_with(".coordination.lock") && ++sections == 2) {
      act();
    }
  });
  Guards guards = rig.worker->guards();
  auto published = coldpress::publish(guards, std::move(*verified), {});
  rig.fs.set_hook({});
  CHECK(sections >= 2);
  return published;
}

TEST_CASE("a worker stopped between store lock and Codex's lock publishes nothing when "
          "another host has begun meanwhile") {
  Rig rig;
  const auto published = publish_stopped_at_the_section(rig, [&] {
    rig.clock.advance(StoreLock::Timings{}.stale);
    rig.lose_the_store_lock();
  });
  REQUIRE_FALSE(published);
  REQUIRE(published.error().error);
  CHECK(published.error().error->code == Errc::lost_lock);
  CHECK(rig.disk.get(rig.plain) == rig.text);
  CHECK_FALSE(rig.disk.exists(rig.retired));
}

TEST_CASE(
    "a worker suspended between store lock and Codex's lock goes on when nobody has "
    "come") {
  Rig rig;
  CHECK(publish_stopped_at_the_section(rig, [&] { rig.clock.advance(8h); }));
}

TEST_CASE("reap stops when the store was taken over") {
  Rig rig;
  const auto published = rig.publish();
  REQUIRE(published);
  rig.lose_the_store_lock();
  CHECK_FALSE(rig.reap(*published));
  CHECK(rig.disk.get(rig.retired) == rig.text);
}

TEST_CASE(
    "a file that counts one link more until it is closed, as over NFS, is no writer's "
    "doing") {
  MemFeatures features;
  features.leases = false;
  features.rename_new = false;
  Rig rig(Root::archived, features);
  NfsUnlink fs(rig.fs);
  rig.worker.reset();
  auto worker =
      std::move(TestWorker::start(fs, rig.clock, rig.store, test_process()).value());
  REQUIRE(worker->publish(rig.store.candidate(rig.plain)));
  CHECK(rig.disk.get(rig.retired) == rig.text);
  CHECK(rig.store.read(rig.plain) == rig.text);
}

TEST_CASE("without leases the archive is compressed") {
  MemFeatures features;
  features.leases = false;
  Rig rig(Root::archived, features);
  const auto published = rig.publish();
  REQUIRE(published);
  CHECK(published->lease() == LeaseSupport::none);
  CHECK(rig.reap(*published));
  CHECK(rig.trees().size() == 1);
}

TEST_CASE("leases that stop working spare the active tree, unless it was asked for") {
  MemFeatures none;
  none.leases = false;
  for (const bool asked : {false, true}) {
    CAPTURE(asked);
    Rig rig(Root::active);
    rig.worker->active_without_lease = asked;
    const auto published =
        rig.publish(When::before_publish, [&] { rig.disk.set_features(none); });
    CHECK(published.has_value() == asked);
    if (!asked) {
      CHECK(published.error().reason == Reason::no_lease);
      CHECK(rig.trees() == std::map<std::string, std::string>{{rig.plain, rig.text}});
    }
  }
}

TEST_CASE("publish works without renameat2, without unnamed files, without both") {
  for (const int lacks : {1, 2, 3}) {
    CAPTURE(lacks);
    MemFeatures features;
    features.rename_new = (lacks & 1) == 0;
    features.unnamed = (lacks & 2) == 0;
    Rig rig(Root::archived, features);
    const auto published = rig.publish();
    REQUIRE(published);
    CHECK(rig.store.read(rig.plain) == rig.text);
    REQUIRE(rig.reap(*published));
    CHECK(rig.trees().size() == 1);
  }
}

TEST_CASE("a name that was given although the call failed is taken back") {
  // As over a network, when the answer is lost.
  struct LostAnswer final : PassFs {
    using PassFs::PassFs;
    Result<void> link_handle(FileHandle file, const std::string& to) override {
      TRY(base_.link_handle(file, to));
      return Fail(Error::from_errno(EIO, "linkat", to));
    }
  };
  Rig rig;
  LostAnswer network(rig.disk);
  rig.worker.reset();
  rig.worker =
      std::move(TestWorker::start(network, rig.clock, rig.store, test_process()).value());
  const auto published = rig.publish();
  rig.worker.reset(); // before its Fs
  REQUIRE_FALSE(published);
  CHECK(published.error().kind == OutcomeKind::failed);
  CHECK(rig.trees() == std::map<std::string, std::string>{{rig.plain, rig.text}});
}
