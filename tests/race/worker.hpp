#pragma once

#include "tests/race/home.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace coldpress::race {

// What the worker's runs said, in memory shared with its process.
struct Tally {
  std::atomic<bool> stop;
  std::atomic<std::uint64_t> runs;
  std::atomic<std::uint64_t> compressed;
  std::atomic<std::uint64_t> writer_arrived;
  std::atomic<std::uint64_t> reaped;
  std::atomic<std::uint64_t> recovered;
  std::atomic<std::uint64_t> conflict;
  std::atomic<std::uint64_t> orphaned;
  std::atomic<std::uint64_t> failed;
  std::atomic<std::uint64_t> bad_exits; // died, or a code that says nothing of files
};

// The real program on one home: passes without age limit over both trees.
class Program {
public:
  Program(std::string path, const Home& home, const std::string& settle);

  // One `coldpress run --once`, counted.
  void run(Tally& tally) const;
  // Pass after pass until tally.stop.
  void loop(Tally& tally) const;

private:
  std::vector<std::string> arguments_;
};

// What must not be done: compress, link, look, unlink, with no lock and no lease.
void naive_loop(const Home& home, Tally& tally);

Tally& new_tally();

} // namespace coldpress::race
