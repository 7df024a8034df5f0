#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/cli/html_file.hpp"
#include "worker/cli/report/svg.hpp"
#include "worker/cli/report/view.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_page = std::string(k_page_mark) + "\nnew";

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  Rig() { disk.put_dir("/d"); }
};

Survey survey_of(const std::string& project) {
  Survey survey;
  survey.now = WallTime(std::chrono::sys_days{std::chrono::year{2026} / 3 / 31});
  survey.home = project;
  UsageFile file;
  file.rollout = "sessions/" + project;
  file.project = project;
  file.source = project;
  file.tree = "active";
  file.bytes = 1 << 20;
  file.plain = 1 << 20;
  file.mtime = survey.now - 24h;
  survey.files = {file};
  survey.growth = growth_of(survey.files, survey.now);
  survey.space.available = std::uint64_t{1} << 30;
  survey.space.total = std::uint64_t{1} << 32;
  survey.outlook.free = survey.space.available;
  survey.outlook.bytes_per_day = survey.growth.bytes_per_day;
  return survey;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

} // namespace

TEST_CASE("text is safe in a page, as content and in an attribute") {
  CHECK(escaped("<b a='1' c=\"2\">&") == "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
  CHECK(escaped("Straße") == "Straße");
  CHECK(escaped("\x1b\xff") == R"(\x1b\xff)");
}

TEST_CASE("no name gets out of the text of the page") {
  const Survey survey =
      survey_of("/x\"'></title><script>alert(1)</script><svg onload=a>");
  const std::string html = report_html(ReportView(survey, 10, false));
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find("<svg onload") == std::string::npos);
  CHECK(count_of(html, "</title>") == count_of(html, "<title"));
  CHECK(html.find("&lt;script&gt;") != std::string::npos);
  CHECK(html.find("default-src 'none'") != std::string::npos);
  // Nothing to be fetched: no address anywhere.
  CHECK(html.find("://") == std::string::npos);
  CHECK(html.find("src=") == std::string::npos);
  CHECK(html.find(k_page_mark) < 1000);
}

TEST_CASE("a report of nothing is a page and a table, too") {
  Survey survey;
  survey.growth = growth_of({}, survey.now);
  const ReportView view(survey, 10, false);
  CHECK(report_html(view).find("There are no rollouts yet.") != std::string::npos);
  CHECK(report_text(view).find("0 rollouts, 0 B on disk") != std::string::npos);
  CHECK(report_json(view).find(R"("message_type":"report")") != std::string::npos);
}

TEST_CASE("times are said in the unit that fits") {
  CHECK(days_text(std::nullopt) == "over 100 years");
  CHECK(days_text(0.4) == "less than a day");
  CHECK(days_text(1.2) == "a day");
  CHECK(days_text(45.4) == "45 days");
  CHECK(days_text(3 * 365.25) == "3.0 years");
  CHECK(percent_text(0, 0) == "0 %");
  CHECK(percent_text(1, 500) == "0.2 %");
  CHECK(percent_text(2, 3) == "67 %");
}

TEST_CASE("what is young has grown over a day, and not over days") {
  CHECK(last_days_text(1) == "the last day");
  CHECK(last_days_text(1.6) == "the last 2 days");
  const std::string text = report_text(ReportView(survey_of("p"), 1, false));
  CHECK(text.find("over the last day; rollouts deleted") != std::string::npos);
}

TEST_CASE("a report does not say that nothing is cold if it only may not be compressed") {
  Survey survey = survey_of("p");
  survey.as_set = {};
  const std::string page = report_html(ReportView(survey, 1, false));
  CHECK(page.find("nothing can be compressed now") != std::string::npos);
}

TEST_CASE("a report says so if the disk is too full for a run") {
  Survey survey = survey_of("p");
  survey.all = {1, 1 << 20, 1 << 19};
  const auto text = [&] { return report_text(ReportView(survey, 1, false)); };
  CHECK(text().find("limits.min_free") == std::string::npos);
  survey.too_full = true;
  CHECK(text().find("limits.min_free") != std::string::npos);
}

TEST_CASE("a page is for its owner, and may be written again") {
  Rig rig;
  REQUIRE(
      write_page(rig.disk, "/d/page", std::string(k_page_mark) + "\nold").has_value());
  REQUIRE(write_page(rig.disk, "/d/page", k_page).has_value());
  CHECK(rig.disk.get("/d/page") == k_page);
  CHECK(rig.disk.lstat("/d/page")->mode == 0600);
  CHECK(rig.disk.names("/d").size() == 1);
}

TEST_CASE("nothing but a page of ours is replaced") {
  Rig rig;
  rig.disk.put("/d/empty", "");
  rig.disk.put("/d/late", std::string(5000, ' ') + std::string(k_page_mark));
  rig.disk.put("/d/theirs", "<html>");
  rig.disk.put_dir("/d/dir");
  rig.disk.put("/d/real", k_page);
  rig.disk.put_symlink("/d/link", "/d/real");
  const auto before = rig.disk.snapshot();
  for (const char* path : {"/d/empty", "/d/late", "/d/theirs", "/d/dir", "/d/link"}) {
    CAPTURE(path);
    const auto done = write_page(rig.disk, path, k_page);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == Errc::invalid);
  }
  CHECK(rig.disk.snapshot() == before);
}
