#include "worker/cli/verify_text.hpp"

#include "fsutil/text.hpp"

namespace coldpress {

std::string verified_text(const VerifiedRollout& seen) {
  std::string text = fmt::format("{}: {}: {}",
                                 name_of(seen.result),
                                 printable(seen.rollout),
                                 printable(seen.detail));
  if (!seen.hint.empty()) {
    text += "\n  -> " + printable(seen.hint);
  }
  return text;
}

std::string summary_text(const VerifySummary& summary) {
  const std::uint64_t ok = summary.number(VerifyResult::ok);
  if (ok + summary.left == 0 && summary.counts == decltype(summary.counts){}) {
    return "no compressed rollouts: nothing to verify\n";
  }
  std::string text = fmt::format("{} compressed {} undamaged: {}, {} of plain bytes",
                                 format_count(ok),
                                 ok == 1 ? "rollout is" : "rollouts are",
                                 format_size(summary.bytes),
                                 format_size(summary.plain_bytes));
  text += fmt::format("; {:.1f} s\n", summary.seconds);
  const auto line = [&](std::uint64_t number, std::string_view what) {
    if (number > 0) {
      text += fmt::format("{} {}\n", format_count(number), what);
    }
  };
  line(summary.number(VerifyResult::damaged), "damaged: see above; nothing was changed");
  line(summary.number(VerifyResult::unreadable), "not readable: see above");
  line(summary.number(VerifyResult::gone), "no longer compressed");
  line(summary.left, "left for the next call");
  return text;
}

} // namespace coldpress
