// SPDX-License-Identifier: Apache-2.0
// Not a query: a query would run every rule of the configuration over all ports, and the question is a simpler one,
// whether there is anything at all that could block. Chains are walked once, with three-valued matches of an abstract
// first packet of which only the IP version is known, and that it is forwarded.
#include "lint/checks/ipv6_unfiltered.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "lint/address_space.hpp"
#include "lint/cause.hpp"
#include "lint/device_check.hpp"
#include "lint/guards.hpp"
#include "model/print.hpp"

namespace egresslint::lint {

using namespace model;
using base::u128;

namespace {

enum class Truth : std::uint8_t { no, maybe, yes };

Truth opposite(Truth t) { return t == Truth::no ? Truth::yes : t == Truth::yes ? Truth::no : Truth::maybe; }

class ForwardPath {
public:
    ForwardPath(const Device& device, Family family) : d_(device), family_(family) {}

    /// The first stage that can block a forwarded packet.
    std::optional<StageId> blocking_stage() {
        for (std::size_t i = 0; i < d_.pipeline.size(); ++i) {
            const Stage& stage = d_.pipeline[i];
            if (stage.label == Label::routing || truth(stage.when) == Truth::no) continue;
            const Effect effect = stage.entry.valid() ? chain(stage.entry, 0) : Effect{};
            if (effect.blocks || (!effect.ends && stage.fallthrough.verdict != Verdict::accept)) return StageId(i);
        }
        return std::nullopt;
    }

    Truth truth(ExprId id, unsigned depth = 0) const {
        if (!id.valid()) return Truth::yes;
        if (depth > 200) return Truth::maybe;
        const auto& is = d_.exprs[id.index()].is;
        if (const auto* constant = std::get_if<bool>(&is)) return *constant ? Truth::yes : Truth::no;
        if (const auto* in = std::get_if<In>(&is)) return in_set(*in);
        if (const auto* no = std::get_if<Not>(&is)) return opposite(truth(no->e, depth + 1));
        Truth all = Truth::yes, any = Truth::no;
        if (const auto* both = std::get_if<And>(&is)) {
            for (const ExprId e : both->e) all = std::min(all, truth(e, depth + 1));
            return all;
        }
        if (const auto* either = std::get_if<Or>(&is)) {
            for (const ExprId e : either->e) any = std::max(any, truth(e, depth + 1));
            return any;
        }
        return Truth::maybe;
    }

private:
    struct Effect {
        bool blocks = false;  ///< some packet
        bool ends = false;    ///< every packet is decided here
    };

    Truth in_set(const In& in) const {
        const auto* literal = std::get_if<LiteralSet>(&d_.sets[in.set.index()].is);
        if (literal == nullptr) return Truth::maybe;
        const Field field = in.what.field;
        const IntervalSet& values = literal->of(field, family_);
        const auto sure = [](bool holds) { return holds ? Truth::yes : Truth::no; };
        switch (field) {
            case Field::family: return sure(values.contains(static_cast<unsigned>(family_)));
            case Field::ct_state: return sure(values.contains(static_cast<unsigned>(ConnectionState::fresh)));
            case Field::in_if:
            case Field::out_if: {
                const IntervalSet others = IntervalSet::single(self_interface).complement(32);
                if (values.contains_all(others)) return Truth::yes;
                return values.intersects(others) ? Truth::maybe : Truth::no;
            }
            case Field::src:
            case Field::dst:
                if (values.empty()) return Truth::no;
                return values.is_full(base::address_bits(family_)) ? Truth::yes : Truth::maybe;
            default: return values.empty() ? Truth::no : Truth::maybe;
        }
    }

    Effect chain(ChainId id, unsigned depth) {
        if (depth > 200) return {true, false};  // nobody nests so deep; say that something may block
        if (const auto known = known_.find(id.value); known != known_.end()) return known->second;
        known_[id.value] = {};
        Effect out;
        for (const RuleId r : d_.chains[id.index()].rules) {
            const Rule& rule = d_.rules[r.index()];
            if (!rule.active) continue;
            const Truth t = truth(rule.match);
            if (t == Truth::no) continue;
            if (const auto* decide = std::get_if<Decide>(&rule.control)) {
                out.blocks |= decide->verdict != Verdict::accept;
                if (t == Truth::yes && decide->final) out.ends = true;
            } else if (const auto* jump = std::get_if<Jump>(&rule.control)) {
                const Effect inner = chain(jump->to, depth + 1);
                out.blocks |= inner.blocks;
                out.ends |= inner.ends && t == Truth::yes;
            } else if (const auto* go = std::get_if<Goto>(&rule.control)) {
                const Effect inner = chain(go->to, depth + 1);
                out.blocks |= inner.blocks;
                out.ends |= inner.ends && t == Truth::yes;
                if (t == Truth::yes) break;
            } else if (std::holds_alternative<Return>(rule.control)) {
                if (t == Truth::yes) break;
            }
            if (out.ends) break;
        }
        known_[id.value] = out;
        return out;
    }

    const Device& d_;
    Family family_;
    std::map<std::uint32_t, Effect> known_;
};

/// Where IPv6 shows: outside, where the internet is, and inside, where hosts are.
struct Signs {
    std::vector<std::string> outside, inside;
    std::vector<Related> related;
    std::optional<u128> host;  ///< an inside address, for the witness
    std::uint32_t outside_interface = no_interface;
};

bool among(const std::vector<std::uint32_t>& ids, std::size_t id) {
    return std::find(ids.begin(), ids.end(), static_cast<std::uint32_t>(id)) != ids.end();
}

bool addresses_known(const Prepared& p, const std::vector<std::uint32_t>& interfaces) {
    return p.device.addresses_known ||
           (!interfaces.empty() && std::all_of(interfaces.begin(), interfaces.end(), [&](std::uint32_t id) {
               return !p.device.interfaces[id].addresses.empty();
           }));
}

void from_addresses(const Prepared& p, Signs& e) {
    const LiteralSet global = global_addresses();
    for (std::size_t i = first_interface; i < p.device.interfaces.size(); ++i) {
        const Interface& f = p.device.interfaces[i];
        for (const InterfaceAddress& a : f.addresses) {
            if (a.address.family != Family::v6 || !a.global || f.absent) continue;
            const std::string text = fmt::format("{} has {}/{}", f.name, base::to_string(a.address), a.length);
            const bool outside = among(p.network.external, i);
            if (outside && !contains(global, a.address)) continue;
            (outside ? e.outside : e.inside).push_back(text);
            if (f.span.valid() && e.related.size() < 4) e.related.push_back({f.span, text});
            if (outside) e.outside_interface = static_cast<std::uint32_t>(i);
            if (!outside && !e.host && a.length <= 120)
                e.host = (a.address.bits & ~base::low_mask(128u - a.length)) | 0x25;
        }
    }
}

void from_routes(const Prepared& p, Signs& e) {
    const Prefix link_local = *base::parse_prefix("fe80::/10"), multicast = *base::parse_prefix("ff00::/8");
    for (const Route& r : p.device.routes) {
        if (r.assumed || r.type != RouteType::unicast || r.destination.base.family != Family::v6) continue;
        if (link_local.contains(r.destination.base) || multicast.contains(r.destination.base)) continue;
        for (const NextHop& hop : r.next_hops)
            for (std::size_t i = first_interface; i < p.device.interfaces.size(); ++i) {
                if (p.device.interfaces[i].name != hop.interface) continue;
                const bool outside = among(p.network.external, i);
                if (outside != (r.destination.length == 0)) continue;
                const std::string text =
                    outside ? fmt::format("the IPv6 default route leaves by {}", hop.interface)
                            : fmt::format("{} is behind {}", base::to_string(r.destination), hop.interface);
                (outside ? e.outside : e.inside).push_back(text);
                if (outside && e.outside_interface == no_interface) e.outside_interface = static_cast<std::uint32_t>(i);
                if (!outside && !e.host && r.destination.length <= 120) e.host = r.destination.base.bits | 0x25;
            }
    }
}

void from_intent(const Prepared& p, const Intent& intent, Signs& e) {
    for (const Prefix& inside : intent.internal)
        if (inside.base.family == Family::v6) {
            e.inside.push_back(fmt::format("[site] internal has {}", base::to_string(inside)));
            if (!e.host && inside.length <= 120) e.host = inside.base.bits | 0x25;
        }
    for (const ServerView& server : p.network.mail_servers)
        for (const Prefix& a : server.server.address)
            if (a.base.family == Family::v6 && !server.server.inferred) {
                e.inside.push_back(fmt::format("mail server {} has {}", server.server.name, base::to_string(a.base)));
                e.host = a.base.bits;
            }
}

/// A stage that sees IPv6 only and translates: whoever wrote it has IPv6 to forward.
void from_translations(const Prepared& p, const base::Sources& sources, const ForwardPath& v4, const ForwardPath& v6,
                       Signs& e) {
    bool found = false;
    for_each_way(p.device, [&](const Way& way) {
        const Stage& stage = p.device.pipeline[way.stage.index()];
        const bool translates =
            stage.label == Label::source_translation || stage.label == Label::destination_translation;
        if (found || !translates || v4.truth(stage.when) != Truth::no || v6.truth(stage.when) == Truth::no) return;
        const Rule& rule = p.device.rules[way.rule.index()];
        if (!rule.active || translations(rule).empty() || v6.truth(rule.match) == Truth::no) return;
        found = true;
        const std::string at = place(sources, rule_span(p.device, way.rule));
        e.outside.push_back("IPv6 is translated" + (at.empty() ? at : fmt::format(" ({})", at)));
        e.inside.push_back(e.outside.back());
        e.related.push_back({rule_span(p.device, way.rule), "translates forwarded IPv6"});
    });
}

}  // namespace

void ipv6_unfiltered(const Prepared& p, const Intent& intent, const base::Sources& sources,
                     std::vector<Finding>& findings) {
    ForwardPath v4(p.device, Family::v4), v6(p.device, Family::v6);
    const auto filter = v4.blocking_stage();
    if (!filter || v6.blocking_stage()) return;

    Signs e;
    from_addresses(p, e);
    from_routes(p, e);
    from_intent(p, intent, e);
    from_translations(p, sources, v4, v6, e);
    if (e.outside.empty() && e.inside.empty()) return;
    // One side's addresses are known, and IPv6 is not among them: whatever the other has, nothing is forwarded.
    if (e.outside.empty() && addresses_known(p, p.network.external)) return;
    if (e.inside.empty() && addresses_known(p, p.network.internal)) return;

    Finding f;
    f.rule = "EL108";
    f.name = "ipv6-unfiltered";
    f.device = p.device.name;
    f.message = "IPv6 is forwarded and nothing filters it: the filter covers IPv4 only";
    if (const OriginId origin = p.device.pipeline[filter->index()].origin; origin.valid())
        f.span = p.device.origins[origin.index()].span;
    f.label = "this filter does not block IPv6";
    f.help = "write the filter of forwarded packets for both IP versions, with the same policy, or do not forward IPv6";
    f.related = std::move(e.related);
    for (const auto* list : {&e.outside, &e.inside})
        for (const std::string& text : *list)
            if (f.because.size() < 4 && std::find(f.because.begin(), f.because.end(), text) == f.because.end())
                f.because.push_back(text);
    if (e.outside.empty() || e.inside.empty()) {
        f.certainty = Certainty::possible;
        f.depends_on.push_back(e.outside.empty()
                                   ? fmt::format("that {} has an IPv6 uplink: its addresses were not given", f.device)
                                   : "that there are IPv6 hosts behind it: its addresses were not given");
    }
    // A packet from the internet to an inside host.
    flow::Packet packet;
    packet.family = Family::v6;
    packet.in_if = e.outside_interface != no_interface ? e.outside_interface
                   : !p.network.external.empty()       ? p.network.external.front()
                                                       : no_interface;
    if (packet.in_if == no_interface) return;
    packet.src = base::parse_address("2001:db8:198:18::9")->bits;
    packet.dst = e.host.value_or(base::parse_address("2001:db8:20::25")->bits);
    packet.sport = 40000;
    packet.dport = 22;
    packet.tcp_flags = 2;
    const flow::Trace trace = flow::trace(p.device, packet);
    const bool passes = std::any_of(trace.branches.begin(), trace.branches.end(), [](const flow::Outcome& o) {
        return o.verdict == Verdict::accept && o.out_if != self_interface;
    });
    // No route leads there, or it is the device's own address.
    if (!passes) return;
    if (trace.answer != flow::Answer::accept) {
        f.certainty = Certainty::possible;
        for (const PredicateId id : trace.depends_on) f.depends_on.push_back(p.device.predicates[id.index()].text);
    }
    f.witness = packet_text(p.device, packet);
    f.outcome = outcome_text(p.device, packet, trace);
    f.trace = trace_steps(p.device, trace.outcome);
    f.flows.emplace_back("family", "IPv6");
    f.fingerprint = fingerprint("EL108|" + f.device);
    findings.push_back(std::move(f));
}

}  // namespace egresslint::lint
