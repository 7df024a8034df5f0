#include "tests/explorer/search.hpp"

namespace coldpress {

namespace {

// The next choices in depth-first order; false if there are none.
bool advance(std::vector<Point>& points) {
  while (!points.empty() && points.back().taken + 1 >= points.back().options) {
    points.pop_back();
  }
  if (points.empty()) {
    return false;
  }
  ++points.back().taken;
  return true;
}

// The same run once more, written down.
std::string describe_run(const Case& spec,
                         const Layer& layer,
                         const World& start,
                         const std::vector<Point>& points,
                         int interruptions) {
  Seen nothing;
  Run again(spec, layer, start, nothing, points, {interruptions, true});
  again.go();
  std::string text;
  for (const std::string& line : again.lines()) {
    text += "  " + line + "\n";
  }
  return text + again.store();
}

void walk(const Case& spec,
          const SearchRules& rules,
          const Layer& layer,
          const World& start,
          Explored& result) {
  Seen seen;
  std::vector<Point> given;
  do {
    if (rules.most_runs > 0 && result.runs >= rules.most_runs) {
      result.complete = false;
      break;
    }
    Run run(spec, layer, start, seen, given, {rules.interruptions, false});
    run.go();
    ++result.runs;
    if (!run.fault().empty()) {
      result.fault = run.fault();
      result.schedule =
          describe_run(spec, layer, start, run.points(), rules.interruptions);
      break;
    }
    given = run.points();
  } while (advance(given));
  result.states += seen.states.size();
  result.cuts += seen.cuts.size();
}

} // namespace

Explored explore(const Case& spec, const SearchRules& rules, const Layer& layer) {
  Explored result;
  result.complete = true;
  walk(spec, rules, layer, make_world(false), result);
  if (spec.from_compressed && result.fault.empty()) {
    walk(spec, rules, layer, make_world(true), result);
  }
  return result;
}

Explored seek_fault(const Case& spec, int interruptions, const Layer& layer) {
  Explored result;
  Case smaller = spec;
  for (int bound = 0; bound <= interruptions; ++bound) {
    for (smaller.phases = 1; smaller.phases <= spec.phases; ++smaller.phases) {
      for (smaller.kills = 0; smaller.kills <= spec.kills; ++smaller.kills) {
        result = explore(smaller, {bound, 0}, layer);
        if (!result.fault.empty()) {
          return result;
        }
      }
    }
  }
  return result;
}

} // namespace coldpress
