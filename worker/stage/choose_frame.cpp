#include "worker/stage/choose_frame.hpp"

#include "fsutil/capped.hpp"
#include "fsutil/text.hpp"
#include "worker/rollout/frame_check.hpp"
#include "worker/rollout/sample.hpp"
#include "worker/stage/choose_frame_predict.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr int k_deep_level = 19;
constexpr double k_deep_pays = 0.97;   // of what the ordinary level makes of a sample
constexpr int k_usual_window_log = 26; // where nothing tells
constexpr int k_least_window_log = 23;
constexpr int k_poorest_window_log = 18; // for who has no memory
// Long-distance matching keeps one place in 128 and may have dropped the one that is
// needed: with a window of some times the distance it finds what there is.
constexpr int k_margin_log = 3;
constexpr std::uint64_t k_probe_one_of = 64; // one place in about 4,096
constexpr std::uint64_t k_stretch = std::uint64_t{1} << 27U;
constexpr std::uint64_t k_history = std::uint64_t{1} << 26U;
constexpr std::size_t k_piece = std::size_t{1} << 20U;

struct Window {
  int log;
  std::string_view why;
  std::optional<Repeats> copies;
};

Result<Window> choose_window(Fs& fs,
                             const FrameSource& source,
                             const FrameRules& rules,
                             const std::stop_token& stop) {
  const std::uint64_t size = source.plain_size;
  const int whole = choose_frame_options(size, 1, rules.codec.window_log).window_log;
  if (rules.codec.window_log) {
    return Window{whole, "as configured", {}};
  }
  if (size <= k_probe_from) {
    return Window{whole, "holds the whole file", {}};
  }
  if (source.form == Form::compressed) {
    return Window{whole, "of a .zst, which is not probed", {}};
  }
  // Of its end, which has the most before it.
  TRY_ASSIGN(Repeats repeats,
             look_for_copies(fs,
                             source.file,
                             source.size,
                             source.size - std::min(source.size, k_stretch),
                             k_probe_one_of,
                             stop));
  const auto reach =
      repeats.smallest_window_log(k_least_window_log, k_max_window_log, k_history);
  if (!reach) {
    return Window{std::min(whole, k_usual_window_log),
                  "the distance of repeats is not known",
                  std::move(repeats)};
  }
  const int wanted = *reach + k_margin_log;
  const bool near = wanted < whole;
  const int log = near ? std::max(wanted, k_least_window_log) : whole;
  return Window{
      log, near ? "repeats are near" : "repeats are far apart", std::move(repeats)};
}

// Whether the slow level makes enough of a sample. All of a small file would be one: it
// is made at once.
Result<bool> deep_pays(Fs& fs, const FrameSource& source, int level) {
  constexpr std::uint64_t k_pieces = 4;
  if (source.size < k_small_rollout) {
    return true;
  }
  TRY_ASSIGN(const auto bytes,
             sample_file(fs, source.file, source.size, k_piece, k_pieces));
  if (bytes.empty()) {
    return false;
  }
  TRY_ASSIGN(const double usual, shrinkage(bytes, level));
  TRY_ASSIGN(const double deep, shrinkage(bytes, k_deep_level));
  return deep <= usual * k_deep_pays;
}

bool is_old(const FrameSource& source, const Settings::Codec& codec, WallTime now) {
  return source.form == Form::plain && codec.deep_after &&
         now - source.mtime >= *codec.deep_after;
}

// A weak frame is replaced by one that is no larger, and some small ones would be larger
// at the usual level: what replaces them is worth more work.
constexpr int k_small_weak_level = 16;

int usual_level(const Settings::Codec& codec, Form form, std::uint64_t size) {
  if (size >= k_small_rollout) {
    return codec.level;
  }
  return form == Form::plain ? codec.small_level
                             : std::max(codec.small_level, k_small_weak_level);
}

} // namespace

FrameSource frame_source(const Claim& claim) {
  return {claim.file(),
          claim.stamp().size,
          claim.source_size(),
          claim.candidate().form,
          claim.stamp().mtime};
}

Result<FrameChoice> choose_frame(Fs& fs,
                                 const FrameSource& source,
                                 const FrameRules& rules,
                                 WallTime now,
                                 const std::stop_token& stop) {
  const std::uint64_t size = source.plain_size;
  TRY_ASSIGN(Window window, choose_window(fs, source, rules, stop));
  FrameChoice choice;
  choice.frame =
      choose_frame_options(size, usual_level(rules.codec, source.form, size), window.log);
  choice.why = window.why;
  choice.copies = std::move(window.copies);
  if (is_old(source, rules.codec, now) && choice.frame.level < k_deep_level) {
    TRY_ASSIGN(const bool pays, deep_pays(fs, source, choice.frame.level));
    choice.frame.level = pays ? k_deep_level : choice.frame.level;
    choice.why +=
        pays ? "; old, and level 19 saves more" : "; old, but level 19 saves nothing";
  }
  while (compress_memory_bytes(choice.frame, size) > rules.memory_bytes &&
         choice.frame.window_log > k_poorest_window_log) {
    choice.frame.window_log -= 1;
    choice.why = "all that limits.memory allows";
  }
  choice.why = fmt::format("level {}, window 2^{}: {}",
                           choice.frame.level,
                           choice.frame.window_log,
                           choice.why);
  return choice;
}

Result<std::uint64_t> predict_size(Fs& fs,
                                   const FrameSource& source,
                                   const FrameChoice& choice,
                                   const std::stop_token& stop,
                                   CodecContexts* contexts) {
  TRY_ASSIGN(
      const double kept,
      predict_kept(
          fs, source.file, source.size, choice.frame, choice.copies, stop, contexts));
  return capped_bytes(static_cast<double>(source.plain_size) * kept);
}

std::uint64_t predicted_from_bytes(std::uint64_t size) {
  return std::min(size, k_stretch);
}

std::uint64_t compress_memory_bytes(const FrameOptions& frame, std::uint64_t size) {
  const std::uint64_t decoder = std::uint64_t{1}
                                << static_cast<unsigned>(frame.window_log);
  constexpr std::uint64_t k_buffers = (std::uint64_t{4} << 20U) + FrameCheck::k_ahead;
  return encoder_memory_bytes(frame, size) + decoder + k_buffers;
}

std::uint64_t most_memory_bytes(const FrameRules& rules, std::uint64_t size) {
  const int level = rules.codec.deep_after
                        ? std::max(k_deep_level, rules.codec.level)
                        : usual_level(rules.codec, Form::compressed, size);
  FrameOptions frame = choose_frame_options(size, level, rules.codec.window_log);
  while (compress_memory_bytes(frame, size) > rules.memory_bytes &&
         frame.window_log > k_poorest_window_log) {
    frame.window_log -= 1;
  }
  return compress_memory_bytes(frame, size);
}

} // namespace coldpress
