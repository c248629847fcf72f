// SPDX-License-Identifier: Apache-2.0
// Sources: SARIF 2.1.0 (OASIS) by section; github/docs, "SARIF support for code scanning", for what is read and shown.
// The published schema and Microsoft's validator look at whole files: tests/formats.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "report/line_hash.hpp"
#include "sample.hpp"

using namespace egresslint;
using nlohmann::json;
using tests::Sample;

namespace {

json run_of(const Sample& sample, const std::function<void(report::Context&)>& change = {}) {
    report::Context context{sample.sources, report::Style(false)};
    context.version = "1.2.3";
    if (change) change(context);
    const json log = json::parse(report::write_sarif(sample.report, context));
    REQUIRE(log.at("version") == "2.1.0");
    REQUIRE(log.at("runs").size() == 1);
    return log.at("runs").at(0);
}

}  // namespace

TEST_CASE("SARIF: a result has its rule, place, message and both fingerprints") {
    const Sample sample;
    const json run = run_of(sample);
    const json& driver = run.at("tool").at("driver");
    CHECK(driver.at("semanticVersion") == "1.2.3");
    CHECK(driver.at("rules").size() == 1);
    const json& result = run.at("results").at(0);
    CHECK(result.at("ruleId") == "EL101");
    CHECK(driver.at("rules").at(result.at("ruleIndex").get<std::size_t>()).at("id") == "EL101");
    CHECK(result.at("level") == "error");
    const json& place = result.at("locations").at(0).at("physicalLocation");
    CHECK(place.at("artifactLocation").at("uri") == "edge.nft");
    CHECK(place.at("region") == json::parse(R"({"startLine":3,"startColumn":3,"endLine":3,"endColumn":36})"));
    CHECK(
        result.at("message").at("text") ==
        "mail leaves as 198.51.100.2. See [the rule belongs here](1). Witness: tcp 10.20.0.25:40000 -> 198.18.0.9:25, "
        "in lan0; outcome: accept, out wan0, leaves as 198.51.100.2:40000. Because: no rule translates outbound mail "
        "of "
        "10.20.0.25. Help: translate 10.20.0.25 to 198.51.100.5 first.");
    CHECK(result.at("relatedLocations").at(0).at("id") == 1);
    CHECK(result.at("relatedLocations").at(0).at("physicalLocation").at("region").at("startLine") == 2);
    CHECK(result.at("partialFingerprints").at("egresslint/v1") == "00ff");
    CHECK(result.at("partialFingerprints").at("primaryLocationLineHash") ==
          report::line_hashes(sample.sources.text(sample.file), {3}).at(3));
    CHECK(run.at("columnKind") == "utf16CodeUnits");
    CHECK(run.at("invocations").at(0).at("executionSuccessful") == true);
}

TEST_CASE("SARIF: a rule has its page, its severity for security and how sure it is") {
    Sample sample;
    lint::Finding other = sample.report.findings[0];
    other.rule = "EL201";
    other.name = "rule-shadowed";
    other.certainty = lint::Certainty::possible;
    sample.report.findings.push_back(other);
    const json rules = run_of(sample).at("tool").at("driver").at("rules");
    REQUIRE(rules.size() == 2);
    const json& mail = rules.at(0);
    CHECK(mail.at("name") == "mail-source-not-own");
    CHECK(mail.at("help").at("markdown") == lint::find_rule("EL101")->page);
    CHECK(mail.at("shortDescription").at("text") == lint::find_rule("EL101")->summary);
    CHECK(mail.at("fullDescription").at("text").get<std::string>().starts_with("Receivers judge a mail server"));
    CHECK(mail.at("properties").at("security-severity") == "8.1");
    CHECK(mail.at("properties").at("precision") == "very-high");
    CHECK(mail.at("properties").at("problem.severity") == "error");
    const json& hygiene = rules.at(1);
    CHECK_FALSE(hygiene.at("properties").contains("security-severity"));
    CHECK(hygiene.at("properties").at("precision") == "medium");
    for (const json& rule : rules)
        for (const char* description : {"shortDescription", "fullDescription"})
            CHECK(rule.at(description).at("text").get<std::string>().size() <= 1024);
}

TEST_CASE("SARIF: the trace is a code flow, with a place even for what nobody wrote") {
    Sample sample;
    sample.report.findings[0].trace.push_back({{}, "ip filter forward", "", "accept", true});
    const json flow = run_of(sample).at("results").at(0).at("codeFlows").at(0);
    const json& thread = flow.at("threadFlows").at(0);
    CHECK(thread.at("initialState").at("src").at("text") == "10.20.0.25");
    const json& steps = thread.at("locations");
    REQUIRE(steps.size() == 2);
    CHECK(steps.at(0).at("location").at("message").at("text") == "ip nat post: src:=198.51.100.2");
    CHECK(steps.at(0).at("location").at("logicalLocations").at(0).at("fullyQualifiedName") == "edge/ip nat post");
    CHECK(steps.at(1).at("location").at("message").at("text") ==
          "ip filter forward: accept, by default (if it matches)");
    // "locationFromSarifResult: expected a physical location" is how code scanning refuses a file without one.
    CHECK(steps.at(1).at("location").at("physicalLocation").at("region").at("startLine") == 1);
    CHECK(steps.at(1).at("state").at("out").at("text") == "wan0");
}

TEST_CASE("SARIF: columns count UTF-16 code units") {
    Sample sample;
    const base::FileId file = sample.sources.add("b\xc3\xbcro/edge one.nft", "# \xf0\x9f\x90\x87\xc3\xbc drop\r\n");
    sample.report.findings[0].span = {file, 9, 15};  // "drop\r\n"
    const json place = run_of(sample).at("results").at(0).at("locations").at(0).at("physicalLocation");
    CHECK(place.at("region") == json::parse(R"({"startLine":1,"startColumn":7,"endLine":1,"endColumn":11})"));
    CHECK(place.at("artifactLocation").at("uri") == "b%C3%BCro/edge%20one.nft");
}

TEST_CASE("SARIF: suppressed results are left out unless asked for") {
    Sample sample;
    lint::SuppressedFinding silent;
    silent.finding = sample.report.findings[0];
    silent.finding.message = "known";
    silent.in_comment = true;
    silent.reason = "the printer's gateway";
    silent.by = sample.find("chain post");
    sample.report.suppressed.push_back(silent);
    const json without = run_of(sample).at("results");
    REQUIRE(without.size() == 1);
    CHECK_FALSE(without.at(0).contains("suppressions"));
    const json with = run_of(sample, [](report::Context& c) { c.suppressed = true; }).at("results");
    REQUIRE(with.size() == 2);
    CHECK(with.at(0).at("suppressions").empty());  // section 3.27.23: all results have it, or none
    const json& why = with.at(1).at("suppressions").at(0);
    CHECK(why.at("kind") == "inSource");
    CHECK(why.at("justification") == "the printer's gateway");
    CHECK(why.at("location").at("physicalLocation").at("region").at("startLine") == 2);
}

TEST_CASE("SARIF: what is no result is a notification, and a failed run says so") {
    Sample sample;
    sample.report.findings[0].rule = "EL901";
    CHECK(run_of(sample).at("invocations").at(0).at("toolExecutionNotifications").at(0).at("associatedRule").at("id") ==
          "EL901");
    sample.report.findings.clear();
    const json failed = run_of(sample,
                               [&](report::Context& c) {
                                   c.problems.push_back({"this is no ruleset", sample.find("chain"), {}});
                               })
                            .at("invocations")
                            .at(0);
    CHECK(failed.at("executionSuccessful") == false);
    const json& note = failed.at("toolExecutionNotifications").at(0);
    CHECK(note.at("level") == "error");
    CHECK(note.at("message").at("text") == "this is no ruleset.");
    CHECK(note.at("locations").at(0).at("physicalLocation").at("region").at("startLine") == 2);
}

TEST_CASE("SARIF: of more results than a run may have the least severe are left out, and it says how many") {
    Sample sample;
    lint::Finding note = sample.report.findings[0];
    note.severity = base::Severity::note;
    note.trace.clear();
    sample.report.findings.insert(sample.report.findings.begin(), 25'001, note);
    const json run = run_of(sample);
    CHECK(run.at("results").size() == 25'000);
    CHECK(run.at("results").at(0).at("level") == "error");
    CHECK(run.at("invocations").at(0).at("toolExecutionNotifications").at(0).at("message").at("text") ==
          "2 further results, the least severe, are left out: code scanning refuses a run of more than 25000.");
}

TEST_CASE("SARIF: a fix replaces what it replaces, line ends and all") {
    Sample sample;
    const base::Span line = sample.find("\tchain post {\n");
    sample.report.findings[0].fix = lint::Fix{"remove it", {{line, "\tchain last {\n"}}, true};
    const json change =
        run_of(sample).at("results").at(0).at("fixes").at(0).at("artifactChanges").at(0).at("replacements").at(0);
    CHECK(change.at("deletedRegion") == json::parse(R"({"startLine":2,"startColumn":1,"endLine":3,"endColumn":1})"));
    CHECK(change.at("insertedContent").at("text") == "\tchain last {\n");
}

TEST_CASE("SARIF: a name makes no link and no other text") {
    Sample sample;
    sample.report.findings[0].message = tests::hostile;
    sample.report.findings[0].related[0].label = "a ] b \\ [c](d)";
    const std::string text = run_of(sample).at("results").at(0).at("message").at("text");
    CHECK(text.find("[link] (http://example.org)") != std::string::npos);
    CHECK(text.find("See [a \\] b \\\\ \\[c\\](d)](1).") != std::string::npos);  // section 3.11.6
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.find("\\u{202e}") != std::string::npos);
}

TEST_CASE("SARIF: a file behind a symbolic link is named as what it is") {
    const Sample sample;
    const json run = run_of(sample, [](report::Context& c) { c.real_paths["edge.nft"] = "devices/edge.nft"; });
    CHECK(run.at("results").at(0).at("locations").at(0).at("physicalLocation").at("artifactLocation").at("uri") ==
          "devices/edge.nft");
}
