// SPDX-License-Identifier: Apache-2.0
// GitLab Code Quality, rdjson, JUnit and Checkstyle. Sources: GitLab's documentation "Code Quality" and "Unit test
// reports"; reviewdog, proto/rdf/reviewdog.proto; the schema junit-10.xsd of Jenkins' xUnit plugin; Checkstyle's
// XMLLogger. The published schemas look at whole files: tests/formats.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sample.hpp"

using namespace egresslint;
using nlohmann::json;
using tests::Sample;

namespace {

report::Context context_of(const Sample& sample) { return {sample.sources, report::Style(false)}; }

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t out = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++out;
    return out;
}

}  // namespace

TEST_CASE("GitLab: one object a finding, with a fingerprint of its own") {
    Sample sample;
    sample.report.findings.push_back(sample.report.findings[0]);
    sample.report.findings[1].certainty = lint::Certainty::possible;
    const json list = json::parse(report::write_gitlab(sample.report, context_of(sample)));
    REQUIRE(list.size() == 2);
    CHECK(list.at(0).at("description") == "EL101: mail leaves as 198.51.100.2");
    CHECK(list.at(0).at("check_name") == "mail-source-not-own");
    CHECK(list.at(0).at("severity") == "critical");
    CHECK(list.at(0).at("location") == json::parse(R"({"path":"edge.nft","lines":{"begin":3,"end":3}})"));
    CHECK(list.at(0).at("fingerprint") == "00ff");
    CHECK(list.at(1).at("severity") == "major");
    CHECK(list.at(1).at("fingerprint") == "00ff-2");
}

TEST_CASE("rdjson: places in bytes, further places, and the fix as a suggestion") {
    Sample sample;
    const base::Span at = sample.find("\t\toifname");
    sample.report.findings[0].fix = lint::Fix{"", {{{sample.file, at.begin, at.begin}, "\t\tnew rule\n"}}, true};
    const json all = json::parse(report::write_rdjson(sample.report, context_of(sample)));
    CHECK(all.at("source").at("name") == "egresslint");
    const json& one = all.at("diagnostics").at(0);
    CHECK(one.at("severity") == "ERROR");
    CHECK(one.at("code").at("value") == "EL101");
    CHECK(one.at("location") == json::parse(R"({"path":"edge.nft","range":{"start":{"line":3,"column":3},
                                                                           "end":{"line":3,"column":36}}})"));
    CHECK(one.at("suggestions") == json::parse(R"([{"range":{"start":{"line":3,"column":1},"end":{"line":3,"column":1}},
                                                    "text":"\t\tnew rule\n"}])"));
    CHECK(one.at("related_locations").at(0).at("location").at("range").at("start").at("line") == 2);
}

TEST_CASE("JUnit: what fails the run fails, what does not is skipped with its message, a clean file passes") {
    Sample sample;
    sample.report.devices.push_back({"core", "nftables", {"core.nft"}, {}, {}, 1});
    sample.report.findings.push_back(sample.report.findings[0]);
    sample.report.findings.push_back(sample.report.findings[0]);
    sample.report.findings[2].severity = base::Severity::warning;
    const std::string text = report::write_junit(sample.report, context_of(sample));
    CHECK(text.find("<testsuites name=\"egresslint\" tests=\"4\" failures=\"2\" errors=\"0\" time=\"0\">") !=
          std::string::npos);
    CHECK(text.find("<testsuite name=\"edge.nft\" tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"1\" time=\"0\">") !=
          std::string::npos);
    CHECK(text.find("<testcase classname=\"edge.nft\" name=\"EL101 mail leaves as 198.51.100.2\" time=\"0\">") !=
          std::string::npos);
    CHECK(text.find("name=\"EL101 mail leaves as 198.51.100.2 (2)\"") != std::string::npos);
    CHECK(text.find("<skipped type=\"warning\" message=\"EL101: mail leaves as 198.51.100.2.\">edge.nft:3:3: ") !=
          std::string::npos);
    CHECK(text.find("<testcase classname=\"core.nft\" name=\"no findings in core.nft\" time=\"0\"/>") !=
          std::string::npos);
    report::Context all = context_of(sample);
    all.fails_from = base::Severity::note;
    CHECK(count(report::write_junit(sample.report, all), "<failure ") == 3);
    all.fails_from.reset();
    CHECK(count(report::write_junit(sample.report, all), "<failure ") == 0);
}

TEST_CASE("Checkstyle: errors by file, files without any as well") {
    Sample sample;
    sample.report.devices.push_back({"core", "nftables", {"core.nft"}, {}, {}, 1});
    sample.report.findings[0].severity = base::Severity::note;
    sample.report.findings[0].because.clear();
    sample.report.findings[0].help.clear();
    sample.report.findings[0].witness.reset();
    CHECK(report::write_checkstyle(sample.report, context_of(sample)) ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<checkstyle version=\"4.3\">\n"
          "  <file name=\"core.nft\"/>\n"
          "  <file name=\"edge.nft\">\n"
          "    <error line=\"3\" column=\"3\" severity=\"info\" message=\"mail leaves as 198.51.100.2.\" "
          "source=\"egresslint.EL101\"/>\n"
          "  </file>\n"
          "</checkstyle>\n");
}

TEST_CASE("no format calls a run clean that gave no verdict") {
    const Sample sample;
    lint::Report empty;
    empty.status = "not-understood";
    report::Context context = context_of(sample);
    context.problems.push_back({"this is no ruleset", sample.find("chain"), {}});
    for (const char* name : {"json", "sarif", "github", "gitlab", "junit", "rdjson", "checkstyle", "markdown"}) {
        INFO(name);
        CHECK(report::find_format(name)->write(empty, context).find("this is no ruleset") != std::string::npos);
    }
    CHECK(json::parse(report::write_gitlab(empty, context)).at(0).at("severity") == "blocker");
    CHECK(report::write_junit(empty, context).find("<error type=\"not-understood\"") != std::string::npos);
}

TEST_CASE("a finding without a place stands in the first line of its device's file") {
    Sample sample;
    sample.report.findings[0].span = {};
    sample.report.findings[0].device = "core";
    sample.report.devices.push_back({"core", "nftables", {"core.nft"}, {}, {}, 1});
    CHECK(json::parse(report::write_gitlab(sample.report, context_of(sample))).at(0).at("location") ==
          json::parse(R"({"path":"core.nft","lines":{"begin":1,"end":1}})"));
}
