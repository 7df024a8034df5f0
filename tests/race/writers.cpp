#include "tests/race/writers.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace coldpress::race {

void Writer::renew(std::uint32_t slot, std::uint32_t gone) {
  shared_.collisions += 1;
  const std::uint32_t next = shared_.next_rollout.fetch_add(1);
  if (next >= k_most_rollouts) {
    shared_.stop = true;
    return;
  }
  home_.make(next);
  // Lost against another writer: then it just stands there and is compressed.
  (void)shared_.slots[slot].compare_exchange_strong(gone, next);
}

void Writer::append_open(int fd, std::uint32_t rollout, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count && !record_.stopped(); ++i) {
    if (!record_.append(fd, me_, rollout, nullptr)) {
      fault("write failed");
    }
  }
}

bool Writer::append_reopening(const std::string& path,
                              std::uint32_t rollout,
                              std::uint32_t count,
                              std::vector<std::uint32_t>* lines) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const Fd file = open_append(path);
    if (!file) {
      return false;
    }
    std::uint32_t n = 0;
    if (!record_.append(file.get(), me_, rollout, &n)) {
      fault("write failed");
    } else if (lines != nullptr) {
      lines->push_back(n);
    }
  }
  return true;
}

void Writer::fault(const std::string& what) {
  if (!record_.stopped()) {
    shared_.faults += 1;
    fmt::print(stderr, "writer {}: {}\n", me_, what);
  }
}

// --- (a)

void LockJoining::session(std::uint32_t rollout, const std::string& plain_path) {
  auto lock = codex_.lock_thread(rollout);
  if (!lock) {
    return;
  }
  std::uint64_t materialized = 0;
  {
    const Fd file = codex_.resume(plain_path, &materialized);
    if (!file) {
      fault("neither form of " + plain_path);
    }
    const std::uint32_t lines = 1 + dice_.roll(longest_);
    for (std::uint32_t i = 0; file && i < lines; ++i) {
      append_open(file.get(), rollout, 1);
      if (dice_.roll(10) == 0) {
        dice_.nap_below(1000);
      }
    }
  }
  shared_.materialized += materialized;
  codex_.unlock_thread(rollout, std::move(*lock));
}

void LockJoining::work() {
  while (!record_.stopped()) {
    const std::uint32_t rollout = rollout_of(any_slot());
    session(rollout, home_.plain(rollout));
    dice_.nap_below(rest_below_);
  }
}

// --- (b)

void OpenedBefore::hold_a_while(std::uint32_t slot) {
  const std::uint32_t rollout = rollout_of(slot);
  const Fd file = open_append(home_.plain(rollout));
  if (!file) {
    renew(slot, rollout);
    return;
  }
  for (std::uint32_t i = 0; i < 1 + dice_.roll(8) && !record_.stopped(); ++i) {
    append_open(file.get(), rollout, 1 + dice_.roll(12));
    dice_.nap_below(20'000);
  }
}

void OpenedBefore::work() {
  const std::uint32_t own = shared_.next_rollout.fetch_add(1);
  home_.make(own);
  const Fd held = open_append(home_.plain(own));
  while (!record_.stopped()) {
    hold_a_while(any_slot());
    if (held) {
      append_open(held.get(), own, 1);
    } else {
      // Compressed between making and opening; the next one is as good.
      break;
    }
    dice_.nap_below(10'000);
  }
  while (!record_.stopped()) {
    hold_a_while(any_slot());
  }
}

// --- (c)

void Reopening::work() {
  while (!record_.stopped()) {
    const std::uint32_t slot = any_slot();
    const std::uint32_t rollout = rollout_of(slot);
    if (!append_reopening(home_.plain(rollout), rollout, 1 + dice_.roll(20))) {
      renew(slot, rollout);
    }
    dice_.nap_below(15'000);
  }
}

// --- (j)

void Forking::work() {
  while (!record_.stopped()) {
    const std::string plain = home_.plain(rollout_of(any_slot()));
    if (::access(plain.c_str(), F_OK) != 0 &&
        codex_.materialize(plain, CodexWriter::Mtime::keep)) {
      shared_.materialized += 1;
    }
    dice_.nap_below(3000);
  }
}

} // namespace coldpress::race
