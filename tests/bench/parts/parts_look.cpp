// What looking at a store is made of: names, first records, and the walk over all of it.
#include "fsutil/posix_fs.hpp"
#include "tests/bench/corpus/home.hpp"
#include "tests/bench/parts/samples.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"
#include "worker/stage/scan.hpp"

#include <benchmark/benchmark.h>

#include <fstream>

namespace coldpress::bench {
namespace {

using corpus::Profile;

constexpr std::int64_t k_now_ms = 1'780'000'000'000;
constexpr std::string_view k_name =
    "rollout-2026-01-05T09-00-00-019b8d4c-f280-7abc-8123-0123456789ab.jsonl";

void write_file(const std::string& path, const Bytes& bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

void parse_name(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(parse_rollout_name(k_name));
  }
}

void head(benchmark::State& state, std::string_view ending) {
  constexpr std::uint64_t k_bytes = 1'000'000;
  const std::string path = scratch() + "/head.jsonl" + std::string(ending);
  write_file(path,
             ending.empty() ? sample(Profile::chat, k_bytes)
                            : framed(Profile::chat, k_bytes, 9));
  PosixFs fs;
  for (auto _ : state) {
    benchmark::DoNotOptimize(must(read_head(fs, path)));
  }
}

void scan_home(benchmark::State& state) {
  const auto files = static_cast<std::uint64_t>(state.range(0));
  const std::string home = scratch() + "/home-" + std::to_string(files);
  must(corpus::write_home({home, Profile::chat, files, 8000, 1, k_now_ms}));
  PosixFs fs;
  ScanRules rules;
  rules.now = WallTime(std::chrono::milliseconds(k_now_ms));
  for (auto _ : state) {
    benchmark::DoNotOptimize(scan(fs, home, rules));
  }
  state.SetItemsProcessed(
      static_cast<std::int64_t>(state.iterations() * static_cast<std::int64_t>(files)));
}

BENCHMARK(parse_name);
BENCHMARK_CAPTURE(head, plain, "");
BENCHMARK_CAPTURE(head, compressed, ".zst");
BENCHMARK(scan_home)->ArgName("files")->Arg(1000)->Arg(10'000)->Unit(
    benchmark::kMillisecond);

} // namespace
} // namespace coldpress::bench
