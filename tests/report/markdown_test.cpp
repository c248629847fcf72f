// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "sample.hpp"

using namespace egresslint;
using tests::Sample;

namespace {
report::Context context_of(const Sample& sample) { return {sample.sources, report::Style(false)}; }
}  // namespace

TEST_CASE("Markdown: a table of all findings, then each with its place, packet, cause and cure") {
    Sample sample;
    sample.report.findings[0].fix = lint::Fix{"translate it", {{{sample.file, 0, 0}, "snat to 198.51.100.5\n"}}, false};
    CHECK(report::write_markdown(sample.report, context_of(sample)) ==
          "## egresslint: 1 error\n"
          "\n"
          "| level | rule | place | finding |\n"
          "|---|---|---|---|\n"
          "| error | EL101 mail-source-not-own | `edge.nft:3:3` | mail leaves as 198.51.100.2 |\n"
          "\n"
          "### error EL101: mail leaves as 198.51.100.2\n"
          "\n"
          "```text\n"
          " --> edge.nft:3:3\n"
          "  |\n"
          "3 |         oifname wan0 snat to 198.51.100.2\n"
          "  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this rule translates it\n"
          " ::: edge.nft:2:2\n"
          "  |\n"
          "2 |     chain post {\n"
          "  |     ---------- the rule belongs here\n"
          "```\n"
          "\n"
          "- sources: `10.20.0.25`\n"
          "- leaves as: `198.51.100.2`\n"
          "- witness: `tcp 10.20.0.25:40000 -> 198.18.0.9:25, in lan0`\n"
          "- outcome: `accept, out wan0, leaves as 198.51.100.2:40000`\n"
          "- because: no rule translates outbound mail of 10.20.0.25\n"
          "- help: translate 10.20.0.25 to 198.51.100.5 first\n"
          "\n"
          "The packet's way:\n"
          "\n"
          "```text\n"
          "ip nat post  edge.nft:3:3  oifname wan0 snat to 198.51.100.2  src:=198.51.100.2\n"
          "```\n"
          "\n"
          "Fix: translate it (a person should look at it)\n"
          "\n"
          "```text\n"
          "edge.nft:1: + snat to 198.51.100.5\n"
          "```\n");
}

TEST_CASE("Markdown: an audit says what it assumed and who leaves as what") {
    Sample sample;
    sample.report.findings.clear();
    report::Context context = context_of(sample);
    context.assumptions = true;
    CHECK(report::write_markdown(sample.report, context) ==
          "## egresslint: no findings\n"
          "\n"
          "### Assumptions\n"
          "\n"
          "- (guessed) wan0 faces the internet: its name says so\n"
          "\n"
          "### Who leaves as what\n"
          "\n"
          "| device | sources | ports | out | leaves as |\n"
          "|---|---|---|---|---|\n"
          "| `edge` | `10.20.0.0/16` | `25` | `wan0` | `198.51.100.2` |\n");
}

TEST_CASE("Markdown: the least severe findings give way when room is short, whole, and it says how many") {
    Sample sample;
    lint::Finding note = sample.report.findings[0];
    note.severity = base::Severity::note;
    note.message = "a note";
    sample.report.findings.insert(sample.report.findings.begin(), 50, note);
    const std::string text = report::markdown_within(5'000, sample.report, context_of(sample));
    CHECK(text.size() <= 5'000);
    CHECK(text.size() > 3'000);
    CHECK(text.find("### error EL101: mail leaves as 198.51.100.2\n") != std::string::npos);
    std::size_t shown = 0;
    for (std::size_t at = text.find("\n### "); at != std::string::npos; at = text.find("\n### ", at + 1)) ++shown;
    CHECK(text.find("\n" + std::to_string(51 - shown) + " more findings are not shown here") != std::string::npos);
}

TEST_CASE("Markdown: a name is neither markup, nor a mention, nor a cell or line of its own") {
    Sample sample;
    lint::Finding& finding = sample.report.findings[0];
    finding.message = finding.help = finding.because[0] = finding.related[0].label = tests::hostile;
    finding.sources = {tests::hostile};
    finding.trace[0].text = std::string(tests::hostile) + " ```` ";
    const std::string text = report::write_markdown(sample.report, context_of(sample));
    bool fenced = false;
    std::size_t rows = 0;
    std::size_t start = 0;
    while (start < text.size()) {
        const std::size_t end = text.find('\n', start);
        const std::string line = text.substr(start, end - start);
        start = end + 1;
        if (line.starts_with("```")) {
            fenced = !fenced;
            continue;
        }
        if (fenced) continue;
        INFO(line);
        CHECK_FALSE(line.starts_with("::"));
        if (line.starts_with("- sources: ")) continue;  // a code span
        CHECK(line.find("<script>") == std::string::npos);
        CHECK(line.find("@admin") == std::string::npos);
        CHECK(line.find("http://") == std::string::npos);
        if (!line.starts_with("| error")) continue;
        ++rows;
        std::size_t bars = 0;
        for (std::size_t i = 0; i < line.size(); ++i) bars += line[i] == '|' && line[i - (i > 0 ? 1 : 0)] != '\\';
        CHECK(bars == 5);
    }
    CHECK(rows == 1);
    CHECK_FALSE(fenced);
    CHECK(text.find("\xe2\x80\xae") == std::string::npos);
}
