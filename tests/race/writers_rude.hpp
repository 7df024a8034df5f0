#pragma once

#include "tests/race/writers.hpp"

#include <memory>
#include <string>
#include <vector>

struct sqlite3;

namespace coldpress::race {

// Codex's table of threads in state_5.sqlite, as far as the worker asks it.
class ThreadRows {
public:
  // Made when it is not there.
  explicit ThreadRows(const Home& home);
  ThreadRows(const ThreadRows&) = delete;
  ThreadRows& operator=(const ThreadRows&) = delete;
  ~ThreadRows();
  void add(std::uint32_t rollout);
  void remove(std::uint32_t rollout);

private:
  void execute(const std::string& statement);
  sqlite3* db_ = nullptr;
};

// A writer that owns its rollouts: it alone appends to them, so it knows what they hold.
class OwningWriter : public Writer {
public:
  using Writer::Writer;
  void work() override;

protected:
  static constexpr std::uint32_t k_owned = 12;
  virtual void begin() {}
  virtual void made(std::uint32_t rollout) { (void)rollout; }
  // Does something to that rollout; false once its plain name is gone.
  virtual bool act(std::size_t which) = 0;

  std::vector<std::uint32_t> owned_;
};

// (e) cuts lines off again: by path, or through a descriptor.
class Truncating final : public OwningWriter {
public:
  using OwningWriter::OwningWriter;

private:
  struct Line {
    std::uint32_t n;
    std::int64_t begin; // offset in bytes
  };
  void made(std::uint32_t rollout) override;
  bool act(std::size_t which) override;
  bool append_some(std::uint32_t rollout);
  bool cut_some(std::uint32_t rollout);

  struct Model {
    std::vector<Line> lines;
    std::int64_t size = -1; // bytes; -1: not looked at yet
  };
  std::map<std::uint32_t, Model> models_;
};

// (f) saves like an editor: reads all, writes another file, renames it over.
class RenamingOver final : public OwningWriter {
public:
  using OwningWriter::OwningWriter;

private:
  bool act(std::size_t which) override;
  bool save(std::uint32_t rollout);
};

// (g) gives the file a second name and appends through either.
class HardLinking final : public OwningWriter {
public:
  using OwningWriter::OwningWriter;

private:
  bool act(std::size_t which) override;
  std::map<std::uint32_t, bool> linked_;
};

// (h) deletes threads: the row, and whatever form there is; half of the time as Codex
// does it, under its locks.
class Deleting final : public OwningWriter {
public:
  using OwningWriter::OwningWriter;

private:
  void begin() override;
  void made(std::uint32_t rollout) override;
  bool act(std::size_t which) override;
  void remove(std::uint32_t rollout);

  std::unique_ptr<ThreadRows> rows_;
};

// (i) moves threads from tree to tree, in whichever form, and resumes them there.
class Archiving final : public LockJoining {
public:
  using LockJoining::LockJoining;
  void work() override;

private:
  void move(std::uint32_t rollout);
  bool move_a_form(std::uint32_t rollout, Root from, Root to) const;
  Root root_of(std::uint32_t rollout) const;
};

} // namespace coldpress::race
