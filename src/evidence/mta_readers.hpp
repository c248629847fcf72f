// SPDX-License-Identifier: Apache-2.0
// One function a product, each fed with the texts of one MTA. Inside this room only; the door is mta.hpp.
#pragma once

#include <string>
#include <vector>

#include "evidence/mta.hpp"

namespace egresslint::evidence {

/// A text and what mta_format() calls it.
struct MtaText {
    base::FileId file;
    std::string format;
};

[[nodiscard]] Mta read_postfix(const base::Sources& sources, const std::vector<MtaText>& texts,
                               base::Diagnostics& diagnostics);
/// `fragments`: texts of no format, which the configuration may include; those that it does are taken out.
[[nodiscard]] Mta read_exim(const base::Sources& sources, const std::vector<MtaText>& texts,
                            std::vector<MtaText>& fragments, base::Diagnostics& diagnostics);
[[nodiscard]] Mta read_sendmail(const base::Sources& sources, const MtaText& text, base::Diagnostics& diagnostics);
[[nodiscard]] Mta read_exchange(const base::Sources& sources, const std::vector<MtaText>& texts,
                                base::Diagnostics& diagnostics);
[[nodiscard]] Mta read_hmailserver(const base::Sources& sources, const MtaText& text, base::Diagnostics& diagnostics);

/// Reads "192.0.2.1", "[2001:db8::1]" or "ipv6:2001:db8::1" as an address to bind; anything else becomes an Unknown.
void add_bind(Sender& sender, std::string_view text, const base::Span& span, std::string_view setting);

}  // namespace egresslint::evidence
