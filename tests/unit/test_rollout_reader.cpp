#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/rollout/reader.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_plain = "/s/rollout-x.jsonl";
const std::string k_zst = k_plain + ".zst";

Sink append_to(std::string& text) {
  return [&text](std::span<const std::byte> data) -> Result<void> {
    for (const std::byte byte : data) {
      text += static_cast<char>(byte);
    }
    return {};
  };
}

std::string compress(const std::string& plain) {
  std::string frame;
  auto encoder = FrameEncoder::create(choose_frame_options(plain.size(), 1, std::nullopt),
                                      plain.size());
  REQUIRE(encoder);
  REQUIRE(encoder->push(std::as_bytes(std::span(plain)), append_to(frame)));
  REQUIRE(encoder->finish(append_to(frame)));
  return frame;
}

// A clock in whose sleeps something happens.
class BusyClock final : public Clock {
public:
  WallTime wall() const override { return {}; }
  BootTime boot() const override { return slept; }
  void sleep(std::chrono::nanoseconds how_long) const override {
    slept += how_long;
    if (during_sleep) {
      during_sleep();
    }
  }
  std::function<void()> during_sleep;
  mutable std::chrono::nanoseconds slept{0};
};

struct Store {
  FakeClock files_clock;
  MemFs fs{files_clock};
  BusyClock clock;

  Result<std::string> read(const std::string& path, const ReadOptions& options = {}) {
    TRY_ASSIGN(RolloutReader reader, RolloutReader::open(fs, clock, path, options));
    std::string text;
    TRY(copy_rollout(reader, append_to(text)));
    return text;
  }
};

} // namespace

TEST_CASE("either name reads whichever form is there") {
  Store store;
  for (const std::string& text : {std::string(""),
                                  std::string("a\r\n\n\0\xFF torn", 11),
                                  std::string(256 * 1024, 'x'),
                                  std::string(1'000'000, 'y')}) {
    for (const bool compressed : {false, true}) {
      store.fs.put(compressed ? k_zst : k_plain, compressed ? compress(text) : text);
      CAPTURE(text.size());
      CHECK(store.read(k_plain) == text);
      CHECK(store.read(k_zst) == text);
      CHECK(store.read(k_plain, {PageCache::drop_behind, Frames::one}) == text);
      REQUIRE(store.fs.unlink(compressed ? k_zst : k_plain));
    }
  }
  CHECK(store.fs.open_handles() == 0);
  CHECK(store.clock.slept == 0ns);
}

TEST_CASE("the plain file wins over the .zst, open_exact takes what it was told") {
  Store store;
  store.fs.put(k_plain, "plain");
  store.fs.put(k_zst, compress("compressed"));
  CHECK(store.read(k_zst) == "plain");

  auto reader = RolloutReader::open_exact(store.fs, k_zst);
  REQUIRE(reader);
  CHECK(reader->form() == Form::compressed);
  CHECK(reader->path() == k_zst);
  CHECK(reader->stat().size == store.fs.get(k_zst).size());
  std::string text;
  REQUIRE(copy_rollout(*reader, append_to(text)));
  CHECK(text == "compressed");
}

TEST_CASE("bytes come in pieces of any size, and none after the end") {
  Store store;
  const std::string text = "0123456789";
  store.fs.put(k_zst, compress(text));
  for (const std::size_t piece : {1UL, 3UL, 10UL, 11UL}) {
    auto reader = RolloutReader::open_exact(store.fs, k_zst);
    REQUIRE(reader);
    std::string got;
    std::vector<std::byte> buffer(piece);
    for (;;) {
      const auto count = reader->read(buffer);
      REQUIRE(count);
      REQUIRE(append_to(got)(std::span(buffer).first(*count)));
      if (*count < piece) {
        break;
      }
    }
    CHECK(got == text);
    CHECK(reader->read(buffer) == 0);
  }
}

TEST_CASE("a rollout whose form is just changing is found within 150 ms") {
  Store store;
  int sleeps = 0;
  store.clock.during_sleep = [&] {
    if (++sleeps == 3) {
      store.fs.put(k_zst, compress("here again"));
    }
  };
  CHECK(store.read(k_plain) == "here again");
  CHECK(store.clock.slept == 150ms);
}

TEST_CASE("a rollout that is in neither form is not found after three more tries") {
  Store store;
  store.fs.put_dir("/s");
  const auto text = store.read(k_plain);
  REQUIRE_FALSE(text);
  CHECK(text.error().code == Errc::not_found);
  CHECK(store.clock.slept == 150ms);
}

TEST_CASE("what is not a regular file is refused at once") {
  Store store;
  store.fs.put_dir(k_plain);
  CHECK_FALSE(store.read(k_plain));
  store.fs.put("/s/target", "secret");
  store.fs.put_symlink("/s/link.jsonl", "/s/target");
  CHECK_FALSE(store.read("/s/link.jsonl"));
  CHECK(store.clock.slept == 0ns);
  CHECK(store.fs.open_handles() == 0);
}

TEST_CASE("a damaged .zst ends in corrupt and names the file") {
  Store store;
  const std::string frame = compress(std::string(500'000, 'z') + "end");
  for (const std::string& bad : {std::string(""),
                                 frame.substr(0, frame.size() - 1),
                                 frame.substr(0, frame.size() - 4) + "abcd",
                                 frame + "x"}) {
    store.fs.put(k_zst, bad);
    const auto text = store.read(k_plain);
    REQUIRE_FALSE(text);
    CHECK(text.error().code == Errc::corrupt);
    CHECK(text.error().path == k_zst);
  }
}

TEST_CASE("several frames are one rollout unless exactly one is asked for") {
  Store store;
  store.fs.put(k_zst, compress("one") + compress("two"));
  CHECK(store.read(k_zst) == "onetwo");
  CHECK_FALSE(store.read(k_zst, {PageCache::keep, Frames::one}));
}

TEST_CASE("a renamed or unlinked file reads on to its end") {
  Store store;
  store.fs.put(k_plain, std::string(600'000, 'a'));
  auto reader = RolloutReader::open(store.fs, store.clock, k_plain);
  REQUIRE(reader);
  REQUIRE(store.fs.unlink(k_plain));
  std::string text;
  REQUIRE(copy_rollout(*reader, append_to(text)));
  CHECK(text.size() == 600'000);
}

TEST_CASE("a file of the caller's stays open") {
  Store store;
  store.fs.put(k_zst, compress("text"));
  const auto handle = store.fs.open_read(k_zst);
  REQUIRE(handle);
  {
    auto reader =
        RolloutReader::over(store.fs, *handle, "the temp file", Form::compressed);
    REQUIRE(reader);
    std::string text;
    REQUIRE(copy_rollout(*reader, append_to(text)));
    CHECK(text == "text");
  }
  CHECK(store.fs.open_handles() == 1);
  store.fs.close(*handle);
}

TEST_CASE("a reader that drops behind itself leaves nothing in the page cache") {
  Store store;
  store.fs.put(k_plain, std::string(9'000'000, 'a'));
  CHECK(store.read(k_plain, {PageCache::drop_behind, Frames::any}));
  const auto handle = store.fs.open_read(k_plain);
  REQUIRE(handle);
  CHECK(store.fs.cached_bytes(*handle) == 0);
  store.fs.close(*handle);
}
