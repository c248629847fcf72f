// SPDX-License-Identifier: Apache-2.0
#include "report/style.hpp"

namespace egresslint::report {

bool use_color(const ColorFacts& facts) {
    if (facts.choice != ColorChoice::automatic) return facts.choice == ColorChoice::always;
    if (!facts.no_color.empty()) return false;
    const auto forces = [](const std::string& value) { return !value.empty() && value != "0"; };
    if (forces(facts.clicolor_force) || forces(facts.force_color)) return true;
    return facts.term != "dumb" && facts.terminal;
}

std::string Style::wrapped(std::string_view sgr, std::string_view text) const {
    if (!color_ || text.empty()) return std::string(text);
    std::string out = "\x1b[";
    out.append(sgr).append("m").append(text).append("\x1b[0m");
    return out;
}

std::string Style::severity(base::Severity severity, std::string_view text) const {
    switch (severity) {
        case base::Severity::error: return wrapped("1;31", text);
        case base::Severity::warning: return wrapped("1;33", text);
        case base::Severity::note: break;
    }
    return wrapped("1;36", text);
}

std::string_view severity_name(base::Severity severity) {
    switch (severity) {
        case base::Severity::error: return "error";
        case base::Severity::warning: return "warning";
        case base::Severity::note: break;
    }
    return "note";
}

}  // namespace egresslint::report
