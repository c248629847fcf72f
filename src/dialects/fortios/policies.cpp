// SPDX-License-Identifier: Apache-2.0
// Filtering. Source translation: nat.cpp.
#include "dialects/fortios/policies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace egresslint::dialects::fortios {

using model::Decide;
using model::FieldRef;
using model::Rule;
using model::Verdict;
using model::View;

namespace {

std::string joined(const std::vector<Word>& words) {
    std::string out;
    for (const auto& w : words) out += (out.empty() ? "" : " ") + w.text;
    return out;
}

ExprId self(Builder& b, Field field) { return b.in(field, IntervalSet::single(model::self_interface)); }

}  // namespace

bool Policies::accepts(const Entry& e) const {
    const auto action = e.value("action");
    return action == "accept" || action == "learn";
}

void Policies::collect_table(std::string_view path, bool v4, bool v6) {
    const auto* t = c_.root().table(path);
    if (t == nullptr) return;
    for (const auto& e : t->entries) {
        e.read = true;
        Listed p;
        p.entry = &e;
        p.table = path;
        p.number = static_cast<std::uint32_t>(policies_.size() + 1);
        const bool mixed = v4 && v6;
        if (mixed && (e.find("srcaddr4") != nullptr || e.find("dstaddr4") != nullptr))
            p.src4 = "srcaddr4", p.dst4 = "dstaddr4";
        if (v6 && !v4) p.src6 = "srcaddr", p.dst6 = "dstaddr";
        p.v6 = v6 && (!v4 || e.find(p.src6) != nullptr || e.find(p.dst6) != nullptr || e.enabled("internet-service6") ||
                      e.enabled("internet-service6-src"));
        p.v4 = v4 && (!p.v6 || e.find(p.src4) != nullptr || e.find(p.dst4) != nullptr ||
                      e.enabled("internet-service") || e.enabled("internet-service-src"));
        p.nat = !central_ && accepts(e) && e.enabled("nat");
        if (e.value("status") != "disable")
            for (const Family f : {Family::v4, Family::v6})
                if (f == Family::v4 ? p.v4 : p.v6)
                    for (const auto& w : e.values(f == Family::v4 ? p.dst4 : p.dst6))
                        if (objects_.kind(w.text, f) == Objects::Kind::vip)
                            for (auto& name : objects_.vips_of(w.text, f)) used_vips_.insert({std::move(name), f});
        (p.v4 ? c_.b.device().filters_v4 : c_.b.device().filters_v6) = true;
        if (p.v6) c_.b.device().filters_v6 = true;
        policies_.push_back(p);
    }
}

void Policies::collect() {
    bool implicit_v6 = false;
    if (const auto* t = c_.root().table("system settings")) {
        central_ = t->own.enabled("central-nat");
        by_profile_ = t->own.value("ngfw-mode") != "policy-based";
        central_ = central_ || !by_profile_;
        reject_tcp_ = t->own.enabled("deny-tcp-with-icmp");
        if (t->own.value("opmode") == "transparent")
            not_understood(c_.diagnostics, t->own.span_of("opmode"),
                           "transparent mode bridges: nothing is routed, and this is not analysed");
    }
    if (by_profile_) {
        // Since 6.4 a policy holds both families.
        collect_table("firewall policy", true, true);
        collect_table("firewall consolidated policy", true, true);
        collect_table("firewall policy6", false, true);
    } else {
        collect_table("firewall security-policy", true, true);
        if (const auto* t = c_.root().table("firewall policy"); t != nullptr && !t->entries.empty())
            not_understood(c_.diagnostics, t->span,
                           "in policy-based NGFW mode these policies choose inspection and authentication; that they "
                           "let a packet pass is taken for granted",
                           base::Influence::filter);
    }
    const auto has = [&](std::string_view path) { return c_.root().table(path) != nullptr; };
    if (!has("firewall policy") && !has("firewall policy6") && !has("firewall consolidated policy") &&
        !has("firewall security-policy") && !c_.root().tables.empty()) {
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::incomplete;
        d.code = "EL903";
        d.span = c_.root().tables.front().span;
        d.message = "this text holds no firewall policies: nothing is taken to pass";
        d.influence = base::Influence::filter;
        d.device = c_.device;
        c_.diagnostics.push_back(std::move(d));
    }
    // Both families are denied where no policy accepts: an empty table filters as well.
    auto& d = c_.b.device();
    implicit_v6 = !policies_.empty() || c_.config.anything;
    d.filters_v4 = d.filters_v4 || implicit_v6;
    d.filters_v6 = d.filters_v6 || implicit_v6;
    nat_ = c_.b.reg("nat policy");
}

std::string Policies::text(const Listed& p) const {
    const Entry& e = *p.entry;
    std::string out = fmt::format("policy {}", e.key.text);
    if (const auto name = e.value("name"); !name.empty()) out += fmt::format(" \"{}\"", name);
    const auto list = [&](std::string_view setting) { return joined(e.values(setting)); };
    out += fmt::format(": {} to {}", list("srcintf"), list("dstintf"));
    out += fmt::format(", {} to {}", list(p.v4 ? p.src4 : p.src6), list(p.v4 ? p.dst4 : p.dst6));
    out += fmt::format(", {}, {}", list("service"),
                       accepts(e)                  ? "accept"
                       : e.value("action").empty() ? "deny"
                                                   : e.value("action"));
    if (p.nat) out += e.enabled("ippool") ? fmt::format(", nat to {}", list("poolname")) : ", nat";
    return out;
}

/// A setting that a policy cannot be without.
ExprId Policies::absent(const Entry& e, std::string_view setting) {
    const std::string text = fmt::format("policy {} has no {}", e.key.text, setting);
    const auto which = c_.b.predicate(text, PredicateKind::opaque, Field::proto, c_.b.origin(e.span, text));
    c_.incomplete(which, e.span, text + ": the device would not take it; both outcomes are considered",
                  base::Influence::filter);
    return c_.b.unknown(which);
}

ExprId Policies::open(const Entry& e, std::string_view setting, PredicateKind kind, std::string what) {
    return c_.b.unknown(
        c_.b.predicate(std::move(what), kind, Field::proto, c_.b.origin(e.span_of(setting), std::string(setting))));
}

ExprId Policies::internet_services(const Entry& e, bool source, Family family) {
    std::string names;
    const std::string stem =
        std::string(family == Family::v4 ? "internet-service" : "internet-service6") + (source ? "-src" : "");
    for (const std::string_view suffix : {"-id", "-name", "-group", "-custom", "-custom-group", "-fortiguard"})
        for (const auto& w : e.values(stem + std::string(suffix))) names += " " + w.text;
    const auto which =
        c_.b.predicate(fmt::format("{} is internet service{}", source ? "source" : "destination", names),
                       PredicateKind::name, source ? Field::src : Field::dst, c_.b.origin(e.span, names));
    c_.b.depends(which, model::field_bit(source ? Field::src : Field::dst));
    auto out = c_.b.unknown(which);
    if (e.enabled(stem + "-negate")) out = c_.b.negate(out);
    return out;
}

ExprId Policies::source(const Listed& p, Family family, std::vector<model::ObjectId>& uses) {
    const Entry& e = *p.entry;
    const std::string_view setting = family == Family::v4 ? p.src4 : p.src6;
    if (e.enabled(family == Family::v4 ? "internet-service-src" : "internet-service6-src"))
        return internet_services(e, true, family);
    if (e.find(setting) == nullptr) return absent(e, setting);
    auto out = objects_.addresses(e.values(setting), Field::src, family, uses);
    if (e.enabled(std::string(setting) + "-negate")) out = c_.b.negate(out);
    return out;
}

/// Whether a policy whose destination is no VIP sees connections to VIPs. Deny policies may (and since 7.2.4 do);
/// before 6.4.3 every policy could. Sources: ta-p/192456 (94794), NSE4 7.6 study guide.
bool Policies::matches_vips(const Entry& e, ExprId& doubt) {
    const auto* setting = e.find("match-vip");
    const bool deny = !accepts(e);
    if (setting != nullptr) return e.enabled("match-vip") && (deny || c_.config.version < 60403);
    if (!deny) return false;
    if (c_.config.version == 0 || c_.config.version == 70203) {
        doubt =
            c_.b.unknown(c_.b.predicate("match-vip is enabled by default for deny policies (FortiOS 7.2.4 and later)",
                                        PredicateKind::ambiguity, Field::proto));
        return true;
    }
    return c_.config.version >= 70204;
}

ExprId Policies::destination(const Listed& p, Family family, std::vector<model::ObjectId>& uses) {
    auto& b = c_.b;
    const Entry& e = *p.entry;
    const std::string_view setting = family == Family::v4 ? p.dst4 : p.dst6;
    if (e.enabled(family == Family::v4 ? "internet-service" : "internet-service6"))
        return b.all({internet_services(e, false, family), vips_.untouched()});
    if (e.find(setting) == nullptr) return absent(e, setting);
    const auto& names = e.values(setting);
    const bool negate = e.enabled(std::string(setting) + "-negate");
    const auto mapped = vips_.reached_by(names, family);
    auto plain = objects_.addresses(names, Field::dst, family, uses);
    if (negate) return b.negate(b.either({mapped, plain}));
    if (!vips_.any() || central_) return b.either({mapped, plain});
    auto direct = b.all({vips_.untouched(), plain});
    ExprId doubt = b.yes();
    if (matches_vips(e, doubt)) {
        // It is not documented whether an address is compared with the external or with the mapped destination.
        const auto before = objects_.addresses(names, Field::dst, family, uses, View::original);
        const auto which = b.unknown(
            b.predicate("match-vip compares addresses with what a VIP maps to", PredicateKind::ambiguity, Field::dst));
        const auto either = b.either({b.all({plain, before}), b.all({plain, which}), b.all({before, b.negate(which)})});
        direct = b.either({direct, b.all({b.negate(vips_.untouched()), doubt, either})});
    }
    return b.either({mapped, direct});
}

/// What else a policy asks for.
void Policies::conditions(const Listed& p, std::vector<ExprId>& all) {
    const Entry& e = *p.entry;
    std::string users;
    for (const std::string_view list : {"groups", "users", "fsso-groups"})
        for (const auto& w : e.values(list)) users += " " + w.text;
    if (!users.empty()) all.push_back(open(e, "groups", PredicateKind::user, "user is one of" + users));
    const auto lists = [&](std::string_view setting, PredicateKind kind, std::string_view what) {
        const auto& v = e.values(setting);
        if (v.empty() || v[0].text == "0" || v[0].text == "none") return;
        all.push_back(open(e, setting, kind, fmt::format("{} {}", what, joined(v))));
    };
    lists("devices", PredicateKind::packet, "device is one of");
    lists("src-vendor-mac", PredicateKind::packet, "MAC vendor of source is");
    lists("ztna-ems-tag", PredicateKind::user, "client has tag");
    lists("ztna-geo-tag", PredicateKind::user, "client has tag");
    lists("application", PredicateKind::user, "application is");
    lists("app-category", PredicateKind::user, "application is of category");
    lists("app-group", PredicateKind::user, "application is of group");
    lists("url-category", PredicateKind::user, "URL is of category");
    lists("vlan-filter", PredicateKind::packet, "VLAN is");
    lists("sgt", PredicateKind::packet, "security group tag is");
    lists("network-service-dynamic", PredicateKind::dynamic_set, "destination is network service");
    lists("network-service-src-dynamic", PredicateKind::dynamic_set, "source is network service");
    lists("reputation-minimum", PredicateKind::name, "reputation is at least");
    lists("geoip-anycast", PredicateKind::name, "");
    if (const auto mask = e.value("tos-mask"); !mask.empty() && mask != "0x00" && mask != "0x0")
        all.push_back(
            open(e, "tos", PredicateKind::packet, fmt::format("type of service {} mask {}", e.value("tos"), mask)));
    for (const std::string_view setting : {"tos-negate", "reputation-direction", "ztna-status", "sgt-check"})
        (void)e.find(setting);
    for (const std::string_view setting :
         {"identity-based", "nat46", "nat64", "policy-expiry", "wsso", "captive-portal-exempt"}) {
        if (!e.enabled(setting) || setting == "wsso" || setting == "captive-portal-exempt") continue;
        const auto which = c_.b.predicate(fmt::format("policy {}: {}", e.key.text, setting), PredicateKind::opaque,
                                          Field::proto, c_.b.origin(e.span_of(setting), std::string(setting)));
        c_.unknown(which, e.span_of(setting),
                   fmt::format("{} of policy {} is not analysed; both outcomes are considered", setting, e.key.text),
                   base::Influence::everything);
        all.push_back(c_.b.unknown(which));
    }
}

Policies::Matched Policies::match(const Listed& p) {
    auto& b = c_.b;
    const Entry& e = *p.entry;
    Matched out;
    std::vector<ExprId> all;
    for (const auto& [setting, field] : {std::pair{"srcintf", Field::in_if}, std::pair{"dstintf", Field::out_if}}) {
        if (e.find(setting) == nullptr) {
            all.push_back(absent(e, setting));
            continue;
        }
        const auto expr = network_.through(field, e.values(setting), out.uses);
        all.push_back(e.enabled(std::string(setting) + "-negate") ? b.negate(expr) : expr);
    }
    std::vector<ExprId> families;
    for (const Family f : {Family::v4, Family::v6})
        if (f == Family::v4 ? p.v4 : p.v6) {
            const auto from = source(p, f, out.uses), to = destination(p, f, out.uses);
            families.push_back(b.all({b.family(f), from, to}));
        }
    all.push_back(b.either(families));
    const bool no_service = e.enabled("internet-service") && e.find("service") == nullptr;
    if (e.find("service") != nullptr) {
        const auto expr = objects_.services(e.values("service"), out.uses);
        all.push_back(e.enabled("service-negate") ? b.negate(expr) : expr);
    } else if (!no_service && e.values("application").empty() && e.value("enforce-default-app-port").empty()) {
        all.push_back(absent(e, "service"));
    }
    all.push_back(objects_.schedule(e, out.uses));
    conditions(p, all);
    out.match = b.all(all);
    return out;
}

void Policies::rule(model::ChainId chain, const Listed& p) {
    auto& b = c_.b;
    const Entry& e = *p.entry;
    auto matched = match(p);
    const auto origin = b.origin(e.span, text(p));
    const auto action = e.value("action");
    const bool active = e.value("status") != "disable";
    if (!action.empty() && action != "accept" && action != "deny" && action != "learn") {
        if (!active) return;
        const auto which = b.opaque_rule(chain, matched.match, origin, true);
        c_.unknown(
            which, e.span_of("action"),
            fmt::format("action {} of policy {} is not analysed; every outcome is considered", action, e.key.text),
            base::Influence::everything);
        return;
    }
    Rule r;
    r.match = matched.match;
    r.uses = std::move(matched.uses);
    r.origin = origin;
    r.name = e.key.text;
    r.active = active;
    const auto log = e.value("logtraffic");
    if (log == "all" || log == "enable" || e.enabled("logtraffic-start")) r.effects.emplace_back(model::Log{});
    if (const std::string shaper(e.value("per-ip-shaper")); !shaper.empty())
        if (const auto* t = c_.root().table("firewall shaper per-ip-shaper"))
            if (const auto* s = t->find(shaper);
                s != nullptr &&
                ((s->find("max-concurrent-session") != nullptr && s->value("max-concurrent-session") != "0") ||
                 (s->find("max-concurrent-tcp-session") != nullptr && s->value("max-concurrent-tcp-session") != "0")))
                r.effects.emplace_back(model::Limited{});
    Verdict verdict = Verdict::accept;
    if (!accepts(e)) verdict = e.enabled("send-deny-packet") || reject_tcp_ ? Verdict::reject : Verdict::drop;
    if (p.nat) r.effects.emplace_back(model::Assign{FieldRef{Field::reg, View::current, nat_}, {}, 0, {}, 0, p.number});
    r.control = Decide{verdict, {}, true};
    b.rule(chain, std::move(r));
}

void Policies::filter() {
    auto& b = c_.b;
    const auto chain = b.chain("policy");
    for (const auto& p : policies_) rule(chain, p);
    network_.intrazone(chain);
    Span where;
    for (const auto& p : policies_)
        if (const auto* t = c_.root().table(p.table)) where = t->span;
    const auto origin = b.origin(where, "implicit deny", true);
    const auto when = b.all({b.negate(self(b, Field::in_if)), b.negate(self(b, Field::out_if))});
    // Logged when asked for: the deny stands as a rule then, since a stage's end cannot log.
    if (const auto* t = c_.table("log setting"); t != nullptr && t->own.enabled("fwpolicy-implicit-log")) {
        Rule r;
        r.match = b.yes();
        r.effects = {model::Log{}};
        r.control = Decide{Verdict::drop, {}, true};
        r.origin = origin;
        r.name = "implicit deny";
        b.rule(chain, std::move(r));
    }
    b.stage("policy", model::Label::filter, when, chain, Verdict::drop, origin);
}

// -- packets to the device

void Policies::local_rules(model::ChainId chain, std::string_view path, Family family) {
    const auto* t = c_.root().table(path);
    if (t == nullptr) return;
    auto& b = c_.b;
    for (const auto& e : t->entries) {
        e.read = true;
        Rule r;
        std::vector<ExprId> all{b.family(family)};
        const auto& in = e.values("intf").empty() ? e.values("srcintf") : e.values("intf");
        if (!in.empty()) all.push_back(network_.through(Field::in_if, in, r.uses));
        for (const auto& [setting, field] : {std::pair{"srcaddr", Field::src}, std::pair{"dstaddr", Field::dst}}) {
            if (e.find(setting) == nullptr) continue;
            const auto expr = objects_.addresses(e.values(setting), field, family, r.uses);
            all.push_back(e.enabled(std::string(setting) + "-negate") ? b.negate(expr) : expr);
        }
        if (e.enabled("internet-service-src")) all.push_back(internet_services(e, true, family));
        if (e.find("service") != nullptr) {
            const auto expr = objects_.services(e.values("service"), r.uses);
            all.push_back(e.enabled("service-negate") ? b.negate(expr) : expr);
        }
        all.push_back(objects_.schedule(e, r.uses));
        r.match = b.all(all);
        r.control = Decide{e.value("action") == "accept" ? Verdict::accept : Verdict::drop, {}, true};
        r.active = e.value("status") != "disable";
        r.name = e.key.text;
        b.rule(chain, std::move(r), e.span, fmt::format("local-in policy {}", e.key.text));
    }
}

/// Administrative access by interface; anything else the device itself decides (IKE, BGP, DHCP … when configured).
void Policies::services_of_device(model::ChainId chain) {
    auto& b = c_.b;
    struct Access {
        std::string_view name;
        std::uint8_t protocol;
        std::uint16_t port;
    };
    static constexpr std::array access{
        Access{"ping", 1, 0},       Access{"https", 6, 443},        Access{"ssh", 6, 22},   Access{"http", 6, 80},
        Access{"telnet", 6, 23},    Access{"snmp", 17, 161},        Access{"fgfm", 6, 541}, Access{"fabric", 6, 8013},
        Access{"capwap", 17, 5246}, Access{"radius-acct", 17, 1813}};
    // Mail is no service of this product: whatever else it listens on, tcp/25 is not among it.
    const auto own = b.all(
        {b.negate(b.all({b.proto(6), b.dport(IntervalSet{{25, 25}, {465, 465}, {587, 587}})})),
         b.unknown(b.predicate("a service of the device itself takes it", PredicateKind::ambiguity, Field::dport))});
    for (const auto* t : {c_.config.global.root.table("system interface"),
                          c_.scope.name.empty() ? nullptr : c_.root().table("system interface")}) {
        if (t == nullptr) continue;
        for (const auto& e : t->entries) {
            if (!e.read) continue;
            std::vector<ExprId> any;
            for (const auto& w : e.values("allowaccess"))
                for (const auto& a : access)
                    if (a.name == w.text)
                        any.push_back(a.port == 0 ? b.proto(a.protocol)
                                                  : b.all({b.proto(a.protocol), b.dport(IntervalSet::single(a.port))}));
            if (any.empty()) continue;
            Rule r;
            r.match = b.all({b.interface_names(Field::in_if, {e.key.text}), b.either(any)});
            r.control = Decide{Verdict::accept, {}, true};
            r.origin = b.origin(e.span_of("allowaccess"), fmt::format("allowaccess of {}", e.key.text), true);
            b.rule(chain, std::move(r));
        }
    }
    Rule r;
    r.match = own;
    r.control = Decide{Verdict::accept, {}, true};
    r.origin = b.origin({}, "services of the device", true);
    b.rule(chain, std::move(r));
}

void Policies::local_in() {
    auto& b = c_.b;
    const auto chain = b.chain("local-in");
    local_rules(chain, "firewall local-in-policy", Family::v4);
    local_rules(chain, "firewall local-in-policy6", Family::v6);
    services_of_device(chain);
    b.stage("local-in", model::Label::filter, b.all({self(b, Field::out_if), b.negate(self(b, Field::in_if))}), chain,
            Verdict::drop, b.origin({}, "local-in", true));
}

}  // namespace egresslint::dialects::fortios
