#include "tests/bench/parts/samples.hpp"

#include "worker/rollout/codec.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <tuple>
#include <utility>

namespace coldpress::bench {

namespace {

namespace files = std::filesystem;

class Scratch {
public:
  Scratch()
      : path_(files::temp_directory_path() /
              fmt::format("coldpress-bench-parts-{}", ::getpid())) {
    files::create_directories(path_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    files::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

Bytes read_all(const std::string& path) {
  Bytes bytes(files::file_size(path));
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()),
          static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

Bytes make(corpus::Profile profile, std::uint64_t bytes) {
  constexpr std::int64_t k_start_ms = 1'767'603'600'000;
  const std::string path = scratch() + "/sample";
  must(corpus::write_rollout(path, {profile, bytes, 1, k_start_ms}));
  Bytes all = read_all(path);
  files::remove(path);
  return all;
}

Bytes encode(const Bytes& plain, int level) {
  Bytes out;
  const Sink sink = [&out](std::span<const std::byte> data) -> Result<void> {
    out.insert(out.end(), data.begin(), data.end());
    return {};
  };
  auto encoder = must(
      FrameEncoder::create(choose_frame_options(plain.size(), level, {}), plain.size()));
  auto done = encoder.push(plain, sink);
  if (done) {
    done = encoder.finish(sink);
  }
  if (!done) {
    give_up(done.error());
  }
  return out;
}

} // namespace

void give_up(const Error& error) {
  fmt::print(stderr, "coldpress-bench-parts: {}\n", describe(error));
  std::exit(1);
}

const std::string& scratch() {
  static const Scratch k_scratch;
  return k_scratch.path();
}

const Bytes& sample(corpus::Profile profile, std::uint64_t bytes) {
  static std::map<std::pair<corpus::Profile, std::uint64_t>, Bytes> made;
  const auto [place, is_new] = made.try_emplace({profile, bytes});
  if (is_new) {
    place->second = make(profile, bytes);
  }
  return place->second;
}

const Bytes& framed(corpus::Profile profile, std::uint64_t bytes, int level) {
  static std::map<std::tuple<corpus::Profile, std::uint64_t, int>, Bytes> made;
  const auto [place, is_new] = made.try_emplace({profile, bytes, level});
  if (is_new) {
    place->second = encode(sample(profile, bytes), level);
  }
  return place->second;
}

} // namespace coldpress::bench
