#include "tests/fuzz/fuzz.hpp"
#include "worker/rollout/name.hpp"

using namespace coldpress;

namespace {

void check_parsed(std::string_view name, const RolloutName& parsed) {
  require(is_uuid(parsed.thread_id), "a parsed thread id is a UUID");
  std::string again = "rollout-" + parsed.timestamp + "-" + parsed.thread_id;
  if (!parsed.rollout_id.empty()) {
    require(is_uuid(parsed.rollout_id), "a parsed rollout id is a UUID");
    again += "_" + parsed.rollout_id;
  }
  again += is_compressed_name(name) ? ".jsonl.zst" : ".jsonl";
  require(lower_case(again) == lower_case(name), "the parts make up the whole name");
  require(name.find('/') == std::string_view::npos, "a rollout's name is no path");
}

void check_forms(std::string_view name) {
  const std::string plain = plain_name(name);
  const std::string compressed = compressed_name(plain);
  require(!is_compressed_name(plain) || plain.ends_with(".zst"), "plain is plain");
  require(plain_name(name) == name || compressed == name, "zst, plain, zst");
  const auto as_plain = parse_rollout_name(plain);
  const auto as_compressed = parse_rollout_name(compressed);
  if (classify(plain) == NameKind::plain) {
    require(as_plain && as_compressed, "both forms are rollouts or none is");
    require(as_plain->thread_id == as_compressed->thread_id, "both are of one thread");
  }
}

void check_retired(std::string_view name) {
  const std::string retired = retired_name(name);
  require(retired.empty() == (classify(name) != NameKind::plain),
          "plain names are retired, and nothing else");
  if (!retired.empty()) {
    require(retired.size() <= 162, "a retired name fits");
    require(classify(retired) == NameKind::retired, "a retired name is known as one");
    require(retired_plain_name(retired) == name, "a retired name says whose it is");
  }
}

// The other way: whatever is taken for a retired name is what we would have written.
void check_taken_for_retired(std::string_view name) {
  const auto plain = retired_plain_name(name);
  require(plain.has_value() == (classify(name) == NameKind::retired),
          "retired names have a plain one");
  require(!plain || retired_name(*plain) == name, "a retired name has one spelling");
}

void check_kind(std::string_view name) {
  const auto parsed = parse_rollout_name(name);
  const NameKind kind = classify(name);
  require(parsed.has_value() == (kind == NameKind::plain || kind == NameKind::compressed),
          "what parses is a rollout");
  if (parsed) {
    require(is_compressed_name(name) == (kind == NameKind::compressed),
            "the ending tells the form");
    check_parsed(name, *parsed);
  }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view name = as_text(data, size);
  check_kind(name);
  check_forms(name);
  check_retired(name);
  check_taken_for_retired(name);
  check_taken_for_retired("." + std::string(name) + ".coldpress-retired");
  return 0;
}
