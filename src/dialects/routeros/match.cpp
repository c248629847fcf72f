// SPDX-License-Identifier: Apache-2.0
#include "dialects/routeros/match.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "families/names.hpp"

namespace egresslint::dialects::routeros {
namespace {

using namespace egresslint::model;
namespace names = families::names;

/// Matchers of which only the kind of doubt is known, by key.
struct DoubtRow {
    std::string_view key;
    PredicateKind kind;
    bool per_rule;  ///< each rule counts or draws for itself
};
constexpr DoubtRow doubts[] = {
    {"dst-limit", PredicateKind::rate, true},
    {"psd", PredicateKind::rate, true},
    {"time", PredicateKind::time, false},
    {"random", PredicateKind::balance, true},
    {"nth", PredicateKind::balance, true},
    {"per-connection-classifier", PredicateKind::balance, false},
    {"connection-rate", PredicateKind::packet, false},
    {"connection-bytes", PredicateKind::packet, false},
    {"connection-type", PredicateKind::packet, false},
    {"content", PredicateKind::packet, false},
    {"layer7-protocol", PredicateKind::packet, false},
    {"tls-host", PredicateKind::packet, false},
    {"packet-size", PredicateKind::packet, false},
    {"ttl", PredicateKind::packet, false},
    {"hop-limit", PredicateKind::packet, false},
    {"dscp", PredicateKind::packet, false},
    {"tcp-mss", PredicateKind::packet, false},
    {"ipv4-options", PredicateKind::packet, false},
    {"headers", PredicateKind::packet, false},
    {"fragment", PredicateKind::packet, false},
    {"src-mac-address", PredicateKind::packet, false},
    {"priority", PredicateKind::packet, false},
    {"ingress-priority", PredicateKind::packet, false},
    {"in-bridge-port", PredicateKind::packet, false},
    {"out-bridge-port", PredicateKind::packet, false},
    {"in-bridge-port-list", PredicateKind::packet, false},
    {"out-bridge-port-list", PredicateKind::packet, false},
    {"p2p", PredicateKind::packet, false},
    {"realm", PredicateKind::packet, false},
    {"routing-table", PredicateKind::packet, false},
    {"hotspot", PredicateKind::user, false},
};

class Matcher {
public:
    Matcher(Context& c, const Statement& s, Family family, ChainId chain)
        : c_(c), b_(c.b), s_(s), family_(family), chain_(chain) {}

    Matched run() {
        for (const Argument& a : s_.arguments) {
            if (a.bare || a.key.empty()) {
                // `!dst-limit` unsets what is not set anyway.
                a.read = a.read || a.bare;
                continue;
            }
            if (is_matcher(a)) a.read = true;
        }
        out_.match = b_.all(all_);
        return std::move(out_);
    }

private:
    void add(ExprId e, bool negated = false) { all_.push_back(negated ? b_.negate(e) : e); }

    [[nodiscard]] std::string words(const Argument& a) const {
        return fmt::format("{}={}{}", a.key, a.negated ? "!" : "", a.value);
    }
    PredicateId doubt(const Argument& a, PredicateKind kind, bool per_rule, FieldMask reads = 0) {
        std::string text = fmt::format("{}={}", a.key, a.value);
        if (per_rule) text += fmt::format(" ({})", c_.sources.where(a.span));
        const PredicateId id = b_.predicate(std::move(text), kind);
        b_.depends(id, reads, per_rule ? chain_ : ChainId{});
        return id;
    }
    /// An unknown value: the matcher may hold or not.
    void strange(const Argument& a) {
        const PredicateId id = doubt(a, PredicateKind::opaque, false);
        add(b_.unknown(id));
        not_understood(c_.diagnostics, a.span, fmt::format("{} is not understood", words(a)));
        c_.diagnostics.back().predicate = id.value;
    }

    bool is_matcher(const Argument& a) {
        const std::string& k = a.key;
        if (k == "src-address" || k == "dst-address") return address(a, k == "src-address" ? Field::src : Field::dst);
        if (k == "src-address-list" || k == "dst-address-list")
            return address_list(a, k == "src-address-list" ? Field::src : Field::dst);
        if (k == "protocol") return protocol(a);
        if (k == "src-port" || k == "dst-port" || k == "port" || k == "any-port") return port(a);
        if (k == "in-interface" || k == "out-interface")
            return interface(a, k == "in-interface" ? Field::in_if : Field::out_if);
        if (k == "in-interface-list" || k == "out-interface-list")
            return interface_list(a, k == "in-interface-list" ? Field::in_if : Field::out_if);
        if (k == "connection-state") return state(a);
        if (k == "connection-nat-state") return nat_state(a);
        if (k == "connection-mark") return mark(a, c_.marks.connection_mark, c_.config.connection_marks);
        if (k == "packet-mark") return mark(a, c_.marks.packet_mark, c_.config.packet_marks);
        if (k == "routing-mark") return mark(a, c_.netfilter.registers().mark, c_.config.routing_marks);
        if (k == "icmp-options") return icmp(a);
        if (k == "tcp-flags") return tcp_flags(a);
        if (k == "src-address-type" || k == "dst-address-type")
            return address_type(a, k == "src-address-type" ? Field::src : Field::dst);
        if (k == "ipsec-policy") return ipsec(a);
        if (k == "limit" || k == "connection-limit") return limit(a);
        for (const DoubtRow& row : doubts)
            if (row.key == k) {
                if (k == "dst-limit") (a.negated ? out_.beyond : out_.limited) = true;
                add(b_.unknown(doubt(a, row.kind, row.per_rule)), a.negated);
                return true;
            }
        return false;
    }

    bool address(const Argument& a, Field field) {
        const auto some = addresses_of(a.value);
        if (!some || some->first != family_) return strange(a), true;
        add(b_.address(field, family_, IntervalSet::range(some->second.first, some->second.last)), a.negated);
        if (!a.negated) {
            const auto prefixes = base::to_prefixes(IntervalSet::range(some->second.first, some->second.last), family_);
            if (prefixes.size() == 1) (field == Field::src ? out_.source : out_.destination) = prefixes.front();
        }
        return true;
    }

    bool address_list(const Argument& a, Field field) {
        const char* kind = family_ == Family::v4 ? "address list" : "IPv6 address list";
        const auto& lists = c_.config.lists(family_);
        const auto at = lists.find(a.value);
        if (at == lists.end() || at->second.span.valid()) out_.uses.push_back(b_.use(kind, a.value, a.span));
        std::vector<ExprId> any;
        if (at != lists.end()) {
            if (!at->second.values.empty()) any.push_back(b_.address(field, family_, at->second.values));
            const auto also = [&](PredicateKind predicate, const char* why) {
                const PredicateId id =
                    b_.predicate(fmt::format("whether the {} is in the list {}, {}",
                                             field == Field::src ? "source" : "destination", a.value, why),
                                 predicate);
                b_.depends(id, field_bit(field));
                any.push_back(b_.unknown(id));
            };
            if (at->second.names) also(PredicateKind::name, "which holds DNS names");
            if (at->second.written) also(PredicateKind::dynamic_set, "to which rules add addresses");
        }
        // A list that does not exist holds nothing.
        add(any.empty() ? b_.no() : b_.either(any), a.negated);
        return true;
    }

    bool protocol(const Argument& a) {
        static constexpr std::pair<std::string_view, unsigned> own[] = {
            {"ipsec-esp", 50},  {"ipsec-ah", 51},  {"ipencap", 4},    {"ipip", 94}, {"icmpv6", 58},
            {"ipv6-encap", 41}, {"rspf", 73},      {"vmtp", 81},      {"ddp", 37},  {"iso-tp4", 29},
            {"xns-idp", 22},    {"rdp", 27},       {"idpr-cmtp", 38}, {"st", 5},    {"hmp", 20},
            {"pup", 12},        {"udp-lite", 136}, {"egp", 8},        {"ggp", 3}};
        std::optional<std::uint8_t> number = names::protocol(a.value);
        for (const auto& [name, n] : own)
            if (name == a.value) number = static_cast<std::uint8_t>(n);
        if (!number) return strange(a), true;
        add(b_.proto(*number), a.negated);
        return true;
    }

    bool port(const Argument& a) {
        const auto set = numbers_of(a.value, 65535);
        if (!set) return strange(a), true;
        // Only packets that have ports match, negated or not.
        add(b_.in(Field::proto, protocols_with_ports()));
        if (a.key == "src-port")
            add(b_.sport(*set), a.negated);
        else if (a.key == "dst-port")
            add(b_.dport(*set), a.negated);
        else
            add(b_.either({b_.sport(*set), b_.dport(*set)}), a.negated);
        return true;
    }

    /// A rule that names a port of a bridge is invalid: packets come in by the bridge.
    bool invalid(const Argument& a) {
        const auto bridge = c_.config.bridge_of.find(a.value);
        if (bridge == c_.config.bridge_of.end()) return false;
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::lint;
        d.code = "EL211";
        d.span = a.span;
        d.message =
            fmt::format("{} is a port of the bridge {}: a rule that names it matches nothing", a.value, bridge->second);
        c_.diagnostics.push_back(std::move(d));
        add(b_.no(), a.negated);
        return true;
    }
    bool interface(const Argument& a, Field field) {
        if (a.value.starts_with("all-")) {
            const auto kind = c_.config.of_kind.find(a.value.substr(4));
            std::vector<std::string> known;
            if (kind != c_.config.of_kind.end()) known.assign(kind->second.begin(), kind->second.end());
            std::vector<ExprId> any{b_.unknown(doubt(a, PredicateKind::packet, false))};
            if (!known.empty()) any.push_back(b_.interface_names(field, known));
            add(b_.either(any), a.negated);
            return true;
        }
        if (invalid(a)) return true;
        add(b_.interface_names(field, {a.value}), a.negated);
        return true;
    }
    bool interface_list(const Argument& a, Field field) {
        if (a.value == "all") return add(b_.yes(), a.negated), true;
        if (a.value == "none") return add(b_.no(), a.negated), true;
        if (a.value == "dynamic" || a.value == "static") {
            add(b_.unknown(doubt(a, PredicateKind::packet, false)), a.negated);
            return true;
        }
        out_.uses.push_back(b_.use("interface list", a.value, a.span));
        const auto members = c_.config.members(a.value);
        add(members.empty() ? b_.no() : b_.interface_names(field, {members.begin(), members.end()}), a.negated);
        return true;
    }

    bool state(const Argument& a) {
        static constexpr std::pair<std::string_view, ConnectionState> states[] = {
            {"invalid", ConnectionState::invalid},
            {"established", ConnectionState::established},
            {"related", ConnectionState::related},
            {"new", ConnectionState::fresh},
            {"untracked", ConnectionState::untracked}};
        std::vector<ConnectionState> list;
        for (const std::string& word : split(a.value, ',')) {
            const auto known =
                std::find_if(std::begin(states), std::end(states), [&](const auto& s) { return s.first == word; });
            if (known == std::end(states)) return strange(a), true;
            list.push_back(known->second);
        }
        // `connection-state=""` is what the default configuration of some versions writes for "any".
        add(list.empty() ? b_.yes() : c_.netfilter.connection_state(std::move(list)), a.negated);
        return true;
    }
    bool nat_state(const Argument& a) {
        std::vector<ExprId> any;
        for (const std::string& word : split(a.value, ',')) {
            if (word != "srcnat" && word != "dstnat") return strange(a), true;
            const std::uint32_t bit = word == "srcnat" ? 16 : 32;
            any.push_back(b_.in_register(c_.netfilter.registers().ct_status, IntervalSet::single(bit), bit));
        }
        add(any.empty() ? b_.yes() : b_.either(any), a.negated);
        return true;
    }
    bool mark(const Argument& a, RegisterId reg, std::map<std::string, std::uint32_t>& marks) {
        const std::uint32_t value = a.value == "no-mark" || a.value.empty()                   ? 0
                                    : a.value == "main" && &marks == &c_.config.routing_marks ? 0
                                                                                              : mark_of(marks, a.value);
        add(b_.in_register(reg, IntervalSet::single(value)), a.negated);
        return true;
    }

    /// "8:0", "3:0-255", "8".
    bool icmp(const Argument& a) {
        const auto colon = a.value.find(':');
        const auto types = numbers_of(std::string_view(a.value).substr(0, colon), 255);
        const auto codes = colon == std::string::npos ? std::optional(IntervalSet::full(8))
                                                      : numbers_of(std::string_view(a.value).substr(colon + 1), 255);
        if (!types || !codes) return strange(a), true;
        add(b_.proto(family_ == Family::v4 ? 1 : 58));
        add(b_.all({b_.in(Field::icmp_type, *types), b_.in(Field::icmp_code, *codes)}), a.negated);
        return true;
    }
    /// "syn,!ack": those set, those not.
    bool tcp_flags(const Argument& a) {
        static constexpr std::string_view flags[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
        std::uint32_t set = 0, clear = 0;
        std::string text = (a.negated ? "!" : "") + a.value;  // the mark belongs to the first flag
        for (std::string word : split(text, ',')) {
            const bool no = word.starts_with('!');
            if (no) word.erase(0, 1);
            const auto known = std::find(std::begin(flags), std::end(flags), word);
            if (known == std::end(flags)) return strange(a), true;
            (no ? clear : set) |= 1u << (known - std::begin(flags));
        }
        std::vector<Interval> values;
        for (std::uint32_t v = 0; v < 256; ++v)
            if ((v & set) == set && (v & clear) == 0) values.push_back({v, v});
        add(b_.proto(6));
        add(b_.in(Field::tcp_flags, IntervalSet(std::move(values))));
        return true;
    }
    bool address_type(const Argument& a, Field field) {
        std::vector<ExprId> any;
        const auto local = [&] { return b_.in(field, b_.set(Set{DeviceAddresses{}, {}})); };
        const auto broadcast = [&] { return b_.in(field, b_.set(Set{DeviceBroadcasts{}, {}})); };
        const auto multicast = [&] {
            return b_.prefix(field, *base::parse_prefix(family_ == Family::v4 ? "224.0.0.0/4" : "ff00::/8"));
        };
        for (const std::string& word : split(a.value, ',')) {
            if (word == "local")
                any.push_back(local());
            else if (word == "broadcast")
                any.push_back(broadcast());
            else if (word == "multicast")
                any.push_back(multicast());
            else if (word == "unicast")
                any.push_back(b_.negate(b_.either({local(), broadcast(), multicast()})));
            else
                return strange(a), true;
        }
        add(any.empty() ? b_.yes() : b_.either(any), a.negated);
        return true;
    }

    /// "out,none": no IPsec policy covers the packet.
    bool ipsec(const Argument& a) {
        const auto comma = a.value.find(',');
        const std::string what = comma == std::string::npos ? "" : a.value.substr(comma + 1);
        const bool out = a.value.starts_with("out");
        if ((what != "none" && what != "ipsec") || (!out && !a.value.starts_with("in"))) return strange(a), true;
        std::vector<ExprId> covered;
        for (const IpsecPolicy& p : c_.config.policies) {
            if (p.unknown) {
                covered.push_back(b_.unknown(b_.predicate(
                    fmt::format("whether an IPsec policy of the run time covers the packet {}", out ? "out" : "in"),
                    PredicateKind::packet)));
                continue;
            }
            if (p.family != family_) continue;
            // A policy names the source and destination of what goes out.
            covered.push_back(b_.all({b_.address(out ? Field::src : Field::dst, family_, p.src),
                                      b_.address(out ? Field::dst : Field::src, family_, p.dst)}));
        }
        const ExprId any = covered.empty() ? b_.no() : b_.either(covered);
        out_.idle = covered.empty();
        add(what == "ipsec" ? any : b_.negate(any), a.negated);
        return true;
    }
    bool limit(const Argument& a) {
        // connection-limit holds from the stated number of connections on, limit up to the stated rate.
        const bool beyond = (a.key == "connection-limit") != a.negated;
        (beyond ? out_.beyond : out_.limited) = true;
        add(b_.unknown(doubt(a, PredicateKind::rate, true)), a.negated);
        return true;
    }

    Context& c_;
    Builder& b_;
    const Statement& s_;
    Family family_;
    ChainId chain_;
    Matched out_;
    std::vector<ExprId> all_;
};

}  // namespace

Matched match_of(Context& c, const Statement& s, Family family, ChainId chain) {
    return Matcher(c, s, family, chain).run();
}

}  // namespace egresslint::dialects::routeros
