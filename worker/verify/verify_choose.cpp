#include "fsutil/text.hpp"
#include "worker/verify/verify_run.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>

namespace coldpress {

namespace {

Fail no_sample(const std::string& text) {
  return Fail(Error{Errc::invalid,
                    0,
                    "--sample",
                    {},
                    {fmt::format("\"{}\" is not a sample size; write a share of the "
                                 "files like \"5%\", or a number like \"20\"",
                                 text)}});
}

std::size_t size_of(const Sample& sample, std::size_t all) {
  const double wanted =
      sample.percent ? sample.number / 100.0 * static_cast<double>(all) : sample.number;
  return wanted >= static_cast<double>(all) ? all
                                            : static_cast<std::size_t>(std::ceil(wanted));
}

} // namespace

Result<Sample> parse_sample(const std::string& text) {
  Sample sample;
  sample.percent = text.ends_with('%');
  const char* end = text.data() + text.size() - (sample.percent ? 1 : 0);
  const auto read = std::from_chars(text.data(), end, sample.number);
  const bool whole = sample.number == std::floor(sample.number);
  if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(sample.number) ||
      sample.number <= 0 || (sample.percent ? sample.number > 100.0 : !whole)) {
    return no_sample(text);
  }
  return sample;
}

std::vector<FrameFile> choose_frames(std::vector<FrameFile> files,
                                     const Verifications& known,
                                     const std::optional<Sample>& sample) {
  struct Ranked {
    WallTime verified;
    std::size_t nth;
  };
  std::vector<Ranked> order;
  order.reserve(files.size());
  for (std::size_t nth = 0; nth < files.size(); ++nth) {
    const auto found = known.find(files[nth].rollout);
    const bool was_good = found != known.end() && found->second.ok;
    order.push_back({was_good ? found->second.at : WallTime{}, nth});
  }
  std::sort(order.begin(), order.end(), [&](const Ranked& a, const Ranked& b) {
    const FrameFile& left = files[a.nth];
    const FrameFile& right = files[b.nth];
    return std::tie(a.verified, left.mtime, left.rollout) <
           std::tie(b.verified, right.mtime, right.rollout);
  });
  order.resize(sample ? size_of(*sample, order.size()) : order.size());
  std::vector<FrameFile> chosen;
  chosen.reserve(order.size());
  for (const Ranked& each : order) {
    chosen.push_back(std::move(files[each.nth]));
  }
  return chosen;
}

std::string_view name_of(VerifyResult result) {
  switch (result) {
  case VerifyResult::ok:
    return "ok";
  case VerifyResult::damaged:
    return "damaged";
  case VerifyResult::unreadable:
    return "unreadable";
  case VerifyResult::gone:
    break;
  }
  return "gone";
}

int VerifySummary::exit_code() const {
  constexpr int k_some_failed = 3;
  constexpr int k_needs_a_person = 4;
  constexpr int k_signal = 128;
  if (error) {
    return 1;
  }
  if (signal != 0) {
    return k_signal + signal;
  }
  if (number(VerifyResult::damaged) > 0) {
    return k_needs_a_person;
  }
  const bool hidden = std::any_of(odd.begin(), odd.end(), may_hide_rollouts);
  return hidden || number(VerifyResult::unreadable) + scan_errors.size() > 0
             ? k_some_failed
             : 0;
}

} // namespace coldpress
