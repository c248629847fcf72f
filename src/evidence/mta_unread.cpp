// SPDX-License-Identifier: Apache-2.0
// Formats that are recognised and have no reader yet: refused, never taken for silence.
#include "evidence/mta_readers.hpp"
#include "evidence/plain_text.hpp"

namespace egresslint::evidence {
namespace {

Mta refused(const MtaText& text, base::Diagnostics& diagnostics) {
    fatal(diagnostics, {text.file, 0, 0}, "no reader yet: " + text.format);
    return {};
}

}  // namespace

Mta read_exim(const base::Sources&, const std::vector<MtaText>& texts, base::Diagnostics& diagnostics) {
    return refused(texts.front(), diagnostics);
}
Mta read_sendmail(const base::Sources&, const MtaText& text, base::Diagnostics& diagnostics) {
    return refused(text, diagnostics);
}
Mta read_exchange(const base::Sources&, const std::vector<MtaText>& texts, base::Diagnostics& diagnostics) {
    return refused(texts.front(), diagnostics);
}
Mta read_hmailserver(const base::Sources&, const MtaText& text, base::Diagnostics& diagnostics) {
    return refused(text, diagnostics);
}

}  // namespace egresslint::evidence
