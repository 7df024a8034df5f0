#include "tests/race/race_row.hpp"
#include "tests/race/writers_rude.hpp"

#include <fmt/format.h>

#include <csignal>
#include <exception>
#include <optional>
#include <string>

namespace {

using namespace coldpress::race;

template <class Kind> MakeWriter a() {
  return [](const Home& home,
            const Record& record,
            std::uint32_t me,
            std::uint32_t slots) -> std::unique_ptr<Writer> {
    return std::make_unique<Kind>(home, record, me, slots);
  };
}

template <class Kind> std::vector<MakeWriter> some(std::size_t count) {
  return std::vector<MakeWriter>(count, a<Kind>());
}

std::vector<MakeWriter> forks_and_writers() {
  auto writers = some<Patient>(4);
  writers.push_back(a<Forking>());
  writers.push_back(a<Forking>());
  return writers;
}

// Rows of SCOREBOARD, `race`. Row (d) is forced: coldpress-forced.
std::optional<RowSpec> row_named(const std::string& name) {
  const RowSpec rows[] = {
      {"a", some<LockJoining>(6), 64, "0s", Against::program, false},
      {"b", some<OpenedBefore>(6), 48, "0s", Against::program, false},
      {"c", some<Reopening>(6), 64, "0s", Against::program, false},
      {"e", some<Truncating>(5), 0, "0s", Against::program, true},
      {"f", some<RenamingOver>(5), 0, "0s", Against::program, false},
      {"g", some<HardLinking>(5), 0, "0s", Against::program, false},
      {"h", some<Deleting>(5), 0, "0s", Against::program, false},
      {"i", some<Archiving>(6), 0, "0s", Against::program, false},
      {"j", forks_and_writers(), 96, "2s", Against::program, false},
      {"naive", some<OpenedBefore>(6), 16, "0s", Against::naive, false},
  };
  for (const RowSpec& row : rows) {
    if (row.name == name) {
      return row;
    }
  }
  return std::nullopt;
}

} // namespace

int main(int argc, char** argv) {
  const auto row = argc == 3 ? row_named(argv[1]) : std::nullopt;
  if (!row) {
    fmt::print(stderr, "usage: coldpress-race a|b|c|e|f|g|h|i|j|naive PROGRAM\n");
    return 2;
  }
  std::signal(SIGIO, SIG_IGN);
  try {
    return run_row(*row, argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "coldpress-race: {}\n", error.what());
    return 1;
  }
}
