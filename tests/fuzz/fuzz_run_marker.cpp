#include "locking/run_marker.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"

using namespace coldpress;

namespace {

const std::string k_home = "/home/.codex";
const std::string k_path = k_home + "/.tmp/rollout-compression.lock";

void check_read(std::string_view text, const MarkerInfo& info) {
  require(info.text == text.substr(0, 4096), "the text as it stands, at most 4 KiB");
  require(info.ours == (info.by == "coldpress"), "ours says so");
  require(info.by.find_first_of(" \n") == std::string::npos, "a name is one word");
  require(info.by.empty() || text.find(" by=" + info.by) != std::string_view::npos,
          "the name is in the text");
  require(info.pid == 0 || text.starts_with("pid="), "a pid comes from its place");
  require(!marker_blocks(info, MarkerRules{false}), "alone, no text blocks anybody");
  require(!info.ours || !marker_blocks(info, MarkerRules{true}), "ours never blocks");
}

void check_claim(MemFs& disk, const FakeClock& clock, MarkerRules rules) {
  static const ProcessId self = this_process();
  const std::string before = disk.get(k_path);
  auto claimed = RunMarker::claim(disk, clock, self, k_home, rules);
  if (!claimed) {
    require(claimed.error().code == Errc::busy, "a claim is granted or busy");
    require(rules.marker_only_codex_seen, "busy only beside an old Codex");
    require(disk.get(k_path) == before, "a marker that blocks is left as it was");
    return;
  }
  const auto info = peek_marker(disk, k_home);
  require(info && *info && (*info)->ours, "a claimed marker is ours");
  require((*info)->pid == self.pid, "and names us");
  require((*info)->text.ends_with(" by=coldpress\n"), "nothing of the old text is left");
  require(claimed->finish(RunMarker::Success::no).has_value(), "it can be given back");
  require(!disk.exists(k_path), "and is gone then");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  for (const bool marker_only : {false, true}) {
    const FakeClock clock;
    MemFs disk(clock);
    disk.put(k_path, text);
    const auto info = peek_marker(disk, k_home);
    require(info && *info, "a marker that stands is seen");
    check_read(text, **info);
    check_claim(disk, clock, MarkerRules{marker_only});
  }
  return 0;
}
