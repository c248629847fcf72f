// SPDX-License-Identifier: Apache-2.0
// Commands into a Config. A command is read by a handler, or it is in the table of those that decide no packet's way
// (inert.cpp), or it is reported.
#include <algorithm>

#include "dialects/ios/config.hpp"
#include "dialects/ios/words.hpp"

namespace egresslint::dialects::ios {
namespace {

using base::Influence;
using families::cisco::one_of;

class Gatherer {
public:
    Gatherer(const std::vector<Statement>& statements, Context& context, Config& config)
        : statements_(statements), x_(context), c_(config) {}

    void run() {
        for (const Statement& s : statements_) {
            if (!c_.start.valid()) c_.start = s.span;
            statement(s);
        }
        for (auto* lists : {&c_.lists, &c_.lists6})
            for (auto& [name, list] : *lists) std::ranges::stable_sort(list.lines, {}, &AclLine::sequence);
        for (auto& [name, clauses] : c_.route_maps) std::ranges::stable_sort(clauses, {}, &Clause::sequence);
        for (const Statement* s : inspections_) {
            auto& lines = c_.inspections[std::string(s->word(3))];
            if (lines.empty()) (void)x_.b.define("ip inspect", s->word(3), s->span);
            lines.push_back(s);
        }
        for (const Statement& s : statements_) uses(s);
        if (c_.dynamic_routing)
            x_.incomplete(c_.start, "routes are learnt by a routing protocol, which the configuration does not show",
                          Influence::nothing);
    }

private:
    void statement(const Statement& s) {
        using Handler = void (Gatherer::*)(const Statement&);
        static const std::map<std::string_view, Handler> handlers{
            {"version", &Gatherer::version},
            {"hostname", &Gatherer::hostname},
            {"interface", &Gatherer::interface},
            {"access-list", &Gatherer::numbered},
            {"ip", &Gatherer::ip},
            {"ipv6", &Gatherer::ipv6},
            {"object-group", &Gatherer::group},
            {"route-map", &Gatherer::route_map},
            {"class-map", &Gatherer::class_map},
            {"policy-map", &Gatherer::policy_map},
            {"zone", &Gatherer::zone},
            {"zone-pair", &Gatherer::zone_pair},
            {"router", &Gatherer::router},
            {"crypto", &Gatherer::crypto},
            {"time-range", &Gatherer::time_range},
            {"bridge", &Gatherer::bridge},
            {"vlan", &Gatherer::vlan},
            {"no", &Gatherer::no},
        };
        if (const auto known = handlers.find(s.words[0]); known != handlers.end()) {
            (this->*known->second)(s);
            return;
        }
        if (!inert_command(s)) x_.unread(s);
    }

    /// What decides no packet's way uses lists and route maps as well: logins, communities, routing protocols, queues.
    void uses(const Statement& s) {
        const bool list = s.words[0] == "access-list" || s.begins({"ip", "access-list"}) ||
                          s.words[0] == "object-group" || s.begins({"ipv6", "access-list"});
        if (list || s.begins({"ip", "nat"})) return;
        if (s.words[0] != "route-map") use_names(s);
        for (const Statement& line : s.block) use_names(line);
    }
    void use_names(const Statement& s) {
        constexpr std::string_view binding =
            " access-class access-group distribute-list list community match route-map filter-list dialer-list "
            "boundary "
            "rate-limit queue-list priority-list redistribute-list use-acl access-list address group-list acl ";
        bool binds = false;
        for (const std::string_view word : s.words) {
            if (binds && c_.lists.contains(word)) (void)x_.b.use("access-list", word, s.span);
            if (binds && c_.lists6.contains(word)) (void)x_.b.use("ipv6 access-list", word, s.span);
            if (binds && c_.route_maps.contains(word)) (void)x_.b.use("route-map", word, s.span);
            binds = binds || one_of(word, binding);
        }
    }

    void version(const Statement& s) { c_.headed = !s.word(1).empty(); }
    void hostname(const Statement& s) { c_.hostname = std::string(s.word(1)); }
    void interface(const Statement& s) { gather_interface(s, x_, c_); }
    void time_range(const Statement& s) { (void)x_.b.define("time-range", s.word(1), s.span); }
    void router(const Statement& s) { c_.dynamic_routing |= s.word(1) != "static"; }
    void bridge(const Statement& s) {
        // `bridge irb` routes between a bridge and the rest by its BVI interface.
        if (s.word(1) != "irb" && s.word(2) != "protocol" && s.word(2) != "route") x_.unread(s);
    }
    void vlan(const Statement& s) {
        if (s.word(1) == "filter" || s.word(1) == "access-map") x_.unread(s, Influence::filter);
    }

    // -- access lists

    AccessList& list(std::map<std::string, AccessList, std::less<>>& lists, std::string_view name,
                     AccessList::Kind kind, base::Span span) {
        const auto [at, fresh] = lists.try_emplace(std::string(name));
        if (fresh) {
            at->second.kind = kind;
            at->second.span = span;
            (void)x_.b.define(kind == AccessList::Kind::ipv6 ? "ipv6 access-list" : "access-list", name, span);
        }
        return at->second;
    }
    static void add(AccessList& list, const Statement& s, std::size_t at, std::uint64_t sequence) {
        if (s.word(at) == "remark" || s.word(at).empty()) return;
        list.lines.push_back({&s, at, sequence});
    }
    /// access-list 101 permit …; also `access-list 101 remark …`, `access-list compiled`
    void numbered(const Statement& s) {
        const auto number = words::number(s.word(1), 2699);
        if (!number) {
            if (s.word(1) != "compiled" && s.word(1) != "hardware" && s.word(1) != "log-update" &&
                s.word(1) != "rate-limit")
                x_.unread(s, Influence::filter);
            return;
        }
        const bool standard = (*number >= 1 && *number <= 99) || (*number >= 1300 && *number <= 1999);
        const bool extended = (*number >= 100 && *number <= 199) || (*number >= 2000 && *number <= 2699);
        if (!standard && !extended) return;  // of other protocols: types of Ethernet, MAC addresses, IPX
        AccessList& to =
            list(c_.lists, s.word(1), standard ? AccessList::Kind::standard : AccessList::Kind::extended, s.span);
        if (s.word(2) != "remark") push(to, s, 2);
    }
    void push(AccessList& to, const Statement& s, std::size_t at) {
        add(to, s, at, to.lines.empty() ? 10 : to.lines.back().sequence + 10);
    }

    void block(AccessList& to, const Statement& s) {
        std::uint64_t last = 0;
        for (const AclLine& line : to.lines) last = std::max(last, line.sequence);
        for (const Statement& line : s.block) {
            std::size_t at = 0;
            if (line.words[0] == "no") {
                x_.unread(line, Influence::filter);
                continue;
            }
            std::uint64_t sequence = last + 10;
            if (line.words[0] == "sequence") ++at;
            if (const auto number = words::number(line.word(at), 2147483647)) {
                sequence = *number;
                ++at;
            }
            add(to, line, at, sequence);
            last = std::max(last, sequence);
        }
    }

    void ip(const Statement& s) {
        const std::string_view what = s.word(1);
        if (what == "access-list") {
            if (s.word(2) == "extended" || s.word(2) == "standard") {
                block(list(c_.lists, s.word(3),
                           s.word(2) == "standard" ? AccessList::Kind::standard : AccessList::Kind::extended, s.span),
                      s);
            } else if (!one_of(s.word(2), " log-update logging resequence helper persistent match-local-traffic ")) {
                x_.unread(s, Influence::filter);
            }
        } else if (what == "nat") {
            nat(s);
        } else if (what == "route") {
            c_.routes.push_back(&s);
        } else if (what == "default-network") {
            x_.unread(s, Influence::routing);
        } else if (what == "inspect") {
            if (s.word(2) == "name")
                inspections_.push_back(&s);
            else if (!one_of(s.word(2),
                             " log alert-off audit-trail dns-timeout hashtable-size max-incomplete one-minute "
                             "tcp udp L2-transparent redundancy waas "))
                x_.unread(s);
        } else if (what == "port-map") {
            // With a list it is for some hosts only.
            if (s.word(3) == "port" && s.text().find(" list ") == std::string::npos)
                c_.port_maps.push_back(&s);
            else
                x_.unread(s);
        } else if (what == "local" && s.word(2) == "policy") {
            c_.local_policy = {std::string(s.word(4)), &s};
            (void)x_.b.use("route-map", s.word(4), s.span);
        } else if (what == "vrf" || what == "routing") {
            // definitions; what uses a VRF is reported where it does
        } else if (!inert_command(s)) {
            x_.unread(s);
        }
    }
    void ipv6(const Statement& s) {
        const std::string_view what = s.word(1);
        if (what == "access-list" && !s.word(2).empty()) {
            if (s.word(2) == "log-update") return;
            AccessList& to = list(c_.lists6, s.word(2), AccessList::Kind::ipv6, s.span);
            if (s.words.size() > 3)
                push(to, s, 3);
            else
                block(to, s);
        } else if (what == "unicast-routing") {
            c_.ipv6_routing = true;
        } else if (what == "route") {
            c_.routes6.push_back(&s);
        } else if (what == "router" || what == "rip") {
            c_.dynamic_routing = true;
        } else if (!inert_command(s)) {
            x_.unread(s);
        }
    }

    // -- translation

    void nat(const Statement& s) {
        const std::string_view what = s.word(2);
        if (what == "inside" || what == "outside" || what == "source") {
            c_.nats.push_back(&s);
        } else if (what == "pool") {
            pool(s);
        } else if (!one_of(what, " translation log service create stateful portmap piggyback-support name sip-sbc ")) {
            x_.unread(s, Influence::source | Influence::destination);
        }
    }
    /// ip nat pool P FIRST LAST {netmask M | prefix-length N} [type rotary], or the ranges in a block
    void pool(const Statement& s) {
        (void)x_.b.define("ip nat pool", s.word(3), s.span);
        Pool p;
        p.statement = &s;
        p.understood = true;
        const auto range = [&](const Statement& line, std::size_t at) {
            const auto first = base::parse_ipv4(line.word(at)), last = base::parse_ipv4(line.word(at + 1));
            if (first && last && first->bits <= last->bits)
                p.ranges.push_back({first->bits, last->bits});
            else
                p.understood = false;
        };
        std::size_t at = 4;
        if (base::parse_ipv4(s.word(4))) {
            range(s, 4);
            at = 6;
        }
        for (; at < s.words.size(); ++at) {
            const std::string_view word = s.words[at];
            if (word == "netmask" || word == "prefix-length" || word == "arp-ping" || word == "vrf") {
                ++at;
            } else if (word == "type" && s.word(at + 1) == "rotary") {
                p.rotary = true;
                ++at;
            } else if (word != "add-route" && word != "accounting") {
                p.understood = false;  // `type match-host` among them
            }
        }
        for (const Statement& line : s.block)
            if (line.words[0] == "address")
                range(line, 1);
            else
                p.understood = false;
        if (p.ranges.empty()) p.understood = false;
        if (!p.understood) x_.unread(s, Influence::source | Influence::destination);
        c_.pools.insert_or_assign(std::string(s.word(3)), std::move(p));
    }

    // -- names

    void group(const Statement& s) {
        const bool network = s.word(1) == "network";
        if ((!network && s.word(1) != "service") || s.word(2).empty()) {
            x_.unread(s, Influence::filter);
            return;
        }
        const auto [at, fresh] = c_.groups.try_emplace(std::string(s.word(2)));
        if (fresh) {
            at->second.network = network;
            at->second.span = s.span;
            (void)x_.b.define("object-group", s.word(2), s.span);
        }
        for (const Statement& line : s.block)
            if (line.words[0] != "description") at->second.members.push_back(&line);
    }
    void route_map(const Statement& s) {
        Clause c;
        c.statement = &s;
        std::size_t at = 2;
        if (s.word(at) == "permit" || s.word(at) == "deny") c.permit = s.word(at++) == "permit";
        c.sequence = words::number(s.word(at), 65535).value_or(10);
        auto& clauses = c_.route_maps[std::string(s.word(1))];
        if (clauses.empty()) (void)x_.b.define("route-map", s.word(1), s.span);
        clauses.push_back(c);
    }
    /// class-map type inspect [PROTOCOL] [match-any|match-all] NAME. Only those without a protocol decide about
    /// connections; the others are about what is said inside one.
    void class_map(const Statement& s) {
        if (s.word(1) != "type" || s.word(2) != "inspect") return;
        const bool plain = s.words.size() == 4 || s.word(3) == "match-any" || s.word(3) == "match-all";
        if (!plain) return;
        c_.class_maps[std::string(s.words.back())] = &s;
        (void)x_.b.define("class-map", s.words.back(), s.span);
    }
    void policy_map(const Statement& s) {
        if (s.word(1) != "type" || s.word(2) != "inspect" || s.words.size() != 4) return;
        c_.policy_maps[std::string(s.word(3))] = &s;
        (void)x_.b.define("policy-map", s.word(3), s.span);
    }
    void zone(const Statement& s) {
        if (s.word(1) != "security") {
            x_.unread(s, Influence::filter);
            return;
        }
        c_.zones.emplace(std::string(s.word(2)), s.span);
        (void)x_.b.define("zone", s.word(2), s.span);
    }
    /// zone-pair security NAME source A destination B, with `service-policy type inspect P`
    void zone_pair(const Statement& s) {
        ZonePair pair;
        pair.statement = &s;
        for (std::size_t i = 1; i + 1 < s.words.size(); ++i) {
            if (s.words[i] == "source") pair.from = std::string(s.words[i + 1]);
            if (s.words[i] == "destination") pair.to = std::string(s.words[i + 1]);
        }
        if (pair.from.empty() || pair.to.empty()) {
            x_.unread(s, Influence::filter);
            return;
        }
        for (const Statement& line : s.block)
            if (line.begins({"service-policy", "type", "inspect"}))
                pair.policy = {std::string(line.word(3)), &line};
            else if (line.words[0] != "description")
                x_.unread(line, Influence::filter);
        c_.zone_pairs.push_back(std::move(pair));
    }
    /// crypto map NAME NUMBER … with `match address LIST` in its block
    void crypto(const Statement& s) {
        if (s.word(1) == "map" && s.words.size() > 3) c_.crypto_maps[std::string(s.word(2))].push_back(&s);
    }

    /// What `no` takes back would have to be taken back here; the defaults that a running configuration states are not
    /// among it.
    void no(const Statement& s) {
        if (s.word(1) == "ip" && s.word(2) == "routing") {
            x_.unread(s, Influence::routing);
        } else if (s.word(1) == "ip" && s.word(2) == "inspect") {
            std::erase_if(inspections_, [&](const Statement* i) {
                return i->word(3) == s.word(4) && (s.word(5).empty() || i->word(4) == s.word(5));
            });
        } else if (s.word(1) == "access-list" || (s.word(1) == "ip" && s.word(2) == "access-list")) {
            const std::string_view name = s.word(s.word(1) == "ip" ? 4 : 2);
            if (const auto at = c_.lists.find(name); at != c_.lists.end()) {
                // With a line behind it only that line goes.
                if (s.words.size() > (s.word(1) == "ip" ? 5u : 3u))
                    x_.unread(s, Influence::filter);
                else
                    at->second.lines.clear();
            }
        } else if (s.word(1) == "ip" && (s.word(2) == "nat" || s.word(2) == "route")) {
            const auto& before = s.word(2) == "nat" ? c_.nats : c_.routes;
            if (!before.empty()) x_.unread(s);
        } else if (s.word(1) == "ipv6" && s.word(2) == "unicast-routing") {
            c_.ipv6_routing = false;
        } else if (read_before(s)) {
            x_.unread(s);
        }
    }
    /// Whether something is there of what a `no` would take back.
    [[nodiscard]] bool read_before(const Statement& s) const {
        const std::string_view what = s.word(1);
        if (what == "interface") return c_.interface(s.word(2)) != nullptr;
        if (what == "route-map") return c_.route_maps.contains(s.word(2));
        if (what == "object-group") return c_.groups.contains(s.word(3));
        if (what == "ipv6" && s.word(2) == "access-list") return c_.lists6.contains(s.word(3));
        if (what == "ipv6" && s.word(2) == "route") return !c_.routes6.empty();
        if (what == "ip" && s.word(2) == "local") return static_cast<bool>(c_.local_policy);
        if (what == "ip" && s.word(2) == "port-map") return !c_.port_maps.empty();
        if (what == "class-map") return c_.class_maps.contains(s.words.back());
        if (what == "policy-map") return c_.policy_maps.contains(s.words.back());
        if (what == "zone" || what == "zone-pair") return !c_.zones.empty() || !c_.zone_pairs.empty();
        if (what == "crypto" && s.word(2) == "map") return c_.crypto_maps.contains(s.word(3));
        return false;
    }

    const std::vector<Statement>& statements_;
    Context& x_;
    Config& c_;
    std::vector<const Statement*> inspections_;
};

std::string shortened(std::string text) {
    if (text.size() > 80) text = text.substr(0, 77) + "...";
    return text;
}

}  // namespace

void Context::unread(base::Span span, std::string message, Influence influence,
                     std::optional<model::PredicateId> predicate) {
    base::Diagnostic d;
    d.kind = base::Diagnostic::Kind::not_understood;
    d.code = "EL901";
    d.span = span;
    d.message = std::move(message);
    d.influence = influence;
    if (predicate) d.predicate = predicate->value;
    diagnostics.push_back(std::move(d));
}
void Context::unread(const Statement& s, Influence influence, std::optional<model::PredicateId> predicate) {
    unread(s.span, "`" + shortened(s.text()) + "` is not analysed", influence, predicate);
}
void Context::incomplete(base::Span span, std::string message, Influence influence,
                         std::optional<model::PredicateId> predicate) {
    base::Diagnostic d;
    d.kind = base::Diagnostic::Kind::incomplete;
    d.code = "EL903";
    d.span = span;
    d.message = std::move(message);
    d.influence = influence;
    if (predicate) d.predicate = predicate->value;
    diagnostics.push_back(std::move(d));
}

void gather(const std::vector<Statement>& statements, Context& context, Config& config) {
    Gatherer(statements, context, config).run();
}

}  // namespace egresslint::dialects::ios
