#include "tests/explorer/world.hpp"

#include "worker/rollout/name.hpp"

#include <cstdlib>
#include <span>

namespace coldpress {

namespace {

constexpr std::chrono::hours k_age{24 * 30};

} // namespace

std::optional<FileStat> World::stat(const std::string& path) const {
  const auto found = disk->lstat(path);
  return found ? std::optional(*found) : std::nullopt;
}

void World::make(const std::string& path, const std::string& bytes, WallTime mtime) {
  const auto handle = disk->create_new(path, 0600);
  if (!handle || !disk->write_at(*handle, std::as_bytes(std::span(bytes)), 0) ||
      !disk->set_mtime(*handle, mtime) || !disk->sync_file(*handle)) {
    std::abort(); // the explorer itself is wrong
  }
  disk->close(*handle);
}

std::optional<FileHandle> World::lock(const std::string& path) const {
  const auto handle = disk->open_lock(path, Create::yes);
  if (handle && disk->try_lock(*handle)) {
    return *handle;
  }
  if (handle) {
    disk->close(*handle);
  }
  return std::nullopt;
}

bool World::lock_free(const std::string& path) const {
  if (!exists(path)) {
    return true;
  }
  const auto handle = lock(path);
  if (handle) {
    disk->close(*handle);
  }
  return handle.has_value();
}

World make_world(bool compressed) {
  World world;
  world.disk = std::make_unique<MemFs>(*world.clock);
  MemFs& disk = *world.disk;
  const RolloutPlaces& at = places();
  disk.put_dir(at.state_dir);
  disk.put_dir(parent_dir(at.archived_plain));
  disk.put(at.coordination, "");
  disk.put(at.maintenance, "");
  const WallTime old = world.clock->wall() - k_age;
  const std::string& path = compressed ? at.compressed : at.plain;
  disk.put(path, compressed ? frame_of(rollout_beginning()) : rollout_beginning());
  disk.set_times(path, old, old);
  disk.sync_all();
  return world;
}

std::optional<RecordSet> records_of_file(const std::string& path,
                                         const std::string& bytes) {
  if (!is_compressed_name(path)) {
    return records_in(bytes);
  }
  const auto decoded = decode_frame(bytes);
  return decoded ? records_in(*decoded) : std::nullopt;
}

Visible look(const World& world) {
  const RolloutPlaces& at = places();
  for (const std::string* path :
       {&at.plain, &at.compressed, &at.archived_plain, &at.archived_compressed}) {
    if (world.exists(*path)) {
      return {true, records_of_file(*path, world.disk->get(*path))};
    }
  }
  return {};
}

RecordSet kept_anywhere(const World& world) {
  RecordSet all = 0;
  for (const auto& file : world.disk->snapshot()) {
    if (!file.second.empty() && !file.first.ends_with(".lock")) {
      all |= records_of_file(file.first, file.second).value_or(0);
    }
  }
  return all;
}

} // namespace coldpress
