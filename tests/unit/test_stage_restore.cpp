#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/restore.hpp"

#include <doctest/doctest.h>

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
  std::string text;
  std::string frame;
  std::string plain = store.plain();
  std::string compressed = store.compressed();
  RestoreRules rules;

  explicit Rig(std::string bytes = test_rollout())
      : text(std::move(bytes)), frame(test_frame(text)) {
    store.put(compressed, frame);
    clock.advance(1h);
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
  }
  Step<Outcome> restore(std::stop_token stop = {}) {
    Guards guards = worker->guards();
    return coldpress::restore(guards, compressed, rules, std::move(stop));
  }
  Files trees() const {
    Files files = disk.snapshot();
    std::erase_if(files, [](const auto& file) {
      return file.first.find("sessions/") == std::string::npos;
    });
    return files;
  }
  // Nothing was done, and the frame is as it was.
  void check_kept(const std::string& bytes) {
    CHECK(trees() == Files{{compressed, bytes}});
    CHECK(disk.open_handles() == 1); // the store lock's
  }
  File hold(const std::string& path) {
    File file(disk, disk.open_lock(join_path(store.home(), path), Create::yes).value());
    must(disk.try_lock(file.handle()));
    return file;
  }
  static Hash128 hash_of(std::string_view bytes) {
    Hasher hasher;
    hasher.update(std::as_bytes(std::span(bytes)));
    return hasher.digest();
  }
};

} // namespace

TEST_CASE("restore makes the plain file with its metadata, and then removes the .zst") {
  Rig rig;
  rig.disk.set_xattr_of(rig.compressed, "user.note", "kept");
  rig.disk.set_mode_of(rig.compressed, 0640);
  const FileStat before = rig.disk.lstat(rig.compressed).value();
  const auto restored = rig.restore();
  REQUIRE(restored);
  CHECK(restored->kind == OutcomeKind::restored);
  CHECK(restored->bytes_before == rig.text.size());
  CHECK(restored->bytes_after == rig.frame.size());
  CHECK(restored->hash == Rig::hash_of(rig.text));
  CHECK(rig.trees() == Files{{rig.plain, rig.text}});
  const FileStat after = rig.disk.lstat(rig.plain).value();
  CHECK(after.mtime == before.mtime);
  CHECK(after.mode == before.mode);
  const File file(rig.disk, rig.disk.open_read(rig.plain).value());
  CHECK(rig.disk.get_xattr(file.handle(), "user.note").value() == "kept");
}

TEST_CASE("restore undoes a compress byte by byte") {
  Rig rig;
  REQUIRE(rig.restore());
  rig.clock.advance(1h);
  REQUIRE(rig.worker->compress(rig.store.candidate(rig.plain)));
  REQUIRE(rig.restore());
  CHECK(rig.trees() == Files{{rig.plain, rig.text}});
}

TEST_CASE("restore keeps a damaged frame and makes nothing of it") {
  std::string flipped = test_frame(test_rollout());
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  const std::string cut = test_frame(test_rollout()).substr(0, 300);
  for (const std::string& bad : {flipped, cut, std::string()}) {
    Rig rig;
    rig.disk.put(rig.compressed, bad);
    const auto restored = rig.restore();
    REQUIRE_FALSE(restored);
    CHECK(restored.error().kind == OutcomeKind::failed);
    REQUIRE(restored.error().error);
    CHECK(restored.error().error->code == Errc::corrupt);
    rig.check_kept(bad);
  }
}

TEST_CASE("restore refuses what reads back differently from the disk") {
  Rig rig;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "drop_cache" && path.ends_with(".coldpress-part")) {
      rig.disk.rot(path, 5);
    }
  });
  const auto restored = rig.restore();
  REQUIRE_FALSE(restored);
  CHECK(restored.error().error->code == Errc::corrupt);
  rig.check_kept(rig.frame);
}

TEST_CASE("restore never replaces a plain file that is there") {
  Rig rig;
  rig.disk.put(rig.plain, "somebody's");
  const auto restored = rig.restore();
  REQUIRE_FALSE(restored);
  CHECK(restored.error().reason == Reason::both_forms);
  CHECK(restored.error().kind == OutcomeKind::skipped);
  CHECK(rig.trees() == Files{{rig.plain, "somebody's"}, {rig.compressed, rig.frame}});
}

TEST_CASE("restore stops when the .zst changes meanwhile, and keeps what is there") {
  Rig rig;
  bool done = false;
  rig.fs.set_hook([&](std::string_view op, const std::string&) {
    if (op == "set_mtime" && !done) {
      done = true;
      must(rig.disk.unlink(rig.compressed));
      rig.disk.put(rig.compressed, "another");
    }
  });
  const auto restored = rig.restore();
  REQUIRE_FALSE(restored);
  CHECK(restored.error().reason == Reason::changed);
  rig.check_kept("another");
}

TEST_CASE("a line appended as soon as the plain file has its name stays in it") {
  bool done = false; // outlives the rig, whose end calls the hook, too
  Rig rig;
  rig.fs.set_hook([&](std::string_view, const std::string&) {
    if (!done && rig.disk.exists(rig.plain)) {
      done = true;
      REQUIRE(rig.disk.append(rig.plain, "late\n"));
    }
  });
  const auto restored = rig.restore();
  REQUIRE(restored);
  CHECK(restored->bytes_before == rig.text.size());
  CHECK(rig.trees() == Files{{rig.plain, rig.text + "late\n"}});
}

TEST_CASE("restore removes no .zst when its plain file was replaced meanwhile") {
  Rig rig;
  bool done = false;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "sync_dir" && path == rig.store.dir() && !done) {
      done = true;
      must(rig.disk.unlink(rig.plain));
      rig.disk.put(rig.plain, "somebody's");
    }
  });
  const auto restored = rig.restore();
  REQUIRE_FALSE(restored);
  CHECK(restored.error().reason == Reason::changed);
  CHECK(rig.trees() == Files{{rig.plain, "somebody's"}, {rig.compressed, rig.frame}});
}

TEST_CASE("restore leaves a loaded thread and Codex's maintenance alone") {
  for (const auto& [path, reason] :
       {std::pair(std::string(".tmp/rollout-maintenance.lock"), Reason::maintenance),
        std::pair("thread-writer-locks/" + test_thread_id(1) + ".lock",
                  Reason::live_writer)}) {
    Rig rig;
    const File held = rig.hold(path);
    const auto restored = rig.restore();
    REQUIRE_FALSE(restored);
    CHECK(restored.error().reason == reason);
    CHECK(rig.trees() == Files{{rig.compressed, rig.frame}});
  }
}

TEST_CASE("restore without room stops early and leaves nothing behind") {
  SUBCASE("the reserve") {
    Rig rig;
    rig.rules.min_free_bytes = std::uint64_t{1} << 62U;
    const auto restored = rig.restore();
    REQUIRE_FALSE(restored);
    CHECK(restored.error().reason == Reason::no_space);
    rig.check_kept(rig.frame);
  }
  SUBCASE("the disk") {
    Rig rig;
    const SpaceInfo space = rig.disk.space("/").value();
    rig.disk.set_capacity(space.total - space.available + 4096);
    const auto restored = rig.restore();
    REQUIRE_FALSE(restored);
    CHECK(restored.error().reason == Reason::no_space);
    rig.check_kept(rig.frame);
  }
}

TEST_CASE("restore skips a file whose owner or attributes cannot be kept") {
  Rig rig;
  rig.disk.set_mode_of(rig.compressed, 0644);
  rig.disk.set_owner_of(rig.compressed, 1000, 77);
  const auto restored = rig.restore();
  REQUIRE_FALSE(restored);
  CHECK(restored.error().reason == Reason::metadata_not_kept);
  rig.check_kept(rig.frame);
}

TEST_CASE("a restore canceled half way leaves nothing behind") {
  Rig rig(test_rollout(1, 30000));
  std::stop_source stop;
  int pieces = 0;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "write_at" && path.ends_with(".coldpress-part") && ++pieces == 2) {
      stop.request_stop();
    }
  });
  const auto restored = rig.restore(stop.get_token());
  REQUIRE_FALSE(restored);
  CHECK(pieces == 2);
  CHECK(restored.error().reason == Reason::canceled);
  rig.check_kept(rig.frame);
}

TEST_CASE("restore reads frames that others have made") {
  Rig rig;
  const std::string two =
      test_frame(rig.text.substr(0, 1000)) + test_frame(rig.text.substr(1000));
  rig.disk.put(rig.compressed, two);
  REQUIRE(rig.restore());
  CHECK(rig.trees() == Files{{rig.plain, rig.text}});
}

TEST_CASE("restore of what is not there is no failure") {
  Rig rig;
  must(rig.disk.unlink(rig.compressed));
  const auto restored = rig.restore();
  REQUIRE_FALSE(restored);
  CHECK(restored.error().reason == Reason::vanished);
}

TEST_CASE("restore leaves holes for long runs of zeros, and the bytes are the same") {
  const std::string head = test_rollout();
  const std::size_t block = std::size_t{64} << 10U;
  const std::string zeros(3 * block, '\0');
  const std::string some(block / 2, 'x');
  for (const std::string& text :
       {head + zeros,
        head + zeros + some,
        head + zeros + some + zeros + "\n",
        std::string(5 * block, '\0'),
        head + std::string(20 * block, '\0') + some,
        head + std::string(block - head.size() % block, 'y') + zeros,
        head + std::string(block - 1, '\0') + some}) {
    Rig rig(text);
    const std::string dir = parent_dir(rig.plain);
    std::uint64_t written = 0;
    rig.fs.set_hook([&](std::string_view op, const std::string& path) {
      written += op == "write_at" && parent_dir(path) == dir ? 1U : 0U;
    });
    const auto restored = rig.restore();
    rig.fs.set_hook({}); // the rig outlives what it counts with
    REQUIRE(restored);
    CHECK(restored->hash == Rig::hash_of(text));
    CHECK(rig.trees() == Files{{rig.plain, text}});
    CHECK((written == 0) == (text.find_first_not_of('\0') == text.npos));
  }
}
