#include "worker/pass/metrics.hpp"

#include "fsutil/capped.hpp"
#include "fsutil/hash.hpp"
#include "fsutil/replace_file.hpp"
#include "fsutil/text.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace coldpress {

namespace {

constexpr std::string_view k_mark = "# Written by coldpress after each run of ";
constexpr double k_us_per_second = 1e6;

double seconds_of(WallTime when) {
  return std::chrono::duration<double>(when.time_since_epoch()).count();
}

// A label's value. The format's third escape is for newlines, which are not left here.
std::string label(std::string_view text) {
  std::string value;
  for (const char c : printable(text)) {
    switch (c) {
    case '\\':
      value += "\\\\";
      break;
    case '"':
      value += "\\\"";
      break;
    default:
      value += c;
    }
  }
  return value;
}

class Exposition {
public:
  explicit Exposition(const std::string& store) : store_(label(store)) {
    text_ = fmt::format("{}{}\n", k_mark, printable(store));
  }

  // The samples of one metric follow its header at once.
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  template <class Number> void sample(Number value, std::string_view more = {}) {
    text_ += fmt::format("{}{{store=\"{}\"{}}} {}\n", name_, store_, more, value);
  }
  template <class Number>
  void counter(std::string_view name, std::string_view help, Number value) {
    begin(name, "counter", help);
    sample(value);
  }
  template <class Number>
  void gauge(std::string_view name, std::string_view help, Number value) {
    begin(name, "gauge", help);
    sample(value);
  }
  std::string take() && { return std::move(text_); }

private:
  std::string store_;
  std::string name_;
  std::string text_;
};

struct OutcomeMetric {
  OutcomeKind kind;
  std::string_view name;
  std::string_view help;
};

constexpr std::array<OutcomeMetric, 7> k_outcomes{{
    {OutcomeKind::compressed,
     "coldpress_rollouts_compressed_total",
     "Plain rollouts replaced by a verified .zst."},
    {OutcomeKind::recompressed,
     "coldpress_rollouts_recompressed_total",
     "Weak .zst replaced by one with a checksum."},
    {OutcomeKind::restored,
     "coldpress_rollouts_restored_total",
     "Rollouts restored to plain files."},
    {OutcomeKind::failed,
     "coldpress_rollouts_failed_total",
     "Rollouts that failed; they are unchanged."},
    {OutcomeKind::writer_arrived,
     "coldpress_writers_arrived_total",
     "Rollouts left plain because a writer opened them during publication."},
    {OutcomeKind::conflict,
     "coldpress_conflicts_total",
     "Rollouts whose two forms differ: need attention."},
    {OutcomeKind::orphaned,
     "coldpress_orphans_total",
     "Files moved to orphans/: need attention."},
}};

void add_counters(Exposition& into, const Counters& counters) {
  into.counter("coldpress_runs_total", "Runs begun.", counters.runs);
  for (const OutcomeMetric& metric : k_outcomes) {
    const auto found = counters.outcomes.find(std::string(name_of(metric.kind)));
    into.counter(
        metric.name, metric.help, found == counters.outcomes.end() ? 0 : found->second);
  }
  into.counter("coldpress_input_bytes_total",
               "Length of the compressed rollouts before.",
               counters.bytes_before);
  into.counter("coldpress_output_bytes_total",
               "Length of the compressed rollouts after.",
               counters.bytes_after);
}

void add_last_run(Exposition& into, const Metrics& metrics) {
  into.gauge("coldpress_last_run_timestamp_seconds",
             "When the last run ended.",
             seconds_of(metrics.finished));
  into.gauge("coldpress_last_run_duration_seconds",
             "How long the last run took.",
             metrics.seconds);
  into.gauge("coldpress_last_run_exit_code",
             "Exit code of the last run: 0 is success, 75 is busy.",
             metrics.exit_code);
  into.gauge("coldpress_last_run_blocked_max_seconds",
             "Longest time a writer could have had to wait in the last run.",
             static_cast<double>(metrics.blocked_max_us) / k_us_per_second);
  const auto success = metrics.exit_code == 0 ? std::optional(metrics.finished)
                       : metrics.counters     ? metrics.counters->last_success
                                              : std::nullopt;
  if (success) {
    into.gauge("coldpress_last_success_timestamp_seconds",
               "When a run last ended with exit code 0.",
               seconds_of(*success));
  }
}

void add_store(Exposition& into, const StoreBytes& bytes) {
  into.begin("coldpress_store_bytes", "gauge", "Length of all rollouts, by form.");
  into.sample(bytes.plain, R"(,form="plain")");
  into.sample(bytes.compressed, R"(,form="compressed")");
  into.sample(bytes.retired, R"(,form="retired")");
}

Fail not_ours(const std::string& path, std::string why) {
  return Fail(Error{Errc::invalid, 0, "write metrics", path, {std::move(why)}});
}

// An old file may only be replaced by the metrics of the same store.
Result<void> check_old(Fs& fs, const std::string& path, std::string_view text) {
  const auto old = fs.lstat(path);
  if (!old) {
    return old.error().code == Errc::not_found ? Result<void>()
                                               : Result<void>(Fail(old.error()));
  }
  if (old->type != FileType::regular) {
    return not_ours(path, "it is not a regular file; name another in metrics.textfile");
  }
  TRY_ASSIGN(const FileHandle handle, fs.open_read(path));
  const File file(fs, handle);
  const std::string_view first = text.substr(0, text.find('\n') + 1);
  std::string begin(first.size(), '\0');
  TRY(fs.read_at(handle, std::as_writable_bytes(std::span(begin)), 0));
  if (!begin.starts_with(k_mark)) {
    return not_ours(
        path, "coldpress did not write this file; name another in metrics.textfile");
  }
  if (begin != first) {
    return not_ours(path,
                    "it holds the metrics of another store; give metrics.textfile a "
                    "directory, and each store gets a file of its own");
  }
  return {};
}

} // namespace

void StoreBytes::count(const Inventory& found, const Plan& plan) {
  add_capped(compressed, found.compressed_bytes);
  for (const auto* decisions : {&plan.decisions, &plan.beyond_roots}) {
    for (const Decision& decision : *decisions) {
      const Candidate& each = decision.candidate;
      if (each.form == Form::plain && each.type == FileType::regular) {
        add_capped(plain, each.stamp.size);
      }
    }
  }
}

void StoreBytes::count(const Outcome& outcome) {
  if (outcome.kind == OutcomeKind::compressed) {
    plain -= std::min(plain, outcome.bytes_before);
    add_capped(compressed, outcome.bytes_after);
  } else if (outcome.kind == OutcomeKind::recompressed) {
    add_capped(compressed, outcome.bytes_after);
    compressed -= std::min(compressed, outcome.bytes_before);
  }
}

std::string metrics_text(const Metrics& metrics) {
  Exposition text(metrics.store);
  add_last_run(text, metrics);
  if (metrics.counters) {
    add_counters(text, *metrics.counters);
  }
  if (metrics.bytes) {
    add_store(text, *metrics.bytes);
  }
  if (metrics.blocked && metrics.blocked->count > 0) {
    text.gauge("coldpress_blocked_max_seconds",
               "Longest time a writer could have been blocked, of the newest 100,000 "
               "publications.",
               static_cast<double>(metrics.blocked->max_us) / k_us_per_second);
    text.gauge(
        "coldpress_blocked_p99_seconds",
        "99th percentile of the time a writer could have been blocked, of the same.",
        static_cast<double>(metrics.blocked->p99_us) / k_us_per_second);
  }
  return std::move(text).take();
}

std::string metrics_path(Fs& fs, const std::string& setting, const std::string& store) {
  constexpr std::size_t k_digits = 8;
  const auto real = fs.real_path(setting);
  const auto stat = real ? fs.lstat(*real) : Result<FileStat>(Fail(real.error()));
  if (!stat || stat->type != FileType::directory) {
    return setting;
  }
  const std::string hash = to_hex(hash_of(std::as_bytes(std::span(store))));
  return join_path(*real, "coldpress-" + hash.substr(0, k_digits) + ".prom");
}

Result<void> write_metrics(Fs& fs, const std::string& setting, const Metrics& metrics) {
  constexpr std::uint32_t k_for_all = 0644; // the exporter is another user
  const std::string path = metrics_path(fs, setting, metrics.store);
  const std::string text = metrics_text(metrics);
  TRY(check_old(fs, path, text));
  return replace_file(fs, path, text, k_for_all);
}

} // namespace coldpress
