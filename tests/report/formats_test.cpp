// SPDX-License-Identifier: Apache-2.0
// The formats of our own on one made-up report. Source: the shape that product.md's JSON section and the head of
// text.cpp promise.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "report/excerpt.hpp"
#include "report/report.hpp"
#include "sample.hpp"

using namespace egresslint;
using tests::Sample;

TEST_CASE("text shows the place, the packet, the cause and the cure") {
    const Sample sample;
    const report::Context context{sample.sources, report::Style(false)};
    CHECK(report::write_text(sample.report, context) ==
          "error[EL101]: mail leaves as 198.51.100.2\n"
          " --> edge.nft:3:3\n"
          "  |\n"
          "3 |         oifname wan0 snat to 198.51.100.2\n"
          "  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this rule translates it\n"
          " ::: edge.nft:2:2\n"
          "  |\n"
          "2 |     chain post {\n"
          "  |     ---------- the rule belongs here\n"
          "  |\n"
          "  = sources: 10.20.0.25\n"
          "  = leaves as: 198.51.100.2\n"
          "  = witness: tcp 10.20.0.25:40000 -> 198.18.0.9:25, in lan0\n"
          "  = outcome: accept, out wan0, leaves as 198.51.100.2:40000\n"
          "  = trace: ip nat post  edge.nft:3:3  oifname wan0 snat to 198.51.100.2  src:=198.51.100.2\n"
          "  = because: no rule translates outbound mail of 10.20.0.25\n"
          "  = help: translate 10.20.0.25 to 198.51.100.5 first\n"
          "\n"
          "1 error in 1 file (1 device)\n");
}

TEST_CASE("an audit prints what it assumed and who leaves as what") {
    Sample sample;
    sample.report.findings.clear();
    report::Context context{sample.sources, report::Style(false)};
    context.assumptions = true;
    CHECK(report::write_text(sample.report, context) ==
          "device edge: nftables, 1 rule, from edge.nft\n"
          "  mail servers: exchange 10.20.0.25 -> 198.51.100.5\n"
          "  outside: wan0\n"
          "\n"
          "assumptions\n"
          "  (guessed) wan0 faces the internet: its name says so\n"
          "\n"
          "egress map (who leaves as what)\n"
          "  sources       ports  out   leaves as     rule\n"
          "  10.20.0.0/16  25     wan0  198.51.100.2  edge.nft:3:3  oifname wan0 snat to 198.51.100.2\n"
          "\n"
          "no findings in 1 file (1 device)\n");
}

TEST_CASE("a possible finding says so first and says what it hangs on") {
    Sample sample;
    sample.report.findings[0].certainty = lint::Certainty::possible;
    sample.report.findings[0].depends_on = {"whether 198.51.100.2 is an address of wan0"};
    const report::Context context{sample.sources, report::Style(false)};
    const std::string text = report::write_text(sample.report, context);
    CHECK(text.find("possible error[EL101]: ") == 0);
    CHECK(text.find("= possible, depends on: whether 198.51.100.2 is an address of wan0\n") != std::string::npos);
    CHECK(text.find("1 error (1 possible) in 1 file") != std::string::npos);
    CHECK(report::write_concise(sample.report, context) ==
          "edge.nft:3:3: EL101 possible error: mail leaves as 198.51.100.2\n");
}

TEST_CASE("concise is one line a finding, with a place even when the finding has none") {
    Sample sample;
    sample.report.findings.push_back(sample.report.findings[0]);
    sample.report.findings[1].span = {};
    sample.report.findings[1].message = "two\nlines";
    const report::Context context{sample.sources, report::Style(false)};
    CHECK(report::write_concise(sample.report, context) ==
          "edge.nft:3:3: EL101 error: mail leaves as 198.51.100.2\n"
          "edge.nft: EL101 error: two\\x0alines\n");
}

TEST_CASE("JSON has the published shape") {
    const Sample sample;
    const report::Context context{sample.sources, report::Style(false)};
    const auto json = nlohmann::json::parse(report::write_json(sample.report, context));
    CHECK(json.at("schema") == 1);
    CHECK(json.at("status") == "findings");
    CHECK(json.at("devices").at(0).at("name") == "edge");
    CHECK(json.at("assumptions").at(0).at("guessed") == true);
    const auto& finding = json.at("findings").at(0);
    CHECK(finding.at("rule") == "EL101");
    CHECK(finding.at("name") == "mail-source-not-own");
    CHECK(finding.at("severity") == "error");
    CHECK(finding.at("certainty") == "proven");
    CHECK(finding.at("location").at("file") == "edge.nft");
    CHECK(finding.at("location").at("line") == 3);
    CHECK(finding.at("location").at("column") == 3);
    CHECK(finding.at("flows").at("sources") == nlohmann::json::array({"10.20.0.25"}));
    CHECK(finding.at("witness") == nlohmann::json::parse(R"({"in":"lan0","src":"10.20.0.25","dst":"198.18.0.9",
                                                             "proto":"tcp","sport":40000,"dport":25})"));
    CHECK(finding.at("outcome").at("src") == "198.51.100.2");
    CHECK(finding.at("outcome").at("sport") == 40000);
    CHECK(finding.at("trace").at(0).at("effect") == "src:=198.51.100.2");
    CHECK(finding.at("fix").is_null());
    CHECK(finding.at("fingerprint") == "00ff");
}

TEST_CASE("JSON is valid and ASCII whatever bytes the configuration holds") {
    Sample sample;
    std::string every;
    for (int c = 0; c < 256; ++c) every.push_back(static_cast<char>(c));
    sample.report.findings[0].message = every;
    sample.report.findings[0].trace[0].text = "\xe2\x80\xae";
    const report::Context context{sample.sources, report::Style(false)};
    for (const std::string& text :
         {report::write_json(sample.report, context), report::write_jsonl(sample.report, context)}) {
        CHECK(nlohmann::json::accept(text));
        CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    }
}

TEST_CASE("JSON names why there is no verdict") {
    const base::Sources sources;
    lint::Report report;
    report.status = "unreadable";
    report::Context context{sources, report::Style(false)};
    context.problems.push_back({"edge.nft: no such file", {}, {}});
    const auto json = nlohmann::json::parse(report::write_json(report, context));
    CHECK(json.at("status") == "unreadable");
    CHECK(json.at("errors").at(0).at("message") == "edge.nft: no such file");
    CHECK(json.at("findings").empty());
    CHECK(report::write_text(report, context).empty());
}

TEST_CASE("an excerpt stays narrow around its span and cannot be forged by the line") {
    base::Sources sources;
    const std::string before(300, 'a');
    const base::FileId file = sources.add("x\x1b.nft", before + " bad\x1b[31m " + std::string(500, 'b') + "\r\nnext\n");
    const base::Span span{file, 301, 309};
    const std::string text =
        report::excerpt_text({span, "here", true, base::Severity::error}, sources, report::Style(false), 1);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\r') == std::string::npos);
    CHECK(text.find(" --> x\\x1b.nft:1:302\n") == 0);
    CHECK(text.find("bad\\x1b[31m") != std::string::npos);
    std::size_t longest = 0;
    std::size_t start = 0;
    while (start < text.size()) {
        const std::size_t end = text.find('\n', start);
        longest = std::max(longest, end - start);
        start = end + 1;
    }
    CHECK(longest < 170);
    // The underline begins below the text it marks.
    const std::size_t line2 = text.find("1 | ");
    const std::size_t line3 = text.find('\n', line2) + 1;
    CHECK(text.find("bad", line2) - line2 == text.find('^', line3) - line3);
}

TEST_CASE("a span of several lines shows its first and says that it goes on") {
    base::Sources sources;
    const base::FileId file = sources.add("x.nft", "set s {\n  1\n}\n");
    const std::string text =
        report::excerpt_text({{file, 0, 13}, "", true, base::Severity::note}, sources, report::Style(false), 1);
    CHECK(text == " --> x.nft:1:1\n  |\n1 | set s {\n  | ^^^^^^^...\n");
}
