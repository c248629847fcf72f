// SPDX-License-Identifier: Apache-2.0
#include "report/sentences.hpp"

#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/report.hpp"
#include "report/words.hpp"

namespace egresslint::report {

std::string sentence(std::string text) {
    while (!text.empty() && text.back() == ' ') text.pop_back();
    if (!text.empty() && std::string_view(".!?").find(text.back()) == std::string_view::npos) text += '.';
    return text;
}

std::vector<std::string> explanation(const lint::Finding& finding) {
    std::vector<std::string> out;
    if (finding.certainty == lint::Certainty::possible)
        out.push_back(sentence("Possible, depends on: " + (finding.depends_on.empty()
                                                               ? "something that egresslint could not decide"
                                                               : joined(finding.depends_on, "; ", 12))));
    if (finding.witness) {
        std::string packet = "Witness: " + packet_text(*finding.witness);
        if (finding.outcome) packet += "; outcome: " + outcome_text(*finding.outcome);
        out.push_back(sentence(std::move(packet)));
    }
    for (const std::string& reason : finding.because) out.push_back(sentence("Because: " + escaped(reason)));
    if (!finding.help.empty()) out.push_back(sentence("Help: " + escaped(finding.help)));
    return out;
}

}  // namespace egresslint::report
