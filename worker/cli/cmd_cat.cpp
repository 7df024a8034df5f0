#include "fsutil/output_ready.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/cat_output.hpp"
#include "worker/cli/command.hpp"
#include "worker/index/find_rollout.hpp"
#include "worker/rollout/follow.hpp"
#include "worker/rollout/line_reader_backward.hpp"
#include "worker/rollout/tail.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <limits>

namespace coldpress {

namespace {

constexpr std::chrono::milliseconds k_between_looks{200};
constexpr std::size_t k_chunk = std::size_t{256} << 10U;

// One rollout, printed as the options say.
class Printing {
public:
  Printing(const Context& context, std::string path)
      : context_(context), options_(context.options.cat), path_(std::move(path)),
        output_(context.options.json) {}

  Result<void> run() {
    auto printed = print();
    // What was read of a rollout before its damage is shown, too.
    TRY(output_.end_line());
    TRY(output_.flush());
    return printed;
  }

private:
  Result<void> print() {
    if (options_.follow) {
      return follow();
    }
    if (options_.reverse) {
      return print_backward();
    }
    TRY_ASSIGN(RolloutReader reader,
               RolloutReader::open(context_.fs, context_.clock, path_));
    if (options_.tail) {
      return print_tail(reader).map([](std::uint64_t) {});
    }
    TRY(pass_over(reader));
    return copy_rollout(reader,
                        [&](std::span<const std::byte> data) { return take(data); });
  }

  // A byte offset is exact where bytes are printed; JSON tells of whole lines.
  template <class Source> Result<void> pass_over(Source& source) {
    const std::uint64_t offset = options_.from_offset.value_or(0);
    if (!context_.options.json && options_.from_offset) {
      return source.skip(offset).map([](auto...) {});
    }
    cut_ = LineCut({offset, options_.from_line.value_or(1)});
    return {};
  }

  Result<void> take(std::span<const std::byte> data) {
    const bool begins = cut_ && !cut_->begun();
    const auto wanted = cut_ ? cut_->feed(data) : data;
    if (begins && cut_->begun()) {
      output_.start(cut_->place());
    }
    return wanted.empty() ? Result<void>() : output_.take(wanted);
  }

  // The offset behind what was printed.
  Result<std::uint64_t> print_tail(RolloutReader& reader) {
    const auto numbers = context_.options.json ? RolloutTail::Numbers::wanted
                                               : RolloutTail::Numbers::not_wanted;
    TRY_ASSIGN(RolloutTail tail,
               RolloutTail::find(context_.fs, reader, *options_.tail, numbers));
    bool begun = false;
    TRY(tail.copy([&](std::span<const std::byte> data) {
      if (!std::exchange(begun, true)) {
        output_.start(tail.begin());
      }
      return output_.take(data);
    }));
    if (!begun) {
      output_.start(tail.begin());
    }
    return tail.end();
  }

  Result<void> print_backward() {
    TRY_ASSIGN(BackwardLineReader lines,
               BackwardLineReader::open(context_.fs, context_.clock, path_));
    if (context_.options.json) {
      lines.count_lines();
    }
    std::uint64_t left =
        options_.tail.value_or(std::numeric_limits<std::uint64_t>::max());
    for (; left > 0; --left) {
      TRY_ASSIGN(const auto line, lines.next());
      if (!line) {
        break;
      }
      TRY(output_.take_line({line->offset, line->number}, line->text, line->newline));
    }
    return {};
  }

  // Until nobody reads, or a signal.
  Result<void> follow() {
    TRY_ASSIGN(RolloutFollower follower,
               RolloutFollower::open(context_.fs, context_.clock, path_));
    if (options_.tail) {
      TRY_ASSIGN(RolloutReader reader,
                 RolloutReader::open(context_.fs, context_.clock, path_));
      TRY_ASSIGN(const std::uint64_t end, print_tail(reader));
      TRY(follower.skip(end));
    } else {
      TRY(pass_over(follower));
    }
    std::vector<std::byte> buffer(k_chunk);
    for (;;) {
      TRY_ASSIGN(const std::size_t count, follower.read(buffer));
      if (count > 0) {
        TRY(take(std::span<const std::byte>(buffer).first(count)));
        continue;
      }
      TRY(output_.flush());
      if (output_abandoned()) {
        return {};
      }
      context_.clock.sleep(k_between_looks);
    }
  }

  const Context& context_;
  const CatOptions& options_;
  std::string path_;
  CatOutput output_;
  std::optional<LineCut> cut_;
};

Result<std::string> the_one(const Context& context, const std::string& text) {
  // A path needs no store; anything else is looked for in one.
  auto by_path = find_rollouts(context.fs, nullptr, text);
  if (by_path || text.find('/') != std::string::npos) {
    return by_path ? Result<std::string>(by_path->front())
                   : Fail(std::move(by_path.error()));
  }
  TRY_ASSIGN(const OpenedStore opened, open(context));
  TRY_ASSIGN(const std::vector<std::string> found,
             find_rollouts(context.fs, &opened.store, text));
  if (found.size() > 1) {
    Error error{Errc::invalid, 0, "find rollout", text, {"several rollouts; name one"}};
    error.context.insert(error.context.end(), found.begin(), found.end());
    return Fail(std::move(error));
  }
  return found.front();
}

Result<void> check(const Options& options) {
  if (options.rollouts.size() > 1 && (options.json || options.cat.follow)) {
    return Fail(Error{
        Errc::invalid, 0, "cat", {}, {"--json and --follow take one rollout at a time"}});
  }
  if (options.cat.from_line == 0U) {
    return Fail(Error{Errc::invalid, 0, "cat", {}, {"--from-line counts from 1"}});
  }
  return {};
}

} // namespace

void add_cat(CLI::App& app, Options& options) {
  app.add_option("ROLLOUT",
                 options.rollouts,
                 "path, file name or thread id, with .jsonl or .jsonl.zst")
      ->type_name("ROLLOUT")
      ->required();
  CatOptions& cat = options.cat;
  auto* line =
      app.add_option("--from-line", cat.from_line, "start at line N, counted from 1")
          ->type_name("N")
          ->check(whole_number);
  auto* offset =
      app.add_option("--from-offset",
                     cat.from_offset,
                     "start at byte N of the plain form; with --json at the next line")
          ->type_name("N")
          ->check(whole_number);
  app.add_option("--tail", cat.tail, "print the last N lines")
      ->type_name("N")
      ->check(whole_number)
      ->excludes(line)
      ->excludes(offset);
  line->excludes(offset);
  auto* reverse = app.add_flag("--reverse", cat.reverse, "print the last line first")
                      ->excludes(line)
                      ->excludes(offset);
  app.add_flag("--follow", cat.follow, "print lines as they are appended, in either form")
      ->excludes(reverse);
}

int cmd_cat(const Context& context) {
  if (auto checked = check(context.options); !checked) {
    return report(context, checked.error());
  }
  for (const std::string& text : context.options.rollouts) {
    auto path = the_one(context, text);
    auto printed =
        path ? Printing(context, *path).run() : Result<void>(Fail(path.error()));
    if (!printed) {
      const bool closed = printed.error().sys == EPIPE;
      return closed ? static_cast<int>(Exit::ok) : report(context, printed.error());
    }
  }
  return static_cast<int>(Exit::ok);
}

} // namespace coldpress
