#include "tests/explorer/cases.hpp"
#include "tests/explorer/search.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

// The scoreboard row `explorer`: every case, and one line at the end. With the name of a
// case as argument only that one, with the schedule of what it finds.

using namespace coldpress;

namespace {

struct Tally {
  int cases = 0;
  int violations = 0;
  std::uint64_t runs = 0;
  std::uint64_t states = 0;
  std::uint64_t cuts = 0;
};

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// The bounds of CI, or deeper ones.
Case sized(Case spec, bool full) {
  if (full) {
    spec.interruptions += 1;
    spec.phases += 1;
    spec.kills += 1;
  }
  return spec;
}

void run_case(const Case& spec, bool show, Tally& tally) {
  const double begun = cpu_seconds();
  const Explored got = spec.flaw ? seek_fault(spec, spec.interruptions)
                                 : explore(spec, {spec.interruptions, 0});
  const bool wrong = got.fault.empty() == spec.flaw;
  const std::string verdict = got.fault.empty() ? "holds" : got.fault;
  fmt::print("{} {:<45} {:>8} schedules {:>8} states {:>6} cuts {:>6.1f} s  {}\n",
             wrong ? '!' : ' ',
             spec.name,
             got.runs,
             got.states,
             got.cuts,
             cpu_seconds() - begun,
             verdict);
  if (!got.fault.empty() && (wrong || show)) {
    fmt::print("{}", got.schedule);
  }
  std::fflush(stdout);
  ++tally.cases;
  tally.violations += wrong ? 1 : 0;
  tally.runs += got.runs;
  tally.states += got.states;
  tally.cuts += got.cuts;
}

} // namespace

int main(int argc, char** argv) {
  const char* size = std::getenv("SCOREBOARD_SIZE");
  const bool full = size != nullptr && std::string(size) == "full";
  const std::string wanted = argc > 1 ? argv[1] : "";
  Tally tally;
  for (const Case& spec : all_cases()) {
    if (wanted.empty() || spec.name == wanted) {
      run_case(sized(spec, full), !wanted.empty(), tally);
    }
  }
  fmt::print("ROW explorer tried={} violations={} schedules={} states={} power_cuts={}\n",
             tally.cases,
             tally.violations,
             tally.runs,
             tally.states,
             tally.cuts);
  return tally.violations == 0 && tally.cases > 0 ? 0 : 1;
}
