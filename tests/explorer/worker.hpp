#pragma once

#include "tests/explorer/case.hpp"
#include "tests/explorer/process.hpp"
#include "tests/explorer/step_fs.hpp"

namespace coldpress {

enum class Move : std::uint8_t { go_on, compress, recover, reap, sweep, leave };

// Puts something between a worker and its disk; the world is there to be looked at.
using Layer = std::function<std::unique_ptr<Fs>(Fs& disk, const World& world)>;

// Who may do the next step. Each call returns when it is this worker's turn.
class Turns {
public:
  virtual ~Turns() = default;
  virtual void before_call(int worker, Touches touches, bool changes) = 0;
  virtual Move next_phase(int worker) = 0;
  // The run is given up: nothing counts any more.
  virtual bool over() const = 0;
  virtual bool grace_over(std::uint64_t inode) const = 0;
  virtual bool settled() const = 0;
  virtual void log(int worker, const std::string& line) = 0;
  virtual bool logs() const = 0;
};

// A host's coldpress: process after process, as they are killed, each with real stages.
class Worker {
public:
  Worker(int index, World& world, const Case& spec, Turns& turns, const Layer& layer);

  // All phases, or until nothing is left to do.
  void work();
  // kill -9; takes effect at once.
  void kill();

  std::vector<Move> may_begin() const;
  bool done() const { return done_; }
  bool between_phases() const { return !in_phase_; }
  // Whether a kill makes a difference.
  bool can_be_killed() const { return in_phase_ && !killed_; }
  std::uint64_t state() const;

private:
  void perform(Move action);
  void compress();
  bool begin_process();
  void end_process();
  void before(Touches touches, bool changes);
  bool time_has_passed() const;

  int index_;
  World& world_;
  const Case& spec_;
  Turns& turns_;
  StageClock clock_;
  std::unique_ptr<Fs> layer_;
  StepFs fs_;
  std::unique_ptr<Process> process_;
  std::optional<Published> published_;
  std::uint64_t retired_inode_ = 0; // the one the phase is about, 0: a pair
  std::uint64_t history_ = 0;       // all answers of this phase
  int phase_ = 0;
  bool at_once_ = false; // what happens now nobody sees before it is done
  bool in_phase_ = false;
  bool killed_ = false;
  bool done_ = false;
};

} // namespace coldpress
