#pragma once

#include "fsutil/fs.hpp"
#include "fsutil/subprocess.hpp"
#include "worker/schedule/schedule_types.hpp"

#include <functional>
#include <map>

namespace coldpress {

// What a schedule is made with: files, other programs, and somebody who is told. With
// `dry_run` it tells the same and changes nothing; questions are asked all the same.
class ScheduleActions {
public:
  using Tell = std::function<void(const ScheduleStep&)>;
  ScheduleActions(Fs& fs, RunProgram run, bool dry_run, Tell tell)
      : fs_(fs), run_(std::move(run)), dry_run_(dry_run), tell_(std::move(tell)) {}

  Fs& fs() const { return fs_; }
  bool dry_run() const { return dry_run_; }
  void tell(ScheduleStep::Kind kind, std::string what, std::string text = {}) const;

  // Set for every program from here on.
  void set_environment(const std::string& name, const std::string& value) {
    environment_[name] = value;
  }
  // A question: whatever its exit code.
  Result<SubprocessEnd> ask(std::vector<std::string> command) const;
  // A change: an exit code other than 0 is an error with what the program said.
  Result<void> act(std::vector<std::string> command, std::string input = {}) const;

  // Errc::exists if one of those that are to have a text is there and not ours as we
  // wrote it: nothing may be changed then.
  Result<void> check(const std::vector<PlannedFile>& files) const;
  // Makes the files as planned: true if anything was different. Those that are not needed
  // are removed if they are ours, and kept with a word if they are not.
  Result<bool> put(const std::vector<PlannedFile>& files) const;

private:
  Result<bool> put_one(const PlannedFile& file) const;
  Result<bool> remove(const std::string& path, const std::string& found) const;

  Fs& fs_;
  RunProgram run_;
  bool dry_run_;
  Tell tell_;
  std::map<std::string, std::string> environment_{{"LC_ALL", "C"}, {"TZ", "UTC"}};
};

// What a program that failed has said of it, in one line.
std::string said_by(const SubprocessEnd& end);

// Empty if there is no such file.
Result<std::optional<std::string>> read_if_there(Fs& fs, const std::string& path);

} // namespace coldpress
