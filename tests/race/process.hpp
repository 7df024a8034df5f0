#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace coldpress::race {

using Seconds = std::chrono::duration<double>;

// Since some moment; never goes back.
std::uint64_t now_ns();
void nap(std::chrono::microseconds how_long);
bool full_size(); // SCOREBOARD_SIZE=full

// Calls `work` in a child, which ends with 0, or 1 if it threw. Returns the child.
pid_t in_child(const std::function<void()>& work);
// Waits for a child; kills it and answers false when `at_most` is over or it failed.
bool finished(pid_t child, std::chrono::seconds at_most);

// Calls `done` every 50 us until it is true; false when `at_most` is over.
bool wait_until(const std::function<bool()>& done, std::chrono::milliseconds at_most);

struct Ran {
  int exit_code = -1; // -1: could not start, or died by a signal
  std::string output; // stdout
};
// Starts a program and waits for it. Its stderr is ours.
Ran run_program(const std::vector<std::string>& arguments);

class Dice {
public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  // 0 .. below - 1
  std::uint32_t roll(std::uint32_t below) {
    return static_cast<std::uint32_t>(engine_() % below);
  }
  void nap_below(std::uint32_t microseconds) {
    nap(std::chrono::microseconds{roll(microseconds)});
  }

private:
  std::mt19937_64 engine_;
};

} // namespace coldpress::race
