#include "worker/catalog/file_row.hpp"
#include "worker/stage/step.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

constexpr WallTime k_now{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}};

FileStamp stamp_of(std::uint64_t inode, std::uint64_t size) {
  FileStamp stamp;
  stamp.device = 1;
  stamp.inode = inode;
  stamp.size = size;
  stamp.links = 1;
  return stamp;
}

Outcome outcome_of(OutcomeKind kind) {
  Outcome outcome;
  outcome.rollout = "archived_sessions/a.jsonl";
  outcome.kind = kind;
  outcome.stamp = stamp_of(7, 1000);
  return outcome;
}

Outcome compressed() {
  Outcome outcome = outcome_of(OutcomeKind::compressed);
  outcome.reason = Reason::cold;
  outcome.bytes_before = 1000;
  outcome.bytes_after = 100;
  outcome.hash = Hash128{1, 2};
  outcome.level = 9;
  outcome.window_log = 20;
  outcome.predicted_bytes = 90;
  outcome.verified_from_disk = true;
  outcome.blocked_us = 321;
  outcome.seconds = 0.5;
  return outcome;
}

Outcome skipped(Reason reason) {
  Outcome outcome = outcome_of(OutcomeKind::skipped);
  outcome.reason = reason;
  return outcome;
}

Outcome failed(Errc code, int sys = 0) {
  Outcome outcome = outcome_of(OutcomeKind::failed);
  outcome.error = Error{code, sys, "read", "/s/a.jsonl", {"first", "second"}};
  return outcome;
}

FileRow after(const FileRow& row, const Outcome& outcome) {
  return row_after(row, outcome, 1, k_now);
}

} // namespace

TEST_CASE("back-off doubles from one hour and stays at seven days") {
  CHECK(back_off(1) == 1h);
  CHECK(back_off(2) == 2h);
  CHECK(back_off(5) == 16h);
  CHECK(back_off(8) == 128h);
  CHECK(back_off(9) == 168h);
  CHECK(back_off(1'000'000) == 168h);
}

TEST_CASE("consecutive failures push the next try further out until one succeeds") {
  FileRow row = after({}, failed(Errc::io, 5));
  CHECK(row.attempts == 1);
  CHECK(row.retry_at == k_now + 1h);
  row = after(row, failed(Errc::corrupt));
  CHECK(row.attempts == 2);
  CHECK(row.retry_at == k_now + 2h);

  row = after(row, compressed());
  CHECK(row.attempts == 0);
  CHECK_FALSE(row.retry_at.has_value());
  CHECK(row.error.code.empty());

  row = after(row, failed(Errc::io));
  CHECK(row.retry_at == k_now + 1h);
}

TEST_CASE("what only waits asks for no back-off and forgives nothing") {
  const FileRow row = after({}, failed(Errc::io));
  for (const Errc code : {Errc::busy,
                          Errc::changed,
                          Errc::lost_lock,
                          Errc::no_space,
                          Errc::canceled,
                          Errc::not_found,
                          Errc::exists}) {
    CAPTURE(name_of(code));
    const FileRow next = after(row, failed(code));
    CHECK_FALSE(next.retry_at.has_value());
    CHECK(next.attempts == 1);
  }
  for (const Reason reason :
       {Reason::open_for_writing, Reason::live_writer, Reason::maintenance}) {
    const FileRow next = after(row, skipped(reason));
    CHECK_FALSE(next.retry_at.has_value());
    CHECK(next.attempts == 1);
    CHECK(next.error.code == "io");
  }
}

TEST_CASE("a skip that lies with the file itself counts as a failure") {
  CHECK(verdict_of(skipped(Reason::metadata_not_kept)) == Verdict::failure);
  CHECK(verdict_of(skipped(Reason::unreadable)) == Verdict::failure);
  CHECK(verdict_of(skipped(Reason::changed)) == Verdict::waits);
  CHECK(verdict_of(skipped(Reason::no_gain)) == Verdict::success);
}

TEST_CASE("an error is recorded with its call, path and context") {
  const FileRow row = after({}, failed(Errc::io, 5));
  CHECK(row.outcome == "failed");
  CHECK(row.error.code == "io");
  CHECK(row.error.sys == 5);
  CHECK(row.error.op == "read");
  CHECK(row.error.path == "/s/a.jsonl");
  CHECK(row.error.text == "first; second");
}

TEST_CASE("no_gain is remembered while the stamp stays, and no longer") {
  const FileRow row = after({}, skipped(Reason::no_gain));
  CHECK(row.no_gain);
  CHECK(after(row, skipped(Reason::maintenance)).no_gain);

  Outcome unclaimed = failed(Errc::busy);
  unclaimed.stamp = {};
  CHECK(after(row, unclaimed).no_gain);
  CHECK(after(row, unclaimed).stamp == row.stamp);

  Outcome grown = skipped(Reason::maintenance);
  grown.stamp.size = 2000;
  CHECK_FALSE(after(row, grown).no_gain);
  CHECK(after(row, grown).stamp.size == 2000);
  CHECK_FALSE(after(row, compressed()).no_gain);
}

TEST_CASE("a reap keeps what the compressing measured") {
  Outcome reaped = outcome_of(OutcomeKind::reaped);
  reaped.stamp = {};
  const FileRow row = after(after({}, compressed()), reaped);
  CHECK(row.outcome == "reaped");
  CHECK(row.compressed);
  CHECK(row.plain_bytes == 1000);
  CHECK(row.compressed_bytes == 100);
  CHECK(row.hash == to_hex(Hash128{1, 2}));
  CHECK(row.verified == "disk");
  CHECK(row.blocked_us == 321);
  CHECK(row.stamp == stamp_of(7, 1000));
}

TEST_CASE("a rollout stops counting as compressed when it is plain again") {
  const FileRow row = after({}, compressed());
  REQUIRE(row.compressed);
  CHECK_FALSE(after(row, outcome_of(OutcomeKind::restored)).compressed);
  CHECK_FALSE(after(row, outcome_of(OutcomeKind::writer_arrived)).compressed);
  CHECK_FALSE(after(row, outcome_of(OutcomeKind::conflict)).compressed);
  CHECK_FALSE(after(row, outcome_of(OutcomeKind::recovered)).compressed);
  CHECK(after(row, outcome_of(OutcomeKind::restored)).compressed_bytes == 0);

  CHECK(after(row, skipped(Reason::maintenance)).compressed);
  Outcome materialized = skipped(Reason::open_for_writing);
  materialized.stamp = stamp_of(8, 1000);
  CHECK_FALSE(after(row, materialized).compressed);
}

TEST_CASE("compressing ends a hold, and nothing else does") {
  FileRow held;
  held.hold_until = k_now + 24h;
  CHECK(after(held, outcome_of(OutcomeKind::restored)).hold_until == k_now + 24h);
  CHECK(after(held, failed(Errc::io)).hold_until == k_now + 24h);
  CHECK_FALSE(after(held, compressed()).hold_until.has_value());
}

TEST_CASE("a frame that was checked only in the page cache is recorded as such") {
  Outcome outcome = compressed();
  outcome.verified_from_disk = false;
  CHECK(after({}, outcome).verified == "cache");
  CHECK(after({}, failed(Errc::io)).verified.empty());
}

TEST_CASE("a frame counts as verified when it was made, until it is gone") {
  FileRow row = after({}, compressed());
  CHECK(row.verified_at == k_now);
  CHECK(row.predicted_bytes == 90);
  row = row_after(row, outcome_of(OutcomeKind::reaped), 2, k_now + 1h);
  CHECK(row.verified_at == k_now);
  row = row_after(row, outcome_of(OutcomeKind::restored), 3, k_now + 2h);
  CHECK_FALSE(row.verified_at.has_value());
}

TEST_CASE("a frame that was recompressed counts as compressed, with its plain length") {
  Outcome again = compressed();
  again.kind = OutcomeKind::recompressed;
  again.bytes_before = 150; // the old .zst
  again.plain_bytes = 1000;
  const FileRow row = after(FileRow{}, again);
  CHECK(row.compressed);
  CHECK(row.outcome == "recompressed");
  CHECK(row.plain_bytes == 1000);
  CHECK(row.compressed_bytes == 100);
  CHECK(row.hash == to_hex(*again.hash));
  CHECK(row.level == 9);
  CHECK(row.verified == "disk");
  CHECK(row.blocked_us == 321);
}

TEST_CASE("where names cannot be exchanged a weak frame is tried later and later") {
  const FileRow row = after(FileRow{}, skipped(Reason::no_exchange));
  CHECK(row.attempts == 1);
  CHECK(row.retry_at);
}

TEST_CASE("work that has begun counts as an attempt until it has an outcome") {
  const std::string rollout = "archived_sessions/a.jsonl";
  const FileRow begun = row_begun({}, rollout, 1, k_now);
  CHECK(begun.outcome == k_begun);
  CHECK(begun.attempts == 1);
  CHECK(begun.retry_at == k_now); // at once, and last
  CHECK(row_begun(begun, rollout, 1, k_now).attempts == 1);
  CHECK(row_begun(begun, rollout, 2, k_now).attempts == 2); // the first run was killed
  CHECK(after(begun, skipped(Reason::canceled)).attempts == 0);
  CHECK_FALSE(after(begun, skipped(Reason::canceled)).retry_at);
  CHECK(after(begun, failed(Errc::io, EIO)).attempts == 1);
  CHECK(after(begun, compressed()).attempts == 0);
}

TEST_CASE("a file larger than may be here fails again and again; a full disk does not") {
  Outcome limit = failed(Errc::no_space, EFBIG);
  limit.reason = Stop::from(*limit.error).reason;
  CHECK(limit.reason == Reason::too_large);
  CHECK(after({}, limit).attempts == 1);
  CHECK(after({}, limit).retry_at == k_now);
  Outcome full = failed(Errc::no_space, ENOSPC);
  full.reason = Stop::from(*full.error).reason;
  CHECK(full.reason == Reason::no_space);
  CHECK(after({}, full).attempts == 0);
  CHECK(after({}, full).retry_at == k_now); // at once, but after the others
}
