#include "worker/inspect/survey.hpp"

#include "fsutil/capped.hpp"
#include "worker/inspect/estimate.hpp"
#include "worker/inspect/frame_census.hpp"
#include "worker/preview/job_size.hpp"
#include "worker/rollout/frame.hpp"
#include "worker/rollout/name.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>

namespace coldpress {

namespace {

constexpr std::chrono::seconds k_reading_time{20};
// From so many on, what was achieved says more than samples do.
constexpr std::uint64_t k_enough_compressed = 20;

struct Ledgered {
  Known known;
  std::unordered_map<std::string, LedgerRollout> compressed;
};

template <class T> T value_or_note(Result<T> result, std::vector<Error>& errors) {
  if (result) {
    return std::move(*result);
  }
  errors.push_back(std::move(result.error()));
  return T{};
}

Ledgered read_ledger(const Store& store, Survey& into) {
  Ledgered found;
  auto ledger = Ledger::open_read_only(join_path(store.state_dir, "ledger.sqlite"));
  if (!ledger) {
    into.errors.push_back(std::move(ledger.error()));
    return found;
  }
  if (!*ledger) {
    return found;
  }
  into.ledger = true;
  into.realised = value_or_note((*ledger)->totals(), into.errors);
  found.known = value_or_note((*ledger)->known(), into.errors);
  for (LedgerRollout& each : value_or_note((*ledger)->compressed(), into.errors)) {
    std::string rollout = each.rollout;
    found.compressed.emplace(std::move(rollout), std::move(each));
  }
  return found;
}

// The rest of the looking, once a scan is done.
class Surveyor {
public:
  Surveyor(Fs& fs, const Clock& clock, const Settings& settings, const Store& store)
      : fs_(fs), clock_(clock), settings_(settings), store_(store) {}

  Survey run() {
    result_.now = clock_.wall();
    result_.home = store_.home;
    result_.enabled = settings_.compression_enabled;
    result_.roots = settings_.scan.roots;
    result_.space = value_or_note(fs_.space(store_.home), result_.errors);
    result_.too_full = result_.space.total > 0 && // else it is not known
                       result_.space.available < settings_.limits.min_free_bytes;
    const Ledgered ledger = read_ledger(store_, result_);
    Preview seen = look(ledger);
    take_compressed(seen.found, ledger);
    take_retired(seen.found);
    std::vector<Decision> decisions = std::move(seen.plan.decisions);
    const std::size_t as_set = decisions.size();
    std::move(seen.plan.beyond_roots.begin(),
              seen.plan.beyond_roots.end(),
              std::back_inserter(decisions));
    take_plain(decisions);
    predict(std::move(decisions), as_set);
    result_.growth = growth_of(result_.files, result_.now);
    look_ahead();
    return std::move(result_);
  }

private:
  bool may_read() const { return clock_.boot() - begun_ < k_reading_time; }

  Preview look(const Ledgered& ledger) {
    begun_ = clock_.boot();
    ScanRules rules;
    rules.list_compressed = true;
    rules.read_more = [this] { return may_read(); };
    Preview seen = preview(fs_, clock_, settings_, store_, ledger.known, rules);
    std::move(seen.found.errors.begin(),
              seen.found.errors.end(),
              std::back_inserter(result_.errors));
    result_.odd = seen.found.odd;
    return seen;
  }

  std::string tree_of(const std::string& rollout) const {
    const bool active = rollout.starts_with(tree_name(Root::active));
    return std::string(name_of(active ? Root::active : Root::archived));
  }

  void take_compressed(Inventory& found, const Ledgered& ledger) {
    for (CompressedRollout& each : found.compressed) {
      UsageFile file;
      file.tree = tree_of(each.rollout);
      file.project = std::move(each.cwd);
      file.source = std::move(each.source);
      file.bytes = each.allocated;
      file.mtime = each.stamp.mtime;
      const bool told = take_form(each, ledger, file);
      result_.not_looked_into += told && each.head_known ? 0 : 1;
      file.rollout = std::move(each.rollout);
      compressed_.emplace(file.rollout, result_.files.size());
      result_.files.push_back(std::move(file));
    }
  }

  // False: nobody said and there was no time to look.
  bool take_form(const CompressedRollout& each, const Ledgered& ledger, UsageFile& file) {
    file.form = UsageForm::others;
    const auto compressed = ledger.compressed.find(each.rollout);
    if (compressed != ledger.compressed.end() &&
        compressed->second.compressed_bytes == each.stamp.size) {
      file.form = UsageForm::compressed;
      file.plain = compressed->second.plain_bytes;
      return true;
    }
    if (!may_read()) {
      return false;
    }
    if (const auto frame = first_frame(fs_, each.path)) {
      if (frame->content_size && *frame->content_size <= most_content(each.stamp.size)) {
        file.plain = frame->content_size;
      }
      file.form = frame->checksum && frame->content_size ? UsageForm::compressed
                                                         : UsageForm::others;
    }
    return true;
  }

  // The project is that of the .zst beside it. There may be as many as of these: a run
  // with a long grace leaves one for each.
  void take_retired(const Inventory& found) {
    for (const RolloutForms& forms : found.leftovers) {
      for (const FoundFile& each : forms.files) {
        const auto stat = each.role == Role::retired ? fs_.lstat(each.path)
                                                     : Result<FileStat>(FileStat{});
        if (each.role != Role::retired || !stat) {
          continue;
        }
        const std::string plain = join_path(parent_dir(each.path), forms.plain_name);
        UsageFile file;
        file.rollout = plain.substr(store_.home.size() + 1);
        file.tree = std::string(name_of(each.root));
        file.form = UsageForm::retired;
        file.bytes = stat->allocated;
        file.mtime = stat->mtime;
        if (const auto beside = compressed_.find(file.rollout);
            beside != compressed_.end()) {
          file.project = result_.files[beside->second].project;
          file.source = result_.files[beside->second].source;
        }
        result_.files.push_back(std::move(file));
      }
    }
  }

  void take_plain(const std::vector<Decision>& decisions) {
    for (const Decision& decision : decisions) {
      const Candidate& each = decision.candidate;
      if (each.form != Form::plain || each.type != FileType::regular) {
        continue;
      }
      if (const auto beside = compressed_.find(each.rollout);
          beside != compressed_.end()) {
        result_.files[beside->second].spare = true;
      }
      UsageFile file;
      file.rollout = each.rollout;
      file.project = each.cwd;
      file.source = each.source;
      file.tree = std::string(name_of(each.root));
      file.bytes = each.allocated;
      file.plain = each.stamp.size;
      file.mtime = each.stamp.mtime;
      result_.files.push_back(std::move(file));
    }
  }

  static bool may_be_compressed_some_day(Reason reason) {
    switch (reason) {
    case Reason::cold:
    case Reason::too_young:
    case Reason::unsettled:
    case Reason::future_mtime:
    case Reason::held:
    case Reason::no_lease:
    case Reason::reader_too_old:
    case Reason::shared_history:
      return true;
    default:
      return false;
    }
  }

  // The first `as_set` of them are those of the trees that are set.
  void predict(std::vector<Decision> decisions, std::size_t as_set) {
    struct Role {
      bool set;
      bool cold;
    };
    std::unordered_map<std::string, Role> roles;
    for (std::size_t nth = 0; nth < decisions.size(); ++nth) {
      const bool cold = decisions[nth].reason == Reason::cold;
      roles.emplace(decisions[nth].candidate.rollout, Role{nth < as_set, cold});
    }
    std::erase_if(decisions, [](const Decision& each) {
      const Candidate& candidate = each.candidate;
      return candidate.form != Form::plain || !may_be_compressed_some_day(each.reason) ||
             is_sparse(candidate.stamp.size, candidate.allocated);
    });
    for (Decision& each : decisions) {
      each.reason = Reason::cold; // as it will be one day
    }
    std::sort(decisions.begin(), decisions.end(), [](const auto& a, const auto& b) {
      return a.candidate.stamp.size > b.candidate.stamp.size;
    });
    const Estimate gain = estimate(fs_, frame_rules(settings_), result_.now, decisions);
    sampled_kept_ = gain.total_before == 0 ? 1.0
                                           : static_cast<double>(gain.total_after) /
                                                 static_cast<double>(gain.total_before);
    for (const Decision& each : decisions) {
      const std::uint64_t size = each.candidate.stamp.size;
      const auto sampled = gain.by_rollout.find(each.candidate.rollout);
      const std::uint64_t after =
          sampled != gain.by_rollout.end()
              ? sampled->second.bytes_after
              : capped_bytes(static_cast<double>(size) * sampled_kept_);
      const Role& role = roles.at(each.candidate.rollout);
      const std::uint64_t held = each.candidate.allocated; // more than that is not freed
      const std::uint64_t freed = held - std::min(held, after);
      count(result_.all, size, freed);
      if (role.cold) {
        count(result_.cold, size, freed);
      }
      if (role.cold && role.set) {
        count(result_.as_set, size, freed);
      }
    }
  }

  static void count(Survey::Gain& gain, std::uint64_t size, std::uint64_t freed) {
    gain.rollouts += 1;
    add_capped(gain.bytes, size);
    add_capped(gain.freed, freed);
  }

  void look_ahead() {
    Outlook& outlook = result_.outlook;
    const Totals& realised = result_.realised;
    outlook.free = result_.space.available;
    outlook.bytes_per_day = result_.growth.bytes_per_day;
    outlook.gain_cold = result_.cold.freed;
    outlook.gain_all = result_.all.freed;
    outlook.kept = realised.compressed >= k_enough_compressed && realised.bytes_before > 0
                       ? static_cast<double>(realised.bytes_after) /
                             static_cast<double>(realised.bytes_before)
                       : sampled_kept_;
    outlook.cold_after = std::chrono::duration<double, std::chrono::days::period>(
                             settings_.scan.cold_after)
                             .count();
  }

  Fs& fs_;
  const Clock& clock_;
  const Settings& settings_;
  const Store& store_;
  BootTime begun_{};
  double sampled_kept_ = 1;
  std::unordered_map<std::string, std::size_t> compressed_; // where in result_.files
  Survey result_;
};

} // namespace

Survey survey(Fs& fs, const Clock& clock, const Settings& settings, const Store& store) {
  return Surveyor(fs, clock, settings, store).run();
}

} // namespace coldpress
