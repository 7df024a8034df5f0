#pragma once

#include "tests/race/writers.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace coldpress::race {

enum class Against { program, naive };

using MakeWriter = std::function<std::unique_ptr<Writer>(
    const Home&, const Record&, std::uint32_t me, std::uint32_t slots)>;

// What a row is made of.
struct RowSpec {
  std::string name;
  std::vector<MakeWriter> writers; // a process each
  std::uint32_t slots = 16;        // rollouts shared by the writers; 0: they own theirs
  std::string settle = "0s";
  Against against = Against::program;
  bool conflicts_allowed = false; // a .zst that its rude writer cut shorter may stay
};

// Runs it, prints its line, and answers the exit code.
int run_row(const RowSpec& spec, const std::string& program);

} // namespace coldpress::race
