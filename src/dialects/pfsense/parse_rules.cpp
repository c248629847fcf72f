// SPDX-License-Identifier: Apache-2.0
// The legacy sections <filter> and <nat>, which both products have.
#include <algorithm>
#include <charconv>

#include "dialects/pfsense/parse.hpp"

namespace egresslint::dialects::pfsense {
namespace {

using families::xml::words;

constexpr std::string_view bookkeeping =
    "created updated tracker category categories associated-rule-id id seq uuid nosync max-packets label descr "
    "nopfsync statepolicy state-policy statetimeout udp-first udp-multiple udp-single adaptivestart adaptiveend "
    "defaultqueue ackqueue dnpipe pdnpipe shaper1 shaper2 vlanprioset set-prio set-prio-low allowopts "
    "disablereplyto reply-to sloppy l7container prio_group sort_order";

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

long number(const std::string& text, long otherwise) {
    long out = otherwise;
    (void)std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

}  // namespace

Endpoint Parser::endpoint(const Element& e) {
    Endpoint out;
    if (!e) {
        if (opnsense()) {
            out.values = {"any"};
            out.given = true;
        }
        return out;
    }
    const std::string network = e.text("network"), address = e.text("address");
    const bool any = e.has("any");
    out.negated = flag(e, "not");
    out.port = e.text("port");
    // pfSense asks for <any/> first; OPNsense for the values, and anything else means any.
    const std::string& written = network.empty() ? address : network;
    if (opnsense() ? written.empty() : any)
        out.values = {"any"};
    else if (opnsense())
        out.values = words(written, ",");
    else if (!written.empty())
        out.values = {written};
    out.given = !out.values.empty();
    doubts(e, "", out.unknown);
    return out;
}

void Parser::base(const Element& e, RuleBase& rule) {
    rule.span = e.span();
    rule.description = e.text("descr");
    rule.disabled = flag(e, "disabled");
    rule.log = flag(e, "log");
    rule.interfaces = words(e.text("interface"), ", ");
    rule.ip_protocol = lower(e.text("ipprotocol"));
    rule.protocol = lower(e.text("protocol"));
    rule.tag = e.text("tag");
    rule.tagged = e.text("tagged");
    rule.not_tagged = flag(e, "nottagged");
    rule.source = endpoint(e.child("source"));
    rule.destination = endpoint(e.child("destination"));
    for (const Endpoint* side : {&rule.source, &rule.destination})
        rule.unknown.insert(rule.unknown.end(), side->unknown.begin(), side->unknown.end());
}

/// Fields that both the legacy rules and OPNsense's models have, under the same names.
void Parser::filter_details(const Element& e, FilterRule& rule) {
    rule.gateway = e.text("gateway");
    if (rule.gateway == "default") rule.gateway.clear();
    rule.schedule = e.text("sched");
    for (std::string& type : words(e.text("icmptype"), ", "))
        if (type != "any") rule.icmp_types.push_back(std::move(type));
    if (const Element six = e.child("icmp6type"); six)
        rule.icmp6_types = words(six.text(), ", ");
    else if (!opnsense())
        rule.icmp6_types = rule.icmp_types;
    rule.any_flags = flag(e, "tcpflags_any");
    rule.flags_set = e.text("tcpflags1");
    rule.flags_of = e.text("tcpflags2");
    const auto condition = [&](const char* field, const char* words_for_it) {
        if (const std::string value = e.text(field); !value.empty() && value != "none" && value != "any")
            rule.conditions.push_back(std::string(words_for_it) + " " + value);
    };
    condition("os", "operating system");
    condition("dscp", "DSCP");
    condition("tos", "type of service");
    condition("vlanprio", "VLAN priority");
    condition("prio", "priority");
    for (const char* const field : {"max", "max-src-nodes", "max-src-states", "max-src-conn", "max-src-conn-rate",
                                    "max-pkt-rate-number", "max-pkt-rate"})
        if (const std::string value = e.text(field); !value.empty()) {
            std::string text = std::string(field) + " " + value;
            if (std::string_view(field) == "max-src-conn-rate") {
                const std::string seconds = e.text("max-src-conn-rates");
                if (seconds.empty()) continue;
                text += "/" + seconds;
            }
            rule.limits.push_back(std::move(text));
        }
    e.ignore("max-src-conn-rates max-pkt-rate-seconds overload source-track statetype");
}

void Parser::filter(const Element& list) {
    config_.filter_span = list.span();
    long number_of_rule = 0;
    for (const Element& e : list.all("rule")) {
        ++number_of_rule;
        if (e.has("separator")) continue;
        FilterRule rule;
        base(e, rule);
        rule.sequence = 1'000'000 + number_of_rule;  // behind the rules of the model, which stand first of equals
        rule.interface_negated = opnsense() && flag(e, "interfacenot");
        if (!opnsense() && rule.ip_protocol.empty()) rule.ip_protocol = "inet";
        rule.type = lower(e.text("type"));
        // Older rules have no type and pass.
        if (rule.type != "block" && rule.type != "reject" && rule.type != "match") rule.type = "pass";
        rule.floating = e.has("floating");
        const std::string direction = e.text("direction");
        const bool has_quick = e.has("quick");
        if (opnsense()) {
            rule.quick = has_quick ? flag(e, "quick") : !rule.floating;
            rule.direction = direction.empty() ? "in" : direction;
        } else {
            rule.quick = !rule.floating || has_quick;
            rule.direction = !rule.floating ? "in" : direction.empty() ? "any" : direction;
        }
        if (rule.direction != "in" && rule.direction != "out") rule.direction = "any";
        filter_details(e, rule);
        if (flag(e, "nat")) rule.conditions.emplace_back("NAT64 of this rule");
        const auto grouped = [&](const std::string& name) {
            return std::any_of(config_.groups.begin(), config_.groups.end(),
                               [&](const InterfaceGroup& g) { return g.name == name; });
        };
        // Floating rules, then those of groups, then those of interfaces; the tabs for all VPN clients are groups.
        const std::string first = rule.interfaces.empty() ? "" : rule.interfaces.front();
        if (rule.floating)
            rule.priority = 200'000;
        else if (grouped(first))
            rule.priority = 300'000 + [&] {
                long at = 0;
                for (const InterfaceGroup& g : config_.groups) {
                    if (g.name == first) return opnsense() ? static_cast<long>(g.sequence) : at;
                    ++at;
                }
                return at;
            }();
        else if (first == "openvpn" || first == "enc0" || first == "l2tp" || first == "pppoe" || first == "wireguard")
            rule.priority = 390'000;
        else
            rule.priority = 400'000;
        doubts(e, bookkeeping, rule.unknown);
        config_.filter.push_back(std::move(rule));
    }
    for (const Element& scrub : list.all("scrub"))
        for (const Element& rule : scrub.all("rule")) rule.mark();  // normalization changes no address and no verdict
    // pfSense: traffic along static routes passes whatever the rules say.
    if (const Element bypass = list.child("bypassstaticroutes"); bypass && !config_.routes.empty())
        not_understood(bypass.span(), "traffic that static routes lead back out of its interface passes without rules",
                       base::Influence::filter);
    leftovers(list, "separator tracker", "the filter", base::Influence::filter);
}

void Parser::nat(const Element& list) {
    for (const Element& e : list.all("outbound")) outbound(e);
    for (const Element& e : list.all("rule")) forward(e);
    for (const Element& e : list.all("onetoone")) one_to_one(e);
    for (const Element& e : list.all("npt")) {
        if (e.children().empty()) continue;
        PrefixTranslation rule;
        base(e, rule);
        doubts(e, bookkeeping, rule.unknown);
        config_.prefixes.push_back(std::move(rule));
    }
    if (const Element old = list.child("advancedoutbound"); old && !old.children().empty())
        not_understood(old.span(), "outbound NAT in the form of pfSense 1 is not read", base::Influence::source);
    leftovers(list, "separator ipsecpassthru reflectiontimeout", "the translations",
              base::Influence::source | base::Influence::destination);
}

void Parser::outbound(const Element& list) {
    const std::string mode = list.text("mode");
    config_.outbound_span = list.has("mode") ? list.child("mode").span() : list.span();
    if (!mode.empty()) config_.outbound_mode = mode;
    for (const Element& e : list.all("rule")) {
        SourceRule rule;
        base(e, rule);
        rule.keep = flag(e, "nonat");
        rule.static_port = flag(e, "staticnatport");
        rule.source.port = e.text("sourceport");
        rule.destination.port = e.text("dstport");
        rule.target = e.text("target");
        std::string bits = e.text("target_subnet");
        const std::string ip = e.text("targetip"), ip_bits = e.text("targetip_subnet");
        if (rule.target == "other-subnet" || (rule.target.empty() && !ip.empty())) {
            rule.target = ip;
            bits = ip_bits;
        }
        if (!bits.empty() && rule.target.find_first_of(".:") != std::string::npos &&
            rule.target.find('/') == std::string::npos && number(bits, 0) > 0)
            rule.target += "/" + bits;
        rule.target_port = e.text("natport");
        rule.pool = e.text("poolopts");
        doubts(
            e,
            std::string(bookkeeping) + " source_hash_key poolopts_sourcehashkey eimnat endpoint-independent sequence",
            rule.unknown);
        config_.source_rules.push_back(std::move(rule));
    }
    leftovers(list, "separator", "outbound NAT", base::Influence::source);
}

void Parser::forward(const Element& e) {
    if (e.has("separator")) return;
    PortForward rule;
    base(e, rule);
    rule.destination_any = rule.destination.values == std::vector<std::string>{"any"};
    rule.keep = flag(e, "nordr");
    rule.target = e.text("target");
    rule.local_port = e.text("local-port");
    rule.reflection = e.text("natreflection");
    const std::string associated = e.text("associated-rule-id"), pass = e.text("pass");
    rule.pass = associated == "pass" || pass == "pass";
    rule.register_rule = opnsense() && pass == "rule";
    rule.sequence = number(e.text("sequence"), 0);
    const std::string pool = e.text("poolopts");
    doubts(e, bookkeeping, rule.unknown);
    config_.forwards.push_back(std::move(rule));
}

void Parser::one_to_one(const Element& e) {
    if (e.children().empty()) return;
    OneToOne rule;
    base(e, rule);
    rule.external = e.text("external");
    rule.keep = flag(e, "nobinat");
    rule.reflection = e.text("natreflection");
    const std::string type = lower(e.text("type"));
    // pfSense before 2.1 wrote <internal> and <subnet>.
    if (const std::string internal = e.text("internal"); !internal.empty() && !rule.source.given) {
        const std::string bits = e.text("subnet");
        rule.source.values = {bits.empty() || bits == "32" ? internal : internal + "/" + bits};
        rule.source.given = true;
        if (!rule.destination.given) {
            rule.destination.values = {"any"};
            rule.destination.given = true;
        }
    } else {
        e.ignore("subnet");
    }
    doubts(e, bookkeeping, rule.unknown);
    if (opnsense() && type == "nat") {
        SourceRule nat;
        static_cast<RuleBase&>(nat) = rule;
        nat.target = rule.external;
        nat.target_port = "any";
        config_.one_to_one_nat.push_back(std::move(nat));
        return;
    }
    config_.one_to_one.push_back(std::move(rule));
}

}  // namespace egresslint::dialects::pfsense
