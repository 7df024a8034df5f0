#include "tests/explorer/cases.hpp"
#include "tests/explorer/mutants.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace coldpress;

// The cases of the SPIN model of the protocol, and what of the explorer covers each: a
// case, a mutant, or nothing and why.

namespace {

struct Row {
  const char* model;
  const char* covered_by; // empty: nothing
  const char* note;
};

constexpr const char* k_draft = "an earlier draft of the design; same actors";

const std::vector<Row>& table() {
  static const std::vector<Row> rows{
      {"naive", "unlink instead of retire", "mutant"},
      // the earlier draft
      {"w_lf", "writer", k_draft},
      {"w_lf_nograce", "writer, grace too short", k_draft},
      {"w_lf2", "writer", k_draft},
      {"w_lf_lf_hold", "writers and holder", k_draft},
      {"w_fork_z", "fork", k_draft},
      {"w_fork_nosettle", "fork, settle too short", k_draft},
      {"w_res_strict", "resume", k_draft},
      {"w_res_nosettle", "resume, settle too short", k_draft},
      {"w_lf_fork", "writer and fork", k_draft},
      {"w_lf_fork_strict", "writer and fork", "the draft's flaw is mended"},
      {"w_lf_res", "writer and resume", k_draft},
      {"w_lf_res_strict", "writer and resume", "one side is an orphan, reported"},
      {"w_del_crash", "delete without locks", "flaw: the .zst may come back"},
      {"w_del", "delete without locks", "flaw: the .zst may come back"},
      {"w_delz", "delete without locks, frame first", k_draft},
      {"w_delz_lock", "delete, frame first", k_draft},
      {"w_arc", "archive", k_draft},
      {"w_arc_lf", "archive and writer", "the draft's flaw is mended"},
      {"w_arc_echo", "archive and echo", "the draft's flaw is mended"},
      {"w_cc", "Codex's compressor", "the draft's flaw is mended"},
      {"w_two", "two hosts", "the draft's flaw is mended"},
      {"w_two_lf", "two hosts and writer", "the draft's flaw is mended"},
      {"w_gap_lf", "writer", "a form stands in every state of every case"},
      {"w_gap_fork", "fork", "a form stands in every state of every case"},
      {"w_gap_two", "two hosts", "a form stands in every state of every case"},
      {"w_stale_lf", "writer, always visible", k_draft},
      {"w_reader", "writer", "a form stands in every state: no retry is needed"},
      {"w_reader1", "", "a reader's two looks are its own; Codex retries for 150 ms"},
      // power cuts
      {"p_compress", "power cut", k_draft},
      {"p_compress_strict", "power cut", k_draft},
      {"p_nosync5", "no directory sync", "mutant"},
      {"p_lf_strict", "power cut, writer", "the draft's flaw is mended"},
      {"p_lf", "power cut, writer", "the draft's flaw is mended"},
      {"p_fork", "power cut, fork", "the draft's flaw is mended"},
      {"p_fork_ordered", "power cut, fork", "one of the ways a disk may come back"},
      {"p_res", "power cut, resume", "the draft's flaw is mended"},
      // mutations
      {"m_nocheck10", "no lease", "mutant"},
      {"m_replace", "the rename back replaces", "mutant"},
      {"m_undoz", "", "with Z gone the retired bytes are an orphan either way: no loss"},
      // the design as it stands
      {"f_lf2", "writer", ""},
      {"f_lf_lf_hold", "writers and holder", ""},
      {"f_lf_fork", "writer and fork", ""},
      {"f_lf_fork_gap", "writer and fork", ""},
      {"f_lf_res", "writer and resume", "one side is an orphan, reported"},
      {"f_lf_res_orphan", "writer and resume", ""},
      {"f_res_fork", "resume and fork", ""},
      {"f_res_nosettle", "resume, settle too short", ""},
      {"f_fork_nosettle", "fork, settle too short", "flaw"},
      {"f_del_lock", "delete", ""},
      {"f_delz_lock", "delete, frame first", ""},
      {"f_delz_nolock", "delete without locks, frame first", "flaw"},
      {"f_arc_lf", "archive and writer", ""},
      {"f_arc_fork_lock",
       "archive with locks and fork",
       "two forms in the end are allowed"},
      {"f_arc_fork", "archive and fork", ""},
      {"f_arc_echo", "archive and echo", ""},
      {"f_echo_lf", "writer and echo", ""},
      {"f_cc", "Codex's compressor", ""},
      {"f_cc_lf", "Codex's compressor and writer", "flaw, Codex's own"},
      {"f_cc_old", "Codex's old compressor", "flaw, Codex's own"},
      {"f_two", "two hosts", ""},
      {"f_two_lf", "two hosts and writer", ""},
      {"f_two_fork", "two hosts and fork", ""},
      {"f_stale_lf", "writer, always visible", "flaw, for seconds"},
      {"f_nograce", "writer, grace too short", "flaw"},
      {"f_stub_nograce", "", "punching holes instead of a grace: not built"},
      {"f_stub_lf_fork", "", "punching holes instead of a grace: not built"},
      {"f_stub_arc", "", "punching holes instead of a grace: not built"},
      {"fp_lf", "power cut, writer", ""},
      {"fp_fork", "power cut, fork", ""},
      {"fp_res", "power cut, resume", ""},
      // what assumptions are worth
      {"x_fork_lastcopy", "fork, settle too short", "flaw"},
      {"x_two_lastcopy", "two hosts", "the draft's flaw is mended"},
      {"x_two_fixed", "two hosts, writer and fork", ""},
      {"x_late_eexist", "two forks", ""},
      {"x_settle_gap", "resume and fork, settle from link to unlink", "flaw"},
      {"x_settle_gap_eex", "two forks, settle from link to unlink", "flaw"},
      // each part of the design left out
      {"n_rlock", "no coordination", "mutant"},
      {"n_full10", "writer and echo", "holds in the model, too"},
      {"n_maint5",
       "",
       "a late host asks for the store before it undoes: closed by that, too"},
      {"n_lock5", "no coordination", "mutant"},
      {"n_exchange", "no exchange", "mutant"},
      {"n_fsync_pair", "no directory sync", "mutant"},
      {"n_fsync_back", "no directory sync after putting P back", "mutant"},
      {"n_bothtrees", "the other tree is not looked at", "mutant"},
  };
  return rows;
}

template <class All> bool has(const All& all, const std::string& name) {
  return std::any_of(
      all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
}

} // namespace

TEST_CASE("every case of the model is covered, or it is said why not") {
  std::set<std::string> models;
  for (const Row& row : table()) {
    CAPTURE(row.model);
    CHECK(models.insert(row.model).second);
    const std::string name = row.covered_by;
    CHECK((name.empty() || has(all_cases(), name) || has(all_mutants(), name)));
    CHECK((!name.empty() || std::string(row.note) != ""));
  }
  CHECK(models.size() == 85);
}
