// SPDX-License-Identifier: Apache-2.0
// Order of chains and rules: firewall4, fw4.uc and templates/ruleset.uc; options: OpenWrt, "Firewall configuration".
#include "dialects/openwrt/lower.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dialects/openwrt/nat.hpp"

namespace egresslint::dialects::openwrt {
namespace {

using namespace egresslint::model;
using families::netfilter::BaseChain;
using families::netfilter::ChainType;
using families::netfilter::Hook;

class Lowering {
public:
    Lowering(const base::Sources& sources, const Uci& uci, std::string name, base::Diagnostics& diagnostics)
        : zones_(sources, uci, std::move(name), diagnostics),
          nat_(zones_),
          uci_(uci),
          b_(zones_.b),
          netfilter_(zones_.netfilter),
          diagnostics_(diagnostics),
          matcher_(zones_.matcher) {}

    Device run() {
        zones_.read();
        filter();
        dstnat_ = b_.chain("fw4 dstnat");
        nat_.destinations(dstnat_);
        srcnat_ = b_.chain("fw4 srcnat");
        nat_.sources(srcnat_);
        finish_chains();
        report_rest();
        netfilter_.finish();
        Device& d = b_.device();
        d.filters_v4 = d.filters_v6 = true;
        return std::move(b_).finish();
    }

private:
    void filter() {
        input_ = b_.chain("fw4 input");
        forward_ = b_.chain("fw4 forward");
        output_ = b_.chain("fw4 output");
        const OriginId built_in = b_.origin({}, "fw4", true);
        const ExprId known = netfilter_.connection_state({ConnectionState::established, ConnectionState::related});
        zones_.add(input_, b_.interface_names(Field::in_if, {"lo"}), Decide{Verdict::accept, {}, true}, built_in);
        zones_.add(output_, b_.interface_names(Field::out_if, {"lo"}), Decide{Verdict::accept, {}, true}, built_in);
        for (const ChainId chain : {input_, forward_, output_})
            zones_.add(chain, known, Decide{Verdict::accept, {}, true}, built_in);
        if (drops_invalid())
            for (const ChainId chain : {input_, forward_, output_})
                zones_.add(chain, netfilter_.connection_state({ConnectionState::invalid}),
                           Decide{Verdict::drop, {}, true}, built_in);
        for (const Section& s : uci_.sections)
            if (is(s, "defaults")) defaults(s, built_in);
        for (const Zone& z : zones_.all) {
            input_of_[z.name] = b_.chain("fw4 input_" + z.name, b_.origin(z.section->span, "zone " + z.name, true));
            forward_of_[z.name] = b_.chain("fw4 forward_" + z.name, b_.origin(z.section->span, "zone " + z.name, true));
            output_of_[z.name] = b_.chain("fw4 output_" + z.name, b_.origin(z.section->span, "zone " + z.name, true));
        }
        // Rules of no single zone stand in the base chains, in front of the zones'.
        for (const Section& s : uci_.sections)
            if (is(s, "rule")) rule(s);
        for (const Section& s : uci_.sections)
            if (is(s, "forwarding")) forwarding(s);
        for (const Zone& z : zones_.all) {
            const OriginId own = zones_.origin(*z.section);
            const ExprId mapped = b_.in_register(netfilter_.registers().ct_status, IntervalSet::single(32), 32);
            if (z.mapped) {
                zones_.add(input_of_[z.name], mapped, Decide{Verdict::accept, {}, true}, own);
                zones_.add(forward_of_[z.name], mapped, Decide{Verdict::accept, {}, true}, own);
            }
            verdict(input_of_[z.name], b_.yes(), z.input, z, own);
            // Between interfaces of the zone; what goes to other zones is left to the base chain.
            verdict(forward_of_[z.name], zones_.in(z, Field::out_if), z.forward, z, own);
            if (z.log) zones_.add(forward_of_[z.name], b_.yes(), Continue{}, own, {}, {Log{}});
            verdict(output_of_[z.name], b_.yes(), z.output, z, own);
            zones_.add(input_, zones_.in(z, Field::in_if), Jump{input_of_[z.name]}, own);
            zones_.add(forward_, zones_.in(z, Field::in_if), Jump{forward_of_[z.name]}, own);
            zones_.add(output_, zones_.in(z, Field::out_if), Jump{output_of_[z.name]}, own);
            for (const auto* map : {&input_of_, &forward_of_, &output_of_})
                b_.device().origins[b_.device().chains[map->at(z.name).index()].origin.index()].synthetic = true;
        }
    }
    void defaults(const Section& s, OriginId built_in) {
        // The first packets of connections to the router beyond a rate.
        if (s.flag("synflood_protect", s.flag("syn_flood", false)))
            zones_.add(
                input_,
                b_.all({b_.proto(6), b_.unknown(b_.predicate("synflood_rate of defaults", PredicateKind::rate))}),
                Decide{Verdict::drop, {}, true}, built_in);
        matcher_.rest(s, {"name",
                          "input",
                          "output",
                          "forward",
                          "drop_invalid",
                          "synflood_rate",
                          "synflood_burst",
                          "tcp_syncookies",
                          "tcp_ecn",
                          "tcp_window_scaling",
                          "accept_redirects",
                          "accept_source_route",
                          "custom_chains",
                          "flow_offloading",
                          "flow_offloading_hw",
                          "auto_helper",
                          "auto_includes",
                          "tcp_reject_code",
                          "any_reject_code",
                          "enabled"});
    }
    [[nodiscard]] bool drops_invalid() const {
        for (const Section& s : uci_.sections)
            if (is(s, "defaults") && s.flag("drop_invalid", false)) return true;
        return false;
    }
    void verdict(ChainId chain, ExprId match, Verdict v, const Zone& z, OriginId o) {
        std::vector<Effect> effects;
        if (z.log && v != Verdict::accept) effects.emplace_back(Log{});
        zones_.add(chain, match, Decide{v, {}, true}, o, {}, std::move(effects));
    }

    void rule(const Section& s) {
        if (!enabled(s)) return;
        const std::string src = s.value("src"), dest = s.value("dest");
        std::string target = target_of(s, "");
        ExprId more = b_.yes();
        const Zone* from = src.empty() || src == "*" ? nullptr : zones_.find(src);
        const Zone* to = dest.empty() || dest == "*" ? nullptr : zones_.find(dest);
        const auto version = zones_.family(s, {from, to});
        if (!version) return;
        Matched m = matcher_.match(s, {"src_ip", "dest_ip", "src_port", "dest_port"}, *version);
        for (const auto& [name, found, span] :
             {std::tuple(src, from, s.span_of("src")), std::tuple(dest, to, s.span_of("dest"))})
            if (!name.empty() && name != "*") {
                m.uses.push_back(b_.use("zone", name, span));
                // fw4 warns and leaves the rule out.
                if (found == nullptr) return;
            }
        if (to != nullptr && !src.empty()) more = zones_.in(*to, Field::out_if);
        ChainId chain = output_;
        if (!src.empty() && !dest.empty())
            chain = from != nullptr ? forward_of_[src] : forward_;
        else if (!src.empty())
            chain = from != nullptr ? input_of_[src] : input_;
        else if (to != nullptr)
            chain = output_of_[dest];
        if (const std::string device = s.value("device"); !device.empty()) {
            const std::string way = s.value("direction");
            if (device.starts_with('!') || (way != "in" && way != "out" && way != "ingress" && way != "egress"))
                not_understood(diagnostics_, s.span_of("device"), "this device with this direction is not modelled");
            else
                more = b_.all({more, b_.interface_names(way.starts_with('i') ? Field::in_if : Field::out_if,
                                                        {pattern_of(device)})});
        }
        const OriginId o = zones_.origin(s);
        std::vector<Effect> effects;
        // What is refused goes to the zone's chain for that, which logs where the zone does.
        const Zone* last = to != nullptr ? to : from;
        if (s.flag("log", !s.value("log").empty()) ||
            ((target == "drop" || target == "reject") && last != nullptr && last->log))
            effects.emplace_back(Log{});
        ExprId match = b_.all({m.match, more});
        if (s.value("target").empty()) {
            // fw4 writes a rule that only counts; before it, what has no target was dropped.
            target = "drop";
            match = b_.all(
                {match, b_.unknown(b_.predicate("whether a rule without a target drops", PredicateKind::ambiguity))});
        }
        if (target == "accept" || target == "drop" || target == "reject") {
            if (m.limited && target == "accept") effects.emplace_back(Limited{});
            if (target == "accept") leakage(chain, match, to, o);
            zones_.add(chain, match, Decide{verdict_of(target, Verdict::drop), {}, true}, o, m.uses, effects);
        } else if (target == "notrack" || target == "mark") {
            not_understood(diagnostics_, s.span_of("target"), fmt::format("the target {} is not modelled", target),
                           base::Influence::routing | base::Influence::source);
        } else if (target != "helper" && target != "dscp") {
            const auto which = b_.opaque_rule(chain, match, o);
            not_understood(diagnostics_, s.span_of("target"),
                           fmt::format("the target \"{}\" is not understood", s.value("target")));
            diagnostics_.back().predicate = which.value;
        }
        matcher_.rest(s, {"name", "src", "dest", "target", "enabled", "log", "log_limit", "set_mark", "set_xmark",
                          "set_helper", "set_dscp", "counter", "_name", "device", "direction"});
    }
    /// Packets of no connection would leave a masquerading zone untranslated: they are dropped first.
    void leakage(ChainId chain, ExprId match, const Zone* to, OriginId o) {
        if (to == nullptr || !(to->masq || to->masq6) || to->section->flag("masq_allow_invalid", false)) return;
        std::vector<ExprId> all{match, zones_.in(*to, Field::out_if),
                                netfilter_.connection_state({ConnectionState::invalid})};
        if (!(to->masq && to->masq6)) all.push_back(b_.family(to->masq ? Family::v4 : Family::v6));
        zones_.add(chain, b_.all(all), Decide{Verdict::drop, {}, true},
                   b_.origin(to->section->span, "zone " + to->name, true));
        static_cast<void>(o);
    }

    void forwarding(const Section& s) {
        if (!enabled(s)) return;
        const std::string src = s.value("src"), dest = s.value("dest");
        const Zone* from = zones_.find(src);
        const Zone* to = zones_.find(dest);
        std::vector<ObjectId> uses;
        if (src != "*") uses.push_back(b_.use("zone", src, s.span_of("src")));
        if (dest != "*") uses.push_back(b_.use("zone", dest, s.span_of("dest")));
        if ((from == nullptr && src != "*") || (to == nullptr && dest != "*")) return;
        std::vector<ExprId> all;
        const auto version = zones_.family(s, {from, to});
        if (!version) return;
        if (*version && **version != 0) all.push_back(b_.family(**version == 4 ? Family::v4 : Family::v6));
        if (to != nullptr) all.push_back(zones_.in(*to, Field::out_if));
        leakage(from != nullptr ? forward_of_[src] : forward_, b_.all(all), to, zones_.origin(s));
        zones_.add(from != nullptr ? forward_of_[src] : forward_, b_.all(all), Decide{Verdict::accept, {}, true},
                   zones_.origin(s), uses);
        matcher_.rest(s, {"name", "src", "dest", "family", "enabled"});
    }

    void finish_chains() {
        const auto base = [&](ChainId chain, const char* name, Hook hook, ChainType type, std::int32_t priority,
                              Verdict policy, Label label) {
            BaseChain c;
            c.name = name;
            c.hook = hook;
            c.type = type;
            c.priority = priority;
            c.entry = chain;
            c.policy = policy;
            c.registration = priority;
            c.label = label;
            for (const Section& s : uci_.sections)
                if (is(s, "defaults")) c.origin = b_.origin(s.span, "defaults", true);
            netfilter_.base_chain(std::move(c));
        };
        base(input_, "fw4 input", Hook::input, ChainType::filter, 0, zones_.defaults[0], Label::filter);
        base(output_, "fw4 output", Hook::output, ChainType::filter, 0, zones_.defaults[1], Label::filter);
        base(forward_, "fw4 forward", Hook::forward, ChainType::filter, 0, zones_.defaults[2], Label::filter);
        base(dstnat_, "fw4 dstnat", Hook::prerouting, ChainType::nat, -100, Verdict::accept,
             Label::destination_translation);
        base(srcnat_, "fw4 srcnat", Hook::postrouting, ChainType::nat, 100, Verdict::accept, Label::source_translation);
    }

    void report_rest() {
        const bool named =
            std::any_of(zones_.all.begin(), zones_.all.end(), [](const Zone& z) { return !z.networks.empty(); });
        if (named && !zones_.network.given()) {
            base::Diagnostic d;
            d.kind = base::Diagnostic::Kind::incomplete;
            d.code = "EL903";
            d.span = zones_.all.front().section->span;
            d.message = "which devices the networks of the zones are is in /etc/config/network, which was not given";
            diagnostics_.push_back(std::move(d));
        }
        static const std::set<std::string> known{"defaults", "zone", "rule", "forwarding", "redirect", "nat", "ipset"};
        // Packages that neither filter, translate nor route.
        std::set<std::string> told{"firewall", "network", "",         "system",
                                   "wireless", "dhcp",    "dropbear", "uhttpd",
                                   "luci",     "rpcd",    "ucitrack", "fstab",
                                   "ubootenv", "umdns",   "snmpd",    "prometheus-node-exporter-lua"};
        for (const Section& s : uci_.sections) {
            if (told.insert(s.package).second)
                not_understood(diagnostics_, s.span,
                               fmt::format("the package {} is not read: it may filter, translate or route", s.package));
            if (s.package != "firewall") continue;
            if (s.type == "include") {
                if (!enabled(s)) continue;
                base::Diagnostic d;
                d.kind = base::Diagnostic::Kind::incomplete;
                d.code = "EL903";
                d.span = s.span;
                d.message = fmt::format("the include {} is not read", s.value("path", "?"));
                diagnostics_.push_back(std::move(d));
            } else if (!known.contains(s.type)) {
                not_understood(diagnostics_, s.span, fmt::format("config {} is not understood", s.type));
            }
        }
    }

    Zones zones_;
    Nat nat_;
    const Uci& uci_;
    Builder& b_;
    families::netfilter::Netfilter& netfilter_;
    base::Diagnostics& diagnostics_;
    Matcher& matcher_;
    ChainId input_, forward_, output_, dstnat_, srcnat_;
    std::map<std::string, ChainId> input_of_, forward_of_, output_of_;
};

}  // namespace

Device lower(const base::Sources& sources, const Uci& uci, std::string name, base::Diagnostics& diagnostics) {
    return Lowering(sources, uci, std::move(name), diagnostics).run();
}

}  // namespace egresslint::dialects::openwrt
