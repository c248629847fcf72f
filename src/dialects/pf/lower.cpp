// SPDX-License-Identifier: Apache-2.0
#include "dialects/pf/lower.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dialects/pf/match.hpp"
#include "dialects/pf/translate.hpp"
#include "families/pf.hpp"

namespace egresslint::dialects::pf {
namespace {

using namespace egresslint::model;
using families::pf::Action;
using families::pf::Direction;

std::string on_one_line(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\\') {
            if (!out.empty() && out.back() != ' ') out += ' ';
        } else {
            out += c;
        }
    }
    return out;
}

class Lowering {
public:
    Lowering(const base::Sources& sources, const Ruleset& rules, std::string name, base::Diagnostics& diagnostics)
        : sources_(sources),
          rules_(rules),
          b_(std::move(name)),
          pf_(b_),
          diagnostics_(diagnostics),
          matcher_(sources, rules, b_, pf_, diagnostics),
          translator_(matcher_, rules, b_) {}

    Device run() {
        for (const auto& [name, table] : rules_.tables) b_.define("table", name, table.span);
        matcher_.collect(rules_.rules);
        for (const Item& skipped : rules_.skipped)
            if (skipped.text == "lo0") b_.device().interfaces[b_.interface("lo0").index()].role = Role::loopback;
        for (const std::string& name : matcher_.interfaces()) {
            const InterfaceId id = b_.interface(name);
            // The group of the interface that the default route leaves by.
            if (name == "egress") b_.device().interfaces[id.index()].role = Role::external;
            if (name == "lo0") {
                auto& addresses = b_.device().interfaces[id.index()].addresses;
                addresses.push_back({*base::parse_address("127.0.0.1"), 8, false, false});
                addresses.push_back({*base::parse_address("::1"), 128, false, false});
            }
            if (name.starts_with("lo")) b_.device().interfaces[id.index()].role = Role::loopback;
        }
        for (const Rule& rule : rules_.rules) one(rule, {});
        families::pf::Pf::Defaults defaults;
        defaults.block = defaults.pass = b_.origin({}, "pf passes what no rule blocks", true);
        defaults.log_block = false;
        defaults.in = Verdict::accept;
        if (!rules_.skipped.empty()) {
            defaults.skip_in = matcher_.on(rules_.skipped, Field::in_if);
            defaults.skip_out = matcher_.on(rules_.skipped, Field::out_if);
        }
        pf_.finish(defaults, true);
        Device& d = b_.device();
        d.filters_v4 = d.filters_v6 = true;
        return std::move(b_).finish();
    }

private:
    // -- rules

    OriginId origin_of(const Rule& rule) { return b_.origin(rule.span, on_one_line(sources_.text(rule.span))); }

    void one(const Rule& rule, std::vector<ExprId> around) {
        if (rule.action == "antispoof") return antispoof(rule, around);
        if (rule.action == "nat" || rule.action == "rdr" || rule.action == "binat") return translation(rule);
        if (rule.action.ends_with("anchor")) return anchor(rule, std::move(around));
        Matcher::Match m = matcher_.common(rule);
        m.all.insert(m.all.end(), around.begin(), around.end());
        families::pf::FilterRule r;
        r.action = rule.action == "pass"                                                    ? Action::pass
                   : rule.action == "match"                                                 ? Action::match
                   : rule.block == "return" || (rule.block.empty() && rules_.block_returns) ? Action::block_return
                                                                                            : Action::block;
        r.quick = rule.quick;
        r.log = rule.log;
        r.tag = rule.tag;
        r.uses = m.uses;
        for (const std::string& limit : rule.limits) {
            const PredicateId id = b_.predicate(
                fmt::format("{}kept ({})", limit + (limit.ends_with(' ') ? "" : " "), sources_.where(rule.span)),
                PredicateKind::rate);
            if (r.action == Action::pass) r.limits.push_back(id);
        }
        route(rule, r);
        for (const Direction d : {Direction::in, Direction::out}) {
            if (!rule.direction.empty() && (rule.direction == "in") != (d == Direction::in)) continue;
            families::pf::FilterRule each = r;
            std::vector<ExprId> all = m.all;
            if (!rule.interfaces.empty())
                all.push_back(matcher_.on(rule.interfaces, d == Direction::in ? Field::in_if : Field::out_if));
            each.match = b_.all(all);
            each.origin = origin_of(rule);
            const auto add = [&](std::vector<Translate> more) {
                each.then.insert(each.then.end(), more.begin(), more.end());
            };
            if (rule.nat_to && d == Direction::out) add(translator_.rewrite(rule, *rule.nat_to, true, m));
            if (rule.rdr_to && d == Direction::in) add(translator_.rewrite(rule, *rule.rdr_to, false, m));
            if (rule.binat_to) {
                if (!binat(rule, *rule.binat_to, d, each, m)) continue;
            }
            each.uses = m.uses;
            // A route of its own counts on the way that the packet is looked at first.
            if (d == Direction::out && rule.direction.empty()) each.route = {};
            pf_.filter(d, each);
        }
    }

    /// binat-to: what leaves gets the other address; what comes for that address goes to the host.
    bool binat(const Rule& rule, const Target& t, Direction d, families::pf::FilterRule& each, Matcher::Match& m) {
        if (rule.from.size() != 1 || t.hosts.size() != 1) {
            each.match = b_.all({each.match, b_.unknown(b_.predicate("binat-to of several", PredicateKind::opaque))});
            not_understood(diagnostics_, t.span, "binat-to of several addresses is not understood");
            return true;
        }
        if (d == Direction::out) {
            const auto to = translator_.one_to_one(rule.from.front(), t.hosts.front(), Field::src, false);
            if (!to) return strange_binat(rule, t, each);
            each.then.push_back(*to);
            return true;
        }
        const auto to = translator_.one_to_one(rule.from.front(), t.hosts.front(), Field::dst, true);
        if (!to) return strange_binat(rule, t, each);
        // The reverse of the rule: its source is what the packet is translated to.
        std::vector<ExprId> all;
        if (!rule.family.empty()) all.push_back(b_.family(rule.family == "inet" ? Family::v4 : Family::v6));
        matcher_.protocols(rule, m);
        if (!rule.protocols.empty()) all.push_back(m.all.back());
        Matcher::Match back;
        matcher_.hosts(rule.to, Field::src, back);
        matcher_.hosts(t.hosts, Field::dst, back);
        all.insert(all.end(), back.all.begin(), back.all.end());
        if (!rule.interfaces.empty()) all.push_back(matcher_.on(rule.interfaces, Field::in_if));
        each.match = b_.all(all);
        each.then.push_back(*to);
        return true;
    }
    bool strange_binat(const Rule&, const Target& t, families::pf::FilterRule& each) {
        const PredicateId id = b_.predicate("binat-to", PredicateKind::opaque);
        each.match = b_.all({each.match, b_.unknown(id)});
        not_understood(diagnostics_, t.span, "binat-to wants two addresses or two networks of one size");
        diagnostics_.back().predicate = id.value;
        return true;
    }

    void route(const Rule& rule, families::pf::FilterRule& r) {
        if (rule.route_to.empty() || rule.action == "block") return;
        std::vector<InterfaceId> ways;
        for (const Item& i : rule.route_to) {
            // "em1 10.0.0.1", "10.0.0.1@em1", "em1"; an address alone is found by the routing table.
            std::string name = i.text.substr(0, i.text.find(' '));
            if (const auto at = name.find('@'); at != std::string::npos) name = name.substr(at + 1);
            if (begins_an_address(name)) {
                const PredicateId id = b_.predicate("route-to " + i.text, PredicateKind::opaque);
                r.match = b_.yes();
                not_understood(diagnostics_, i.span,
                               fmt::format("by which interface route-to {} leaves is not known", i.text),
                               base::Influence::routing);
                diagnostics_.back().predicate = id.value;
                continue;
            }
            ways.push_back(b_.interface(name));
        }
        r.route.interfaces = ways;
        if (ways.size() > 1)
            r.route.choice =
                b_.predicate(fmt::format("which way of route-to is taken ({})", sources_.where(rule.span)),
                             PredicateKind::balance, Field::src, {}, static_cast<std::uint16_t>(ways.size()));
    }

    void antispoof(const Rule& rule, const std::vector<ExprId>& around) {
        for (const Item& i : rule.interfaces) {
            families::pf::FilterRule r;
            r.action = rules_.block_returns ? Action::block_return : Action::block;
            r.quick = rule.quick;
            r.log = rule.log;
            std::vector<ExprId> all = around;
            if (!rule.family.empty()) all.push_back(b_.family(rule.family == "inet" ? Family::v4 : Family::v6));
            const OriginId origin = b_.origin(rule.span, on_one_line(sources_.text(rule.span)));
            b_.device().origins[origin.index()].element = true;
            r.origin = origin;
            std::vector<ExprId> network = all, own = all;
            network.push_back(b_.negate(matcher_.named(i.text, Field::in_if)));
            network.push_back(matcher_.interface_address(i.text + ":network", Field::src));
            own.push_back(matcher_.interface_address(i.text, Field::src));
            r.match = b_.all(network);
            pf_.filter(Direction::in, r);
            r.match = b_.all(own);
            pf_.filter(Direction::in, r);
        }
    }

    void anchor(const Rule& rule, std::vector<ExprId> around) {
        if (rule.has_block) {
            Matcher::Match m = matcher_.common(rule);
            around.insert(around.end(), m.all.begin(), m.all.end());
            for (Rule inner : rule.rules) {
                // What the anchor says of direction and interface, its rules need not say again.
                if (inner.direction.empty()) inner.direction = rule.direction;
                if (!rule.interfaces.empty() && inner.interfaces.empty()) inner.interfaces = rule.interfaces;
                one(inner, around);
            }
            return;
        }
        const bool source = rule.action == "nat-anchor" || rule.action == "binat-anchor",
                   destination = rule.action == "rdr-anchor" || rule.action == "binat-anchor";
        const OriginId origin = origin_of(rule);
        Matcher::Match m = matcher_.common(rule);
        m.all.insert(m.all.end(), around.begin(), around.end());
        PredicateId id;
        if (source) id = b_.opaque_rule(pf_.translate_chain(), b_.all(m.all), origin, true, false);
        if (destination) id = b_.opaque_rule(pf_.redirect_chain(), b_.all(m.all), origin, false, true);
        if (!source && !destination)
            for (const Direction d : {Direction::in, Direction::out})
                if (rule.direction.empty() || (rule.direction == "in") == (d == Direction::in)) {
                    std::vector<ExprId> all = m.all;
                    if (!rule.interfaces.empty())
                        all.push_back(matcher_.on(rule.interfaces, d == Direction::in ? Field::in_if : Field::out_if));
                    id = b_.opaque_rule(pf_.filter_chain(d), b_.all(all), origin);
                }
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::incomplete;
        d.code = "EL903";
        d.span = rule.span;
        d.message = fmt::format("the rules of the anchor {} are not in this file", rule.name.empty() ? "?" : rule.name);
        d.predicate = id.value;
        diagnostics_.push_back(std::move(d));
    }

    /// nat, rdr and binat of FreeBSD up to 14 and of OpenBSD before 4.7.
    void translation(const Rule& rule) {
        Matcher::Match m = matcher_.common(rule);
        const bool destination = rule.action == "rdr";
        families::pf::Rule r;
        r.origin = origin_of(rule);
        r.log = rule.log;
        r.tag = rule.tag;
        std::vector<ExprId> all = m.all;
        if (!rule.interfaces.empty())
            all.push_back(matcher_.on(rule.interfaces, destination ? Field::in_if : Field::out_if));
        r.match = b_.all(all);
        r.uses = m.uses;
        if (rule.action == "binat") return old_binat(rule, r);
        const auto& target = destination ? rule.rdr_to : rule.nat_to;
        if (!rule.no && !target) {
            not_understood(diagnostics_, rule.span, fmt::format("this {} rule has no target", rule.action));
            return;
        }
        std::vector<Translate> then;
        if (!rule.no) then = translator_.rewrite(rule, *target, !destination, m);
        r.uses = m.uses;
        if (destination)
            pf_.redirect(r, std::move(then), rule.pass);
        else
            pf_.translate(r, std::move(then));
    }
    void old_binat(const Rule& rule, families::pf::Rule& r) {
        if (rule.no) {
            pf_.translate(r, {});
            return;
        }
        if (!rule.binat_to || rule.from.size() != 1 || rule.binat_to->hosts.size() != 1) {
            const auto id = b_.opaque_rule(pf_.translate_chain(), r.match, r.origin, true, false);
            not_understood(diagnostics_, rule.span, "this binat rule is not understood");
            diagnostics_.back().predicate = id.value;
            return;
        }
        const auto out = translator_.one_to_one(rule.from.front(), rule.binat_to->hosts.front(), Field::src, false);
        const auto in = translator_.one_to_one(rule.from.front(), rule.binat_to->hosts.front(), Field::dst, true);
        if (!out || !in) {
            const auto id = b_.opaque_rule(pf_.translate_chain(), r.match, r.origin, true, false);
            not_understood(diagnostics_, rule.span, "binat wants two addresses or two networks of one size");
            diagnostics_.back().predicate = id.value;
            return;
        }
        pf_.translate(r, {*out});
        families::pf::Rule back = r;
        Matcher::Match m;
        if (!rule.family.empty()) m.all.push_back(b_.family(rule.family == "inet" ? Family::v4 : Family::v6));
        matcher_.hosts(rule.to, Field::src, m);
        matcher_.hosts(rule.binat_to->hosts, Field::dst, m);
        matcher_.protocols(rule, m);
        if (!rule.interfaces.empty()) m.all.push_back(matcher_.on(rule.interfaces, Field::in_if));
        back.match = b_.all(m.all);
        pf_.binat_in(back, {*in});
    }

    const base::Sources& sources_;
    const Ruleset& rules_;
    Builder b_;
    families::pf::Pf pf_;
    base::Diagnostics& diagnostics_;
    Matcher matcher_;
    Translator translator_;
};

}  // namespace

Device lower(const base::Sources& sources, const Ruleset& rules, std::string name, base::Diagnostics& diagnostics) {
    return Lowering(sources, rules, std::move(name), diagnostics).run();
}

}  // namespace egresslint::dialects::pf
