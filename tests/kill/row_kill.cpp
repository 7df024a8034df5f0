// row_kill PROGRAM: the real program is killed at its system calls.

#include "tests/kill/kill_sweep.hpp"

#include <fmt/format.h>

#include <exception>
#include <filesystem>

namespace coldpress {
namespace {

constexpr std::uint64_t k_full_kills = 10'000;

void add(SiteCounts& sum, const SiteCounts& counts) {
  for (const auto& [site, count] : counts) {
    sum[site].calls += count.calls;
    sum[site].killed += count.killed;
  }
}

void kill_in_all(const std::string& program,
                 const CaseSize& size,
                 Depth depth,
                 SiteCounts& sum,
                 Row& row) {
  const Scratch scratch(Scratch::On::memory);
  for (const KillCase& what : all_kill_cases(size)) {
    const std::string dir = scratch / "case";
    std::filesystem::create_directory(dir);
    const std::uint64_t before = row.tries();
    add(sum, kill_everywhere(what, dir, program, depth, row));
    fmt::print("{}: {} kills\n", what.name, row.tries() - before);
    std::fflush(stdout);
    std::filesystem::remove_all(dir);
  }
}

int run(const std::string& program) {
  std::string why_not;
  if (!may_trace(why_not)) {
    return Row::skipped("kill", "no process may be traced here (" + why_not + ")");
  }
  Row row("kill");
  SiteCounts sum;
  if (full_size()) {
    for (int round = 0; row.tries() < k_full_kills; ++round) {
      kill_in_all(program, {2 + round % 4, 1 + round % 3}, Depth::all, sum, row);
    }
  } else {
    kill_in_all(program, {}, Depth::sites, sum, row);
  }
  std::uint64_t hit = 0;
  for (const auto& [site, count] : sum) {
    fmt::print("  {:<12} {:<24} {} calls, killed at {}\n",
               site.call,
               site.what,
               count.calls,
               count.killed);
    hit += count.killed > 0 ? 1 : 0;
  }
  row.figure("sites", sum.size());
  row.figure("sites_hit", hit);
  return row.finish();
}

} // namespace
} // namespace coldpress

int main(int argc, char** argv) {
  try {
    return argc == 2 ? coldpress::run(argv[1]) : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "row_kill: {}\n", error.what());
    return 1;
  }
}
