// SPDX-License-Identifier: Apache-2.0
// Why a finding came about: which rule did it, and why the rule that was meant for it did not act. Works on one packet,
// the witness: each rule that would have given the right outcome is looked at on every way to it, and the comparisons
// that fail for the witness are the reason.
#pragma once

#include <string>
#include <vector>

#include "base/source.hpp"
#include "flow/trace.hpp"
#include "lint/finding.hpp"
#include "lint/prepare.hpp"

namespace egresslint::lint {

struct Cause {
    std::vector<std::string> because;
    std::vector<Related> related;
    std::string help;  ///< more precise than the rule's own; "" = use that
};

/// The witness of a mail server leaves with a source that is not its own. `by`: the rule that translated it, or none.
[[nodiscard]] Cause why_not_own_source(const Prepared& prepared, const base::Sources& sources, const ServerView& server,
                                       const flow::Packet& packet, const flow::Outcome& outcome, model::RuleId by);

/// Another host's packet leaves with a mail server's address: what makes the translating rule that wide.
[[nodiscard]] Cause why_shared(const Prepared& prepared, const base::Sources& sources, const ServerView& server,
                               const flow::Packet& packet, const flow::Outcome& outcome, model::RuleId by);

/// SMTP is let through: why no rule that blocks SMTP stops it. `by`: the rule that accepts it, or none (a policy).
[[nodiscard]] Cause why_open(const Prepared& prepared, const base::Sources& sources, const flow::Packet& packet,
                             const flow::Outcome& outcome, model::RuleId by);

/// SMTP of a mail server is blocked. `by`: the rule that blocks it, or none (a policy).
[[nodiscard]] Cause why_blocked(const Prepared& prepared, const base::Sources& sources, const ServerView& server,
                                const flow::Packet& packet, const flow::Outcome& outcome, model::RuleId by);

/// Rules of the steps: the last that rewrote the source, the last filter rule that accepted, the one that blocked.
[[nodiscard]] model::RuleId translating_rule(const model::Device& device, const flow::Outcome& outcome);
[[nodiscard]] flow::Step accepting_step(const model::Device& device, const flow::Outcome& outcome);
[[nodiscard]] flow::Step blocking_step(const model::Device& device, const flow::Outcome& outcome);

/// "edge.nft:21"; "" without a place.
[[nodiscard]] std::string place(const base::Sources& sources, base::Span span);
[[nodiscard]] base::Span rule_span(const model::Device& device, model::RuleId rule);
[[nodiscard]] std::string rule_text(const model::Device& device, model::RuleId rule);

}  // namespace egresslint::lint
