#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/encode.hpp"
#include "worker/stage/publish.hpp"
#include "worker/stage/verify.hpp"

#include <doctest/doctest.h>

#include <random>

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
  int reads = 0; // of the source, since on_read()

  explicit Rig(std::string bytes = test_rollout()) : text(std::move(bytes)) {
    store.put(plain, text);
    clock.advance(1h);
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
  }
  Claim claim() { return worker->claim(store.candidate(plain)).value(); }
  EncodeRules rules() const {
    return {choose_frame_options(text.size(), 1, std::nullopt), 0, nullptr};
  }
  Step<Encoded> encode(std::stop_token stop = {}) {
    return coldpress::encode(fs, claim(), rules(), std::move(stop));
  }
  // Runs before the nth read of the source.
  void on_read(int nth, std::function<void()> act) {
    fs.set_hook(
        [this, nth, act = std::move(act)](std::string_view op, const std::string& path) {
          if (op == "read_at" && path == plain && reads++ == nth) {
            act();
          }
        });
  }
  void check_untouched() {
    CHECK(disk.get(plain) == text);
    CHECK(disk.names(store.dir()) == std::vector{test_rollout_name(1)});
    CHECK(disk.open_handles() == 1); // the store lock's
  }
};

std::string noise(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes = test_rollout(1, 0);
  while (bytes.size() < size) {
    bytes += static_cast<char>(random());
  }
  return bytes;
}

// Longer than the pieces encode() reads.
std::string long_rollout() {
  return test_rollout(1, 30000);
}

} // namespace

TEST_CASE("encode shows nobody its temp, and drops it with the token") {
  Rig rig;
  {
    const auto encoded = rig.encode();
    REQUIRE(encoded);
    CHECK(encoded->frame().frame_size() < rig.text.size());
    Hasher hasher;
    hasher.update(std::as_bytes(std::span(rig.text)));
    CHECK(encoded->source().hash() == hasher.digest());
    CHECK(rig.disk.names(rig.store.dir()) == std::vector{test_rollout_name(1)});
  }
  rig.check_untouched();
}

TEST_CASE("a file that grows while it is encoded is left alone") {
  for (const auto& [text, nth] :
       {std::pair(test_rollout(), 0), std::pair(long_rollout(), 2)}) {
    Rig rig(text);
    Claim claim = rig.claim();
    rig.on_read(nth, [&] {
      (void)rig.disk.append(rig.plain, test_line("more"));
      rig.text += test_line("more");
    });
    const auto encoded =
        encode(rig.fs, std::move(claim), EncodeRules{{1, 20, false}, 0, nullptr}, {});
    REQUIRE_FALSE(encoded);
    CHECK(encoded.error().reason == Reason::changed);
    CHECK(encoded.error().kind == OutcomeKind::skipped);
    rig.check_untouched();
  }
}

TEST_CASE("a file that shrinks while it is encoded is left alone") {
  Rig rig(long_rollout());
  rig.on_read(2, [&] {
    rig.text.resize(rig.text.size() / 2);
    rig.disk.put(rig.plain, rig.text, rig.store.cold_time());
  });
  const auto encoded = rig.encode();
  REQUIRE_FALSE(encoded);
  CHECK(encoded.error().reason == Reason::changed);
  rig.check_untouched();
}

TEST_CASE("bytes that do not compress are no gain, and soon given up") {
  Rig rig(noise(3U << 20U));
  const auto encoded = rig.encode();
  REQUIRE_FALSE(encoded);
  CHECK(encoded.error().reason == Reason::no_gain);
  CHECK(encoded.error().kind == OutcomeKind::skipped);
  rig.check_untouched();
}

TEST_CASE("a gain of less than one part in 64 is none") {
  constexpr std::size_t k_noise = 3U << 20U;
  constexpr std::size_t k_part = k_noise / 64;
  CHECK_FALSE(Rig(noise(k_noise) + std::string(k_part / 2, 'a')).encode());
  CHECK(Rig(noise(k_noise) + std::string(k_part * 2, 'a')).encode().has_value());
}

TEST_CASE("a file whose attributes or group cannot be kept is not encoded at all") {
  MemFeatures none;
  none.xattrs = false;
  for (const bool attributes : {true, false}) {
    Rig rig;
    if (attributes) {
      rig.disk.set_xattr_of(rig.plain, "user.note", "kept");
      rig.disk.set_features(none);
    } else {
      rig.disk.set_owner_of(rig.plain, 1000, 77);
    }
    const auto encoded = rig.encode();
    REQUIRE_FALSE(encoded);
    CHECK(encoded.error().kind == OutcomeKind::skipped);
    CHECK(encoded.error().reason == Reason::metadata_not_kept);
    CHECK_FALSE(encoded.error().detail.empty());
    CHECK_FALSE(rig.fs.find("write_at", join_path(rig.store.dir(), "(unnamed)")));
    rig.check_untouched();
  }
}

TEST_CASE("encode stops when the reserve on the disk would be touched") {
  Rig rig;
  EncodeRules rules = rig.rules();
  rules.min_free_bytes = std::uint64_t{1} << 62U;
  const auto encoded = encode(rig.fs, rig.claim(), rules, {});
  REQUIRE_FALSE(encoded);
  CHECK(encoded.error().kind == OutcomeKind::failed);
  CHECK(encoded.error().reason == Reason::no_space);
  rig.check_untouched();
}

TEST_CASE("a disk that fills up while encode writes is no_space, and all is as before") {
  Rig rig(long_rollout());
  Claim claim = rig.claim();
  const SpaceInfo space = rig.disk.space("/").value();
  rig.disk.set_capacity(space.total - space.available + 4096);
  const auto encoded = encode(rig.fs, std::move(claim), rig.rules(), {});
  REQUIRE_FALSE(encoded);
  CHECK(encoded.error().reason == Reason::no_space);
  rig.check_untouched();
}

TEST_CASE("encode stops within a piece of being told") {
  Rig rig(long_rollout());
  std::stop_source stop;
  Claim claim = rig.claim();
  rig.on_read(1, [&] { stop.request_stop(); });
  const auto encoded = encode(rig.fs, std::move(claim), rig.rules(), stop.get_token());
  REQUIRE_FALSE(encoded);
  CHECK(encoded.error().reason == Reason::canceled);
  CHECK(encoded.error().kind == OutcomeKind::skipped);
  rig.check_untouched();
}

TEST_CASE("encode counts every byte it has read, and leaves none in the page cache") {
  Rig rig(long_rollout());
  std::atomic<std::uint64_t> progress{0};
  EncodeRules rules = rig.rules();
  rules.progress = &progress;
  Claim claim = rig.claim();
  REQUIRE(rig.disk.drop_cache(claim.file(), 0, 0)); // nobody uses it
  const auto encoded = encode(rig.fs, std::move(claim), rules, {});
  REQUIRE(encoded);
  CHECK(progress == rig.text.size());
  CHECK(rig.disk.cached_bytes(encoded->claim().file()).value() == 0);
}

TEST_CASE("encode leaves a source in the page cache that was there before") {
  Rig rig(long_rollout());
  Claim claim = rig.claim();
  std::vector<std::byte> all(rig.text.size());
  REQUIRE(rig.disk.read_at(claim.file(), all, 0));
  const auto encoded = encode(rig.fs, std::move(claim), rig.rules(), {});
  REQUIRE(encoded);
  CHECK(rig.disk.cached_bytes(encoded->claim().file()).value() >= rig.text.size());
}

TEST_CASE("encode tells its pace of every piece, and an error of it ends the work") {
  Rig rig(long_rollout());
  std::uint64_t read = 0;
  EncodeRules rules = rig.rules();
  rules.pace = [&](std::uint64_t bytes) -> Result<void> {
    read += bytes;
    return {};
  };
  REQUIRE(encode(rig.fs, rig.claim(), rules, {}));
  CHECK(read == rig.text.size());

  rules.pace = [&](std::uint64_t) -> Result<void> {
    return Fail(Error{Errc::canceled, 0, "wait", {}, {}});
  };
  const auto encoded = encode(rig.fs, rig.claim(), rules, {});
  REQUIRE_FALSE(encoded);
  CHECK(encoded.error().reason == Reason::canceled);
  rig.check_untouched();
}

TEST_CASE("bytes of every kind come back exactly") {
  const std::string head = test_rollout(1, 0);
  const std::string filler(20000, 'a');
  std::string nul = head + filler;
  nul += std::string(5000, '\0');
  for (const std::string& text :
       {head + filler + "\r\n{\"a\":1}\r\n",
        nul,
        head + filler + "\xff\xfe\xc3(\x80\n",
        head + filler + "\n\n\n",
        head + filler + "{\"torn\":",
        head.substr(0, head.size() - 1) + std::string(20000, ' ')}) {
    Rig rig(text);
    REQUIRE(rig.worker->compress(rig.store.candidate(rig.plain)));
    CHECK_FALSE(rig.disk.exists(rig.plain));
    CHECK(rig.store.read(rig.plain) == text);
  }
}
