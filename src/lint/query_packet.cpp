// SPDX-License-Identifier: Apache-2.0
// A query asked of one packet and of what the tracer says about it: the witness of every finding passes here.
#include "lint/query_eval.hpp"

#include <algorithm>

#include "lint/address_space.hpp"
#include "lint/query_words.hpp"

namespace egresslint::lint::query {

using namespace model;
using base::Interval;
using flow::HeaderSet;

// -- one packet ------------------------------------------------------------------------------------------------------

bool Evaluation::value_in(const Node& node, const Interval& value, Field field, base::u128 came) const {
    IntervalSet set = values(node);
    if (std::any_of(node.values.begin(), node.values.end(),
                    [](const Value& v) { return v.kind == Value::Kind::original; }))
        set = set.unite(IntervalSet::single(came));
    if (node.negated) set = set.complement(bits(field));
    return set.intersects(IntervalSet{{value.first, value.last}});
}

/// This branch took the destination for an address of the device.
bool Evaluation::may_be_own(const flow::Outcome& outcome) const {
    return std::any_of(prepared_.own_destination.begin(), prepared_.own_destination.end(), [&](PredicateId p) {
        const auto at = outcome.taken.predicates.find(p.value);
        return at != outcome.taken.predicates.end() && at->second != 0;
    });
}

bool Evaluation::holds(const Node& node, const ServerView* server, bool presume, const flow::Packet& packet,
                       const flow::Outcome& outcome) {
    server_ = server;
    presume_ = presume;
    const Network& n = prepared_.network;
    const auto among = [](const std::vector<std::uint32_t>& ids, std::uint32_t id) {
        return std::find(ids.begin(), ids.end(), id) != ids.end();
    };
    switch (node.kind) {
        // One packet shows one state of the limiters: that it is not so now is what it can show of `never`.
        case Node::Kind::never:
        case Node::Kind::negate: return !holds(node.children.front(), server, presume, packet, outcome);
        case Node::Kind::path:
            return decided_so(node, named_by(node, prepared_), prepared_.device,
                              decisions_of(prepared_.device, outcome), outcome.verdict);
        case Node::Kind::all_of:
            return std::all_of(node.children.begin(), node.children.end(),
                               [&](const Node& c) { return holds(c, server, presume, packet, outcome); });
        case Node::Kind::any_of:
            return std::any_of(node.children.begin(), node.children.end(),
                               [&](const Node& c) { return holds(c, server, presume, packet, outcome); });
        case Node::Kind::compare: {
            const Field field = field_of(node.target);
            const auto single = [&](base::u128 v) { return value_in(node, {v, v}, field, v); };
            switch (node.target) {
                case Target::src: return single(packet.src);
                case Target::dst:
                    if (may_be_own(outcome) && of(n.internet, family()).contains(packet.dst) &&
                        std::any_of(node.values.begin(), node.values.end(),
                                    [](const Value& v) { return v.kind == Value::Kind::internet; }))
                        return node.negated;
                    return single(packet.dst);
                case Target::sport: return single(packet.sport);
                case Target::dport: return single(packet.dport);
                case Target::proto: return single(packet.proto);
                case Target::family: return values(node).contains(static_cast<unsigned>(packet.family)) != node.negated;
                case Target::in:
                case Target::in_zone: return values(node).contains(packet.in_if) != node.negated;
                case Target::out:
                case Target::out_zone: return values(node).contains(outcome.out_if) != node.negated;
                case Target::nat_src: {
                    // An open range is an address that nobody stated: take the symbolic answer's view of it.
                    const bool open = outcome.src.first != outcome.src.last;
                    if (open && names_interface_address(node)) return !node.negated;
                    if (open && presume_) return presumed(node) != node.negated;
                    if (presume_ && names_interface_address(node) && !node.negated) return true;
                    return value_in(node, outcome.src, field, packet.src);
                }
                case Target::nat_dst: return value_in(node, outcome.dst, field, packet.dst);
                case Target::nat_sport: return value_in(node, outcome.sport, field, packet.sport);
                case Target::nat_dport: return value_in(node, outcome.dport, field, packet.dport);
            }
            return false;
        }
        case Node::Kind::fact: break;
    }
    switch (node.fact) {
        case Fact::any: return true;
        case Fact::inside_known: return inside_known();
        case Fact::accepted: return outcome.verdict == Verdict::accept;
        case Fact::blocked: return outcome.verdict != Verdict::accept;
        case Fact::dropped: return outcome.verdict == Verdict::drop;
        case Fact::rejected: return outcome.verdict == Verdict::reject;
        case Fact::logged: return outcome.logged;
        case Fact::limited: return outcome.limited;
        case Fact::inspected: return outcome.inspected;
        case Fact::forwarded: return packet.in_if != self_interface && outcome.out_if != self_interface;
        case Fact::from_device: return packet.in_if == self_interface;
        case Fact::to_device: return outcome.out_if == self_interface;
        case Fact::from_internet: return among(n.external, packet.in_if);
        case Fact::to_internet:
            return of(n.internet, family()).contains(packet.dst) &&
                   leads_outside(outcome.out_if, outcome.verdict == Verdict::accept);
        case Fact::from_inside: return among(n.internal, packet.in_if) && sources_inside().contains(packet.src);
        case Fact::from_server:
            return server_ != nullptr && among(server_->in_interfaces, packet.in_if) &&
                   addresses_of(server_->server.address, family()).contains(packet.src);
        case Fact::outbound_known:
            return server_ != nullptr && !addresses_of(server_->server.outbound, family()).empty();
        case Fact::outbound_declared: return server_ != nullptr && server_->outbound_declared;
        case Fact::published_known: return server_published_ != nullptr && !server_published_->empty();
    }
    return false;
}

}  // namespace egresslint::lint::query
