// SPDX-License-Identifier: Apache-2.0
// Sources: actions/runner, src/Runner.Common/ActionCommand.cs, for how a line is read; github/orgs/community 26680 for
// ten annotations of each kind; GitHub's documentation of workflow commands for the parameters.
#include <catch2/catch.hpp>

#include "sample.hpp"

using namespace egresslint;
using tests::Sample;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::size_t start = 0;
    while (start < text.size()) {
        const std::size_t end = text.find('\n', start);
        out.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return out;
}

std::string write(const Sample& sample) {
    return report::write_github(sample.report, report::Context{sample.sources, report::Style(false)});
}

}  // namespace

TEST_CASE("GitHub: a finding is an annotation at its lines and columns") {
    const Sample sample;
    CHECK(
        write(sample) ==
        "::error file=edge.nft,line=3,endLine=3,col=3,endColumn=36,title=EL101 mail-source-not-own::mail leaves as "
        "198.51.100.2.%0AWitness: tcp 10.20.0.25:40000 -> 198.18.0.9:25, in lan0; outcome: accept, out wan0, leaves as "
        "198.51.100.2:40000.%0ABecause: no rule translates outbound mail of 10.20.0.25.%0AHelp: translate 10.20.0.25 "
        "to "
        "198.51.100.5 first.\n");
}

TEST_CASE("GitHub: ten annotations of a kind, the most severe first, and the rest in the log") {
    Sample sample;
    lint::Finding note = sample.report.findings[0];
    note.severity = base::Severity::note;
    lint::Finding doubt = sample.report.findings[0];
    doubt.certainty = lint::Certainty::possible;
    const lint::Finding sure = sample.report.findings[0];
    sample.report.findings = {note, doubt};
    sample.report.findings.insert(sample.report.findings.end(), 11, sure);
    const auto lines = lines_of(write(sample));
    std::size_t errors = 0, notices = 0, plain = 0;
    for (const std::string& line : lines) {
        errors += line.starts_with("::error ");
        notices += line.starts_with("::notice ");
        plain += line.starts_with("edge.nft:3:3: ");
    }
    CHECK(errors == 10);
    CHECK(notices == 1);
    CHECK(plain == 3);
    CHECK(lines.size() == 14);
    CHECK(lines[9].starts_with("::error title=3 more errors::"));
    CHECK(lines.back() == "edge.nft:3:3: EL101 possible error: mail leaves as 198.51.100.2");
}

TEST_CASE("GitHub: ten findings need no word about more") {
    Sample sample;
    sample.report.findings.insert(sample.report.findings.end(), 9, sample.report.findings[0]);
    const std::string text = write(sample);
    CHECK(lines_of(text).size() == 10);
    CHECK(text.find("more errors") == std::string::npos);
}

TEST_CASE("GitHub: a name cannot become a command, a property or another line") {
    Sample sample;
    const base::FileId file = sample.sources.add(std::string("a,b:c%0A\n::warning::") + tests::hostile, "x\n");
    sample.report.findings[0].span = {file, 0, 1};
    sample.report.findings[0].message = tests::hostile;
    sample.report.findings[0].name = "a,b::c";
    sample.report.findings.insert(sample.report.findings.end(), 11, sample.report.findings[0]);
    const auto lines = lines_of(write(sample));
    REQUIRE(lines.size() == 13);
    for (const std::string& line : lines) {
        INFO(line);
        CHECK(line.find("##[") == std::string::npos);
        CHECK(line.find('\r') == std::string::npos);
        if (!line.starts_with("::error ")) {
            CHECK(line.starts_with("a,b:c%0A\\x0a::warning::"));
            continue;
        }
        // What the runner takes as properties: everything up to the second "::", parted by commas.
        const std::string properties = line.substr(8, line.find("::", 2) - 8);
        if (properties.starts_with("title=")) continue;
        CHECK(std::count(properties.begin(), properties.end(), ',') == 5);
        CHECK(properties.starts_with("file=a%2Cb%3Ac%250A\\x0a%3A%3Awarning%3A%3Ax\"'<script>"));
        CHECK(properties.ends_with(",title=EL101 a%2Cb%3A%3Ac"));
    }
}

TEST_CASE("GitHub: no verdict is an error too") {
    const Sample sample;
    lint::Report empty;
    report::Context context{sample.sources, report::Style(false)};
    context.problems.push_back({"cannot be read", sample.find("chain"), {}});
    context.problems.push_back({"no such file", {}, {}});
    CHECK(report::write_github(empty, context) ==
          "::error file=edge.nft,line=2,endLine=2,col=2,endColumn=7,title=egresslint gives no verdict::cannot be read\n"
          "::error title=egresslint gives no verdict::no such file\n");
}
