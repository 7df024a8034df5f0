#include "tests/explorer/judge.hpp"

#include "worker/rollout/name.hpp"

#include <fmt/format.h>

#include <array>

namespace coldpress {

namespace {

constexpr int k_passes = 4;

std::string show(RecordSet records) {
  std::string text;
  for (unsigned i = 0; i < k_records; ++i) {
    text += (records & (1U << i)) != 0 ? fmt::format("{} ", i) : "";
  }
  return text;
}

struct Power {
  const char* name;
  Unsynced mode;
  std::uint64_t seed;
};
constexpr std::array<Power, 7> k_power{{{"nothing unsynced", Unsynced::drop_all, 0},
                                        {"removals", Unsynced::removals_only, 0},
                                        {"everything", Unsynced::keep_all, 0},
                                        {"some (1)", Unsynced::random, 1},
                                        {"some (2)", Unsynced::random, 2},
                                        {"some (3)", Unsynced::random, 3},
                                        {"some (4)", Unsynced::random, 4}}};

World copy_of(const World& world) {
  World copy;
  copy.acked = world.acked;
  copy.contents_last = world.contents_last;
  copy.deleting = world.deleting;
  copy.deleted = world.deleted;
  copy.echoed = world.echoed;
  copy.set_aside = world.set_aside;
  copy.unlinked_unsynced = world.unlinked_unsynced;
  copy.gap_is_codexs = world.unlinked_unsynced;
  copy.disk = world.disk->clone(*copy.clock);
  return copy;
}

// Recovery passes as a process alone with the store makes them. True if it has reported
// a conflict.
bool recover_all(World& world, const Case& spec, const Layer& layer) {
  const std::unique_ptr<Fs> between = layer ? layer(*world.disk, world) : nullptr;
  const StageClock clock(std::chrono::hours{10});
  bool conflict = false;
  auto process = Process::start(between ? *between : *world.disk, clock, "host-c");
  for (int pass = 0; process && pass < k_passes; ++pass) {
    if (!has_leftovers(forms_of(world, spec.trees))) {
      break;
    }
    const Recovered recovered = (*process)->recover(world, spec.trees);
    conflict = recovered.outcome && recovered.outcome->kind == OutcomeKind::conflict;
  }
  if (process && has_temp(world)) {
    (*process)->sweep();
  }
  return conflict;
}

// Where somebody has made the plain name anew, the .zst may hold the rest: a conflict,
// which is reported.
RecordSet readable(const World& world) {
  RecordSet all = look(world).records.value_or(0);
  for (const std::string* path :
       {&places().compressed, &places().archived_plain, &places().archived_compressed}) {
    if (world.echoed && world.exists(*path)) {
      all |= records_of_file(*path, world.disk->get(*path)).value_or(0);
    }
  }
  return all;
}

std::size_t forms_left(const World& world) {
  return forms_of(world).files.size();
}

} // namespace

std::string listing(const World& world) {
  std::string text;
  for (const auto& file : world.disk->snapshot()) {
    if (!file.first.ends_with(".lock")) {
      const bool frame = is_compressed_name(file.first);
      const auto bytes = frame ? decode_frame(file.second) : std::optional(file.second);
      const auto records = bytes ? records_in(*bytes) : std::nullopt;
      text += fmt::format(
          "  {}: {}\n", short_names(file.first), records ? show(*records) : "damaged");
    }
  }
  return text + "  acknowledged: " + show(world.acked) + "\n";
}

Fault judge_moment(const World& world, const Case& spec) {
  if (world.deleting) {
    return {};
  }
  const Visible visible = look(world);
  if (!visible.any && world.gap_is_codexs && world.exists(places().retired)) {
    return {}; // the recovery puts it back, or judge_end() complains
  }
  if (!visible.any && world.set_aside && world.exists(places().temp)) {
    return {};
  }
  if (!visible.any) {
    return "there is no form of the rollout";
  }
  if (!visible.records) {
    return "the form that is read is damaged";
  }
  if (!world.echoed && (*visible.records & 1U) == 0) {
    return "the form that is read lacks its beginning";
  }
  if (spec.visible && (world.acked & ~*visible.records) != 0) {
    return "an acknowledged record cannot be read";
  }
  if ((world.acked & ~kept_anywhere(world)) != 0) {
    return "an acknowledged record is in no file any more";
  }
  return {};
}

Fault judge_end(World& world, const Case& spec, const Layer& layer) {
  const bool conflict = recover_all(world, spec, layer);
  world.gap_is_codexs = false;
  if (world.deleted) {
    return look(world).any ? "the thread was deleted and is there again" : Fault();
  }
  if (world.deleting) {
    return {};
  }
  if (Fault fault = judge_moment(world, spec); !fault.empty()) {
    return "after the recovery: " + fault;
  }
  if (spec.strict && (world.acked & ~readable(world)) != 0) {
    return "after the recovery: an acknowledged record cannot be read";
  }
  if (spec.clean && !conflict && !world.echoed &&
      (forms_left(world) != 1 || world.exists(places().retired))) {
    return "after the recovery: more than one form is left";
  }
  return {};
}

Fault judge_power_cuts(const World& world,
                       const Case& spec,
                       const Layer& layer,
                       const std::function<bool(std::uint64_t)>& first) {
  for (const Power& power : k_power) {
    World after = copy_of(world);
    after.disk->power_cut(power.mode, power.seed);
    if (!first(state_of(after))) {
      continue;
    }
    const std::string found = listing(after);
    Fault fault = judge_moment(after, spec);
    if (fault.empty()) {
      fault = judge_end(after, spec, layer);
    }
    if (!fault.empty()) {
      return fmt::format("power cut that keeps {}:\n{}{}", power.name, found, fault);
    }
  }
  return {};
}

std::uint64_t state_of(const World& world) {
  const std::uint64_t flags =
      world.acked + (world.deleting ? 1U << 8U : 0U) + (world.deleted ? 1U << 9U : 0U) +
      (world.echoed ? 1U << 10U : 0U) + (world.unlinked_unsynced ? 1U << 11U : 0U) +
      (world.set_aside ? 1U << 12U : 0U);
  return world.disk->digest(world.contents_last) * 0x9e3779b97f4a7c15U + flags;
}

} // namespace coldpress
