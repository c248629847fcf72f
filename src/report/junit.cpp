// SPDX-License-Identifier: Apache-2.0
// JUnit XML: a suite a file and a test case a finding. What fails the run is a <failure>; what lies below --fail-on is
// <skipped>, with its message, so that the tests pass exactly when the run does. A file without findings is one test
// that passes. Readers drop a second case of the same name (GitLab, "Unit test reports"), so names are unique. Sources:
// the schema of Jenkins' xUnit plugin, junit-10.xsd; GitLab's documentation.
#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

#include "report/escape.hpp"
#include "report/place.hpp"
#include "report/report.hpp"
#include "report/sentences.hpp"
#include "report/words.hpp"

namespace egresslint::report {
namespace {

constexpr std::size_t longest_name = 250;

struct Suite {
    std::vector<std::string> cases;
    std::size_t failures = 0, errors = 0, skipped = 0;
};

/// <testcase>, with `element` in it: failure, error or skipped.
std::string case_xml(const std::string& suite, const std::string& name, std::string_view element, std::string_view type,
                     const std::string& message, const std::string& body) {
    std::string out =
        fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", xml_escaped(suite), xml_escaped(name));
    if (element.empty()) return out + "/>\n";
    return out + fmt::format(">\n      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n    </testcase>\n", element, type,
                             xml_escaped(message), xml_escaped(body));
}

std::string body_of(const lint::Finding& finding, const Place& place, const base::Sources& sources) {
    std::string out = fmt::format("{}:{}:{}: {}\n", escaped_path(place.path), place.line, place.column,
                                  sentence(escaped(finding.message)));
    for (const std::string& more : explanation(finding)) out += more + "\n";
    for (const std::string& line : trace_lines(finding.trace, sources)) out += "  " + line + "\n";
    return out;
}

}  // namespace

std::string write_junit(const lint::Report& report, const Context& context) {
    const Places places(report, context, Columns::bytes);
    std::map<std::string, Suite> suites;  // by path, escaped
    for (const lint::DeviceReport& device : report.devices)
        for (const std::string& file : device.files) suites[escaped(places.first_line(file).path)];
    std::set<std::string> names;
    const auto unique = [&](const std::string& name) {
        std::string out = name;
        for (unsigned n = 2; !names.insert(out).second; ++n) out = fmt::format("{} ({})", name, n);
        return out;
    };
    for (const lint::Finding& finding : report.findings) {
        const Place place = places.of(finding);
        const std::string path = escaped(place.path);
        const bool fails = context.fails_from && finding.severity >= *context.fails_from;
        Suite& suite = suites[path];
        ++(fails ? suite.failures : suite.skipped);
        // Without the line: a test of two pipelines is one if it has one name.
        const std::string name =
            unique(shortened_to(fmt::format("{} {}", escaped(finding.rule), escaped(finding.message)), longest_name));
        const std::string type = (finding.certainty == lint::Certainty::possible ? "possible " : "") +
                                 std::string(severity_name(finding.severity));
        suite.cases.push_back(case_xml(path, name, fails ? "failure" : "skipped", type,
                                       escaped(finding.rule) + ": " + sentence(escaped(finding.message)),
                                       body_of(finding, place, context.sources)));
    }
    for (const Problem& problem : context.problems) {
        const Place place = places.of(problem);
        const std::string path = escaped(place.path);
        Suite& suite = suites[path];
        ++suite.errors;
        suite.cases.push_back(case_xml(path, unique("egresslint gives no verdict"), "error", report.status,
                                       escaped(problem.message), ""));
    }
    Suite all;
    std::size_t tests = 0;
    std::string out;
    for (auto& [path, suite] : suites) {
        if (suite.cases.empty())
            suite.cases.push_back(case_xml(path, unique("no findings in " + path), "", "", "", ""));
        tests += suite.cases.size();
        all.failures += suite.failures;
        all.errors += suite.errors;
        out += fmt::format(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">\n",
            xml_escaped(path), suite.cases.size(), suite.failures, suite.errors, suite.skipped);
        for (const std::string& one : suite.cases) out += one;
        out += "  </testsuite>\n";
    }
    return fmt::format(
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<testsuites name=\"egresslint\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"0\">\n",
               tests, all.failures, all.errors) +
           out + "</testsuites>\n";
}

}  // namespace egresslint::report
