#include "worker/pass/reaper.hpp"

#include "fsutil/capped.hpp"
#include "worker/rollout/name.hpp"
#include "worker/stage/reap.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::chrono::seconds k_retry{2}; // Codex is at work on it

} // namespace

void Reaper::add(Published published) {
  const RecoverRules rules = recover_rules(session_, seen_);
  const auto grace =
      published.lease() == LeaseSupport::works ? rules.grace : rules.grace_without_lease;
  const std::uint64_t bytes = published.plain().size;
  put({std::make_unique<Published>(std::move(published)), {}, bytes, {}}, grace);
}

void Reaper::add(RolloutForms forms, std::uint64_t bytes, std::chrono::nanoseconds wait) {
  put({nullptr, std::move(forms), bytes, {}}, wait);
}

void Reaper::put(PendingReap pending, std::chrono::nanoseconds wait) {
  pending.due = session_.clock().boot() + wait;
  queue_.add(std::move(pending));
}

void Reaper::start_due() {
  while (auto pending = queue_.take_due(session_.clock().boot())) {
    under_way_ += 1;
    session_.publisher().post([this, pending = std::move(*pending)]() mutable {
      Act act = perform(pending);
      session_.loop().post(
          [this, pending = std::move(pending), act = std::move(act)]() mutable {
            on_ended(std::move(pending), act);
          });
    });
  }
  if (const auto due = queue_.next_due()) {
    wake_at(*due);
  }
}

// The loop's timers and the boot clock do not tick together: whoever wakes early looks
// again.
void Reaper::wake_at(BootTime due) {
  if (wake_at_ && *wake_at_ <= due) {
    return;
  }
  wake_at_ = due;
  const auto delay =
      std::chrono::ceil<std::chrono::milliseconds>(due - session_.clock().boot());
  session_.loop().after(std::max(delay, std::chrono::milliseconds{1}), [this] {
    wake_at_.reset();
    events_.changed();
  });
}

void Reaper::on_ended(PendingReap pending, const Act& act) {
  under_way_ -= 1;
  if (act.outcome) {
    events_.outcome(*act.outcome);
  }
  if (act.again) {
    put(std::move(pending), *act.again);
  } else if (act.stands) {
    // Somebody is at work on it: the next run looks again.
    left_files_ += 1;
    add_capped(left_bytes_, pending.bytes);
  }
  events_.changed();
}

Reaper::Act Reaper::perform(PendingReap& pending) {
  return pending.published ? reap_published(pending) : recover_from(pending);
}

Reaper::Act Reaper::recover_from(PendingReap& pending) {
  Recovered recovered = recover_one(session_, pending.forms, seen_);
  const auto& files = pending.forms.files;
  const bool stands = std::any_of(files.begin(), files.end(), [this](const auto& file) {
    return file.role == Role::retired && session_.fs().lstat(file.path);
  });
  return {std::move(recovered.outcome), recovered.due_in, stands};
}

Reaper::Act Reaper::reap_published(PendingReap& pending) {
  const Published& published = *pending.published;
  Guards guards = session_.guards();
  const auto reaped = reap(guards, published);
  if (reaped) {
    Outcome outcome = Outcome::of(published.rollout(), OutcomeKind::reaped);
    outcome.stamp = published.plain();
    outcome.bytes_before = published.plain().size;
    outcome.bytes_after = published.compressed().size;
    return {std::move(outcome), std::nullopt, !reaped};
  }
  const Stop& stop = reaped.error();
  if (stop.reason == Reason::maintenance || stop.reason == Reason::live_writer) {
    return {std::nullopt, k_retry, true};
  }
  const bool lost = stop.error && stop.error->code == Errc::lost_lock;
  if (stop.kind == OutcomeKind::failed || lost) {
    Outcome outcome = Outcome::stopped(published.rollout(), stop);
    outcome.kind = OutcomeKind::failed;
    outcome.stamp = published.plain();
    return {std::move(outcome), std::nullopt, !reaped};
  }
  // Not as we left it: the recovery decides, now and from a fresh look.
  pending.forms = forms_of(published);
  pending.published.reset();
  return recover_from(pending);
}

// Where its forms were; the recovery looks where Codex may have moved them, too.
RolloutForms Reaper::forms_of(const Published& published) {
  const std::string& plain = published.plain_path();
  const Root root = published.root();
  return {base_name(plain),
          {{Role::plain, root, plain},
           {Role::compressed, root, compressed_name(plain)},
           {Role::retired, root, published.retired_path()}}};
}

} // namespace coldpress
