// SPDX-License-Identifier: Apache-2.0
// The lowering of the matches that are modelled exactly. Sources: iptables-extensions(8) 1.8.9; where the manual is
// silent, the xt_*.c match functions of the kernel as described in NOTES.md.
#include <array>

#include "dialects/iptables/match_lower.hpp"
#include "families/names.hpp"

namespace egresslint::dialects::iptables::lower {
namespace {

using namespace egresslint::model;
namespace names = families::names;
using base::Interval;

std::vector<std::string_view> split(std::string_view text, char by) {
    std::vector<std::string_view> out;
    for (;;) {
        const auto at = text.find(by);
        out.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return out;
        text.remove_prefix(at + 1);
    }
}

std::uint8_t protocol_of(const Option& o) {
    static constexpr std::array<std::pair<std::string_view, std::uint8_t>, 5> ports = {
        {{"tcp", 6}, {"udp", 17}, {"dccp", 33}, {"sctp", 132}, {"udplite", 136}}};
    for (const auto& [name, number] : ports)
        if (o.row->of == name) return number;
    return 6;
}

/// The protocol again only where -p does not say it already: most rules of a large dump come through here.
ExprId with_protocol(Context& c, std::uint8_t protocol, ExprId e) {
    if (c.protocol == protocol) return e;
    return c.b.all({c.b.proto(protocol), e});
}

ExprId port(Context& c, const Option& o, Field field) {
    const auto range = port_range(o.args[0]);
    if (!range) return {};
    // Old releases let a range through whose ends are swapped; the kernel finds no port in it.
    if (range->first > range->last) return c.b.no();
    return with_protocol(c, protocol_of(o), c.b.in_interval(field, *range));
}
}  // namespace

ExprId source_port(Context& c, const Option& o) { return port(c, o, Field::sport); }
ExprId destination_port(Context& c, const Option& o) { return port(c, o, Field::dport); }

namespace {
// -- tcp flags --------------------------------------------------------------------------------------------------------

std::optional<unsigned> flags(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, unsigned>, 10> known = {{{"FIN", 1},
                                                                                     {"SYN", 2},
                                                                                     {"RST", 4},
                                                                                     {"PSH", 8},
                                                                                     {"ACK", 16},
                                                                                     {"URG", 32},
                                                                                     {"ECE", 64},
                                                                                     {"CWR", 128},
                                                                                     {"ALL", 63},
                                                                                     {"NONE", 0}}};
    unsigned value = 0;
    for (const auto word : split(text, ',')) {
        bool found = false;
        for (const auto& [name, bits] : known) {
            if (name != word) continue;
            value |= bits;
            found = true;
        }
        if (!found) {
            const auto n = names::number(word);  // iptables-save of old kernels printed numbers
            if (!n || *n > 255) return std::nullopt;
            value |= static_cast<unsigned>(*n);
        }
    }
    return value;
}

ExprId tcp_flags(Context& c, unsigned mask, unsigned wanted) {
    std::vector<Interval> values;
    for (unsigned v = 0; v < 256; ++v)
        if ((v & mask) == wanted) values.push_back({v, v});
    return with_protocol(c, 6, c.b.in(Field::tcp_flags, IntervalSet(std::move(values))));
}
}  // namespace

ExprId flags_match(Context& c, const Option& o) {
    const auto mask = flags(o.args[0]);
    const auto wanted = flags(o.args[1]);
    if (!mask || !wanted) return {};
    return tcp_flags(c, *mask, *wanted);
}
ExprId syn(Context& c, const Option&) { return tcp_flags(c, 1 | 2 | 4 | 16, 2); }

namespace {
// -- icmp -------------------------------------------------------------------------------------------------------------

ExprId icmp_type(Context& c, std::uint8_t proto, std::optional<names::IcmpType> type) {
    if (!type) return {};
    std::vector<ExprId> parts{c.b.proto(proto), c.b.in(Field::icmp_type, IntervalSet::single(type->type))};
    if (type->code_first != 0 || type->code_last != 255)
        parts.push_back(c.b.in(Field::icmp_code, IntervalSet::range(type->code_first, type->code_last)));
    return c.b.all(std::move(parts));
}
}  // namespace

ExprId icmp(Context& c, const Option& o) {
    if (o.args[0] == "any" || o.args[0] == "255") return c.b.proto(1);
    return icmp_type(c, 1, names::icmp(o.args[0]));
}
ExprId icmp6(Context& c, const Option& o) { return icmp_type(c, 58, names::icmpv6(o.args[0])); }

namespace {
// -- multiport, iprange -----------------------------------------------------------------------------------------------

ExprId ports_in(Context& c, const Option& o, bool source, bool destination) {
    std::vector<Interval> ranges;
    for (const auto word : split(o.args[0], ',')) {
        const auto range = port_range(word);
        if (!range || range->first > range->last) return {};
        ranges.push_back(*range);
    }
    const IntervalSet set(std::move(ranges));
    std::vector<ExprId> either;
    if (source) either.push_back(c.b.in(Field::sport, set));
    if (destination) either.push_back(c.b.in(Field::dport, set));
    // Without a protocol that has ports the kernel matches nothing.
    const IntervalSet with_ports{{6, 6}, {17, 17}, {33, 33}, {132, 132}, {136, 136}};
    std::vector<ExprId> parts{c.b.either(std::move(either))};
    if (!c.protocol) parts.push_back(c.b.in(Field::proto, with_ports));
    return c.b.all(std::move(parts));
}
}  // namespace

ExprId source_ports(Context& c, const Option& o) { return ports_in(c, o, true, false); }
ExprId destination_ports(Context& c, const Option& o) { return ports_in(c, o, false, true); }
ExprId any_ports(Context& c, const Option& o) { return ports_in(c, o, true, true); }

namespace {
ExprId range(Context& c, const Option& o, Field field) {
    const auto dash = o.args[0].find('-');
    const auto first = base::parse_address(o.args[0].substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : base::parse_address(o.args[0].substr(dash + 1));
    if (!first || !last || first->family != c.family || last->family != c.family || first->bits > last->bits) return {};
    const auto values = IntervalSet::range(first->bits, last->bits);
    return c.b.in(field, c.family == Family::v4 ? c.b.addresses(values, {}) : c.b.addresses({}, values));
}
}  // namespace

ExprId source_range(Context& c, const Option& o) { return range(c, o, Field::src); }
ExprId destination_range(Context& c, const Option& o) { return range(c, o, Field::dst); }

namespace {
// -- marks ------------------------------------------------------------------------------------------------------------

ExprId mark_is(Context& c, const Option& o, RegisterId reg) {
    const auto n = masked_number(o.args[0]);
    if (!n) return {};
    if ((n->value & ~n->mask) != 0) return c.b.no();
    if (n->mask == 0) return c.b.yes();
    return c.b.in_register(reg, IntervalSet::single(n->value), n->mask);
}
}  // namespace

ExprId mark(Context& c, const Option& o) { return mark_is(c, o, c.netfilter.registers().mark); }
ExprId connmark(Context& c, const Option& o) { return mark_is(c, o, c.netfilter.registers().ct_mark); }

// -- connection tracking
// ------------------------------------------------------------------------------------------------

ExprId states(Context& c, const Option& o) {
    std::vector<ConnectionState> list;
    std::vector<ExprId> either;
    for (const auto word : split(o.args[0], ',')) {
        if (word == "INVALID")
            list.push_back(ConnectionState::invalid);
        else if (word == "NEW")
            list.push_back(ConnectionState::fresh);
        else if (word == "ESTABLISHED")
            list.push_back(ConnectionState::established);
        else if (word == "RELATED")
            list.push_back(ConnectionState::related);
        else if (word == "UNTRACKED")
            list.push_back(ConnectionState::untracked);
        else if (o.row->of == "conntrack" && word == "SNAT")
            either.push_back(c.b.in_register(c.netfilter.registers().ct_status, IntervalSet::single(16), 16));
        else if (o.row->of == "conntrack" && word == "DNAT")
            either.push_back(c.b.in_register(c.netfilter.registers().ct_status, IntervalSet::single(32), 32));
        else
            return {};
    }
    either.push_back(c.netfilter.connection_state(std::move(list)));
    return c.b.either(std::move(either));
}
namespace {
ExprId tuple_address(Context& c, const Option& o, Field field, View view) {
    return address_match(c, field, view, o.args[0], o.span);
}
}  // namespace

// The reply tuple is the mirror of what the packet looks like after the translations so far.
ExprId original_source(Context& c, const Option& o) { return tuple_address(c, o, Field::src, View::original); }
ExprId original_destination(Context& c, const Option& o) { return tuple_address(c, o, Field::dst, View::original); }
ExprId reply_source(Context& c, const Option& o) { return tuple_address(c, o, Field::dst, View::current); }
ExprId reply_destination(Context& c, const Option& o) { return tuple_address(c, o, Field::src, View::current); }
namespace {
ExprId tuple_port(Context& c, const Option& o, Field field, View view) {
    const auto range = port_range(o.args[0]);
    if (!range || range->first > range->last) return {};
    const auto exact = c.b.in(FieldRef{field, view, {}}, c.b.numbers(IntervalSet{*range}));
    if (c.protocol && has_ports(*c.protocol)) return exact;
    // Of protocols without ports the tuple holds something else there: of ICMP identifier, type and code.
    const auto ports = c.b.in(Field::proto, protocols_with_ports());
    const auto other = c.b.unknown(c.b.predicate(
        "conntrack " + std::string(o.row->name) + " " + std::string(o.args[0]) + " of a protocol without ports",
        PredicateKind::packet, Field::proto));
    return c.b.either({c.b.all({ports, exact}), c.b.all({c.b.negate(ports), other})});
}
}  // namespace

ExprId original_source_port(Context& c, const Option& o) { return tuple_port(c, o, Field::sport, View::original); }
ExprId original_destination_port(Context& c, const Option& o) { return tuple_port(c, o, Field::dport, View::original); }
ExprId reply_source_port(Context& c, const Option& o) { return tuple_port(c, o, Field::dport, View::current); }
ExprId reply_destination_port(Context& c, const Option& o) { return tuple_port(c, o, Field::sport, View::current); }
ExprId tuple_protocol(Context& c, const Option& o) {
    if (o.args[0] == "all") return c.b.yes();
    const auto number = names::protocol(o.args[0]);
    if (!number) return {};
    return *number == 0 ? c.b.yes() : c.b.proto(*number);
}
/// What only a connection that exists already can have.
ExprId of_old_connection(Context& c, const Option& o) {
    const auto which = c.b.predicate("-m conntrack " + o.text(), PredicateKind::packet);
    return c.b.all({c.b.negate(c.netfilter.connection_state({ConnectionState::fresh})), c.b.unknown(which)});
}
ExprId status(Context& c, const Option& o) {
    for (const auto word : split(o.args[0], ','))
        if (word != "EXPECTED" && word != "SEEN_REPLY" && word != "ASSURED" && word != "CONFIRMED") {
            if (word != "NONE") return {};
            return c.b.unknown(c.b.predicate("-m conntrack " + o.text(), PredicateKind::packet));
        }
    return of_old_connection(c, o);
}
ExprId direction(Context& c, const Option& o) {
    if (o.args[0] == "REPLY") return of_old_connection(c, o);
    if (o.args[0] != "ORIGINAL") return {};
    Option reply = o;
    reply.args[0] = "REPLY";
    return c.b.negate(of_old_connection(c, reply));
}
/// Without a connection (invalid or untracked packets) only the state is looked at, and without --ctstate nothing
/// matches: conntrack_mt of the kernel.
ExprId conntrack(Context& c, const Instance& instance) {
    std::vector<ExprId> state, rest;
    for (const auto& o : instance.options) {
        auto e = o.row->lower(c, o);
        if (!e.valid()) return {};
        if (o.negated) e = c.b.negate(e);
        (o.row->name == "--ctstate" ? state : rest).push_back(e);
    }
    if (rest.empty()) return c.b.all(std::move(state));
    const auto without = c.netfilter.connection_state({ConnectionState::invalid, ConnectionState::untracked});
    const auto others = c.b.all(std::move(rest));
    if (state.empty()) return c.b.all({c.b.negate(without), others});
    state.push_back(c.b.either({without, others}));
    return c.b.all(std::move(state));
}

namespace {
// -- address types
// ------------------------------------------------------------------------------------------------------

ExprId literal(Context& c, Field field, IntervalSet values) {
    return c.b.in(field,
                  c.family == Family::v4 ? c.b.addresses(std::move(values), {}) : c.b.addresses({}, std::move(values)));
}
ExprId address_type(Context& c, Field field, std::string_view types, bool limited_to_interface) {
    const bool v4 = c.family == Family::v4;
    const auto multicast = literal(c, field,
                                   v4 ? IntervalSet::prefix({{Family::v4, 0xe0000000u}, 4})
                                      : IntervalSet::prefix({{Family::v6, base::u128{0xff} << 120}, 8}));
    auto local = c.b.in(field, c.b.set(Set{DeviceAddresses{}, {}}));
    if (limited_to_interface) {
        const auto which =
            c.b.predicate(std::string("-m addrtype: the local ") + (field == Field::src ? "source" : "destination") +
                              " is an address of the interface itself",
                          PredicateKind::packet, field);
        c.b.depends(which, field_bit(field));
        local = c.b.all({local, c.b.unknown(which)});
    }
    // The kernel asks the local table only: 0.0.0.0/8 and 255.255.255.255 are broadcast without it.
    const auto broadcast = v4 ? c.b.either({c.b.in(field, c.b.set(Set{DeviceBroadcasts{}, {}})),
                                            literal(c, field, IntervalSet{{0, 0xffffffu}, {0xffffffffu, 0xffffffffu}})})
                              : c.b.no();
    const auto unspecified = literal(c, field, IntervalSet::single(0));
    const auto mapped = literal(c, field, IntervalSet::prefix({{Family::v6, base::u128{0xffff} << 32}, 96}));
    std::vector<ExprId> either, all;
    for (const auto type : split(types, ',')) {
        if (type == "LOCAL")
            either.push_back(local);
        else if (type == "BROADCAST")
            either.push_back(broadcast);
        else if (type == "MULTICAST")
            (v4 ? either : all).push_back(multicast);
        else if (type == "UNSPEC") {
            if (!v4) all.push_back(unspecified);
        } else if (type == "UNICAST") {
            if (v4)
                either.push_back(c.b.negate(c.b.either({local, broadcast, multicast})));
            else
                all.push_back(c.b.negate(c.b.either({unspecified, multicast, mapped})));
        } else if (type == "ANYCAST" || type == "BLACKHOLE" || type == "UNREACHABLE" || type == "PROHIBIT" ||
                   type == "THROW" || type == "NAT" || type == "XRESOLVE") {
            const auto which = c.b.predicate(
                "-m addrtype " + std::string(field == Field::src ? "--src-type " : "--dst-type ") + std::string(type),
                PredicateKind::packet, field);
            c.b.depends(which, field_bit(field));
            either.push_back(c.b.unknown(which));
        } else {
            return {};
        }
    }
    // IPv6 tests multicast, unicast and unspecified each on its own, and all must hold; local and the rest are looked
    // up.
    if (v4 || !either.empty()) all.push_back(c.b.either(std::move(either)));
    return c.b.all(std::move(all));
}
}  // namespace

ExprId addrtype(Context& c, const Instance& instance) {
    std::vector<ExprId> parts;
    const bool limited = instance.find("--limit-iface-in") != nullptr || instance.find("--limit-iface-out") != nullptr;
    for (const auto& o : instance.options) {
        if (o.row->args == 0) continue;
        auto e = address_type(c, o.row->name == "--src-type" ? Field::src : Field::dst, o.args[0], limited);
        if (!e.valid()) return {};
        parts.push_back(o.negated ? c.b.negate(e) : e);
    }
    return c.b.all(std::move(parts));
}

// -- sets
// ---------------------------------------------------------------------------------------------------------------

namespace {
/// Only where nothing had to be reported, which is said at each use.
ExprId asked_before(Context& c, const ipset::Use& use, std::string_view directions) {
    if (use.written_by_rules) return ipset::match(c.b, c.sets, use, c.diagnostics);
    std::string key = use.name;
    key.append(" ").append(directions).append(c.family == Family::v6 ? " 6" : " 4");
    if (use.return_nomatch) key += 'n';
    if (const auto it = c.asked_sets->find(key); it != c.asked_sets->end()) return it->second;
    const auto reported = c.diagnostics.size();
    const auto e = ipset::match(c.b, c.sets, use, c.diagnostics);
    if (c.diagnostics.size() == reported) c.asked_sets->emplace(std::move(key), e);
    return e;
}
}  // namespace

ExprId set(Context& c, const Instance& instance) {
    const auto* which = instance.find("--match-set");
    if (which == nullptr) return {};
    ipset::Use use;
    use.name = which->args[0];
    for (const auto word : split(which->args[1], ',')) {
        if (word != "src" && word != "dst") return {};
        use.source.push_back(word == "src");
    }
    use.family = c.family;
    use.return_nomatch = instance.find("--return-nomatch") != nullptr;
    use.place = c.sources.where(c.line);
    use.chain = c.chain;
    use.written_by_rules = c.written_sets->contains(use.name);
    use.object = c.b.use("set", use.name, which->span);
    c.uses->push_back(use.object);
    use.mark = c.netfilter.registers().mark;
    use.span = which->span;
    if (const auto* known = c.sets.find(use.name); known != nullptr && known->elements.empty() && !known->timeout &&
                                                   !known->not_understood && !use.written_by_rules)
        c.b.device().objects[use.object.index()].state = ObjectState::empty;
    auto e = asked_before(c, use, which->args[1]);
    // Counters of the element decide as well.
    for (const auto& o : instance.options) {
        if (o.row->name != "--packets-eq" && o.row->name != "--packets-lt" && o.row->name != "--packets-gt" &&
            o.row->name != "--bytes-eq" && o.row->name != "--bytes-lt" && o.row->name != "--bytes-gt")
            continue;
        const auto which_counter =
            c.b.predicate("-m set " + o.text() + " (" + c.sources.where(c.line) + ")", PredicateKind::rate);
        c.b.depends(which_counter, 0, c.chain);
        const auto counter = c.b.unknown(which_counter);
        e = c.b.all({e, o.negated ? c.b.negate(counter) : counter});
    }
    return which->negated ? c.b.negate(e) : e;
}

/// Only packets of local sockets have an owner.
ExprId owner(Context& c, const Option& o) {
    const auto which = c.b.predicate("-m owner " + o.text(), PredicateKind::user);
    return c.b.all({c.b.in(Field::in_if, IntervalSet::single(self_interface)), c.b.unknown(which)});
}

ExprId always(Context& c, const Option&) { return c.b.yes(); }

/// --set puts the source into the list and always matches; the other commands ask the list.
ExprId recent(Context& c, const Instance& instance) {
    if (const auto* set = instance.find("--set")) return set->negated ? c.b.no() : c.b.yes();
    return predicate_of(c, instance);
}

}  // namespace egresslint::dialects::iptables::lower
