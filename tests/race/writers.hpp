#pragma once

#include "tests/race/codex_writer.hpp"
#include "tests/race/home.hpp"
#include "tests/race/process.hpp"
#include "tests/race/record.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace coldpress::race {

// One writer process of a row. It works until the record says stop.
class Writer {
public:
  Writer(const Home& home, const Record& record, std::uint32_t me, std::uint32_t slots)
      : home_(home), record_(record), shared_(record.shared()), codex_(home), me_(me),
        slots_(slots), dice_(me + 1) {}
  virtual ~Writer() = default;
  virtual void work() = 0;

protected:
  // The rollout that stands for a slot now; the next one once it was compressed.
  std::uint32_t rollout_of(std::uint32_t slot) const {
    return shared_.slots[slot].load();
  }
  void renew(std::uint32_t slot, std::uint32_t gone);
  std::uint32_t any_slot() { return dice_.roll(slots_); }
  // Opens the path for every line. False once the name is gone; `lines` gets the
  // numbers of what was acknowledged.
  bool append_reopening(const std::string& path,
                        std::uint32_t rollout,
                        std::uint32_t count,
                        std::vector<std::uint32_t>* lines = nullptr);
  void append_open(int fd, std::uint32_t rollout, std::uint32_t count);
  void fault(const std::string& what);

  const Home& home_;
  const Record& record_;
  Shared& shared_;
  CodexWriter codex_;
  std::uint32_t me_;
  std::uint32_t slots_;
  Dice dice_;
};

// (a) takes Codex's locks: coordination, thread lock, materialise, append, give back.
class LockJoining : public Writer {
public:
  using Writer::Writer;
  void work() override;

protected:
  void session(std::uint32_t rollout, const std::string& plain_path);

  std::uint32_t longest_ = 12;        // lines in a session
  std::uint32_t rest_below_ = 15'000; // microseconds
};

// The same, leaving its rollouts alone long enough to settle.
class Patient final : public LockJoining {
public:
  Patient(const Home& home, const Record& record, std::uint32_t me, std::uint32_t slots)
      : LockJoining(home, record, me, slots) {
    longest_ = 100;
    rest_below_ = 150'000;
  }
};

// (b) keeps descriptors open across many compresses; one of them from beginning to end.
class OpenedBefore final : public Writer {
public:
  using Writer::Writer;
  void work() override;

private:
  void hold_a_while(std::uint32_t slot);
};

// (c) opens the file anew for every line, knows no lock.
class Reopening final : public Writer {
public:
  using Writer::Writer;
  void work() override;
};

// (j) a fork materialises what is compressed, without a lock, keeping the old mtime.
class Forking final : public Writer {
public:
  using Writer::Writer;
  void work() override;
};

} // namespace coldpress::race
