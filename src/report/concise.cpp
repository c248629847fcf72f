// SPDX-License-Identifier: Apache-2.0
// One line a finding, in the form that editors and compilers agree on:
//
//   edge.nft:61:9: EL101 error: mail of exchange leaves as 198.51.100.2
#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/report.hpp"

namespace egresslint::report {

std::string write_concise(const lint::Report& report, const Context& context) {
    std::string out;
    for (const lint::Finding& finding : report.findings) {
        std::string place = context.sources.where(finding.span);
        if (place.empty()) {
            place = finding.device;
            for (const lint::DeviceReport& device : report.devices)
                if (device.name == finding.device && !device.files.empty()) place = device.files.front();
        }
        out += fmt::format("{}: {} {}{}: {}\n", escaped_path(place), escaped(finding.rule),
                           finding.certainty == lint::Certainty::possible ? "possible " : "",
                           severity_name(finding.severity), escaped(finding.message));
    }
    return out;
}

}  // namespace egresslint::report
