#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/rollout/frame.hpp"
#include "worker/stage/encode.hpp"
#include "worker/stage/measure.hpp"
#include "worker/stage/recompress.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <map>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

using Files = std::map<std::string, std::string>;

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  StoreRig store{disk, clock};
  FaultFs fs{disk};
  std::unique_ptr<TestWorker> worker;
  std::string text = test_rollout();
  std::string weak = test_weak_frame(text);
  std::string plain = store.plain();
  std::string compressed = store.compressed();

  Rig() : Rig(MemFeatures{}, {}) {}
  explicit Rig(const MemFeatures& features, const std::string& frame = {}) {
    disk.set_features(features);
    store.put(compressed, frame.empty() ? weak : frame);
    clock.advance(1h);
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
  }

  // Everything up to the last stage; then `act`, and that.
  Step<Recompressed> recompress_after(const std::function<void()>& act) {
    auto verified = worker->verify_weak(store.weak().value());
    REQUIRE(verified);
    clock.advance(1s);
    act();
    Guards guards = worker->guards();
    return recompress(guards, std::move(*verified));
  }
  // `act` before the first call of that name.
  Step<Recompressed> recompress_with(std::string_view op,
                                     const std::function<void()>& act) {
    bool acted = false;
    auto done = recompress_after([&] {
      fs.set_hook([&](std::string_view called, const std::string&) {
        if (called == op && !acted) {
          acted = true;
          act();
        }
      });
    });
    fs.set_hook({});
    CHECK(acted);
    return done;
  }

  Files trees() const {
    Files files = disk.snapshot();
    std::erase_if(files, [](const auto& file) {
      return file.first.find("sessions/") == std::string::npos;
    });
    return files;
  }
  // What a reader of either form would get, and nothing else in the trees.
  void check_only(const std::string& frame) const {
    CHECK(trees() == Files{{compressed, frame}});
    CHECK(store.read(plain) == text);
  }
  FrameInfo info() const {
    const std::string bytes = disk.get(compressed);
    return inspect_frame(std::as_bytes(std::span(bytes)).first(k_frame_header_max))
        .value();
  }
  File hold(const std::string& path) {
    const std::string lock = join_path(store.home(), path);
    disk.put_dir(parent_dir(lock));
    File file(disk, disk.open_lock(lock, Create::yes).value());
    must(disk.try_lock(file.handle()));
    return file;
  }
};

} // namespace

TEST_CASE("a weak frame is replaced by one with a checksum and the same bytes") {
  Rig rig;
  rig.disk.set_xattr_of(rig.compressed, "user.note", "keep me");
  rig.disk.set_mode_of(rig.compressed, 0640);
  rig.clock.advance(1h);
  const FileStat before = rig.disk.lstat(rig.compressed).value();
  REQUIRE_FALSE(rig.info().checksum);
  REQUIRE(rig.worker->recompress(rig.store.weak().value()));
  rig.check_only(test_frame(rig.text));
  CHECK(rig.info().checksum);
  CHECK(rig.info().content_size == rig.text.size());
  const FileStat after = rig.disk.lstat(rig.compressed).value();
  CHECK(after.inode != before.inode);
  CHECK(after.mtime == before.mtime);
  CHECK(after.mode == before.mode);
  const File file(rig.disk, rig.disk.open_read(rig.compressed).value());
  CHECK(rig.disk.get_xattr(file.handle(), "user.note").value() == "keep me");
  CHECK_FALSE(rig.store.weak()); // it is strong now
}

TEST_CASE("the exchange waits for no disk while writers wait for us") {
  Rig rig;
  REQUIRE(rig.worker->recompress(rig.store.weak().value()));
  const auto log = rig.fs.log();
  std::size_t exchanged = 0;
  while (log.at(exchanged).op != "rename_exchange") {
    ++exchanged;
  }
  const std::string coordination =
      join_path(rig.store.home(), "thread-writer-locks/.coordination.lock");
  std::size_t taken = exchanged;
  while (log[taken].op != "try_lock" || log[taken].path != coordination) {
    --taken;
  }
  const auto released = rig.fs.find("close", coordination, exchanged);
  REQUIRE(released);
  for (std::size_t at = taken; at < *released; ++at) {
    CAPTURE(log[at].op);
    CHECK_FALSE(log[at].op.starts_with("sync"));
    CHECK(log[at].op != "write_at");
  }
  // The new name is durable before the old frame goes.
  const auto synced = rig.fs.find("sync_dir", rig.store.dir(), *released);
  REQUIRE(synced);
  std::size_t gone = *released;
  while (log.at(gone).op != "unlink") {
    ++gone;
  }
  CHECK(*synced < gone);
}

TEST_CASE("a reader that has the old frame open reads on") {
  Rig rig;
  const File reader(rig.disk, rig.disk.open_read(rig.compressed).value());
  REQUIRE(rig.worker->recompress(rig.store.weak().value()));
  std::string bytes(rig.weak.size() + 1, '\0');
  const auto got =
      rig.disk.read_at(reader.handle(), std::as_writable_bytes(std::span(bytes)), 0);
  REQUIRE(got);
  CHECK(bytes.substr(0, *got) == rig.weak);
}

TEST_CASE("several frames and frames that do not say their size become one") {
  const std::string text = test_rollout();
  const std::string first = text.substr(0, 1000);
  const std::string rest = text.substr(1000);
  const std::string skippable("\x50\x2A\x4D\x18\x00\x00\x00\x00", 8);
  for (const std::string& frames : {test_weak_frame(first) + test_weak_frame(rest),
                                    skippable + test_weak_frame(text)}) {
    Rig rig(MemFeatures{}, frames);
    REQUIRE(rig.worker->recompress(rig.store.weak().value()));
    rig.check_only(test_frame(text));
  }
}

TEST_CASE("a frame that would grow stays, and that is no_gain") {
  const std::string text = test_rollout();
  std::string frame = test_frame(text);
  frame[4] = static_cast<char>(static_cast<unsigned char>(frame[4]) & ~4U);
  frame.resize(frame.size() - 4); // ours without its checksum
  Rig rig(MemFeatures{}, frame);
  const auto done = rig.worker->recompress(rig.store.weak().value());
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == OutcomeKind::skipped);
  CHECK(done.error().reason == Reason::no_gain);
  rig.check_only(frame);
}

TEST_CASE("a weak frame that is damaged is a failure and stays as it is") {
  const std::string text = test_rollout();
  const std::string frame = test_weak_frame(text);
  Rig rig(MemFeatures{}, frame.substr(0, frame.size() - 1));
  const auto done = rig.worker->recompress(rig.store.weak().value());
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == OutcomeKind::failed);
  REQUIRE(done.error().error);
  CHECK(done.error().error->code == Errc::corrupt);
  CHECK(rig.trees().size() == 1);
}

TEST_CASE("a frame that reads otherwise the second time is not compressed") {
  Rig rig;
  auto claimed = rig.worker->claim(rig.store.weak().value());
  REQUIRE(claimed);
  auto measured = measure(rig.fs, std::move(*claimed), {});
  REQUIRE(measured);
  rig.disk.rot(rig.compressed, 5000); // what measure() read it dropped
  const EncodeRules rules{choose_frame_options(rig.text.size(), 1, {}), 0, nullptr};
  const auto encoded = encode(rig.fs, std::move(*measured), rules, {});
  REQUIRE_FALSE(encoded);
  CHECK(encoded.error().error->code == Errc::corrupt);
  CHECK(rig.trees().size() == 1);
}

TEST_CASE("claim looks again at a weak frame and says why it leaves it") {
  struct Row {
    std::string name;
    Reason reason;
    std::function<void(Rig& rig)> make;
  };
  std::optional<File> held;
  const std::vector<Row> rows{
      {"a plain form",
       Reason::both_forms,
       [](Rig& r) { r.disk.put(r.plain, r.text, r.store.cold_time()); }},
      {"a twin",
       Reason::in_both_trees,
       [](Rig& r) { r.disk.put(r.store.plain(1, Root::active), r.text); }},
      {"a retired one",
       Reason::both_forms,
       [](Rig& r) { r.disk.put(r.store.retired(), r.text, r.store.cold_time()); }},
      {"replaced",
       Reason::changed,
       [](Rig& r) {
         must(r.disk.unlink(r.compressed));
         r.disk.put(r.compressed, r.weak, r.store.cold_time());
       }},
      {"gone", Reason::vanished, [](Rig& r) { must(r.disk.unlink(r.compressed)); }},
      {"two names",
       Reason::hard_linked,
       [](Rig& r) { must(r.disk.link(r.compressed, r.compressed + ".copy")); }},
      {"not ours",
       Reason::not_owner,
       [](Rig& r) {
         r.disk.set_mode_of(r.compressed, 0644);
         r.disk.set_owner_of(r.compressed, 0, 0);
       }},
      {"unsettled", Reason::unsettled, [](Rig& r) { r.worker->settle = 2h; }},
      {"open for writing",
       Reason::open_for_writing,
       [](Rig& r) {
         r.disk.finish_open(r.disk.open_for_append_resolve(r.compressed).value());
       }},
      {"loaded",
       Reason::live_writer,
       [&](Rig& r) {
         held = r.hold("thread-writer-locks/" + test_thread_id(1) + ".lock");
       }},
      {"maintenance",
       Reason::maintenance,
       [&](Rig& r) { held = r.hold(".tmp/rollout-maintenance.lock"); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Rig rig;
    const Candidate candidate = rig.store.weak().value();
    row.make(rig);
    const Files before = rig.trees();
    const auto done = rig.worker->recompress(candidate);
    held.reset();
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == OutcomeKind::skipped);
    CHECK(name_of(done.error().reason) == name_of(row.reason));
    CHECK(rig.trees() == before);
  }
}

TEST_CASE("whatever comes before the exchange is seen, and nothing is touched") {
  struct Row {
    std::string name;
    Reason reason;
    std::function<void(Rig& rig)> make;
  };
  std::optional<File> held;
  const std::vector<Row> rows{
      {"a plain form",
       Reason::both_forms,
       [](Rig& r) { r.disk.put(r.plain, r.text + "more\n"); }},
      {"a twin",
       Reason::in_both_trees,
       [](Rig& r) { r.disk.put(r.store.plain(1, Root::active), r.text); }},
      {"a retired one",
       Reason::both_forms,
       [](Rig& r) { r.disk.put(r.store.retired(), r.text); }},
      {"replaced",
       Reason::changed,
       [](Rig& r) {
         must(r.disk.unlink(r.compressed));
         r.disk.put(r.compressed, "somebody's");
       }},
      {"rewritten", Reason::changed, [](Rig& r) { r.disk.put(r.compressed, "other"); }},
      {"touched",
       Reason::changed,
       [](Rig& r) { r.disk.set_times(r.compressed, r.clock.wall(), r.clock.wall()); }},
      {"gone", Reason::vanished, [](Rig& r) { must(r.disk.unlink(r.compressed)); }},
      {"loaded",
       Reason::live_writer,
       [&](Rig& r) {
         held = r.hold("thread-writer-locks/" + test_thread_id(1) + ".lock");
       }},
      {"maintenance",
       Reason::maintenance,
       [&](Rig& r) { held = r.hold(".tmp/rollout-maintenance.lock"); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Rig rig;
    Files before;
    const auto done = rig.recompress_after([&] {
      row.make(rig);
      before = rig.trees();
      std::erase_if(before, [](const auto& file) {
        return is_part_name(base_name(file.first)); // our new frame
      });
    });
    held.reset();
    REQUIRE_FALSE(done);
    CHECK(name_of(done.error().reason) == name_of(row.reason));
    CHECK(rig.trees() == before);
  }
}

TEST_CASE("a .zst that somebody replaces in the moment of the exchange is theirs again") {
  Rig rig;
  const auto done = rig.recompress_with("rename_exchange", [&] {
    must(rig.disk.unlink(rig.compressed));
    rig.disk.put(rig.compressed, "somebody's");
  });
  REQUIRE_FALSE(done);
  CHECK(done.error().reason == Reason::changed);
  CHECK(rig.trees() == Files{{rig.compressed, "somebody's"}});
}

TEST_CASE("a plain form that a fork makes in the moment of the exchange stays") {
  Rig rig;
  const std::string longer = rig.text + test_line("of the fork");
  REQUIRE(
      rig.recompress_with("rename_exchange", [&] { rig.disk.put(rig.plain, longer); }));
  CHECK(rig.trees() ==
        Files{{rig.plain, longer}, {rig.compressed, test_frame(rig.text)}});
}

TEST_CASE("where two names cannot be exchanged the frame stays and the reason says so") {
  MemFeatures features;
  features.rename_new = false;
  Rig rig(features);
  const auto done = rig.worker->recompress(rig.store.weak().value());
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == OutcomeKind::skipped);
  CHECK(done.error().reason == Reason::no_exchange);
  rig.check_only(rig.weak);
}

TEST_CASE("a .zst whose skippable frames hold data stays, wherever they stand") {
  const std::string data("\x5A\x2A\x4D\x18\x03\x00\x00\x00xyz", 11);
  const std::string empty("\x5A\x2A\x4D\x18\x00\x00\x00\x00", 8);
  for (const bool first : {true, false}) {
    CAPTURE(first);
    Rig rig;
    const std::string both = first ? data + rig.weak : rig.weak + data;
    rig.disk.put(rig.compressed, both, rig.store.cold_time());
    rig.clock.advance(1h);
    const auto done = rig.worker->recompress(rig.store.weak().value());
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == OutcomeKind::skipped);
    CHECK(name_of(done.error().reason) == "extra_data");
    rig.check_only(both);
  }
  Rig rig;
  rig.disk.put(rig.compressed, empty + rig.weak, rig.store.cold_time());
  rig.clock.advance(1h);
  CHECK(rig.worker->recompress(rig.store.weak().value()));
}

TEST_CASE("what cannot be made durable keeps both frames") {
  Rig rig;
  const auto done = rig.recompress_with(
      "rename_exchange", [&] { rig.fs.fail_op("sync_dir", Errc::io, EIO); });
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == OutcomeKind::failed);
  CHECK(rig.trees().size() == 2);
  CHECK(rig.store.read(rig.plain) == rig.text);
}

TEST_CASE("an error at any call leaves the rollout readable and every handle closed") {
  int calls = 0;
  {
    Rig rig;
    const Candidate candidate = rig.store.weak().value();
    rig.fs.reset();
    REQUIRE(rig.worker->recompress(candidate));
    calls = rig.fs.calls();
  }
  REQUIRE(calls > 50);
  for (int nth = 0; nth < calls; ++nth) {
    for (const auto repeat : {FaultFs::Repeat::once, FaultFs::Repeat::forever}) {
      CAPTURE(nth);
      CAPTURE(static_cast<int>(repeat));
      Rig rig;
      const Candidate candidate = rig.store.weak().value();
      rig.fs.reset();
      rig.fs.fail_call(nth, Errc::io, EIO, repeat);
      const auto done = rig.worker->recompress(candidate);
      rig.fs.reset();
      CHECK(rig.store.read(rig.plain) == rig.text);
      CHECK(rig.disk.open_handles() == 1); // the store lock's
      if (!done && done.error().kind == OutcomeKind::failed) {
        REQUIRE(done.error().error);
        CHECK_FALSE(done.error().error->op.empty());
      }
      // What could not be unlinked is a part file, which the next sweep takes.
      for (const std::string& name : rig.store.litter()) {
        CHECK(is_part_name(name));
      }
    }
  }
}
