#include "worker/stage/choose_frame_predict.hpp"

#include "worker/rollout/sample.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::uint64_t k_whole = std::uint64_t{512} << 10U; // its own sample
constexpr int k_sample_level = 1;
constexpr std::uint64_t k_least_pieces = 8;
constexpr std::uint64_t k_most_pieces = 16;
constexpr std::uint64_t k_one_of_bytes = 64; // of the file, within these
constexpr int k_piece_log = 16;
// What the rest of the file before it would save of a piece in short copies, which no
// probe sees: as measured on command output.
constexpr double k_context = 0.15;
constexpr int k_near_log = 15; // what a piece has before it, on the average
constexpr std::uint64_t k_piece = std::uint64_t{1} << unsigned{k_piece_log};
constexpr std::uint64_t k_stretch = std::uint64_t{1} << 27U;
constexpr std::uint64_t k_history = std::uint64_t{1} << 26U;
// A short file is probed more closely: there must be enough to tell by.
constexpr std::uint64_t k_short = std::uint64_t{16} << 20U;

// Of what a piece of the sample spells out, how much the window has to spell out, too: 0
// to 1.
double fresh_share(const Repeats& copies, int window_log, std::uint64_t size) {
  const auto first = copies.fresh_share(k_near_log, window_log, 0, k_history);
  if (size <= k_history) {
    return first.value_or(1);
  }
  // The beginning has as little before it as that of the probed stretch, the rest has as
  // much as the end of it.
  const auto rest = copies.fresh_share(k_near_log, window_log, k_history, k_stretch);
  const double part = static_cast<double>(k_history) / static_cast<double>(size);
  return first && rest ? *first * part + *rest * (1 - part) : 1;
}

// What a level makes of bytes that level 1 makes `kept` of, as measured on chats, command
// output and images. What does not compress at one level does not at another.
double at_level(int level, double kept) {
  const double saves = level < 3    ? 0
                       : level < 5  ? 0.05
                       : level < 9  ? 0.09
                       : level < 16 ? 0.115
                                    : 0.16;
  return kept * (1 - saves * (1 - kept));
}

Result<double> share_of_copies(Fs& fs,
                               FileHandle file,
                               std::uint64_t size,
                               int window_log,
                               const std::optional<Repeats>& probed,
                               const std::stop_token& stop) {
  if (probed) {
    return fresh_share(*probed, window_log, size);
  }
  const std::uint64_t one_of = size <= k_short ? 8 : 64;
  TRY_ASSIGN(
      const Repeats copies,
      look_for_copies(fs, file, size, size - std::min(size, k_stretch), one_of, stop));
  return fresh_share(copies, window_log, size);
}

// Each piece by itself: what it shares with another one is a copy that is counted.
Result<double> kept_of_pieces(std::span<const std::byte> bytes,
                              std::size_t piece,
                              CodecContexts* contexts) {
  double kept = 0;
  const auto whole = static_cast<double>(bytes.size());
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
    const auto next = bytes.first(std::min(piece, bytes.size()));
    TRY_ASSIGN(const double part, shrinkage(next, k_sample_level, contexts));
    kept += part * static_cast<double>(next.size()) / whole;
  }
  return kept;
}

} // namespace

Result<double> predict_kept(Fs& fs,
                            FileHandle file,
                            std::uint64_t size,
                            const FrameOptions& frame,
                            const std::optional<Repeats>& probed,
                            const std::stop_token& stop,
                            CodecContexts* contexts) {
  const bool whole = size <= k_whole;
  const std::uint64_t pieces =
      std::clamp(size / k_piece / k_one_of_bytes, k_least_pieces, k_most_pieces);
  TRY_ASSIGN(const auto bytes,
             sample_file(fs,
                         file,
                         size,
                         whole ? std::max<std::uint64_t>(size, 1) : k_piece,
                         whole ? 1 : pieces));
  if (bytes.empty()) {
    return 0.0;
  }
  TRY_ASSIGN(double kept,
             kept_of_pieces(bytes, whole ? bytes.size() : k_piece, contexts));
  kept = at_level(frame.level, kept);
  if (!whole) {
    kept *= 1 - k_context * (1 - kept);
    TRY_ASSIGN(const double fresh,
               share_of_copies(fs, file, size, frame.window_log, probed, stop));
    kept *= fresh;
  }
  return kept;
}

} // namespace coldpress
