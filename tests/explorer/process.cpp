#include "tests/explorer/process.hpp"

#include "worker/rollout/name.hpp"
#include "worker/stage/claim.hpp"
#include "worker/stage/encode.hpp"
#include "worker/stage/reap.hpp"
#include "worker/stage/sweep.hpp"
#include "worker/stage/verify.hpp"

namespace coldpress {

namespace {

constexpr std::chrono::hours k_far{24 * 40};

Result<Candidate> candidate_of(Fs& fs) {
  TRY_ASSIGN(const FileStat stat, fs.lstat(places().plain));
  Candidate candidate;
  candidate.path = places().plain;
  candidate.rollout = base_name(candidate.path);
  candidate.root = Root::active;
  candidate.type = stat.type;
  candidate.stamp = FileStamp::of(stat);
  candidate.allocated = stat.allocated;
  candidate.thread_id = places().thread_id;
  // As rollout_beginning() has them.
  candidate.cwd = "/home/me/project";
  candidate.cli_version = Version{0, 169, 0};
  return candidate;
}

} // namespace

WallTime StageClock::wall() const {
  const WallTime start = FakeClock().wall();
  return time_has_passed() ? start + k_far + ahead_ : start + ahead_;
}

void StageClock::sleep(std::chrono::nanoseconds) const {
  boot_ += std::chrono::seconds{3};
  on_sleep();
}

Process::Process(Fs& fs, const Clock& clock, StoreLock store)
    : fs_(fs), clock_(clock), store_(std::move(store)), codex_(fs, clock, places().home) {
}

Result<std::unique_ptr<Process>>
Process::start(Fs& fs, const Clock& clock, const std::string& host) {
  const ProcessId self{host, 100, 100, "boot of " + host};
  TRY_ASSIGN(
      StoreLock store,
      StoreLock::try_acquire(fs, clock, self, places().state_dir, StoreLock::Timings{}));
  std::unique_ptr<Process> process(new Process(fs, clock, std::move(store)));
  TRY(process->codex_.ensure());
  return process;
}

Step<Verified> Process::prepare() {
  auto candidate = candidate_of(fs_);
  if (!candidate) {
    return std::move(candidate.error());
  }
  if (candidate->stamp.size < rollout_beginning().size()) {
    return Stop::skip(Reason::no_session_meta);
  }
  Guards with = guards();
  auto claimed =
      claim(with, *candidate, {k_settle, k_settle, k_uid, false, places().home});
  if (!claimed) {
    return std::move(claimed.error());
  }
  const FrameOptions frame = choose_frame_options(candidate->stamp.size, 1, {});
  auto encoded = encode(fs_, std::move(*claimed), {frame, 0, nullptr}, {});
  if (!encoded) {
    return std::move(encoded.error());
  }
  return verify(fs_, std::move(*encoded), {});
}

Step<Published> Process::publish(Verified verified) {
  Guards with = guards();
  return coldpress::publish(with, std::move(verified), {false});
}

Step<std::monostate> Process::reap(const Published& published) {
  Guards with = guards();
  return coldpress::reap(with, published);
}

Recovered Process::recover(const World& world, Trees trees) {
  const RolloutForms forms = forms_of(world, trees);
  RecoverRules rules;
  rules.uid = k_uid;
  if (trees == Trees::both) {
    rules.home = places().home;
  }
  rules.settle = k_settle;
  rules.grace = k_grace;
  rules.grace_without_lease = k_grace;
  rules.orphans_dir = places().orphans_dir;
  rules.thread_row = [&world](const std::string&) {
    return world.deleted ? ThreadRow::absent : ThreadRow::present;
  };
  Guards with = guards();
  return coldpress::recover(with, forms, rules);
}

void Process::sweep() {
  Inventory found;
  if (classify(base_name(places().temp)) == NameKind::foreign_temp) {
    found.foreign_temps.push_back(places().temp);
  }
  Guards with = guards();
  (void)sweep_temps(with, found, {places().home, k_uid});
}

bool has_temp(const World& world) {
  return world.exists(places().temp);
}

RolloutForms forms_of(const World& world, Trees trees) {
  const RolloutPlaces& at = places();
  const std::vector<FoundFile> all{
      {Role::plain, Root::active, at.plain},
      {Role::compressed, Root::active, at.compressed},
      {Role::retired, Root::active, at.retired},
      {Role::plain, Root::archived, at.archived_plain},
      {Role::compressed, Root::archived, at.archived_compressed}};
  RolloutForms forms{base_name(at.plain), {}};
  for (const FoundFile& file : all) {
    if ((trees == Trees::both || file.root == Root::active) && world.exists(file.path)) {
      forms.files.push_back(file);
    }
  }
  return forms;
}

bool has_leftovers(const RolloutForms& forms) {
  return forms.files.size() > 1 ||
         (forms.files.size() == 1 && forms.files.front().role == Role::retired);
}

} // namespace coldpress
