#include "tests/bench/corpus/home.hpp"
#include "tests/bench/corpus/rollout.hpp"
#include "tests/bench/corpus/store.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress::corpus {
namespace {

constexpr int k_failed = 1;
constexpr int k_usage = 2;
constexpr std::int64_t k_file_start_ms = 1'767'603'600'000; // 2026-01-05T09:00:00Z

constexpr std::string_view k_help =
    "usage: coldpress-corpus store DIR [--scale F] [--seed N] [--now UNIX_SECONDS]\n"
    "       coldpress-corpus home PROFILE DIR --files N [--bytes N] [--seed N] [--now "
    "S]\n"
    "       coldpress-corpus file PROFILE PATH --bytes N [--seed N]\n"
    "\n"
    "Writes made-up Codex rollouts; the same arguments give the same bytes.\n"
    "  store  a whole sample store, about 300 MB at scale 1; --now is today by default\n"
    "  home   cold rollouts of one profile, N bytes each or 20 to 500 KB; of forks the\n"
    "         first is the parent of all others\n"
    "  file   one rollout: chat, text, images, long-images, incompressible, zeros,\n"
    "         or forks, which also writes a child beside it: PATH.child\n";

struct Arguments {
  std::vector<std::string_view> words;
  double scale = 1.0;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> bytes;
  std::uint64_t files = 1;
  std::optional<std::int64_t> now;
};

template <class T> bool parse(std::string_view text, T& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

bool parse_option(std::string_view name, std::string_view value, Arguments& to) {
  if (name == "--scale") {
    return parse(value, to.scale) && to.scale > 0 && to.scale <= 10'000;
  }
  if (name == "--seed") {
    return parse(value, to.seed);
  }
  if (name == "--files") {
    return parse(value, to.files) && to.files > 0;
  }
  if (name == "--bytes") {
    return parse(value, to.bytes.emplace());
  }
  return name == "--now" && parse(value, to.now.emplace());
}

std::optional<Arguments> parse_arguments(const std::vector<std::string_view>& given) {
  Arguments arguments;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i].substr(0, 2) != "--") {
      arguments.words.push_back(given[i]);
      continue;
    }
    if (i + 1 == given.size() || !parse_option(given[i], given[i + 1], arguments)) {
      return std::nullopt;
    }
    ++i;
  }
  return arguments;
}

int usage() {
  std::fputs(k_help.data(), stderr);
  return k_usage;
}

int fail(const Error& error) {
  fmt::print(stderr, "coldpress-corpus: {}\n", describe(error));
  return k_failed;
}

// Midnight, so that two runs of one day write the same store.
std::int64_t today_ms() {
  using namespace std::chrono;
  const auto day = floor<days>(system_clock::now());
  return duration_cast<milliseconds>(day.time_since_epoch()).count();
}

std::int64_t now_ms(const Arguments& arguments) {
  return arguments.now ? *arguments.now * 1000 : today_ms();
}

int told(const Result<StoreWritten>& written) {
  if (!written) {
    return fail(written.error());
  }
  fmt::print("{} rollouts, {} MB; {} of them, {} MB, archived\n",
             written->files,
             written->bytes / 1'000'000,
             written->archived_files,
             written->archived_bytes / 1'000'000);
  return 0;
}

int home(const Arguments& arguments) {
  const std::optional<Profile> profile = profile_named(arguments.words[1]);
  if (!profile) {
    return usage();
  }
  HomeRequest request;
  request.dir = arguments.words[2];
  request.profile = *profile;
  request.files = arguments.files;
  request.bytes = arguments.bytes.value_or(0);
  request.seed = arguments.seed;
  request.now_ms = now_ms(arguments);
  return told(write_home(request));
}

int store(const Arguments& arguments) {
  StoreRequest request;
  request.dir = arguments.words[1];
  request.scale = arguments.scale;
  request.seed = arguments.seed;
  request.now_ms = now_ms(arguments);
  return told(write_store(request));
}

int file(const Arguments& arguments) {
  const std::optional<Profile> profile = profile_named(arguments.words[1]);
  if (!profile || !arguments.bytes) {
    return usage();
  }
  const std::string path(arguments.words[2]);
  const Request request{*profile, *arguments.bytes, arguments.seed, k_file_start_ms};
  const Result<Written> written = write_rollout(path, request);
  if (!written) {
    return fail(written.error());
  }
  if (*profile == Profile::forks) {
    const Request child = fork_of(request, k_day_ms, 0);
    const Result<Written> fork = write_fork(path + ".child", child, request, *written);
    if (!fork) {
      return fail(fork.error());
    }
  }
  return 0;
}

int run(const std::vector<std::string_view>& given) {
  const std::optional<Arguments> arguments = parse_arguments(given);
  if (!arguments || arguments->words.empty()) {
    return usage();
  }
  const std::vector<std::string_view>& words = arguments->words;
  if (words[0] == "store" && words.size() == 2) {
    return store(*arguments);
  }
  if (words[0] == "home" && words.size() == 3) {
    return home(*arguments);
  }
  if (words[0] == "file" && words.size() == 3) {
    return file(*arguments);
  }
  if (words[0] == "help") {
    std::fputs(k_help.data(), stdout);
    return 0;
  }
  return usage();
}

} // namespace
} // namespace coldpress::corpus

int main(int argc, char** argv) {
  return coldpress::corpus::run({argv + 1, argv + argc});
}
