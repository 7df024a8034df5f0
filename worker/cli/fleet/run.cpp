#include "worker/cli/fleet/run.hpp"

#include "fsutil/log.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/fleet/json.hpp"
#include "worker/cli/html_file.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/retry_busy.hpp"
#include "worker/cli/say.hpp"
#include "worker/loop/end_of_input.hpp"
#include "worker/loop/stop_signals.hpp"
#include "worker/serve/pass_process.hpp"

#include <algorithm>
#include <csignal>
#include <set>

namespace coldpress {

namespace {

// Longer lines than a store ever prints.
constexpr std::size_t k_longest_line = std::size_t{16} << 20U;

Fail wrong(std::string sentence) {
  return Fail(Error{Errc::invalid, 0, "several stores", {}, {std::move(sentence)}});
}

Result<void> check_options(const Context& context) {
  const Options& options = context.options;
  if (options.until_eof && options.fleet.stores_from == "-") {
    return wrong("--until-eof and --stores-from - both read standard input");
  }
  return check_page_place(options.json, options.html);
}

// What would be wrong with every store is said once, and nothing begins.
Result<void> check_settings(const Context& context, const std::string& store) {
  LoadInputs inputs = context.options.inputs;
  inputs.flags.emplace_back("store", store);
  TRY_ASSIGN(const LoadedSettings loaded, load_settings(inputs));
  set_up_log(log_level_from(loaded.settings.log_level));
  const auto state_dir =
      std::find_if(loaded.values.begin(), loaded.values.end(), [](const auto& value) {
        return value.key == "state_dir";
      });
  if (state_dir != loaded.values.end() && state_dir->origin != "default") {
    return wrong(state_dir->origin +
                 ": state_dir: several stores cannot share one; leave it out");
  }
  return {};
}

// Of two names of one directory the first: the store lock would let the second in later.
std::vector<ListedStore> each_once(Fs& fs, const std::vector<ListedStore>& list) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::vector<ListedStore> stores;
  for (const ListedStore& store : list) {
    const auto stat = fs.lstat(name_of_store(fs, store.path));
    if (!stat || seen.emplace(stat->device, stat->inode).second) {
      stores.push_back(store);
    }
  }
  return stores;
}

std::vector<std::string>
variables(const std::map<std::string, std::string>& environment) {
  std::vector<std::string> out;
  for (const auto& [name, value] : environment) {
    out.push_back(name + "=" + value);
  }
  return out;
}

// One store after the other; those in use once more at the end, if that is asked for.
class FleetRun {
public:
  FleetRun(const Context& context, FleetView& view, std::vector<ListedStore> stores)
      : context_(context), view_(view), queue_(std::move(stores)) {}

  void run() {
    for (const int signal : stop_signals()) {
      loop_.on_signal(signal, [this, signal] { on_signal(signal); });
    }
    std::optional<EndOfInput> watch;
    if (context_.options.until_eof) {
      watch.emplace(loop_, [this] { stop(SIGTERM); });
    }
    loop_.post([this] { advance(); });
    loop_.run();
    view_.left = queue_.size();
  }

private:
  void advance() {
    if (view_.signal != 0) {
      loop_.stop();
    } else if (!queue_.empty()) {
      const ListedStore store = queue_.front();
      queue_.erase(queue_.begin());
      begin(store);
    } else if (!wait_for_busy()) {
      loop_.stop();
    }
  }

  // False if there is none to wait for.
  bool wait_for_busy() {
    if (!context_.options.retry_busy || busy_.empty() ||
        retries_ == k_busy_retries.size()) {
      return false;
    }
    const std::chrono::minutes wait = k_busy_retries.at(retries_++);
    log_info("{} stores are in use; retrying in {}", busy_.size(), format_duration(wait));
    loop_.set_alarm(wait, [this] {
      queue_ = std::exchange(busy_, {});
      advance();
    });
    return true;
  }

  void begin(const ListedStore& store) {
    begun_ = context_.clock.boot();
    current_ = store;
    result_ = StoreResult{};
    result_.store = printable(name_of_store(context_.fs, store.path));
    result_.listed = printable(store.path);
    result_.command = view_.command;
    result_.time = context_.clock.wall();
    note("coldpress: {} {}\n", view_.command, result_.store);
    print(json_of(result_));
    const PassCommand command{this_program(context_.fs),
                              command_for(context_.options, view_.command, store.path),
                              variables(context_.options.inputs.environment),
                              k_longest_line};
    auto started = PassProcess::start(
        loop_,
        command,
        {[this](std::string_view line) { print(StoreLines(result_).take(line)); },
         [this](int exit_code) { on_end(exit_code); }});
    if (!started) {
      result_.needs(printable(describe(started.error())));
      loop_.post([this] { on_end(static_cast<int>(Exit::failed)); });
      return;
    }
    child_.emplace(std::move(*started));
  }

  void on_end(int exit_code) {
    child_.reset();
    result_.exit = exit_code;
    result_.state = state_of_exit(exit_code);
    result_.time = context_.clock.wall();
    result_.seconds =
        std::chrono::duration<double>(context_.clock.boot() - begun_).count();
    if (result_.state == StoreState::killed) {
      constexpr int k_by_signal = 128;
      result_.needs(fmt::format("its process was killed by signal {}; in most cases "
                                "because memory was short",
                                exit_code - k_by_signal));
    }
    if (result_.state == StoreState::busy) {
      busy_.push_back(current_);
    }
    print(json_of(result_));
    keep_newest(view_.results, std::move(result_));
    advance();
  }

  void print(const std::string& line) const {
    if (context_.options.json && !line.empty()) {
      print_line(line);
    }
  }

  void on_signal(int signal) {
    if (view_.signal != 0 && ends_at_once(signal)) {
      if (child_) {
        child_->kill(); // as safe as any kill -9
      }
      return;
    }
    stop(signal);
  }

  // The store at work ends in good order, no other begins.
  void stop(int signal) {
    if (view_.signal != 0) {
      return;
    }
    view_.signal = signal;
    if (!child_) {
      loop_.stop(); // it waits for busy ones
    } else if (view_.command == "run") {
      child_->end_input();
    } else {
      child_->terminate();
    }
  }

  const Context& context_;
  FleetView& view_;
  std::vector<ListedStore> queue_;
  std::vector<ListedStore> busy_;
  std::size_t retries_ = 0;
  Loop loop_;
  std::optional<PassProcess> child_; // before the loop is closed
  ListedStore current_;
  StoreResult result_;
  BootTime begun_{};
};

// The list again, with what each store takes on the disk.
Result<void> print_sizes(const FleetView& view, const std::vector<ListedStore>& stores) {
  std::map<std::string, std::optional<std::uint64_t>> sizes;
  for (const auto& [store, result] : view.results) {
    sizes[result.listed] = result.bytes;
  }
  std::optional<std::string> bad;
  for (const ListedStore& store : stores) {
    const std::string line = line_of({store.path, sizes[printable(store.path)]});
    print_data(line);
    if (line.empty()) {
      bad = store.path;
    }
  }
  return bad ? Fail(Error{Errc::unsupported,
                          0,
                          "list sizes",
                          *bad,
                          {"a list cannot hold a name with a tab or a newline in it, or "
                           "with a blank at its end"}})
             : Result<void>();
}

Result<void> show(const Context& context,
                  const FleetView& view,
                  const std::vector<ListedStore>& stores) {
  const Options& options = context.options;
  if (options.fleet.list_sizes) {
    TRY(print_sizes(view, stores));
    for (const FleetConcern& concern : concerns_of(view)) {
      warn("coldpress: {}: {}\n", concern.where, concern.how);
    }
    return {};
  }
  return show_fleet(context, view);
}

Result<int> run_each(const Context& context, std::string_view command) {
  TRY(check_options(context));
  const FleetOptions& fleet = context.options.fleet;
  TRY_ASSIGN(const std::vector<ListedStore> list, list_of_stores(context));
  FleetView view;
  view.command = command;
  view.list = digest_of(list);
  TRY_ASSIGN(
      view.shard,
      choose_shard(fleet.shard, fleet.shard_count, context.options.inputs.environment));
  TRY(check_settings(context, list.front().path));
  const std::vector<ListedStore> stores =
      each_once(context.fs, view.shard ? part_of(list, *view.shard) : list);
  FleetRun(context, view, stores).run();
  view.time = context.clock.wall();
  TRY(show(context, view, stores));
  return exit_of(view);
}

} // namespace

Result<void> show_fleet(const Context& context, const FleetView& view) {
  const Options& options = context.options;
  if (!options.html.empty()) {
    TRY(put_page(context.fs, options.html, fleet_html(view)));
  }
  if (options.json) {
    print_line(json_of(view));
  } else if (options.html.empty() && !(options.quiet && view.command == "run")) {
    out("{}", fleet_text(view));
  }
  return {};
}

int run_on_stores(const Context& context, std::string_view command) {
  const auto code = run_each(context, command);
  return code ? *code : report(context, code.error());
}

} // namespace coldpress
