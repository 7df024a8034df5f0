#include "worker/verify/damage_advice.hpp"

#include "worker/rollout/frame.hpp"
#include "worker/rollout/name.hpp"
#include "worker/stage/orphans.hpp"

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

enum class Asks : std::uint8_t { nothing, dictionary, wide_window };

// What the first frame asks for that readers of rollouts have not.
Asks asked_by(Fs& fs, const std::string& path) {
  const auto handle = fs.open_read(path);
  if (!handle) {
    return Asks::nothing;
  }
  const File file(fs, *handle);
  std::array<std::byte, k_frame_header_max> header{};
  const auto got = fs.read_at(*handle, header, 0);
  const auto info = got ? inspect_frame(std::span<const std::byte>(header).first(*got))
                        : Result<FrameInfo>(Fail(got.error()));
  if (!info) {
    return Asks::nothing;
  }
  constexpr std::uint64_t k_widest = std::uint64_t{1} << unsigned{k_max_window_log};
  return info->has_dictionary           ? Asks::dictionary
         : info->window_size > k_widest ? Asks::wide_window
                                        : Asks::nothing;
}

} // namespace

std::string
damage_advice(Fs& fs, const Store& store, const std::string& compressed_path) {
  const std::string plain = plain_name(compressed_path);
  const std::string name = base_name(plain);
  if (fs.lstat(plain)) {
    return "the plain file is beside it, and every reader uses that: move the .zst away, "
           "and the next run compresses the thread again";
  }
  if (fs.lstat(join_path(parent_dir(plain), retired_name(name)))) {
    return "its plain file is still retired: coldpress sweep gives it its name back";
  }
  const auto listed = list_orphans(fs, store.orphans_dir());
  if (!listed) {
    return "the orphans could not be searched for its bytes: " + describe(listed.error());
  }
  const std::vector<Orphan>& orphans = *listed;
  const auto orphan =
      std::find_if(orphans.begin(), orphans.end(), [&name](const Orphan& each) {
        return each.plain_name == name;
      });
  if (orphan != orphans.end()) {
    return "bytes of the same rollout are in " + orphan->path +
           ": compare, and give them its name";
  }
  switch (asked_by(fs, compressed_path)) {
  case Asks::dictionary:
    return "it may be undamaged: try zstd -dc -D DICTIONARY with the dictionary it was "
           "made with. Put the output in its place, under the plain name, and the next "
           "run compresses it";
  case Asks::wide_window:
    return "it may be undamaged: try zstd -dc --long=31. Put the output in its place, "
           "under the plain name, and the next run compresses it";
  case Asks::nothing:
    break;
  }
  return "restore it from a backup; coldpress leaves it as it is. zstd -dc shows what "
         "can still be read";
}

} // namespace coldpress
