// SPDX-License-Identifier: Apache-2.0
// Evidence first, guesses last. Each step takes the strongest evidence there is, says so in an Assumption, and marks it
// as guessed only where nothing but a name speaks for it.
#include "lint/infer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "lint/address_space.hpp"
#include "lint/guards.hpp"
#include "lint/name_hints.hpp"
#include "model/builder.hpp"

namespace egresslint::lint {

using namespace model;
using base::u128;

namespace {

struct Publication {
    RuleId rule;
    Guard guard;
    Family family = Family::v4;
    u128 host = 0;
    bool states_port = false;  ///< the port match names 25 itself, not every port
    StageId stage;
};
struct SourceTranslation {
    RuleId rule;
    Guard guard;
    std::optional<Address> to;  ///< fixed; else the interface's address or a pool
};
/// `iifname wan ip daddr HOST tcp dport 25 accept`: a host that is reached without translation.
struct Admission {
    RuleId rule;
    Guard guard;
    StageId stage;
};

Interface& named_interface(Device& device, const std::string& name) {
    for (std::size_t i = first_interface; i < device.interfaces.size(); ++i)
        if (device.interfaces[i].name == name) return device.interfaces[i];
    Interface fresh;
    fresh.name = name;
    device.interfaces.push_back(std::move(fresh));
    return device.interfaces.back();
}

class Inference {
public:
    Inference(Device& device, const DeviceIntent* declared, const Intent& intent, const base::Sources& sources)
        : d_(device), declared_(declared), intent_(intent), sources_(sources) {}

    Inferred run() {
        take_declared_addresses(d_, declared_);
        collect_names();
        collect_rules();
        find_external();
        find_internal();
        find_inside();
        find_mail_servers();
        find_own_addresses();
        assume_routes();
        return std::move(out_);
    }

private:
    void assume(std::string what, std::string because, bool guessed, base::Span span = {}) {
        out_.assumptions.push_back({d_.name, std::move(what), std::move(because), guessed, span});
    }
    std::string where(base::Span span) const {
        if (!span.valid()) return {};
        return fmt::format(" ({}:{})", sources_.file(span.file).path, sources_.begin(span).line);
    }
    base::Span span_of(RuleId rule) const {
        const OriginId o = d_.rules[rule.index()].origin;
        return o.valid() ? d_.origins[o.index()].span : base::Span{};
    }
    static std::string joined(const std::vector<std::string>& names) {
        std::string text;
        for (const std::string& n : names) text += (text.empty() ? "" : ", ") + n;
        return text;
    }
    static void add_name(std::vector<std::string>& to, const std::string& name) {
        if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(name);
    }
    bool covers(const std::vector<std::string>& patterns, std::string_view name) const {
        return std::any_of(patterns.begin(), patterns.end(),
                           [&](const std::string& p) { return p == name || name_matches(p, name); });
    }
    bool smtp(const IntervalSet& ports) const {
        return std::any_of(intent_.smtp_ports.begin(), intent_.smtp_ports.end(),
                           [&](auto p) { return ports.contains(p); });
    }

    void collect_names();
    void collect_rules();
    void find_external();
    void find_internal();
    void find_inside();
    void find_mail_servers();
    void find_published_servers();
    void find_routed_servers();
    void find_named_servers();
    void find_outbound(ServerView& view);
    void find_own_addresses();
    void assume_routes();
    bool admitted(const Publication& publication) const;
    bool may_name_smtp(ExprId match) const;
    std::string name_of(Family family, u128 host) const;

    Device& d_;
    const DeviceIntent* declared_;
    const Intent& intent_;
    const base::Sources& sources_;
    Inferred out_;
    std::vector<std::string> names_;  ///< every interface name or pattern, lo excluded
    std::vector<Publication> publications_;
    std::vector<SourceTranslation> translations_;
    std::vector<Admission> admissions_;
};

void Inference::collect_names() {
    std::set<std::string> seen, loopbacks;
    for (std::size_t i = first_interface; i < d_.interfaces.size(); ++i)
        if (d_.interfaces[i].role == Role::loopback) loopbacks.insert(d_.interfaces[i].name);
    const auto take = [&](const std::string& name) {
        if (loopbacks.contains(name) || name == "lo*") return;
        if (name.empty() || name == "lo" || name == "*" || name == "none" || name == "self") return;
        if (seen.insert(name).second) names_.push_back(name);
    };
    for (std::size_t i = first_interface; i < d_.interfaces.size(); ++i)
        if (d_.interfaces[i].role != Role::loopback &&
            (!d_.interfaces_known || d_.interfaces[i].span.valid() || !d_.interfaces[i].addresses.empty()))
            take(d_.interfaces[i].name);
    if (d_.interfaces_known) {
        for (const Route& r : d_.routes)
            for (const NextHop& hop : r.next_hops)
                if (!hop.interface.empty()) take(hop.interface);
        return;
    }
    for (const Set& set : d_.sets)
        if (const auto* n = std::get_if<InterfaceNames>(&set.is))
            for (const std::string& p : n->patterns) take(p);
    for (const Route& r : d_.routes)
        for (const NextHop& hop : r.next_hops) take(hop.interface);
}

/// False: the rule states no port, or others than those of SMTP.
bool Inference::may_name_smtp(ExprId match) const {
    bool limited = false;
    const auto look = [&](ExprId e) {
        const auto& is = d_.exprs[e.index()].is;
        if (const auto* in = std::get_if<In>(&is)) {
            if (in->what.field != Field::dport) return true;
            limited = true;
            const auto* literal = std::get_if<LiteralSet>(&d_.sets[in->set.index()].is);
            return literal == nullptr || smtp(literal->values);
        }
        limited = limited || !std::holds_alternative<bool>(is);
        return true;
    };
    if (!match.valid()) return false;
    if (const auto* all = std::get_if<And>(&d_.exprs[match.index()].is))
        return std::all_of(all->e.begin(), all->e.end(), look) && limited;
    return look(match) && limited;
}

void Inference::collect_rules() {
    for_each_way(d_, [&](const Way& way) {
        const Rule& rule = d_.rules[way.rule.index()];
        if (!rule.active) return;
        const auto rewrites = translations(rule);
        const auto* decide = std::get_if<Decide>(&rule.control);
        if (rewrites.empty() && (decide == nullptr || decide->verdict != Verdict::accept)) return;
        for (const Translate& t : rewrites) {
            if (t.field == Field::dst) {
                const auto* fixed = std::get_if<Fixed>(&t.to);
                if (fixed == nullptr) continue;
                Publication p{
                    way.rule, guard_of(d_, way.conditions), t.family.value_or(Family::v4), fixed->value, false,
                    way.stage};
                if (p.guard.from_self || !p.guard.proto.contains(6) || !smtp(p.guard.dport)) continue;
                p.states_port = p.guard.dport_limited && p.guard.dport.size() < 1024;
                publications_.push_back(std::move(p));
            } else if (t.field == Field::src) {
                SourceTranslation s{way.rule, guard_of(d_, way.conditions), std::nullopt};
                if (const auto* fixed = std::get_if<Fixed>(&t.to))
                    s.to = Address{t.family.value_or(Family::v4), fixed->value};
                translations_.push_back(std::move(s));
            }
        }
        if (decide != nullptr && decide->verdict == Verdict::accept && rewrites.empty()) {
            // Two cheap looks before the full one: most rules of a large ruleset are not about mail.
            if (!may_name_smtp(rule.match)) return;
            Guard g = guard_of(d_, {rule.match});
            if (g.dport_limited && smtp(g.dport) && g.dport.size() < 1024) {
                g = guard_of(d_, way.conditions);
                if (g.proto.contains(6) && !g.from_self && g.dst_limited &&
                    g.dst.values.size() + g.dst.values6.size() <= 64)
                    admissions_.push_back({way.rule, std::move(g), way.stage});
            }
        }
    });
    // What filters before destinations are translated reads the addresses that packets are sent to.
    for (Admission& a : admissions_)
        if (std::any_of(publications_.begin(), publications_.end(),
                        [&](const Publication& p) { return a.stage.index() < p.stage.index(); }))
            a.guard.dst_as_sent = true;
}

void Inference::find_external() {
    auto& ext = out_.external;
    if (declared_ != nullptr && !declared_->external.empty()) {
        ext = declared_->external;
        for (const std::string& e : ext)
            if (e.find('*') == std::string::npos && !covers(names_, e) && !d_.interfaces_known) names_.push_back(e);
        return;
    }
    const auto done = [&](std::string because, bool guessed, base::Span span = {}) {
        assume(fmt::format("{} {} the internet", joined(ext), ext.size() == 1 ? "faces" : "face"), std::move(because),
               guessed, span);
        out_.external_guessed = guessed;
    };
    if (d_.routes_known) {
        base::Span span;
        for (const Route& r : d_.routes)
            if (r.destination.length == 0 && r.type == RouteType::unicast && r.table != 255)
                for (const NextHop& hop : r.next_hops)
                    if (!hop.interface.empty()) add_name(ext, hop.interface), span = r.span;
        if (!ext.empty()) {
            done("the default route leaves by it" + where(span), false, span);
            for (const Interface& f : d_.interfaces)  // rules may send packets by other uplinks
                if (f.role == Role::external && !f.absent && !covers(ext, f.name)) {
                    add_name(ext, f.name);
                    assume(f.name + " faces the internet", "the configuration gives it that role" + where(f.span),
                           false);
                }
            return;
        }
    }
    for (std::size_t i = first_interface; i < d_.interfaces.size(); ++i) {
        const Interface& f = d_.interfaces[i];
        if (f.role == Role::external || (!f.zone.empty() && sounds_external(f.zone))) add_name(ext, f.name);
    }
    if (!ext.empty()) return done("the configuration gives it that role", false);

    // Rules that publish mail or hide sources behind a global address name the outside.
    const LiteralSet global = global_addresses();
    const auto usable = [&](const std::string& n) { return n != "*" && n != "lo"; };
    std::vector<std::string> doubtful;
    base::Span span, doubtful_span;
    std::string because;
    for (const SourceTranslation& s : translations_) {
        if (s.to && !contains(global, *s.to)) continue;
        // Towards inside destinations only: a translation for hairpin traffic.
        if (s.guard.dst.values.intersect(global.values).empty() &&
            s.guard.dst.values6.intersect(global.values6).empty())
            continue;
        for (const std::string& n : s.guard.out_names) {
            if (!usable(n)) continue;
            if (is_virtual(n)) {
                add_name(doubtful, n);
                doubtful_span = span_of(s.rule);
                continue;
            }
            add_name(ext, n);
            if (because.empty())
                span = span_of(s.rule), because = "sources are translated on the way out there" + where(span);
        }
    }
    const bool hidden = !ext.empty();
    for (const Publication& p : publications_)
        for (const std::string& n : p.guard.in_names)
            // A mapping on an inside interface is for hairpin traffic: it counts where nothing better is known, or the
            // name does.
            if (usable(n) && !is_virtual(n) && (!hidden || sounds_external(n))) {
                add_name(ext, n);
                if (because.empty()) span = span_of(p.rule), because = "inbound SMTP is translated there" + where(span);
            }
    if (ext.empty() && !doubtful.empty()) {
        ext = doubtful;
        span = doubtful_span;
        because = "sources are translated on the way out there" + where(span);
    }
    // A second uplink that no rule translates still leads outside if it is named like the first.
    if (!ext.empty()) {
        done(because, false, span);
        for (const std::string& n : names_)
            if (!covers(ext, n) && sounds_external(n)) {
                add_name(ext, n);
                assume(n + " faces the internet", "its name says so", true);
            }
        return;
    }
    for (const std::string& n : names_)
        if (sounds_external(n)) add_name(ext, n);
    if (!ext.empty()) return done("the name says so", true);
    if (d_.interfaces_known) {
        if (names_.size() == 1) {
            ext = names_;
            return done("it is the only interface", false);
        }
        return;
    }
    ext.push_back("(outside)");
    named_interface(d_, "(outside)");
    names_.push_back("(outside)");
    const bool some = std::any_of(names_.begin(), names_.end(),
                                  [](const std::string& n) { return n != "(outside)" && !is_virtual(n); });
    done("no rule names an interface that could face the internet, so an interface that no rule names is taken for it",
         some);
}

void Inference::find_internal() {
    auto& in = out_.internal;
    for (const std::string& n : names_)
        if (!covers(out_.external, n)) add_name(in, n);
    if (d_.interfaces_known) return;
    // Several names, one of them real: these are the interfaces. Otherwise hosts are behind one that no rule names.
    const bool real = std::any_of(in.begin(), in.end(), [](const std::string& n) { return !is_virtual(n); });
    if (real) {
        if (!d_.routes_known)
            assume("there are no interfaces besides those that rules name: " + joined(names_),
                   "no `ip -j addr` dump was given", false);
        return;
    }
    in.emplace_back("(inside)");
    named_interface(d_, "(inside)");
    names_.emplace_back("(inside)");
    assume("inside hosts are behind an interface that no rule names", "rules name only " + joined(out_.external),
           false);
}

void Inference::find_inside() {
    for (const Prefix& p : intent_.internal) add(out_.inside, p);
    if (!intent_.internal.empty()) {
        out_.inside_declared = true;
        return;
    }
    for (const Route& r : d_.routes) {
        if (!d_.routes_known || r.assumed || r.destination.length == 0 || r.type != RouteType::unicast ||
            r.next_hops.empty())
            continue;
        if (std::all_of(r.next_hops.begin(), r.next_hops.end(),
                        [&](const NextHop& h) { return covers(out_.internal, h.interface); }))
            add(out_.inside, r.destination);
    }
    for (std::size_t i = first_interface; i < d_.interfaces.size(); ++i)
        if (covers(out_.internal, d_.interfaces[i].name))
            for (const InterfaceAddress& a : d_.interfaces[i].addresses)
                if (a.global) add(out_.inside, base::make_prefix(a.address, a.length));
    if (d_.routes_known && !out_.inside.values.empty()) {
        out_.inside_declared = true;
        return;
    }
    out_.inside = unite(out_.inside, private_addresses());
    assume("inside addresses are the private ranges of RFC 1918, 6598 and 4193",
           "neither [site] internal nor routes were given", false);
}

namespace {
/// The rule names the addresses that it publishes. "Any address of the device, but for one" names none.
bool names_addresses(const Guard& guard, Family family) {
    return guard.dst_limited && (!guard.dst_is_device || of(guard.dst, family).size() <= 64);
}
}  // namespace

std::string Inference::name_of(Family family, u128 host) const {
    for (const Set& set : d_.sets) {
        if (!set.object.valid()) continue;
        const auto* literal = std::get_if<LiteralSet>(&set.is);
        if (literal == nullptr || literal->of(Field::src, family).single_value() != host) continue;
        const std::string& name = d_.objects[set.object.index()].name;
        return name.substr(name.rfind(' ') + 1);  // "ip fw exchange"
    }
    return base::to_string(Address{family, host});
}

bool Inference::admitted(const Publication& p) const {
    return std::any_of(admissions_.begin(), admissions_.end(), [&](const Admission& a) {
        const IntervalSet& to = a.guard.dst.of(Field::dst, p.family);
        return a.guard.dst_as_sent ? p.guard.dst_limited && to.intersects(of(p.guard.dst, p.family))
                                   : to.contains(p.host);
    });
}

void Inference::find_published_servers() {
    for (const Publication& p : publications_) {
        // Publishing every port does not make a mail server, unless the filter lets SMTP in.
        if (!p.states_port && !admitted(p)) continue;
        if (!p.guard.in_names.empty() && std::none_of(p.guard.in_names.begin(), p.guard.in_names.end(),
                                                      [&](const std::string& n) { return covers(out_.external, n); }))
            continue;
        const Address host{p.family, p.host};
        if (host.bits == 0 || contains(impossible_sources(), host)) continue;
        const bool known = std::any_of(out_.mail_servers.begin(), out_.mail_servers.end(), [&](const ServerView& v) {
            return std::any_of(v.server.address.begin(), v.server.address.end(),
                               [&](const Prefix& a) { return a.contains(host); });
        });
        if (known) continue;
        ServerView view;
        view.server.name = name_of(p.family, p.host);
        view.server.address = {base::make_prefix(host, base::address_bits(p.family))};
        view.server.inferred = true;
        view.server.span = span_of(p.rule);
        std::string to = "the device's own address";
        if (names_addresses(p.guard, p.family))
            to = base::addresses_to_string(of(p.guard.dst, p.family), p.family, 3);
        else if (!p.guard.dst_is_device)
            to = "any address";
        assume("mail server " + base::to_string(host) +
                   (view.server.name == base::to_string(host) ? "" : " (" + view.server.name + ")"),
               fmt::format("inbound tcp/25 to {} is translated to it{}", to, where(view.server.span)), false,
               view.server.span);
        out_.mail_servers.push_back(std::move(view));
    }
}

void Inference::find_routed_servers() {
    const LiteralSet global = global_addresses();
    for (const Admission& a : admissions_) {
        if (a.guard.in_names.empty() || std::none_of(a.guard.in_names.begin(), a.guard.in_names.end(),
                                                     [&](const std::string& n) { return covers(out_.external, n); }))
            continue;
        for (const Family family : {Family::v4, Family::v6}) {
            if (family == Family::v4 ? !a.guard.sees_v4 : !a.guard.sees_v6) continue;
            for (const base::Interval& i : of(a.guard.dst, family).intervals()) {
                const Address host{family, i.first};
                if (i.first != i.last || !contains(global, host)) continue;
                // What is translated on is an address of another host.
                if (a.guard.dst_as_sent &&
                    std::any_of(publications_.begin(), publications_.end(), [&](const Publication& p) {
                        return p.family == family && p.guard.dst_limited && of(p.guard.dst, family).contains(host.bits);
                    }))
                    continue;
                if (std::any_of(out_.mail_servers.begin(), out_.mail_servers.end(), [&](const ServerView& v) {
                        return std::any_of(v.server.address.begin(), v.server.address.end(),
                                           [&](const Prefix& p) { return p.contains(host); });
                    }))
                    continue;
                ServerView view;
                view.server.name = name_of(family, host.bits);
                view.server.address = {base::make_prefix(host, base::address_bits(family))};
                view.server.inferred = true;
                view.server.span = span_of(a.rule);
                assume("mail server " + base::to_string(host),
                       "SMTP from the internet is let through to it" + where(view.server.span), false,
                       view.server.span);
                out_.mail_servers.push_back(std::move(view));
            }
        }
    }
}

void Inference::find_named_servers() {
    std::set<std::string> seen;
    for (const Set& set : d_.sets) {
        if (!set.object.valid()) continue;
        const Object& object = d_.objects[set.object.index()];
        const auto* literal = std::get_if<LiteralSet>(&set.is);
        if (literal == nullptr || !sounds_like_mail(object.name.substr(object.name.rfind(' ') + 1)) ||
            !seen.insert(object.name).second)
            continue;
        ServerView view;
        for (const Family family : {Family::v4, Family::v6}) {
            const IntervalSet& hosts = of(*literal, family);
            if (hosts.size() > 4) continue;
            for (const base::Interval& i : hosts.intervals())
                for (u128 n = 0, h = i.first; n <= i.last - i.first; ++n, ++h)
                    if (contains(out_.inside, {family, h}))
                        view.server.address.push_back(base::make_prefix({family, h}, base::address_bits(family)));
        }
        if (view.server.address.empty()) continue;
        view.server.name = object.name.substr(object.name.rfind(' ') + 1);
        view.server.inferred = true;
        view.server.span = object.defined;
        view.guessed = true;
        assume("mail server " + view.server.name + " " + base::to_string(view.server.address.front().base),
               fmt::format("the name of {} \"{}\" says so{}", object.kind, object.name, where(object.defined)), true,
               object.defined);
        out_.mail_servers.push_back(std::move(view));
    }
}

/// The address a server is published as is its own; a server with a global address is its own publication.
void Inference::find_outbound(ServerView& view) {
    view.outbound_declared = !view.server.outbound.empty();
    view.outbound_known = view.outbound_declared;
    std::vector<Prefix> published;
    const LiteralSet global = global_addresses();
    base::Span span;
    bool translated = false;
    for (const Publication& p : publications_) {
        const Address host{p.family, p.host};
        if (std::none_of(view.server.address.begin(), view.server.address.end(),
                         [&](const Prefix& a) { return a.contains(host); }))
            continue;
        if (!p.guard.in_names.empty() && std::none_of(p.guard.in_names.begin(), p.guard.in_names.end(),
                                                      [&](const std::string& n) { return covers(out_.external, n); }))
            continue;
        translated = true;
        if (!view.publication.valid()) view.publication = span_of(p.rule);
        const IntervalSet& to = of(p.guard.dst, p.family);
        if (!p.guard.dst_limited || (p.guard.dst_is_device && !names_addresses(p.guard, p.family))) {
            view.published_on_any = true;
            continue;
        }
        if (to.size() > 64) continue;
        for (const Prefix& prefix : to_prefixes(to, p.family)) {
            if (!contains(global, prefix.base)) continue;
            if (std::find(published.begin(), published.end(), prefix) == published.end()) published.push_back(prefix);
            if (!span.valid()) span = span_of(p.rule);
        }
    }
    for (const Family family : {Family::v4, Family::v6}) {
        const auto has = [&](const std::vector<Prefix>& list) {
            return std::any_of(list.begin(), list.end(), [&](const Prefix& p) { return p.base.family == family; });
        };
        if (!has(view.server.address) || has(view.server.outbound)) continue;
        if (has(published)) {
            for (const Prefix& p : published)
                if (p.base.family == family) view.server.outbound.push_back(p);
            view.outbound_known = true;
            std::string text;
            for (const Prefix& p : published)
                if (p.base.family == family)
                    text += (text.empty() ? "" : ", ") +
                            base::to_string(p.length == base::address_bits(family) ? p.base : p.base) +
                            (p.length == base::address_bits(family) ? "" : fmt::format("/{}", p.length));
            assume(fmt::format("the own outbound address of {} is {}", view.server.name, text),
                   "inbound SMTP reaches it there" + where(span), false, span);
            continue;
        }
        for (const Prefix& p : view.server.address)
            if (p.base.family == family && contains(global, p.base)) {
                view.server.outbound.push_back(p);
                view.outbound_known = true;
            }
        if (!has(view.server.outbound))
            assume(fmt::format("the own outbound address of {} is not known", view.server.name),
                   translated
                       ? "it is published on whatever address the interface has; declare `outbound` in egresslint.toml"
                       : "no inbound mapping shows it; declare `outbound` in egresslint.toml",
                   false, view.publication);
    }
}

void Inference::find_mail_servers() {
    if (!intent_.mail_servers.empty()) {
        for (const MailServer& s : intent_.mail_servers) {
            ServerView view;
            view.server = s;
            out_.mail_servers.push_back(std::move(view));
        }
    } else {
        find_published_servers();
        find_routed_servers();
        if (out_.mail_servers.empty()) find_named_servers();
        if (out_.mail_servers.empty())
            assume("no mail server is known",
                   "no destination translation of inbound tcp/25 and no object name shows one; the rules about mail "
                   "servers do not apply",
                   true);
    }
    for (ServerView& view : out_.mail_servers) find_outbound(view);
}

void Inference::find_own_addresses() {
    const LiteralSet global = global_addresses();
    for (std::size_t i = first_interface; i < d_.interfaces.size(); ++i) {
        const Interface& f = d_.interfaces[i];
        const bool external = covers(out_.external, f.name);
        bool primary4 = true, primary6 = true;
        for (const InterfaceAddress& a : f.addresses) {
            add(out_.own, base::make_prefix(a.address, base::address_bits(a.address.family)));
            bool& primary = a.address.family == Family::v4 ? primary4 : primary6;
            if (external && primary && !a.secondary && a.global) {
                add(out_.interface_addresses, base::make_prefix(a.address, base::address_bits(a.address.family)));
                primary = false;
            }
        }
    }
    // All at once: one by one is quadratic where every host has an address of its own.
    std::vector<base::Interval> v4, v6;
    for (const SourceTranslation& s : translations_)
        if (s.to && contains(global, *s.to)) (s.to->family == Family::v4 ? v4 : v6).push_back({s.to->bits, s.to->bits});
    out_.own = unite(out_.own, {IntervalSet(std::move(v4)), IntervalSet(std::move(v6))});
    for (const ServerView& view : out_.mail_servers)
        for (const Prefix& p : view.server.outbound)
            if (std::none_of(view.server.address.begin(), view.server.address.end(),
                             [&](const Prefix& a) { return a == p; }))
                add(out_.own, p);
}

void Inference::assume_routes() {
    if (d_.routes_known) return;
    // What the configuration itself states (static routes) comes first and stays.
    std::vector<NextHop> outside, inside;
    for (const std::string& n : out_.external) outside.push_back({std::nullopt, n});
    for (const std::string& n : out_.internal) inside.push_back({std::nullopt, n});
    const auto route = [&](const Prefix& to, const std::vector<NextHop>& hops, std::uint32_t metric) {
        if (hops.empty()) return;
        Route r;
        r.destination = to;
        r.next_hops = hops;
        r.metric = metric;
        r.assumed = true;
        d_.routes.push_back(std::move(r));
    };
    for (std::size_t i = first_interface; i < d_.interfaces.size(); ++i)
        for (const InterfaceAddress& a : d_.interfaces[i].addresses)
            route(base::make_prefix(a.address, a.length), {{std::nullopt, d_.interfaces[i].name}}, 0);
    const auto has_default = [&](Family f) {
        return std::any_of(d_.routes.begin(), d_.routes.end(),
                           [&](const Route& r) { return r.destination.length == 0 && r.destination.base.family == f; });
    };
    for (const Family f : {Family::v4, Family::v6}) {
        for (const Prefix& p : to_prefixes(of(out_.inside, f), f)) route(p, inside, 1000);
        for (const ServerView& v : out_.mail_servers)
            for (const Prefix& p : v.server.address)
                if (p.base.family == f && !contains(out_.inside, p.base)) route(p, inside, 1000);
        if (!has_default(f)) route({Address{f, 0}, 0}, outside, 1000);
    }
    d_.routes_known = true;
    assume(fmt::format("the default route leaves by {}", joined(out_.external)),
           "no `ip -j route` dump was given; inside addresses are taken to be behind " + joined(out_.internal),
           out_.external_guessed);
}

}  // namespace

void take_declared_addresses(Device& device, const DeviceIntent* declared) {
    if (declared == nullptr) return;
    for (const IntentInterface& stated : declared->interfaces) {
        Interface& i = named_interface(device, stated.name);
        i.addresses.clear();
        i.span = stated.span;
        for (std::size_t n = 0; n < stated.hosts.size(); ++n) {
            InterfaceAddress a;
            a.address = stated.hosts[n];
            a.length = stated.address[n].length;
            // As the kernel has it: a later address of a network that is already there is a secondary one.
            for (const InterfaceAddress& earlier : i.addresses)
                if (earlier.address.family == a.address.family && earlier.length == a.length &&
                    base::make_prefix(earlier.address, a.length) == base::make_prefix(a.address, a.length))
                    a.secondary = true;
            i.addresses.push_back(a);
        }
    }
}

bool name_matches(std::string_view pattern, std::string_view name) {
    if (!pattern.empty() && pattern.back() == '*') return name.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == name;
}

Inferred infer(Device& device, const DeviceIntent* declared, const Intent& intent, const base::Sources& sources) {
    return Inference(device, declared, intent, sources).run();
}

}  // namespace egresslint::lint
