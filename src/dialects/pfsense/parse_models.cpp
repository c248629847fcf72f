// SPDX-License-Identifier: Apache-2.0
// OPNsense's models under <OPNsense>: booleans are 0 or 1, lists are joined by commas, rules are ordered by <sequence>.
#include <algorithm>
#include <charconv>

#include "dialects/pfsense/parse.hpp"

namespace egresslint::dialects::pfsense {
namespace {

using families::xml::words;

constexpr std::string_view bookkeeping =
    "sequence prio_group sort_order categories category nosync nopfsync state-policy statetimeout udp-first "
    "udp-multiple "
    "udp-single adaptivestart adaptiveend set-prio set-prio-low shaper1 shaper2 allowopts replyto reply-to "
    "disablereplyto description statetype created updated";

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

void Parser::model_base(const Element& e, RuleBase& rule) {
    rule.span = e.span();
    rule.description = e.text("description");
    if (rule.description.empty()) rule.description = e.text("descr");
    rule.disabled = e.has("enabled") && !flag(e, "enabled");
    rule.log = flag(e, "log");
    rule.interfaces = words(e.text("interface"), ", ");
    rule.interface_negated = flag(e, "interfacenot");
    rule.ip_protocol = lower(e.text("ipprotocol"));
    rule.protocol = lower(e.text("protocol"));
    rule.tag = e.text("tag");
    rule.tagged = e.text("tagged");
    const auto side = [&](const char* net, const char* negated, const char* port) {
        Endpoint out;
        out.given = true;
        out.values = words(e.text(net), ", ");
        if (out.values.empty()) out.values = {"any"};
        out.negated = flag(e, negated);
        out.port = e.text(port);
        return out;
    };
    rule.source = side("source_net", "source_not", "source_port");
    rule.destination = side("destination_net", "destination_not", "destination_port");
}

void Parser::model_rule(const Element& e) {
    FilterRule rule;
    model_base(e, rule);
    if (rule.ip_protocol.empty()) rule.ip_protocol = "inet";
    rule.type = lower(e.text("action"));
    if (rule.type != "block" && rule.type != "reject") rule.type = "pass";
    rule.quick = !e.has("quick") || flag(e, "quick");
    rule.direction = e.text("direction");
    if (rule.direction.empty()) rule.direction = "in";
    rule.sequence = number(e.text("sequence"), 1);
    filter_details(e, rule);
    if (const Element divert = e.child("divert-to"); !divert.text().empty())
        not_understood(divert.span(), "a program decides about what this rule diverts to it", base::Influence::filter);
    // One interface: its tab. Several, none or a negation: floating. None of them exists: never loaded.
    const auto exists = [&](const std::string& name) {
        return std::any_of(config_.interfaces.begin(), config_.interfaces.end(),
                           [&](const Interface& i) { return i.key == name; }) ||
               std::any_of(config_.groups.begin(), config_.groups.end(),
                           [&](const InterfaceGroup& g) { return g.name == name; });
    };
    if (rule.interfaces.size() != 1 || rule.interface_negated) {
        rule.floating = true;
        rule.priority = 200'000;
    } else {
        rule.priority = 400'000;
        for (const InterfaceGroup& g : config_.groups)
            if (g.name == rule.interfaces.front()) rule.priority = 300'000 + g.sequence;
    }
    if (!rule.interfaces.empty() && std::none_of(rule.interfaces.begin(), rule.interfaces.end(), exists))
        rule.priority = 600'000;
    doubts(e, bookkeeping, rule.unknown);
    config_.filter.push_back(std::move(rule));
}

void Parser::model_filter(const Element& filter) {
    for (const Element& list : filter.all("rules")) {
        for (const Element& e : list.all("rule")) model_rule(e);
        leftovers(list, "", "the filter's rules", base::Influence::filter);
    }
    std::vector<std::pair<long, SourceRule>> sources;
    for (const Element& list : filter.all("snatrules")) {
        for (const Element& e : list.all("rule")) {
            SourceRule rule;
            model_base(e, rule);
            rule.keep = flag(e, "nonat");
            rule.target = e.text("target");
            rule.target_port = e.text("target_port");
            rule.static_port = flag(e, "staticnatport");
            rule.pool = e.text("poolopts");
            doubts(e, bookkeeping, rule.unknown);
            sources.emplace_back(number(e.text("sequence"), 1), std::move(rule));
        }
        leftovers(list, "", "source translations", base::Influence::source);
    }
    // Before the legacy ones.
    std::stable_sort(sources.begin(), sources.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<SourceRule> all;
    for (auto& [sequence, rule] : sources) all.push_back(std::move(rule));
    for (auto& rule : config_.source_rules) all.push_back(std::move(rule));
    config_.source_rules = std::move(all);

    for (const Element& list : filter.all("onetoone")) {
        for (const Element& e : list.all("rule")) {
            OneToOne rule;
            model_base(e, rule);
            rule.external = e.text("external");
            rule.reflection = e.text("natreflection");
            rule.sequence = number(e.text("sequence"), 1);
            const std::string type = lower(e.text("type"));
            doubts(e, bookkeeping, rule.unknown);
            if (type == "nat") {
                SourceRule nat;
                static_cast<RuleBase&>(nat) = rule;
                nat.target = rule.external;
                nat.target_port = "any";
                config_.one_to_one_nat.push_back(std::move(nat));
            } else {
                config_.one_to_one.push_back(std::move(rule));
            }
        }
        leftovers(list, "", "one-to-one translations", base::Influence::source | base::Influence::destination);
    }
    std::stable_sort(config_.one_to_one.begin(), config_.one_to_one.end(),
                     [](const OneToOne& a, const OneToOne& b) { return a.sequence < b.sequence; });
    for (const Element& list : filter.all("npt")) {
        for (const Element& e : list.all("rule")) {
            PrefixTranslation rule;
            model_base(e, rule);
            if (e.text("destination_net").empty()) rule.destination.values.clear();
            rule.track = e.text("trackif");
            rule.sequence = number(e.text("sequence"), 1);
            doubts(e, bookkeeping, rule.unknown);
            config_.prefixes.push_back(std::move(rule));
        }
        leftovers(list, "", "prefix translations", base::Influence::source | base::Influence::destination);
    }
    filter.ignore("general");
    leftovers(filter, "", "the firewall's model", base::Influence::everything);
}

void Parser::models(const Element& list) {
    for (const Element& firewall : list.all("Firewall")) {
        for (const Element& group : firewall.all("Group")) groups(group.has("ifgroupentry") ? group : Element());
        for (const Element& alias : firewall.all("Alias")) {
            for (const Element& all : alias.all("aliases")) aliases(all);
            leftovers(alias, "geoip", "the aliases", base::Influence::everything);
        }
        for (const Element& filter : firewall.all("Filter")) model_filter(filter);
        leftovers(firewall, "Category Lvtemplate Group", "the firewall's models", base::Influence::everything);
    }
    for (const Element& gateway : list.all("Gateways")) gateways(gateway);
    for (const Element& own : list.all("Interfaces")) {
        const Element settings = own.child("settings");
        if (flag(settings, "disableipv6")) config_.ipv6 = false;
        settings.mark();
        for (const Element& vip : own.all("vips")) virtual_addresses(vip);
        own.ignore("loopbacks neighbors vxlans");
        leftovers(own, "", "the interfaces' models", base::Influence::routing);
    }
    model_sections(list);
}

}  // namespace egresslint::dialects::pfsense
