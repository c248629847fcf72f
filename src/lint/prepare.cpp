// SPDX-License-Identifier: Apache-2.0
#include "lint/prepare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "lint/address_space.hpp"
#include "lint/guards.hpp"
#include "lint/infer.hpp"
#include "model/print.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"

namespace egresslint::lint {

using namespace model;
using base::u128;

namespace {

std::vector<std::uint32_t> ids_of(const Device& device, const std::vector<std::string>& patterns) {
    std::vector<std::uint32_t> ids;
    for (std::size_t i = first_interface; i < device.interfaces.size(); ++i) {
        const Interface& f = device.interfaces[i];
        if (f.absent) continue;
        const auto named = [&](const std::string& p) {
            // A representative carries the stem of its wildcard; the one of every other interface has none.
            if (f.representative) return !f.name.empty() && !p.empty() && p.back() == '*' && name_matches(p, f.name);
            return p == f.name || name_matches(p, f.name);
        };
        if (std::any_of(patterns.begin(), patterns.end(), named)) ids.push_back(static_cast<std::uint32_t>(i));
    }
    return ids;
}

/// Interfaces through which an address is routed; longest prefix first, as read (never the assumed routes).
std::vector<std::uint32_t> routed_by(const Device& device, const Address& address) {
    const Route* best = nullptr;
    for (const Route& r : device.routes) {
        if (r.assumed || r.type != RouteType::unicast || r.next_hops.empty() || !r.destination.contains(address))
            continue;
        if (best == nullptr || r.destination.length > best->destination.length ||
            (r.destination.length == best->destination.length && r.metric < best->metric))
            best = &r;
    }
    std::vector<std::string> names;
    if (best != nullptr)
        for (const NextHop& hop : best->next_hops) names.push_back(hop.interface);
    return ids_of(device, names);
}

void find_in_interfaces(Prepared& p, bool routes_were_known) {
    for (ServerView& view : p.network.mail_servers) {
        auto& in = view.in_interfaces;
        for (const Prefix& a : view.server.address) {
            if (contains(p.network.own, a.base) && a.length == base::address_bits(a.base.family)) {
                // The mail server is the device itself only if the address is on one of its interfaces.
                for (const Interface& f : p.device.interfaces)
                    for (const InterfaceAddress& mine : f.addresses)
                        if (mine.address == a.base) in.push_back(self_interface);
                if (!in.empty()) continue;
            }
            if (!routes_were_known) continue;
            for (const std::uint32_t id : routed_by(p.device, a.base))
                if (std::find(p.network.external.begin(), p.network.external.end(), id) == p.network.external.end())
                    in.push_back(id);
        }
        if (in.empty()) in = p.network.internal;
        std::sort(in.begin(), in.end());
        in.erase(std::unique(in.begin(), in.end()), in.end());
    }
}

/// Addresses of the device's own networks that no host has: IPv4's broadcasts, and the router anycasts of IPv6.
LiteralSet no_hosts(const Device& device) {
    std::vector<base::Interval> v4, v6;
    for (const Interface& f : device.interfaces)
        for (const InterfaceAddress& a : f.addresses) {
            const bool four = a.address.family == Family::v4;
            if (a.length + 2u > (four ? 32u : 128u)) continue;
            const u128 host = base::low_mask((four ? 32u : 128u) - a.length), first = a.address.bits & ~host;
            if (four)
                v4.push_back({first | host, first | host});
            else
                v6.push_back({first, first});
        }
    return {IntervalSet(std::move(v4)), IntervalSet(std::move(v6))};
}

}  // namespace

bool asks_for_own_destination(const Predicate& q) {
    return q.kind == PredicateKind::ambiguity && q.choices == 2 && q.text.starts_with("whether the destination is ") &&
           q.text.ends_with("address of this device");
}

Prepared prepare(DeviceInput input, const Intent& intent, const base::Sources& sources) {
    Prepared p;
    p.device = std::move(input.device);
    p.dialect = std::move(input.dialect);
    p.files = std::move(input.files);
    p.diagnostics = std::move(input.diagnostics);
    p.sources = &sources;
    const bool routes_were_known = p.device.routes_known;
    const bool resolved = p.device.resolved;
    Inferred found = infer(p.device, input.intent, intent, sources);
    for (std::size_t i = 0; i < p.device.sets.size(); ++i)
        if (const auto* names = std::get_if<InterfaceNames>(&p.device.sets[i].is))
            p.interface_sets.emplace_back(SetId(i), names->patterns);
    if (!resolved) resolve(p.device, p.diagnostics);
    p.violations = validate(p.device);
    p.assumptions = std::move(found.assumptions);
    Network& n = p.network;
    n.external = ids_of(p.device, found.external);
    n.internal = ids_of(p.device, found.internal);
    n.inside = std::move(found.inside);
    n.inside_declared = found.inside_declared;
    n.own = std::move(found.own);
    n.interface_addresses = std::move(found.interface_addresses);
    n.internet = minus(minus(global_addresses(), n.inside), unite(n.own, no_hosts(p.device)));
    n.mail_servers = std::move(found.mail_servers);
    find_in_interfaces(p, routes_were_known);
    for (std::size_t i = 0; i < p.device.predicates.size(); ++i)
        if (asks_for_own_destination(p.device.predicates[i])) p.own_destination.push_back(PredicateId(i));
    return p;
}

Prepared prepare_as_stated(DeviceInput input) {
    Prepared p;
    p.device = std::move(input.device);
    p.dialect = std::move(input.dialect);
    p.files = std::move(input.files);
    p.diagnostics = std::move(input.diagnostics);
    take_declared_addresses(p.device, input.intent);
    resolve(p.device, p.diagnostics);
    p.violations = validate(p.device);
    return p;
}

// -- texts -----------------------------------------------------------------------------------------------------------

namespace {

constexpr std::array<std::pair<std::uint8_t, std::string_view>, 8> protocol_names{
    {{6, "tcp"}, {17, "udp"}, {1, "icmp"}, {58, "icmpv6"}, {132, "sctp"}, {33, "dccp"}, {136, "udplite"}, {47, "gre"}}};

std::string protocol_name(std::uint8_t number) {
    for (const auto& [n, name] : protocol_names)
        if (n == number) return std::string(name);
    return fmt::format("{}", number);
}
bool has_ports(std::uint8_t proto) { return proto == 6 || proto == 17 || proto == 132 || proto == 33 || proto == 136; }
bool is_icmp(std::uint8_t proto) { return proto == 1 || proto == 58; }

std::string address_range(const base::Interval& i, Family family) {
    const std::string first = base::to_string(Address{family, i.first});
    return i.first == i.last ? first : first + "-" + base::to_string(Address{family, i.last});
}
std::string number_range(const base::Interval& i) {
    const std::string first = base::to_decimal(i.first);
    return i.first == i.last ? first : first + "-" + base::to_decimal(i.last);
}

}  // namespace

std::string answer_text(flow::Answer answer) {
    switch (answer) {
        case flow::Answer::accept: return "accept";
        case flow::Answer::drop: return "drop";
        case flow::Answer::reject: return "reject";
        case flow::Answer::unknown: break;
    }
    return "unknown";
}

PacketText packet_text(const Device& device, const flow::Packet& packet) {
    PacketText t;
    t.in = packet.in_if == self_interface ? "(self)" : interface_name(device, packet.in_if);
    t.src = base::to_string(Address{packet.family, packet.src});
    t.dst = base::to_string(Address{packet.family, packet.dst});
    t.proto = protocol_name(packet.proto);
    if (has_ports(packet.proto)) {
        t.sport = packet.sport;
        t.dport = packet.dport;
    }
    if (is_icmp(packet.proto)) {
        t.icmp_type = packet.icmp_type;
        t.icmp_code = packet.icmp_code;
    }
    return t;
}

namespace {
/// A packet that does not pass has the values it had when it was stopped, and a way out once it was routed.
OutcomeText outcome_text(const Device& device, const flow::Packet& packet, std::string verdict,
                         const flow::Outcome& o) {
    OutcomeText t;
    t.verdict = std::move(verdict);
    t.logged = o.logged;
    t.out = o.out_if == self_interface ? "(self)" : o.out_if == no_interface ? "" : interface_name(device, o.out_if);
    t.src = address_range(o.src, packet.family);
    t.dst = address_range(o.dst, packet.family);
    if (has_ports(packet.proto)) {
        t.sport = number_range(o.sport);
        t.dport = number_range(o.dport);
    }
    return t;
}
bool ends_alike(const flow::Outcome& a, const flow::Outcome& b) {
    return a.verdict == b.verdict && a.out_if == b.out_if && a.src == b.src && a.dst == b.dst && a.sport == b.sport &&
           a.dport == b.dport;
}
bool same_step(const flow::Step& a, const flow::Step& b) {
    return a.stage == b.stage && a.chain == b.chain && a.rule == b.rule;
}
}  // namespace

OutcomeText outcome_text(const Device& device, const flow::Packet& packet, const flow::Trace& trace) {
    return outcome_text(device, packet, answer_text(trace.answer), trace.outcome);
}

flow::Outcome common_steps(const flow::Trace& trace) {
    flow::Outcome out = trace.outcome;
    for (const flow::Outcome& branch : trace.branches) {
        std::size_t same = 0;
        while (same < out.steps.size() && same < branch.steps.size() && same_step(out.steps[same], branch.steps[same]))
            ++same;
        out.steps.resize(same);
    }
    return out;
}

std::vector<Alternative> alternatives(const Device& device, const flow::Packet& packet, const flow::Trace& trace,
                                      std::size_t limit) {
    struct Ending {
        const flow::Outcome* first = nullptr;
        std::map<std::uint32_t, std::uint16_t> common;
    };
    std::vector<Ending> endings;
    for (const flow::Outcome& branch : trace.branches) {
        const auto known =
            std::find_if(endings.begin(), endings.end(), [&](const Ending& e) { return ends_alike(*e.first, branch); });
        if (known == endings.end()) {
            endings.push_back({&branch, branch.taken.predicates});
            continue;
        }
        std::erase_if(known->common, [&](const auto& p) {
            const auto it = branch.taken.predicates.find(p.first);
            return it == branch.taken.predicates.end() || it->second != p.second;
        });
    }
    std::vector<Alternative> out;
    if (endings.size() < 2) return out;
    for (const Ending& e : endings) {
        if (out.size() == limit) break;
        Alternative a;
        const flow::Answer answer = e.first->verdict == Verdict::accept ? flow::Answer::accept
                                    : e.first->verdict == Verdict::drop ? flow::Answer::drop
                                                                        : flow::Answer::reject;
        a.outcome = outcome_text(device, packet, answer_text(answer), *e.first);
        a.steps = trace_steps(device, *e.first);
        for (const auto& [id, value] : e.common) {
            const Predicate& p = device.predicates[id];
            a.when.push_back(p.choices != 2 ? fmt::format("{}: case {}", p.text, value)
                                            : fmt::format("{}: {}", p.text, value == 0 ? "no" : "yes"));
        }
        out.push_back(std::move(a));
    }
    return out;
}

namespace {
/// "source_bound<-1; accept src:=198.51.100.2" -> "accept src:=198.51.100.2": bookkeeping of the model, but not marks.
std::string readable(const Device& device, const std::string& effect) {
    std::string out;
    for (std::size_t at = 0; at < effect.size();) {
        std::size_t end = effect.find("; ", at);
        if (end == std::string::npos) end = effect.size();
        const std::string_view part = std::string_view(effect).substr(at, end - at);
        const std::string_view name = part.substr(0, part.find("<-"));
        const bool hidden = name.size() < part.size() &&
                            std::any_of(device.registers.begin(), device.registers.end(), [&](const Register& r) {
                                std::string printed = r.name;
                                std::replace(printed.begin(), printed.end(), ' ', '_');
                                return printed == name && r.name.find("mark") == std::string::npos;
                            });
        if (!hidden) out += (out.empty() ? "" : "; ") + std::string(part);
        at = end + 2;
    }
    return out;
}
}  // namespace

namespace {
/// The rule enters a chain that was made of the rule itself, for the elements of its map: whether there was a hit, and
/// which, the element's own step says.
bool looks_up(const Device& device, const Rule& rule) {
    ChainId to;
    if (const auto* jump = std::get_if<Jump>(&rule.control)) to = jump->to;
    if (const auto* go = std::get_if<Goto>(&rule.control)) to = go->to;
    if (!to.valid() || !rule.origin.valid() || device.chains[to.index()].origin != rule.origin) return false;
    return std::all_of(rule.effects.begin(), rule.effects.end(), [&](const Effect& e) {
        const auto* a = std::get_if<Assign>(&e);
        return a && a->to.field == Field::reg &&
               device.registers[a->to.reg.index()].name.find("mark") == std::string::npos;
    });
}

/// Rewrites an address or a port, or lets the packet end.
bool acts(const Rule& rule) {
    const auto* decide = std::get_if<Decide>(&rule.control);
    return (decide != nullptr && decide->verdict != Verdict::accept) || !translations(rule).empty();
}
}  // namespace

std::vector<TraceStep> trace_steps(const Device& device, const flow::Outcome& outcome, bool all) {
    std::vector<TraceStep> steps;
    for (const flow::Step& s : outcome.steps) {
        TraceStep t;
        const Stage* stage = s.stage.valid() ? &device.pipeline[s.stage.index()] : nullptr;
        t.stage = stage != nullptr ? stage->name : "";
        t.effect = all ? s.effect : readable(device, s.effect);
        t.uncertain = s.uncertain;
        OriginId origin;
        if (s.rule.valid()) {
            const Rule& rule = device.rules[s.rule.index()];
            origin = rule.origin;
            const bool moves_on = std::holds_alternative<Continue>(rule.control) && rule.effects.empty();
            if (!all && (moves_on || looks_up(device, rule))) continue;
        } else if (stage != nullptr) {
            origin = stage->origin;
            if (!all && stage->fallthrough.verdict == Verdict::accept) continue;
        }
        if (origin.valid()) {
            const Origin& o = device.origins[origin.index()];
            t.span = o.span;
            t.text = o.text;
            // Of rules that nobody wrote those count that change the packet or end it, and have a cause in the text.
            if (!all && o.synthetic && s.rule.valid() && !(o.span.valid() && acts(device.rules[s.rule.index()])))
                continue;
        } else if (!all && s.rule.valid()) {
            continue;  // routing and other rules that nobody wrote
        }
        if (!s.rule.valid() && t.text.empty()) t.text = "default of " + t.stage;
        steps.push_back(std::move(t));
    }
    return steps;
}

tl::expected<flow::Packet, std::string> packet_from_text(const Device& device, const PacketText& text) {
    flow::Packet p;
    const auto src = base::parse_address(text.src), dst = base::parse_address(text.dst);
    if (!src) return tl::unexpected(fmt::format("\"{}\" is not an address", text.src));
    if (!dst) return tl::unexpected(fmt::format("\"{}\" is not an address", text.dst));
    if (src->family != dst->family)
        return tl::unexpected(std::string("source and destination are of different IP versions"));
    p.family = src->family;
    p.src = src->bits;
    p.dst = dst->bits;
    if (text.in.empty() || text.in == "(self)" || text.in == "self") {
        p.in_if = self_interface;
    } else {
        bool found = false;
        for (std::size_t i = first_interface; i < device.interfaces.size() && !found; ++i)
            if (!device.interfaces[i].representative && device.interfaces[i].name == text.in)
                p.in_if = static_cast<std::uint32_t>(i), found = true;
        // An interface that no rule names behaves as its representative; the longest prefix is the nearest one.
        std::size_t best = 0;
        for (std::size_t i = first_interface; i < device.interfaces.size() && !found; ++i) {
            const Interface& f = device.interfaces[i];
            if (!f.representative) continue;
            std::string_view stem = f.name;
            while (!stem.empty() && stem.back() == '*') stem.remove_suffix(1);
            if (std::string_view(text.in).starts_with(stem) && (best == 0 || stem.size() >= best)) {
                p.in_if = static_cast<std::uint32_t>(i);
                best = std::max<std::size_t>(1, stem.size());
            }
        }
        if (!found && best == 0) return tl::unexpected(fmt::format("there is no interface \"{}\"", text.in));
    }
    bool known = text.proto.empty();
    for (const auto& [n, name] : protocol_names)
        if (text.proto == name) p.proto = n, known = true;
    if (!known) {
        unsigned n = 0;
        for (const char c : text.proto)
            n = c >= '0' && c <= '9' && n < 1000 ? n * 10 + static_cast<unsigned>(c - '0') : 1000;
        if (n > 255) return tl::unexpected(fmt::format("\"{}\" is no protocol", text.proto));
        p.proto = static_cast<std::uint8_t>(n);
    }
    if (has_ports(p.proto)) {
        p.sport = text.sport.value_or(0);
        p.dport = text.dport.value_or(0);
    }
    if (is_icmp(p.proto)) {
        p.icmp_type = text.icmp_type.value_or(p.proto == 1 ? 8 : 128);
        p.icmp_code = text.icmp_code.value_or(0);
    }
    if (p.proto == 6) p.tcp_flags = 2;
    return p;
}

}  // namespace egresslint::lint
