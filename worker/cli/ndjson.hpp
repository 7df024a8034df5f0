#pragma once

#include "worker/catalog/ledger.hpp"
#include "worker/inspect/estimate.hpp"
#include "worker/pass/pass_types.hpp"
#include "worker/rollout/line_stream.hpp"
#include "worker/rollout/writer.hpp"
#include "worker/verify/verify_run.hpp"

#include <string>

namespace coldpress {

// The lines of --json: DESIGN section 7. Each is one object with a message_type. Bytes
// that are not UTF-8 are shown as \xNN.
std::string json_of(const Decision& decision, const Forecast* forecast = nullptr);
std::string json_of(const Outcome& outcome);
std::string json_of(const Progress& progress);
std::string json_of(const Error& error);
// `totals`: what all runs have compressed; null if there is no ledger.
std::string json_of(const PassSummary& summary, const Totals* totals = nullptr);
std::string json_of(const LineInfo& line);
std::string json_of(const AppendReport& done, const std::string& path);
std::string json_of(const VerifiedRollout& seen);
std::string json_of(const VerifySummary& summary);

// On standard output, at once.
void print_line(const std::string& line);

} // namespace coldpress
