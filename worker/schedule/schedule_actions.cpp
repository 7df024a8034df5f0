#include "worker/schedule/schedule_actions.hpp"

#include "fsutil/replace_file.hpp"
#include "fsutil/text.hpp"
#include "worker/schedule/own_file.hpp"

#include <fmt/ranges.h>

namespace coldpress {

namespace {

constexpr std::size_t k_limit = 256 * 1024;              // bytes
constexpr std::size_t k_answer_limit = 16 * 1024 * 1024; // a crontab, too

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

} // namespace

Result<std::optional<std::string>> read_if_there(Fs& fs, const std::string& path) {
  std::string target = path;
  const auto stat = fs.lstat(path);
  if (stat && stat->type == FileType::symlink) {
    TRY_ASSIGN(target, fs.real_path(path)); // as in a folder of dot files
  }
  auto text = read_small(fs, target, k_limit);
  if (!text && text.error().code == Errc::not_found) {
    return std::optional<std::string>();
  }
  if (!text) {
    return Fail(std::move(text.error()));
  }
  return std::optional(std::move(*text));
}

std::string said_by(const SubprocessEnd& end) {
  std::string text = end.err.empty() ? end.out : end.err;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.pop_back();
  }
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, "; ");
  }
  return text;
}

void ScheduleActions::tell(ScheduleStep::Kind kind,
                           std::string what,
                           std::string text) const {
  tell_(ScheduleStep{kind, std::move(what), std::move(text)});
}

Result<SubprocessEnd> ScheduleActions::ask(std::vector<std::string> command) const {
  SubprocessCall call{std::move(command), {}, environment_};
  call.most_output = k_answer_limit;
  return run_(call);
}

Result<void> ScheduleActions::act(std::vector<std::string> command,
                                  std::string input) const {
  const std::string words = joined(command);
  tell(ScheduleStep::Kind::run, words);
  if (dry_run_) {
    return {};
  }
  TRY_ASSIGN(const SubprocessEnd end,
             run_(SubprocessCall{std::move(command), std::move(input), environment_}));
  if (end.code != 0) {
    const std::string said = said_by(end);
    return Fail(Error{
        Errc::io,
        0,
        "schedule",
        "",
        {fmt::format(
            "{}: exit code {}{}{}", words, end.code, said.empty() ? "" : ": ", said)}});
  }
  return {};
}

Result<void> ScheduleActions::check(const std::vector<PlannedFile>& files) const {
  for (const PlannedFile& file : files) {
    if (!file.text) {
      continue;
    }
    TRY_ASSIGN(const std::optional<std::string> found, read_if_there(fs_, file.path));
    if (!found || author_of(*found) == Author::ours) {
      continue;
    }
    const bool edited = author_of(*found) == Author::edited;
    return Fail(Error{
        Errc::exists,
        0,
        "schedule",
        file.path,
        {edited ? "this file was edited by hand and is left as it is; move the changes "
                  "to a drop-in (systemctl edit), remove the file, and install again"
                : "coldpress schedule did not write this file, so it is left as it is; "
                  "if it is not needed, remove it and install again"}});
  }
  return {};
}

Result<bool> ScheduleActions::remove(const std::string& path,
                                     const std::string& found) const {
  switch (author_of(found)) {
  case Author::ours:
    tell(ScheduleStep::Kind::remove, path);
    if (!dry_run_) {
      TRY(fs_.unlink(path));
      TRY(fs_.sync_dir(parent_dir(path)));
    }
    return true;
  case Author::edited:
    tell(ScheduleStep::Kind::keep, path, "it was edited by hand; remove it yourself");
    return false;
  default:
    return false; // never was ours
  }
}

Result<bool> ScheduleActions::put_one(const PlannedFile& file) const {
  TRY_ASSIGN(const std::optional<std::string> found, read_if_there(fs_, file.path));
  if (!file.text) {
    return found ? remove(file.path, *found) : Result<bool>(false);
  }
  if (found && *found == *file.text) {
    return false;
  }
  tell(ScheduleStep::Kind::write, file.path, *file.text);
  if (!dry_run_) {
    TRY(make_dirs(fs_, parent_dir(file.path), 0755));
    TRY(replace_file(fs_, file.path, *file.text, 0644));
  }
  return true;
}

Result<bool> ScheduleActions::put(const std::vector<PlannedFile>& files) const {
  bool changed = false;
  for (const PlannedFile& file : files) {
    TRY_ASSIGN(const bool different, put_one(file));
    changed = changed || different;
  }
  return changed;
}

} // namespace coldpress
