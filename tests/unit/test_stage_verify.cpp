#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/verify.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  StoreRig store{disk, clock};
  FaultFs fs{disk};
  std::unique_ptr<TestWorker> worker;
  std::string plain = store.plain();
  std::string text;

  explicit Rig(const MemFeatures& features = {}, std::string bytes = test_rollout())
      : text(std::move(bytes)) {
    disk.set_features(features);
    store.put(plain, text);
    clock.advance(1h);
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
  }
  Step<Encoded> encode() { return worker->encode(store.candidate(plain)); }
  Step<Verified> verify(std::stop_token stop = {}) {
    auto encoded = encode();
    REQUIRE(encoded);
    return coldpress::verify(fs, std::move(*encoded), std::move(stop));
  }
  void check_untouched() {
    CHECK(disk.get(plain) == text);
    CHECK(disk.names(store.dir()) == std::vector{test_rollout_name(1)});
    CHECK(disk.open_handles() == 1); // the store lock's
  }
};

} // namespace

TEST_CASE("verify reads from the disk, and its frame bears the source's metadata") {
  Rig rig;
  rig.disk.set_xattr_of(rig.plain, "user.note", "kept");
  const FileStat source = rig.disk.lstat(rig.plain).value();
  const auto verified = rig.verify();
  REQUIRE(verified);
  CHECK(verified->from_disk());
  const FileHandle temp = verified->encoded().temp().handle();
  const FileStat frame = rig.disk.stat(temp).value();
  CHECK(frame.mtime == source.mtime);
  CHECK(frame.mode == source.mode);
  CHECK(rig.disk.get_xattr(temp, "user.note").value() == "kept");
}

TEST_CASE("verify says when the kernel kept the pages, and compares all the same") {
  MemFeatures features;
  SUBCASE("they stay") {
    features.sticky_cache = true;
  }
  SUBCASE("nobody tells") {
    features.cached_bytes = false;
  }
  Rig rig(features);
  const auto verified = rig.verify();
  REQUIRE(verified);
  CHECK_FALSE(verified->from_disk());
}

TEST_CASE("verify refuses a frame of which one byte went wrong on the disk") {
  for (const std::uint64_t offset : {0U, 9U, 100U, 300U}) {
    CAPTURE(offset);
    Rig rig;
    auto encoded = rig.encode();
    REQUIRE(encoded);
    rig.fs.set_hook([&](std::string_view op, const std::string&) {
      if (op == "cached_bytes") { // synced, dropped, not yet read back
        rig.disk.rot_unnamed(offset);
      }
    });
    {
      const auto verified = verify(rig.fs, std::move(*encoded), {});
      REQUIRE_FALSE(verified);
      CHECK(verified.error().kind == OutcomeKind::failed);
      REQUIRE(verified.error().error);
      CHECK(verified.error().error->code == Errc::corrupt);
      CHECK_FALSE(verified.error().error->path.empty());
    }
    rig.check_untouched();
  }
}

TEST_CASE("verify refuses a frame of which bytes are missing or too many") {
  for (const bool longer : {false, true}) {
    CAPTURE(longer);
    Rig rig;
    auto encoded = rig.encode();
    REQUIRE(encoded);
    const FileHandle temp = encoded->temp().handle();
    const std::uint64_t size = encoded->frame().frame_size();
    must(rig.disk.truncate(temp, longer ? size + 1 : size - 1));
    const auto verified = verify(rig.fs, std::move(*encoded), {});
    REQUIRE_FALSE(verified);
    REQUIRE(verified.error().error);
    CHECK(verified.error().error->code == Errc::corrupt);
  }
}

TEST_CASE("verify skips a file that got an attribute which cannot be kept") {
  Rig rig;
  MemFeatures features;
  features.xattrs = false;
  auto encoded = rig.encode();
  REQUIRE(encoded);
  rig.disk.set_xattr_of(rig.plain, "user.note", "late");
  rig.disk.set_features(features);
  {
    const auto verified = verify(rig.fs, std::move(*encoded), {});
    REQUIRE_FALSE(verified);
    CHECK(verified.error().kind == OutcomeKind::skipped);
    CHECK(verified.error().reason == Reason::metadata_not_kept);
    CHECK_FALSE(verified.error().detail.empty());
  }
  rig.check_untouched();
}

TEST_CASE("verify fails on a disk that fails while metadata is copied") {
  Rig rig;
  auto encoded = rig.encode();
  REQUIRE(encoded);
  rig.fs.fail_op("set_mtime", Errc::io, EIO);
  const auto verified = verify(rig.fs, std::move(*encoded), {});
  REQUIRE_FALSE(verified);
  CHECK(verified.error().kind == OutcomeKind::failed);
  CHECK(verified.error().reason == Reason::io_error);
}

TEST_CASE("a frame that frees no block is no gain") {
  // 4097 bytes of it barely compress below one block, and the file takes two.
  std::string text = test_rollout(1, 0);
  for (unsigned i = 0; text.size() < 4096; ++i) {
    text += static_cast<char>('!' + (i * i * 7919U + i / 3) % 90U);
  }
  text.resize(4096);
  Rig rig({}, text);
  Candidate candidate = rig.store.candidate(rig.plain);
  auto encoded = rig.worker->encode(candidate);
  REQUIRE(encoded);
  const auto verified = verify(rig.fs, std::move(*encoded), {});
  REQUIRE_FALSE(verified);
  CHECK(verified.error().reason == Reason::no_gain);
  CHECK(verified.error().kind == OutcomeKind::skipped);
}

TEST_CASE("verify stops when it is told to") {
  Rig rig;
  std::stop_source stop;
  stop.request_stop();
  {
    const auto verified = rig.verify(stop.get_token());
    REQUIRE_FALSE(verified);
    CHECK(verified.error().reason == Reason::canceled);
  }
  rig.check_untouched();
}

TEST_CASE("verify syncs the bytes before it reads them, and the metadata at the end") {
  Rig rig;
  auto encoded = rig.encode();
  REQUIRE(encoded);
  rig.fs.reset();
  REQUIRE(verify(rig.fs, std::move(*encoded), {}));
  std::vector<std::string> order;
  for (const FaultFs::Call& call : rig.fs.log()) {
    if (call.op == "sync_file" || call.op == "drop_cache" || call.op == "set_mtime" ||
        (call.op == "read_at" && order.back() != "read_at")) {
      order.push_back(call.op);
    }
  }
  CHECK(
      order ==
      std::vector<std::string>{
          "sync_file", "drop_cache", "read_at", "drop_cache", "set_mtime", "sync_file"});
}
