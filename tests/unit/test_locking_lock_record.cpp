#include "locking/lock_record.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

LockRecord example() {
  return {{"host-1", 4242, 99, "boot-1"},
          7,
          WallTime{std::chrono::seconds{1000}},
          WallTime{std::chrono::nanoseconds{2'000'000'000'123}},
          false};
}

} // namespace

TEST_CASE("a lock record is read back as it was written, always in the same length") {
  LockRecord record = example();
  record.released = true;
  const std::string text = encode_lock_record(record);
  CHECK(text.size() == k_lock_record_bytes);
  const auto read = decode_lock_record(text);
  REQUIRE(read);
  CHECK(read->process == record.process);
  CHECK(read->generation == record.generation);
  CHECK(read->since == record.since);
  CHECK(read->heartbeat == record.heartbeat);
  CHECK(read->released);
}

TEST_CASE("a lock record has room for the longest host name") {
  LockRecord record = example();
  record.process.host = std::string(200, 'h');
  record.process.boot_id = "01234567-0123-0123-0123-0123456789ab";
  record.process.pid = ~0U;
  record.process.start_time = ~0ULL;
  record.generation = ~0ULL - 1;
  record.since = record.heartbeat = k_latest;
  const auto read = decode_lock_record(encode_lock_record(record));
  REQUIRE(read);
  CHECK(read->process == record.process);
}

TEST_CASE("a lock record with a number that would overflow counts as torn") {
  for (const WallTime beyond : {WallTime::min(), WallTime::max(), k_too_early}) {
    LockRecord record = example();
    record.heartbeat = beyond;
    CHECK_FALSE(decode_lock_record(encode_lock_record(record)));
  }
  LockRecord record = example();
  record.generation = ~0ULL;
  CHECK_FALSE(decode_lock_record(encode_lock_record(record)));
}

TEST_CASE("a lock record torn at any byte is recognised") {
  LockRecord later = example();
  later.generation = 8;
  later.heartbeat += std::chrono::seconds{15};
  const std::string before = encode_lock_record(example());
  const std::string after = encode_lock_record(later);
  for (std::size_t cut = 0; cut < k_lock_record_bytes; ++cut) {
    CAPTURE(cut);
    const std::string torn = after.substr(0, cut) + before.substr(cut);
    const auto read = decode_lock_record(torn);
    CHECK((!read || torn == before || torn == after));
    CHECK_FALSE(decode_lock_record(after.substr(0, cut)));
  }
}

TEST_CASE("no flipped bit in what a lock record says goes unnoticed") {
  const std::string good = encode_lock_record(example());
  const std::size_t said = good.find_last_not_of(" \n");
  for (std::size_t at = 0; at <= said; ++at) {
    CAPTURE(at);
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    CHECK_FALSE(decode_lock_record(bad));
  }
}

TEST_CASE("text of another sort is no lock record") {
  CHECK_FALSE(decode_lock_record(""));
  CHECK_FALSE(decode_lock_record(std::string(k_lock_record_bytes, '\0')));
  CHECK_FALSE(decode_lock_record(std::string(k_lock_record_bytes, '\n')));
}
