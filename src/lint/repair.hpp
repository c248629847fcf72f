// SPDX-License-Identifier: Apache-2.0
// Fixes. A repair is proposed from a finding, written by the dialect, read again, and offered only when it has been
// proven on the result: the finding is gone, nothing new is found, no packet is newly accepted, and every flow that
// changes is one that the fix's description names.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/edit.hpp"
#include "base/source.hpp"
#include "flow/analysis.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"
#include "lint/prepare.hpp"
#include "model/amendment.hpp"

namespace egresslint::lint {

/// A device as read from edited texts. `sources` owns those texts.
struct Reread {
    std::unique_ptr<base::Sources> sources;
    DeviceInput input;
};

/// How texts are written and read again; lint knows no dialect. Devices are named by DeviceInput::number.
struct Workshop {
    std::function<std::optional<std::vector<base::TextEdit>>(std::size_t device, const model::Device& model,
                                                             const model::Amendment& amendment)>
        write;
    /// nullopt: the edited text is refused, or the edits touch a text that is no input of the device itself.
    std::function<std::optional<Reread>(std::size_t device, const std::vector<base::TextEdit>& edits)> read;
    std::size_t most_rules = 5'000;  ///< larger devices get no fixes
    std::size_t most_proofs = 48;    ///< proposals looked at for one device
};

/// The findings of a device that has been read again; rules on hygiene are asked only with `hygiene`.
using Recheck =
    std::function<std::vector<Finding>(const Prepared& prepared, const base::Sources& sources, bool hygiene)>;

/// Gives each finding the first of its proposals that is proven.
void offer_fixes(std::vector<Finding>& findings, const Prepared& prepared, const Intent& intent,
                 const base::Sources& sources, std::size_t device, const Workshop& workshop, const Recheck& recheck,
                 flow::Budget budget);

// -- inside: proposals

/// What a repair may do to flows, for the proof.
struct Permission {
    bool blocks = false;   ///< flows of the box may be blocked
    bool sources = false;  ///< … may leave with another source, but never untranslated
    bool logs = false;     ///< blocked flows of the box may be logged
    /// … or, where that is the point of it, with their own source.
    bool untranslated = false;
    model::LiteralSet src, not_src, dst;    ///< empty: any; none; any. Original addresses.
    std::vector<std::uint16_t> tcp_dports;  ///< empty: any protocol
    std::vector<std::uint32_t> out;         ///< ways out before the repair; empty: any
    /// Only flows that left with one of these sources.
    model::LiteralSet left_as;
};

struct Proposal {
    std::string description;
    std::vector<model::Amendment> steps;
    Permission permits;
    bool safe = true;
};

[[nodiscard]] std::vector<Proposal> proposals(const Finding& finding, const Prepared& prepared, const Intent& intent,
                                              const base::Sources& sources);

}  // namespace egresslint::lint
