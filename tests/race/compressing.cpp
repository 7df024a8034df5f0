#include "tests/race/compressing.hpp"

#include "locking/process_id.hpp"
#include "tests/race/process.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"
#include "worker/stage/claim.hpp"
#include "worker/stage/encode.hpp"
#include "worker/stage/publish.hpp"
#include "worker/stage/reap.hpp"
#include "worker/stage/verify.hpp"

#include <stdexcept>

namespace coldpress::race {

Compressing::Compressing(Fs& fs, const Home& home)
    : fs_(fs), home_(home), codex_(fs, clock_, home.path()) {
  const std::string state_dir = home.path() + "/coldpress";
  auto made = make_dirs(fs, state_dir, 0700);
  auto lock = StoreLock::try_acquire(fs, clock_, this_process(), state_dir, {});
  if (!made || !lock || !codex_.ensure()) {
    throw std::runtime_error("cannot lock " + state_dir);
  }
  store_.emplace(std::move(*lock));
}

Step<Published> Compressing::publish(std::uint32_t rollout) {
  // A row may take longer than a heartbeat lasts.
  (void)store_->refresh();
  Candidate candidate;
  candidate.path = home_.plain(rollout);
  candidate.rollout = candidate.path.substr(home_.path().size() + 1);
  candidate.root = Home::first_root(rollout);
  candidate.thread_id = Home::thread_id(rollout);
  // As the first line of every rollout there has them.
  candidate.cwd = "/home/me";
  candidate.cli_version = Version{0, 169, 0};
  const auto stat = fs_.lstat(candidate.path);
  if (!stat) {
    return stat.error();
  }
  candidate.stamp = FileStamp::of(*stat);
  Guards with = guards();
  auto claimed = claim(with, candidate, {{}, {}, effective_uid(), false, home_.path()});
  if (!claimed) {
    return std::move(claimed.error());
  }
  const FrameOptions frame = choose_frame_options(candidate.stamp.size, 1, std::nullopt);
  auto encoded = encode(fs_, std::move(*claimed), {frame, 0, nullptr}, {});
  if (!encoded) {
    return std::move(encoded.error());
  }
  auto verified = verify(fs_, std::move(*encoded), {});
  if (!verified) {
    return std::move(verified.error());
  }
  return coldpress::publish(with, std::move(*verified), {});
}

Step<std::monostate> Compressing::reap(const Published& published) {
  Guards with = guards();
  return coldpress::reap(with, published);
}

RolloutForms Compressing::forms(std::uint32_t rollout) const {
  const Root root = Home::first_root(rollout);
  RolloutForms forms;
  forms.plain_name = base_name(home_.plain(rollout));
  for (const auto& [role, path] : {std::pair{Role::plain, home_.plain(rollout)},
                                   std::pair{Role::compressed, home_.compressed(rollout)},
                                   std::pair{Role::retired, home_.retired(rollout)}}) {
    if (PosixFs().lstat(path)) {
      forms.files.push_back({role, root, path});
    }
  }
  return forms;
}

bool Compressing::recover(std::uint32_t rollout) {
  RecoverRules rules;
  rules.home = home_.path();
  rules.uid = effective_uid();
  rules.orphans_dir = home_.path() + "/coldpress/orphans";
  constexpr int k_rounds = 10;
  for (int i = 0; i < k_rounds && forms(rollout).files.size() > 1; ++i) {
    Guards with = guards();
    const Recovered recovered = coldpress::recover(with, forms(rollout), rules);
    const OutcomeKind kind =
        recovered.outcome ? recovered.outcome->kind : OutcomeKind::recovered;
    if (kind != OutcomeKind::recovered && kind != OutcomeKind::reaped) {
      return false;
    }
  }
  return forms(rollout).files.size() <= 1;
}

} // namespace coldpress::race
