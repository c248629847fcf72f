// SPDX-License-Identifier: Apache-2.0
// From a device as read to a device that can be analysed: who the mail servers are, which interfaces face the internet,
// what is inside, which routes and addresses apply. Declared facts come from the intent; the rest is inferred, and each
// inference is an Assumption with its reason. Then the device is resolved and validated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "flow/trace.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"
#include "model/device.hpp"

namespace egresslint::lint {

/// A device as read, with what the reader said. Unresolved; `prepare` and `check` infer, resolve and validate.
struct DeviceInput {
    model::Device device;
    std::string dialect;
    std::vector<std::string> files;
    base::Diagnostics diagnostics;
    const DeviceIntent* intent = nullptr;  ///< the [[device]] block, if one names it
    std::string comment = "#";             ///< characters that begin a comment in its texts
    std::size_t number = 0;                ///< the caller's number for it, for lint::Workshop
};

/// A mail server as seen from one device.
struct ServerView {
    MailServer server;
    std::vector<std::uint32_t> in_interfaces;  ///< where its packets enter; external ones never
    /// Its own outbound address is known: declared, or proven by what it is published as.
    bool outbound_known = false;
    bool outbound_declared = false;
    bool guessed = false;  ///< the host itself was guessed from a name
    /// A destination translation without a destination address publishes it: on whatever address the interface has.
    bool published_on_any = false;
    base::Span publication;  ///< the rule that publishes it; may be invalid
};

/// The surroundings of one device. Interface ids are those of the resolved device.
struct Network {
    std::vector<std::uint32_t> external;
    std::vector<std::uint32_t> internal;    ///< where inside hosts' packets enter
    model::LiteralSet inside;               ///< inside addresses
    bool inside_declared = false;           ///< from [site], routes or connected networks; else private ranges
    model::LiteralSet own;                  ///< addresses known to be the device's, published ones included
    model::LiteralSet interface_addresses;  ///< primary addresses of external interfaces (what masquerade takes)
    model::LiteralSet internet;             ///< global unicast that is neither inside nor the device's own
    std::vector<ServerView> mail_servers;
};

struct Prepared {
    model::Device device;  ///< resolved
    std::string dialect;
    std::vector<std::string> files;
    base::Diagnostics diagnostics;           ///< the reader's and resolve's
    const base::Sources* sources = nullptr;  ///< where rules stand; may be null
    std::vector<Assumption> assumptions;
    std::vector<std::string> violations;  ///< of model::validate; a non-empty list is a defect of this program
    Network network;
    /// Interface names as rules compare with them: resolve leaves numbers only, and none for what does not exist.
    std::vector<std::pair<model::SetId, std::vector<std::string>>> interface_sets;
    /// Predicates that say whether a destination is the device's own address; false for traffic to the internet.
    std::vector<model::PredicateId> own_destination;
};

/// Whether a destination is the device's own address: a question of resolve where addresses are not known.
[[nodiscard]] bool asks_for_own_destination(const model::Predicate& predicate);

/// Infers, resolves and validates. `intent` decides what it states; inference fills the rest.
[[nodiscard]] Prepared prepare(DeviceInput input, const Intent& intent, const base::Sources& sources);

/// Resolves and validates what was stated: nothing is inferred or assumed, so that what is not known stays unknown. Has
/// no network and no assumptions.
[[nodiscard]] Prepared prepare_as_stated(DeviceInput input);

// -- texts of packets and outcomes, for trace and the renderers
[[nodiscard]] PacketText packet_text(const model::Device& device, const flow::Packet& packet);
[[nodiscard]] OutcomeText outcome_text(const model::Device& device, const flow::Packet& packet,
                                       const flow::Trace& trace);
/// One way in which an answer that is not settled may end.
struct Alternative {
    OutcomeText outcome;
    std::vector<TraceStep> steps;
    std::vector<std::string> when;  ///< what all branches that end so have in common: "limit rate …: yes"
};
/// Distinct endings of the branches, in the order they were found, `limit` at most; none when all branches end alike.
[[nodiscard]] std::vector<Alternative> alternatives(const model::Device& device, const flow::Packet& packet,
                                                    const flow::Trace& trace, std::size_t limit = 16);
/// The steps that every branch takes before the first difference.
[[nodiscard]] flow::Outcome common_steps(const flow::Trace& trace);
/// Steps as people read them: rules without effect on the packet and synthetic routing are left out unless `all`.
[[nodiscard]] std::vector<TraceStep> trace_steps(const model::Device& device, const flow::Outcome& outcome,
                                                 bool all = false);
/// "accept", "drop", "reject", "unknown".
[[nodiscard]] std::string answer_text(flow::Answer answer);
/// Packet from its text; error text when an address or interface does not parse or exist.
[[nodiscard]] tl::expected<flow::Packet, std::string> packet_from_text(const model::Device& device,
                                                                       const PacketText& text);

}  // namespace egresslint::lint
