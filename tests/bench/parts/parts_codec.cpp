// How fast the codec and the hash are on rollouts, in memory and on one thread.
#include "fsutil/hash.hpp"
#include "tests/bench/parts/samples.hpp"
#include "worker/rollout/codec.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <span>

namespace coldpress::bench {
namespace {

using corpus::Profile;

constexpr std::uint64_t k_bytes = 64'000'000;
constexpr std::size_t k_piece = std::size_t{1} << 20U;

// Counts only.
Sink counting(std::uint64_t& bytes) {
  return [&bytes](std::span<const std::byte> data) -> Result<void> {
    bytes += data.size();
    return {};
  };
}

template <class Feed> void in_pieces(const Bytes& bytes, const Feed& feed) {
  std::span<const std::byte> rest(bytes);
  while (!rest.empty()) {
    const auto piece = rest.first(std::min(rest.size(), k_piece));
    if (const Result<void> fed = feed(piece); !fed) {
      give_up(fed.error());
    }
    rest = rest.subspan(piece.size());
  }
}

void say_speed(benchmark::State& state, std::size_t plain, std::uint64_t packed) {
  state.SetBytesProcessed(
      static_cast<std::int64_t>(state.iterations() * static_cast<std::int64_t>(plain)));
  state.counters["ratio"] = static_cast<double>(plain) / static_cast<double>(packed);
}

void encode(benchmark::State& state, Profile profile) {
  const Bytes& plain = sample(profile, k_bytes);
  const auto options =
      choose_frame_options(plain.size(), static_cast<int>(state.range(0)), {});
  std::uint64_t packed = 0;
  for (auto _ : state) {
    packed = 0;
    const Sink sink = counting(packed);
    auto encoder = must(FrameEncoder::create(options, plain.size()));
    in_pieces(plain, [&](auto piece) { return encoder.push(piece, sink); });
    if (const Result<void> done = encoder.finish(sink); !done) {
      give_up(done.error());
    }
  }
  say_speed(state, plain.size(), packed);
}

void decode(benchmark::State& state, Profile profile) {
  const Bytes& frame = framed(profile, k_bytes, static_cast<int>(state.range(0)));
  std::uint64_t plain = 0;
  for (auto _ : state) {
    plain = 0;
    const Sink sink = counting(plain);
    auto decoder = must(FrameDecoder::create(Frames::one));
    in_pieces(frame, [&](auto piece) { return decoder.push(piece, sink); });
  }
  say_speed(state, plain, frame.size());
}

void hash(benchmark::State& state) {
  const Bytes& plain = sample(Profile::text, k_bytes);
  for (auto _ : state) {
    Hasher hasher;
    in_pieces(plain, [&](auto piece) -> Result<void> {
      hasher.update(piece);
      return {};
    });
    benchmark::DoNotOptimize(hasher.digest());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(
      state.iterations() * static_cast<std::int64_t>(plain.size())));
}

BENCHMARK_CAPTURE(encode, text, Profile::text)
    ->ArgName("level")
    ->Arg(3)
    ->Arg(9)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(encode, images, Profile::images)
    ->ArgName("level")
    ->Arg(3)
    ->Arg(9)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, text, Profile::text)
    ->ArgName("level")
    ->Arg(9)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, images, Profile::images)
    ->ArgName("level")
    ->Arg(9)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(hash)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace coldpress::bench

BENCHMARK_MAIN();
