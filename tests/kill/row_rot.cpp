// row_rot PROGRAM: one bit of a .zst is wrong, or of the frame that is to become one.

#include "tests/kill/disk_store.hpp"
#include "tests/kill/row.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/stage/restore.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <random>

namespace coldpress {
namespace {

constexpr std::uint64_t k_flips = 2'000;
constexpr std::uint64_t k_full_flips = 100'000;
constexpr std::uint64_t k_program_every =
    20; // one flip in so many meets the program, too
constexpr std::uint64_t k_compress_every = 8;
constexpr int k_lines = 1500;
// The first and the last bytes hold what matters most: all their bits are flipped.
constexpr std::uint64_t k_edge_bits = 24 * 8;
constexpr std::uint64_t k_bits = 8;
constexpr int k_damage = 4; // exit code

class Rot {
public:
  Rot(Row& row, std::string program)
      : row_(row), scratch_(Scratch::On::memory),
        store_(scratch_ / "home", std::move(program), DiskStore::Codex::ran) {
    store_.add(1, k_lines);
    text_ = store_.content(1);
    frame_ = test_frame(text_);
    must(store_.fs().unlink(store_.rig().plain()));
  }

  void run(std::uint64_t flips) {
    std::mt19937_64 random(1);
    const std::uint64_t bits = frame_.size() * k_bits;
    for (std::uint64_t i = 0; i < flips; ++i) {
      const std::uint64_t bit = i < k_edge_bits       ? i
                                : i < 2 * k_edge_bits ? bits - 1 - (i - k_edge_bits)
                                                      : random() % bits;
      std::string rotten = frame_;
      rotten[bit / k_bits] =
          static_cast<char>(rotten[bit / k_bits] ^ (1 << (bit % k_bits)));
      when_ = fmt::format("bit {} of {}", bit, bits);
      in_process(rotten);
      if (i % k_program_every == 0) {
        by_program(rotten);
      }
      if (i % k_compress_every == 0) {
        during_compress(bit / k_bits);
      }
    }
    row_.figure("harmless", harmless_);
    row_.figure("by_program", by_program_);
    row_.figure("compresses", compresses_);
  }

private:
  // A flip that no decoder minds, in the header's unused bit, say, changes nothing.
  void in_process(const std::string& rotten) {
    const FakeClock clock;
    MemFs disk(clock);
    const StoreRig rig(disk, clock);
    rig.put(rig.compressed(), rotten);
    row_.tried();
    const auto read = rig.read(rig.plain());
    if (read && *read != text_) {
      row_.violation(when_ + ": cat gives other bytes and calls them good");
    }
    harmless_ += read ? 1 : 0;
    auto worker = TestWorker::start(disk, clock, rig, test_process()).value();
    Guards guards = worker->guards();
    const bool restored = restore(guards, rig.compressed(), {"", 0}, {}).has_value();
    if (restored != read.has_value() || (restored && disk.get(rig.plain()) != text_)) {
      row_.violation(when_ + ": restore takes what cat refuses, or the reverse");
    }
    if (!restored && (disk.get(rig.compressed()) != rotten || disk.exists(rig.plain()) ||
                      !rig.litter().empty())) {
      row_.violation(when_ + ": a refused restore has changed something");
    }
  }

  void by_program(const std::string& rotten) {
    Fs& fs = store_.fs();
    const StoreRig& rig = store_.rig();
    rig.put(rig.compressed(), rotten);
    by_program_ += 1;
    Command cat{{store_.command({}).words[0], "cat", rig.plain()}, scratch_ / "out", {}};
    const bool read = run_program(cat).code == 0;
    if (read && text_of(cat.log) != text_) {
      row_.violation(when_ + ": coldpress cat ends with 0 and other bytes");
    }
    const Ended restored = run_program(store_.command({"restore", "--all"}));
    const bool plain = fs.lstat(rig.plain()).has_value();
    const bool kept = text_of(rig.compressed()) == rotten;
    const bool right = read ? restored.code == 0 && plain && text_of(rig.plain()) == text_
                            : restored.code == k_damage && kept && !plain;
    if (!right) {
      row_.violation(fmt::format(
          "{}: coldpress restore ends with {}, signal {}; the .zst is {}, the plain "
          "file {}",
          when_,
          restored.code,
          restored.signal,
          kept ? "kept" : "gone or other",
          plain ? "there" : "absent"));
    }
    (void)fs.unlink(rig.compressed());
    (void)fs.unlink(rig.plain());
  }

  // The byte goes bad between sync and read-back.
  void during_compress(std::uint64_t offset) {
    const FakeClock clock;
    MemFs disk(clock);
    const StoreRig rig(disk, clock);
    rig.put(rig.plain(), text_);
    FaultFs fs(disk);
    bool synced = false;
    fs.set_hook([&](std::string_view op, const std::string&) {
      if (op == "drop_cache" && synced) {
        disk.rot_unnamed(offset % frame_.size());
      }
      synced = synced || op == "sync_file";
    });
    auto worker = TestWorker::start(fs, clock, rig, test_process()).value();
    synced = false;
    const auto compressed = worker->compress(rig.candidate(rig.plain()));
    row_.tried();
    compresses_ += 1;
    const bool refused = !compressed && compressed.error().kind == OutcomeKind::failed;
    if (!refused || disk.exists(rig.compressed()) || disk.get(rig.plain()) != text_ ||
        !rig.litter().empty()) {
      row_.violation(when_ + ": a compress named a frame that reads back differently");
    }
  }

  Row& row_;
  Scratch scratch_;
  DiskStore store_;
  std::string text_;
  std::string frame_;
  std::string when_;
  std::uint64_t harmless_ = 0;
  std::uint64_t by_program_ = 0;
  std::uint64_t compresses_ = 0;
};

} // namespace
} // namespace coldpress

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  try {
    coldpress::Row row("rot");
    coldpress::Rot(row, argv[1])
        .run(coldpress::full_size() ? coldpress::k_full_flips : coldpress::k_flips);
    return row.finish();
  } catch (const std::exception& error) {
    fmt::print(stderr, "row_rot: {}\n", error.what());
    return 1;
  }
}
