// SPDX-License-Identifier: Apache-2.0
// Checkstyle's XML report, which most build servers read: errors by file. Source: what Checkstyle's XMLLogger writes.
#include <fmt/format.h>

#include <map>

#include "report/escape.hpp"
#include "report/place.hpp"
#include "report/report.hpp"
#include "report/sentences.hpp"

namespace egresslint::report {
namespace {

std::string_view severity_of(base::Severity severity) {
    return severity == base::Severity::error ? "error" : severity == base::Severity::warning ? "warning" : "info";
}

std::string error_xml(const Place& place, std::string_view severity, const std::string& message,
                      const std::string& source) {
    return fmt::format("    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"{}\"/>\n",
                       place.line, place.column, severity, xml_escaped(message), xml_escaped(source));
}

}  // namespace

std::string write_checkstyle(const lint::Report& report, const Context& context) {
    const Places places(report, context, Columns::utf16);
    std::map<std::string, std::string> errors;  // by path
    for (const lint::DeviceReport& device : report.devices)
        for (const std::string& file : device.files) errors[places.first_line(file).path];
    for (const lint::Finding& finding : report.findings) {
        std::string message =
            (finding.certainty == lint::Certainty::possible ? "possible: " : "") + sentence(escaped(finding.message));
        for (const std::string& more : explanation(finding)) message += " " + more;
        const Place place = places.of(finding);
        errors[place.path] +=
            error_xml(place, severity_of(finding.severity), message, "egresslint." + escaped(finding.rule));
    }
    for (const Problem& problem : context.problems) {
        const Place place = places.of(problem);
        errors[place.path] += error_xml(place, "error", "egresslint gives no verdict: " + escaped(problem.message),
                                        "egresslint." + report.status);
    }
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n";
    for (const auto& [path, list] : errors) {
        const std::string name = xml_escaped(escaped(path));
        out += list.empty() ? fmt::format("  <file name=\"{}\"/>\n", name)
                            : fmt::format("  <file name=\"{}\">\n{}  </file>\n", name, list);
    }
    return out + "</checkstyle>\n";
}

}  // namespace egresslint::report
