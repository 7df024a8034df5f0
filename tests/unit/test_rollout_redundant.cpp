#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/rollout/redundant.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_goes = "/store/a.jsonl";
const std::string k_stays = "/store/b.jsonl";

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  CodexLocks codex{disk, clock, "/store"};

  Rig() {
    disk.put_dir("/store");
    REQUIRE(codex.ensure());
    put(k_goes, "one line\n");
    put(k_stays, "one line\nanother\n");
    clock.advance(1s);
  }

  void put(const std::string& path, const std::string& text) { disk.put(path, text); }
  void append(const std::string& path, const std::string& text) {
    clock.advance(1s);
    const File file(disk, disk.open_append(path).value());
    REQUIRE(disk.append(file.handle(), std::as_bytes(std::span(text))));
  }
  Copy copy(const std::string& path, Since since = Since::nothing) {
    return {path, FileStamp::of(disk.lstat(path).value()), since};
  }
  Comparison compared() { return compare_rollouts(disk, k_goes, k_stays).value(); }
  Durable durable(Since since = Since::nothing) {
    return Durable::sync(disk, copy(k_stays, since)).value();
  }
  Content content(const std::string& path) {
    ContentReader reader(RolloutReader::open_exact(disk, path).value());
    std::vector<std::byte> buffer(64);
    while (reader.read(buffer).value() == buffer.size()) {
    }
    return reader.content().value();
  }
  LockedFile lock() { return codex.try_maintenance().value(); }
};

template <class T> bool is_changed(const Result<T>& result) {
  return !result && result.error().code == Errc::changed;
}

} // namespace

TEST_CASE("of two compared copies the one whose bytes are all in the other may go") {
  Rig rig;
  auto proof = Redundant::prove(
      rig.disk, rig.lock(), rig.compared(), rig.copy(k_goes), rig.durable());
  REQUIRE(proof);
  REQUIRE(std::move(*proof).remove());
  CHECK_FALSE(rig.disk.exists(k_goes));
  CHECK(rig.disk.exists(k_stays));
}

TEST_CASE("the copy that has more bytes than the other never goes") {
  Rig rig;
  const Comparison compared = rig.compared();
  const Durable shorter = Durable::sync(rig.disk, rig.copy(k_goes)).value();
  CHECK(is_changed(
      Redundant::prove(rig.disk, rig.lock(), compared, rig.copy(k_stays), shorter)));
  rig.put("/store/c.jsonl", "one lime\n");
  const Comparison differ = compare_rollouts(rig.disk, "/store/c.jsonl", k_stays).value();
  CHECK(is_changed(Redundant::prove(
      rig.disk, rig.lock(), differ, rig.copy("/store/c.jsonl"), rig.durable())));
}

TEST_CASE("a copy that has changed since it was compared does not go") {
  Rig rig;
  const Comparison compared = rig.compared();
  const Copy before = rig.copy(k_goes);
  rig.append(k_goes, "late\n");
  const LockedFile lock = rig.lock();
  const Durable stays = rig.durable();
  CHECK(is_changed(Redundant::prove(rig.disk, lock, compared, before, stays)));
  CHECK(is_changed(Redundant::prove(rig.disk, lock, compared, rig.copy(k_goes), stays)));
  CHECK(rig.disk.exists(k_goes));
}

TEST_CASE("what stays may have grown where that was said, and not be another file") {
  Rig rig;
  const Comparison compared = rig.compared();
  const LockedFile lock = rig.lock();
  const Durable exact = rig.durable();
  const Durable growing = rig.durable(Since::appended);
  rig.append(k_stays, "late\n");
  const Copy goes = rig.copy(k_goes);
  CHECK(is_changed(Redundant::prove(rig.disk, lock, compared, goes, exact)));
  CHECK(Redundant::prove(rig.disk, lock, compared, goes, growing));
  const std::string text = rig.disk.get(k_stays);
  REQUIRE(rig.disk.unlink(k_stays));
  rig.put(k_stays, text);
  CHECK(is_changed(Redundant::prove(rig.disk, lock, compared, goes, growing)));
}

TEST_CASE("a lock that was given back proves nothing") {
  Rig rig;
  LockedFile lock = rig.lock();
  lock.reset();
  const auto proof =
      Redundant::prove(rig.disk, lock, rig.compared(), rig.copy(k_goes), rig.durable());
  REQUIRE_FALSE(proof);
  CHECK(proof.error().code == Errc::invalid);
}

TEST_CASE("a copy with a second name does not make another one needless") {
  Rig rig;
  REQUIRE(rig.disk.link(k_stays, "/store/second"));
  CHECK(is_changed(Redundant::prove(
      rig.disk, rig.lock(), rig.compared(), rig.copy(k_goes), rig.durable())));
}

TEST_CASE("a file in a directory that is mounted in two places is no copy of itself") {
  Rig rig;
  rig.disk.mount("/store", "/mounted");
  const std::string again = "/mounted/b.jsonl";
  const LockedFile lock = rig.lock();
  const Durable stays = rig.durable();
  const Comparison compared = compare_rollouts(rig.disk, again, k_stays).value();
  CHECK(is_changed(Redundant::prove(rig.disk, lock, compared, rig.copy(again), stays)));
  const Content content = rig.content(k_stays);
  CHECK(is_changed(Redundant::prove(
      rig.disk, lock, Redundant::Pair{content, content}, rig.copy(again), stays)));
  CHECK(is_changed(Redundant::second_name(rig.disk, lock, rig.copy(again), stays)));
}

TEST_CASE("a file seen through two mounts of one network file system is one file") {
  FileStamp goes;
  goes.device = 1;
  goes.inode = 7;
  goes.links = 1;
  FileStamp stays = goes;
  stays.device = 2;
  CHECK(less_safe(goes, stays) == LessSafe::same_file);
  stays.ctime += 1s; // of a copy on another disk the number may happen to be the same
  CHECK_FALSE(less_safe(goes, stays));
}

TEST_CASE("a copy is less safe by its owner, its names, and who may write to it") {
  FileStamp goes;
  goes.uid = 1000;
  goes.mode = 0640;
  goes.links = 1;
  FileStamp stays = goes;
  stays.inode = 1;
  CHECK_FALSE(less_safe(goes, stays));
  stays.mode = 0660;
  CHECK(less_safe(goes, stays) == LessSafe::others_write);
  goes.mode = 0660; // they could write to that one, too
  CHECK_FALSE(less_safe(goes, stays));
  stays.links = 2;
  CHECK(less_safe(goes, stays) == LessSafe::second_name);
  stays.uid = 0;
  CHECK(less_safe(goes, stays) == LessSafe::other_user);
}

TEST_CASE("contents that were read are evidence for the files they were read of") {
  Rig rig;
  rig.put("/store/c.jsonl", "one line\n");
  const LockedFile lock = rig.lock();
  const Content goes = rig.content(k_goes);
  const Content same = rig.content("/store/c.jsonl");
  const Content longer = rig.content(k_stays);
  const Durable twin = Durable::sync(rig.disk, rig.copy("/store/c.jsonl")).value();
  const auto prove = [&](const Content& other, const Durable& stays) {
    return Redundant::prove(
        rig.disk, lock, Redundant::Pair{goes, other}, rig.copy(k_goes), stays);
  };
  CHECK(prove(same, twin));
  CHECK_FALSE(prove(longer, rig.durable())); // other bytes
  CHECK_FALSE(prove(same, rig.durable()));   // of another file
}

TEST_CASE("a content is known only once the file was read to its end") {
  Rig rig;
  ContentReader reader(RolloutReader::open_exact(rig.disk, k_stays).value());
  std::vector<std::byte> buffer(4);
  REQUIRE(reader.read(buffer));
  REQUIRE_FALSE(reader.content());
  CHECK(reader.content().error().code == Errc::invalid);
}

TEST_CASE("a second name of one file may go, a name of another one not") {
  Rig rig;
  const LockedFile lock = rig.lock();
  REQUIRE(rig.disk.link(k_stays, "/store/second"));
  const Durable stays = rig.durable();
  CHECK_FALSE(Redundant::second_name(rig.disk, lock, rig.copy(k_stays), stays));
  CHECK_FALSE(Redundant::second_name(rig.disk, lock, rig.copy(k_goes), stays));
  auto name = Redundant::second_name(rig.disk, lock, rig.copy("/store/second"), stays);
  REQUIRE(name);
  REQUIRE(std::move(*name).remove());
  CHECK(rig.disk.exists(k_stays));
}

TEST_CASE("only a file without bytes is redundant by itself") {
  Rig rig;
  const LockedFile lock = rig.lock();
  rig.put("/store/empty", "");
  CHECK(Redundant::empty(rig.disk, lock, rig.copy("/store/empty")));
  CHECK(is_changed(Redundant::empty(rig.disk, lock, rig.copy(k_goes))));
}
