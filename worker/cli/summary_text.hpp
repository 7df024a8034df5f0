#pragma once

#include "worker/pass/pass_types.hpp"

#include <map>
#include <string>

namespace coldpress {

// How a person reads what a pass did, and what it left. Ends with a newline.
std::string summary_text(const PassSummary& summary, const std::string& home);

// The same in one line, for the journal.
std::string summary_line(const PassSummary& summary, const std::string& home);

// "  3  too_young  changed more recently than …", most frequent first.
std::string reasons_text(const std::map<Reason, std::uint64_t>& skipped,
                         const std::string& indent);

// One line about one rollout that is worth reporting: failed, conflict, recovered.
std::string outcome_text(const Outcome& outcome);

// Why nothing may be compressed in this store, and what to do.
std::string refusal_text(const Refusal& refusal);

// "12.3x"; "-" if there is nothing to compare.
std::string ratio_text(std::uint64_t before, std::uint64_t after);

// How to turn the feature on.
extern const char* const k_how_to_enable;

} // namespace coldpress
