#include "tests/bench/corpus/rollout.hpp"

#include "tests/bench/corpus/conversation.hpp"
#include "tests/bench/corpus/images.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace coldpress::corpus {

namespace {

constexpr std::size_t k_piece = 1U << 16;

// Streams of one seed that must not follow each other.
enum Stream : std::uint64_t { k_id, k_talk, k_pictures, k_noise, k_children };

Rng stream(const Request& request, Stream which) {
  return Rng(request.seed).child(which);
}

Manner manner_of(Profile profile) {
  return profile == Profile::chat || profile == Profile::incompressible ||
                 profile == Profile::zeros
             ? k_chat_manner
             : k_text_manner;
}

Conversation make_talk(Lines& lines, const Request& request) {
  return Conversation(lines,
                      stream(request, k_talk),
                      manner_of(request.profile),
                      thread_id(request),
                      request.start_ms);
}

void talk_until(Lines& lines, Conversation& talk, std::uint64_t bytes) {
  while (lines.size() < bytes && !lines.failed()) {
    talk.step();
  }
}

void fill_with_noise(Sink& sink, const Request& request) {
  Rng rng = stream(request, k_noise);
  std::string piece;
  while (sink.size() < request.bytes && !sink.failed()) {
    piece.clear();
    while (piece.size() < k_piece) {
      const std::uint64_t bits = rng.next();
      for (unsigned shift = 0; shift < 64; shift += 8) {
        piece += static_cast<char>(bits >> shift & 0xffU);
      }
    }
    sink.add(std::string_view(piece).substr(0, request.bytes - sink.size()));
  }
}

void fill_with_zeros(Sink& sink, const Request& request) {
  const std::string piece(k_piece, '\0');
  while (sink.size() < request.bytes && !sink.failed()) {
    sink.add(std::string_view(piece).substr(0, request.bytes - sink.size()));
  }
}

void write_body(Sink& sink, Lines& lines, Conversation& talk, const Request& request) {
  switch (request.profile) {
  case Profile::images:
    return write_images(lines, talk, stream(request, k_pictures), request.bytes);
  case Profile::long_images:
    return write_long_images(lines, talk, stream(request, k_pictures), request.bytes);
  case Profile::incompressible:
    return fill_with_noise(sink, request);
  case Profile::zeros:
    return fill_with_zeros(sink, request);
  case Profile::chat:
  case Profile::text:
  case Profile::forks:
    return talk_until(lines, talk, request.bytes);
  }
}

} // namespace

std::optional<Profile> profile_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Profile>, 7> k_names = {{
      {"chat", Profile::chat},
      {"text", Profile::text},
      {"images", Profile::images},
      {"long-images", Profile::long_images},
      {"forks", Profile::forks},
      {"incompressible", Profile::incompressible},
      {"zeros", Profile::zeros},
  }};
  const auto* found =
      std::find_if(k_names.begin(), k_names.end(), [&](const auto& entry) {
        return entry.first == name;
      });
  return found == k_names.end() ? std::nullopt : std::optional(found->second);
}

std::string thread_id(const Request& request) {
  Rng rng = stream(request, k_id);
  return make_uuid(rng, request.start_ms);
}

Result<Written> write_rollout(const std::string& path, const Request& request) {
  Sink sink(path);
  Lines lines(sink, request.start_ms, request.line_end);
  Conversation talk = make_talk(lines, request);
  talk.session_meta(thread_id(request), std::nullopt);
  Written written;
  if (request.profile == Profile::forks) {
    talk_until(lines, talk, request.bytes / 5 * 4);
    written.cut_ordinal = lines.next_ordinal();
    written.cut_offset = lines.size();
  }
  write_body(sink, lines, talk, request);
  TRY(sink.close());
  written.bytes = sink.size();
  written.end_ms = lines.now_ms();
  return written;
}

Request fork_of(const Request& parent, std::int64_t delay_ms, std::uint64_t nth) {
  Request child = parent;
  child.start_ms += delay_ms;
  child.seed = stream(parent, k_children).child(nth).next();
  return child;
}

Result<Written> write_fork(const std::string& path,
                           const Request& child,
                           const Request& parent,
                           const Written& parent_file) {
  Sink sink(path);
  Lines lines(sink, child.start_ms, child.line_end);
  Conversation talk = make_talk(lines, parent);
  talk.session_meta(
      thread_id(child),
      HistoryBase{thread_id(parent), parent_file.cut_ordinal, parent_file.cut_offset});
  lines.replay(true);
  while (lines.next_ordinal() < parent_file.cut_ordinal && !lines.failed()) {
    talk.step();
  }
  lines.replay(false);
  talk.become(thread_id(child), stream(child, k_talk));
  talk_until(lines, talk, child.bytes);
  TRY(sink.close());
  return Written{sink.size(), lines.now_ms(), 0, 0};
}

} // namespace coldpress::corpus
