// SPDX-License-Identifier: Apache-2.0
#include "lint/cause.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lint/address_space.hpp"
#include "lint/guards.hpp"
#include "model/print.hpp"

namespace egresslint::lint {

using namespace model;
using base::u128;

namespace {

/// One comparison that is false for the witness.
struct Miss {
    FieldRef what;
    IntervalSet wanted;  ///< what the rule compares with (already complemented for `not`)
    std::string text;    ///< for what is no literal comparison
};
enum class Truth : std::uint8_t { no, maybe, yes };

/// The source that the packet has when it comes to a stage; nullopt: the device picks one of several.
std::optional<u128> source_at(const Device& d, const flow::Packet& packet, const flow::Outcome& outcome,
                              StageId stage) {
    std::optional<u128> src = packet.src;
    const auto rewrite = [&](const Translate& t) {
        if (t.field != Field::src || (t.family && *t.family != packet.family) || std::holds_alternative<Keep>(t.to))
            return;
        const auto* shift = std::get_if<Shift>(&t.to);
        if (const auto* fixed = std::get_if<Fixed>(&t.to))
            src = fixed->value;
        else if (shift != nullptr && src)
            src = *src - shift->from + shift->to;
        else
            src.reset();
    };
    for (const flow::Step& step : outcome.steps) {
        if (!step.stage.valid() || !stage.valid() || step.stage.value >= stage.value) break;
        if (step.rule.valid())
            for (const Translate& t : translations(d.rules[step.rule.index()])) rewrite(t);
        else
            for (const Translate& t : d.pipeline[step.stage.index()].fallthrough.then) rewrite(t);
    }
    return src;
}

/// Evaluates match expressions on the witness as it comes to a stage.
class Look {
public:
    Look(const Device& device, const flow::Packet& packet, const flow::Outcome& outcome)
        : d_(device), packet_(packet), outcome_(outcome) {}

    void enter(StageId stage) {
        if (stage == stage_) return;
        stage_ = stage;
        src_ = source_at(d_, packet_, outcome_, stage);
    }

    Truth at(ExprId id, bool positive, std::vector<Miss>& misses, unsigned depth = 0) const {
        if (!id.valid() || depth > 150) return Truth::maybe;
        const auto& is = d_.exprs[id.index()].is;
        if (const auto* constant = std::get_if<bool>(&is)) {
            if (*constant == positive) return Truth::yes;
            misses.push_back({{}, {}, "nowhere: it never matches"});
            return Truth::no;
        }
        if (const auto* no = std::get_if<Not>(&is)) return at(no->e, !positive, misses, depth + 1);
        if (const auto* in = std::get_if<In>(&is)) return compare(*in, positive, misses);
        if (const auto* unknown = std::get_if<Unknown>(&is)) {
            const auto taken = outcome_.taken.predicates.find(unknown->which.value);
            if (taken == outcome_.taken.predicates.end()) return Truth::maybe;
            if ((taken->second == unknown->value) == positive) return Truth::yes;
            misses.push_back({{}, {}, "only if this is so: " + d_.predicates[unknown->which.index()].text});
            return Truth::no;
        }
        if (const auto* tuple = std::get_if<InTuple>(&is)) return in_tuple(*tuple, positive, misses);
        const auto* all = std::get_if<And>(&is);
        const auto* any = std::get_if<Or>(&is);
        const std::vector<ExprId>& parts = all != nullptr ? all->e : any->e;
        const bool meet = (all != nullptr) == positive;
        Truth result = meet ? Truth::yes : Truth::no;
        std::vector<Miss> fewest;
        bool first = true;
        for (const ExprId e : parts) {
            std::vector<Miss> own;
            const Truth t = at(e, positive, own, depth + 1);
            if (meet) {
                result = std::min(result, t);
                misses.insert(misses.end(), own.begin(), own.end());
            } else {
                result = std::max(result, t);
                if (t == Truth::no && (first || own.size() < fewest.size())) fewest = std::move(own), first = false;
            }
        }
        if (!meet && result == Truth::no) misses.insert(misses.end(), fewest.begin(), fewest.end());
        return result;
    }

private:
    std::optional<u128> value(const FieldRef& f) const {
        const bool now = f.view == View::current;
        switch (f.field) {
            case Field::family: return static_cast<u128>(packet_.family);
            case Field::in_if: return packet_.in_if;
            case Field::out_if:
                return outcome_.out_if == no_interface ? std::nullopt : std::optional<u128>(outcome_.out_if);
            case Field::src: return now ? src_ : std::optional<u128>(packet_.src);
            case Field::dst:
                return now && outcome_.dst.first == outcome_.dst.last && outcome_.verdict == Verdict::accept
                           ? outcome_.dst.first
                           : packet_.dst;
            case Field::proto: return packet_.proto;
            case Field::sport: return packet_.sport;
            case Field::dport:
                return now && outcome_.dport.first == outcome_.dport.last && outcome_.verdict == Verdict::accept
                           ? outcome_.dport.first
                           : packet_.dport;
            case Field::icmp_type: return packet_.icmp_type;
            case Field::icmp_code: return packet_.icmp_code;
            case Field::tcp_flags: return packet_.tcp_flags;
            case Field::ct_state: return static_cast<u128>(packet_.state);
            case Field::reg: break;
        }
        return std::nullopt;
    }
    Truth compare(const In& in, bool positive, std::vector<Miss>& misses) const {
        const auto v = value(in.what);
        const auto* literal = std::get_if<LiteralSet>(&d_.sets[in.set.index()].is);
        if (!v || literal == nullptr) return Truth::maybe;
        const IntervalSet& set = literal->of(in.what.field, packet_.family);
        const u128 seen = is_address(in.what.field) ? *v : (*v & in.mask);
        if (set.contains(seen) == positive) return Truth::yes;
        misses.push_back({in.what, positive ? set : set.complement(field_bits(in.what.field, packet_.family)), {}});
        return Truth::no;
    }
    Truth in_tuple(const InTuple& tuple, bool positive, std::vector<Miss>& misses) const {
        const Relation& r = d_.relations[tuple.relation.index()];
        bool some = false;
        for (const auto& row : r.rows) {
            bool all = true;
            for (std::size_t c = 0; c < row.size() && all; ++c) {
                const auto v = value(r.columns[c]);
                const auto* literal = std::get_if<LiteralSet>(&d_.sets[row[c].index()].is);
                if (!v || literal == nullptr) return Truth::maybe;
                all = literal->of(r.columns[c].field, packet_.family).contains(*v);
            }
            some = some || all;
        }
        if (some == positive) return Truth::yes;
        misses.push_back(
            {{}, {}, positive ? "not here: it is no element of the set" : "not here: it is an element of the set"});
        return Truth::no;
    }

    const Device& d_;
    const flow::Packet& packet_;
    const flow::Outcome& outcome_;
    StageId stage_;
    std::optional<u128> src_ = packet_.src;
};

class Words {
public:
    Words(const Device& device, const flow::Packet& packet, const flow::Outcome& outcome)
        : d_(device), packet_(packet), outcome_(outcome) {}

    /// "only for destination port 587".
    std::string only(const Miss& miss) const {
        // What is no comparison has no field.
        if (!miss.text.empty()) return miss.text;
        switch (miss.what.field) {
            case Field::family: return fmt::format("only for IPv{}", base::numbers_to_string(miss.wanted));
            case Field::in_if:
                if (miss.wanted == IntervalSet::single(self_interface))
                    return "only for packets that the device itself sends";
                return fmt::format("only for packets that come in by {}, and this one comes in by {}",
                                   interfaces(miss.wanted), interface_word(packet_.in_if));
            case Field::out_if:
                if (miss.wanted == IntervalSet::single(self_interface)) return "only for packets to the device itself";
                return fmt::format("only for packets that leave by {}, and this one leaves by {}",
                                   interfaces(miss.wanted), interface_word(outcome_.out_if));
            case Field::src:
                return fmt::format("only for source {}", base::addresses_to_string(miss.wanted, packet_.family, 3));
            case Field::dst:
                return fmt::format("only towards {}", base::addresses_to_string(miss.wanted, packet_.family, 3));
            case Field::proto: return fmt::format("only for protocol {}", protocols(miss.wanted));
            case Field::sport:
                return fmt::format("only for source port {}, and a client's connection comes from another",
                                   base::numbers_to_string(miss.wanted, 4));
            case Field::dport:
                return fmt::format("only for destination port {}", base::numbers_to_string(miss.wanted, 4));
            case Field::ct_state: return "only for packets of connections that exist already";
            default: break;
        }
        return "only under a condition that does not hold here";
    }

private:
    std::string interface_word(std::uint32_t id) const {
        return id == self_interface ? "the device itself"
               : id == no_interface ? "no interface"
                                    : interface_name(d_, id);
    }
    std::string interfaces(const IntervalSet& ids) const {
        std::string text;
        std::size_t n = 0;
        for (std::size_t i = first_interface; i < d_.interfaces.size(); ++i) {
            if (!ids.contains(i)) continue;
            if (++n > 4) return text + " …";
            text += (text.empty() ? "" : " or ") + interface_name(d_, static_cast<std::uint32_t>(i));
        }
        return text.empty() ? "no interface that exists" : text;
    }
    static std::string protocols(const IntervalSet& set) {
        if (set == IntervalSet::single(6)) return "tcp";
        if (set == IntervalSet::single(17)) return "udp";
        return base::numbers_to_string(set, 4);
    }
    const Device& d_;
    const flow::Packet& packet_;
    const flow::Outcome& outcome_;
};

/// A rule that was meant for the packet, with the best way to it.
struct Candidate {
    RuleId rule;
    bool reachable = false;  ///< some way leads to it
    bool disabled = false;   ///< itself or a jump on the way
    bool passed = false;     ///< everything on the way holds for the witness
    std::vector<Miss> misses;
    StageId stage;
    ChainId chain;
};

template <class Wanted>
std::vector<Candidate> candidates(const Device& d, const flow::Packet& packet, const flow::Outcome& outcome,
                                  Wanted&& wanted) {
    std::vector<Candidate> out;
    Look look(d, packet, outcome);
    const auto find = [&](RuleId r) -> Candidate& {
        for (Candidate& c : out)
            if (c.rule == r) return c;
        out.push_back({r, false, false, false, {}, {}, {}});
        return out.back();
    };
    for (std::size_t i = 0; i < d.rules.size() && out.size() < 64; ++i)
        if (wanted(d.rules[i])) find(RuleId(i));
    if (out.empty()) return out;
    for_each_way(d, [&](const Way& way) {
        if (std::none_of(out.begin(), out.end(), [&](const Candidate& c) { return c.rule == way.rule; })) return;
        std::vector<Miss> misses;
        bool holds = true;
        look.enter(way.stage);
        for (const ExprId e : way.conditions) holds = look.at(e, true, misses) != Truth::no && holds;
        const bool disabled =
            !d.rules[way.rule.index()].active ||
            std::any_of(way.jumps.begin(), way.jumps.end(), [&](RuleId r) { return !d.rules[r.index()].active; });
        Candidate& c = find(way.rule);
        const bool better =
            !c.reachable || (holds && !c.passed) || (holds == c.passed && misses.size() < c.misses.size());
        if (!better) return;
        c.reachable = true;
        c.passed = holds;
        c.disabled = disabled;
        c.misses = std::move(misses);
        c.stage = way.stage;
        c.chain = way.chain;
    });
    // The nearest miss first: fewest comparisons in the way.
    std::stable_sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) {
        const auto rank = [](const Candidate& c) {
            return c.passed ? 0u : c.reachable ? 1u + static_cast<unsigned>(c.misses.size()) : 50u;
        };
        return rank(a) < rank(b);
    });
    // What was written once is told once, though the model may have it on several ways.
    std::vector<Candidate> once;
    for (Candidate& c : out) {
        const OriginId origin = d.rules[c.rule.index()].origin;
        if (std::none_of(once.begin(), once.end(), [&](const Candidate& o) {
                return origin.valid() && d.rules[o.rule.index()].origin == origin;
            }))
            once.push_back(std::move(c));
    }
    return once;
}

std::string own_words(const Prepared& p, const ServerView& server, Family family) {
    std::string text;
    for (const Prefix& o : server.server.outbound)
        if (o.base.family == family)
            text += (text.empty() ? "" : " or ") +
                    (o.length == base::address_bits(family) ? base::to_string(o.base) : base::to_string(o));
    (void)p;
    return text;
}

template <class F>
bool any_of(const IntervalSet& set, const F& f) {
    for (const base::Interval& i : set.intervals())
        for (u128 v = i.first;; ++v) {
            if (f(v)) return true;
            if (v == i.last) break;
        }
    return false;
}

bool gives_own_address(const Rule& rule, const Device& d, const ServerView& server, const flow::Packet& packet) {
    for (const Translate& t : translations(rule)) {
        if (t.field != Field::src || (t.family && *t.family != packet.family)) continue;
        const auto own = [&](u128 v) {
            return std::any_of(server.server.outbound.begin(), server.server.outbound.end(), [&](const Prefix& p) {
                return p.contains(Address{packet.family, v});
            });
        };
        if (const auto* fixed = std::get_if<Fixed>(&t.to); fixed != nullptr && own(fixed->value)) return true;
        if (const auto* pick = std::get_if<Pick>(&t.to)) {
            const IntervalSet& c = d.choices[pick->choice.index()].candidates.of(Field::src, packet.family);
            if (c.size() <= 256 && any_of(c, own)) return true;
        }
        if (const auto* shift = std::get_if<Shift>(&t.to);
            shift != nullptr && own(packet.src - shift->from + shift->to))
            return true;
    }
    return false;
}

bool in_chain(const Device& d, ChainId chain, RuleId rule) {
    if (!chain.valid()) return false;
    const auto& rules = d.chains[chain.index()].rules;
    return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

bool gives_one_of_several(const Rule& rule, const Device& d, Family family) {
    const auto translations_of = translations(rule);
    return std::any_of(translations_of.begin(), translations_of.end(), [&](const Translate& t) {
        const auto* pick = std::get_if<Pick>(&t.to);
        return pick != nullptr && t.field == Field::src &&
               d.choices[pick->choice.index()].candidates.of(Field::src, family).size() > 1;
    });
}

std::string step_place(const base::Sources& sources, const Device& d, RuleId r) {
    return place(sources, rule_span(d, r));
}

}  // namespace

std::string place(const base::Sources& sources, base::Span span) {
    if (!span.valid()) return {};
    return fmt::format("{}:{}", sources.file(span.file).path, sources.begin(span).line);
}
base::Span rule_span(const Device& device, RuleId rule) {
    if (!rule.valid()) return {};
    const OriginId o = device.rules[rule.index()].origin;
    return o.valid() ? device.origins[o.index()].span : base::Span{};
}
std::string rule_text(const Device& device, RuleId rule) {
    if (!rule.valid()) return {};
    const OriginId o = device.rules[rule.index()].origin;
    return o.valid() ? device.origins[o.index()].text : std::string{};
}

RuleId translating_rule(const Device& device, const flow::Outcome& outcome) {
    RuleId found;
    for (const flow::Step& s : outcome.steps) {
        if (!s.rule.valid()) continue;
        for (const Translate& t : translations(device.rules[s.rule.index()]))
            if (t.field == Field::src && !std::holds_alternative<Keep>(t.to)) found = s.rule;
    }
    return found;
}

flow::Step accepting_step(const Device& device, const flow::Outcome& outcome) {
    flow::Step by_rule, by_policy;
    for (const flow::Step& s : outcome.steps) {
        if (!s.stage.valid() || device.pipeline[s.stage.index()].label != Label::filter) continue;
        if (!s.rule.valid()) {
            if (device.pipeline[s.stage.index()].origin.valid()) by_policy = s;
            continue;
        }
        const Rule& rule = device.rules[s.rule.index()];
        const auto* decide = std::get_if<Decide>(&rule.control);
        if (decide == nullptr || decide->verdict != Verdict::accept || !rule.origin.valid()) continue;
        if (device.origins[rule.origin.index()].synthetic && by_rule.rule.valid()) continue;
        by_rule = s;
    }
    return by_rule.rule.valid() ? by_rule : by_policy;
}

flow::Step blocking_step(const Device& device, const flow::Outcome& outcome) {
    for (auto s = outcome.steps.rbegin(); s != outcome.steps.rend(); ++s) {
        if (!s->rule.valid()) {
            if (s->stage.valid() && device.pipeline[s->stage.index()].fallthrough.verdict != Verdict::accept) return *s;
            continue;
        }
        const auto* decide = std::get_if<Decide>(&device.rules[s->rule.index()].control);
        if (decide != nullptr && decide->verdict != Verdict::accept) return *s;
    }
    return {};
}

Cause why_not_own_source(const Prepared& prepared, const base::Sources& sources, const ServerView& server,
                         const flow::Packet& packet, const flow::Outcome& outcome, RuleId by) {
    const Device& d = prepared.device;
    const Words words(d, packet, outcome);
    Cause cause;
    const std::string own = own_words(prepared, server, packet.family);
    const auto meant = candidates(d, packet, outcome, [&](const Rule& rule) {
        return gives_own_address(rule, d, server, packet) &&
               !(by.valid() && rule.origin == d.rules[by.index()].origin) &&
               !(by.valid() && rule.origin.valid() && d.origins[rule.origin.index()].span == rule_span(d, by));
    });
    std::size_t told = 0;
    if (by.valid() && gives_own_address(d.rules[by.index()], d, server, packet) &&
        gives_one_of_several(d.rules[by.index()], d, packet.family)) {
        cause.because.push_back(
            fmt::format("the rule at {} picks one of several addresses, of which only {} is the server's own",
                        step_place(sources, d, by), own.empty() ? "one" : own));
        cause.help = fmt::format("give {} a rule of its own before {}, and take its address out of the pool",
                                 server.server.name, step_place(sources, d, by));
        told = 1;
    }
    for (const Candidate& c : meant) {
        if (told == 2) break;
        const base::Span span = rule_span(d, c.rule);
        const std::string at = place(sources, span);
        if (at.empty()) continue;
        std::string why, label;
        if (!c.reachable) {
            why = "stands in a chain that is never reached";
            label = "this chain is never reached";
        } else if (c.disabled && c.passed) {
            why = "is disabled";
            label = "meant for it, but disabled";
        } else if (c.passed) {
            // Everything on the way holds, so what translated it came first.
            const std::string first = step_place(sources, d, by);
            // Only within one chain can rules change places.
            const bool movable = by.valid() && in_chain(d, c.chain, by);
            why = first.empty() ? "comes too late: an earlier rule has settled the source already"
                                : fmt::format("comes too late: {} matches first{}", first,
                                              movable || !c.chain.valid() ? " and is more general" : "");
            label = "meant for it, but never reached";
            if (movable) cause.help = fmt::format("move the rule at {} above {}", at, first);
        } else if (c.misses.size() <= 3) {
            why = "acts ";
            for (std::size_t i = 0; i < c.misses.size(); ++i) why += (i == 0 ? "" : " and ") + words.only(c.misses[i]);
            if (c.disabled) why += ", and is disabled";
            label = "meant for it, but " + words.only(c.misses.front());
        } else {
            continue;
        }
        cause.because.push_back(fmt::format("the rule at {} would translate to {}, but {}", at,
                                            own.empty() ? "its own address" : own, why));
        cause.related.push_back({span, label});
        ++told;
    }
    if (told == 0) {
        const std::string mapping = place(sources, server.publication);
        if (!mapping.empty()) {
            cause.because.push_back(fmt::format(
                "the port mapping at {} covers inbound connections only; no rule translates the connections that {} "
                "opens itself to its own address",
                mapping, server.server.name));
            cause.related.push_back({server.publication, "covers inbound connections only"});
        } else {
            cause.because.push_back(
                fmt::format("no rule translates the connections that {} opens to its own address", server.server.name));
        }
    }
    if (!by.valid()) {
        // An explicit exemption is worth naming: accept in a source translation stage.
        for (const flow::Step& s : outcome.steps) {
            if (!s.stage.valid() || !s.rule.valid() || d.pipeline[s.stage.index()].label != Label::source_translation)
                continue;
            const Rule& rule = d.rules[s.rule.index()];
            const std::string at = step_place(sources, d, s.rule);
            if (!std::holds_alternative<Decide>(rule.control) || at.empty()) continue;
            cause.because.push_back(fmt::format("the rule at {} lets it pass untranslated", at));
            cause.related.push_back({rule_span(d, s.rule), "exempts it from translation"});
        }
    }
    return cause;
}

Cause why_shared(const Prepared& prepared, const base::Sources& sources, const ServerView& server,
                 const flow::Packet& packet, const flow::Outcome&, RuleId by) {
    Cause cause;
    const Device& d = prepared.device;
    if (!by.valid()) return cause;
    // What the rule says about sources, over all ways to it.
    bool limited = false;
    IntervalSet sources_of_rule;
    for_each_way(d, [&](const Way& way) {
        if (way.rule != by) return;
        const Guard g = guard_of(d, way.conditions);
        limited = limited || g.src_limited;
        sources_of_rule = sources_of_rule.unite(of(g.src, packet.family));
    });
    const std::string at = step_place(sources, d, by);
    std::string who;
    for (const Prefix& a : server.server.address)
        if (a.base.family == packet.family)
            who += (who.empty() ? "" : ", ") +
                   (a.length == base::address_bits(packet.family) ? base::to_string(a.base) : base::to_string(a));
    if (limited)
        cause.because.push_back(fmt::format("the rule at {} translates {}, not {} alone", at,
                                            base::addresses_to_string(sources_of_rule, packet.family, 3), who));
    else
        cause.because.push_back(fmt::format("the rule at {} does not say for which source it is", at));
    cause.help = fmt::format("limit the rule at {} to source {}", at, who);
    return cause;
}

Cause why_open(const Prepared& prepared, const base::Sources& sources, const flow::Packet& packet,
               const flow::Outcome& outcome, RuleId by) {
    Cause cause;
    const Device& d = prepared.device;
    const Words words(d, packet, outcome);
    const auto meant = candidates(d, packet, outcome, [&](const Rule& rule) {
        const auto* decide = std::get_if<Decide>(&rule.control);
        if (decide == nullptr || decide->verdict == Verdict::accept || !rule.origin.valid()) return false;
        if (d.origins[rule.origin.index()].synthetic) return false;  // nobody meant it
        const Guard g = guard_of(d, {rule.match});
        return g.dport_limited && g.dport.contains(packet.dport) && g.dport.size() < 1024 &&
               g.proto.contains(packet.proto);
    });
    std::size_t told = 0;
    for (const Candidate& c : meant) {
        const std::string at = step_place(sources, d, c.rule);
        if (told == 2 || at.empty()) continue;
        std::string why, label;
        if (!c.reachable) {
            why = "stands in a chain that is never reached";
            label = "this chain is never reached";
        } else if (c.disabled && c.passed) {
            why = "is disabled";
            label = "would block it, but is disabled";
        } else if (c.passed) {
            const std::string first = step_place(sources, d, by);
            if (first.empty()) continue;
            why = fmt::format("comes too late: {} lets it through first", first);
            label = "would block it, but is never reached";
            cause.help = fmt::format("move the rule at {} above {}", at, first);
        } else if (c.misses.size() == 1) {
            why = "acts " + words.only(c.misses.front());
            label = "blocks SMTP " + words.only(c.misses.front());
        } else {
            continue;
        }
        cause.because.push_back(fmt::format("the rule at {} would block it, but {}", at, why));
        cause.related.push_back({rule_span(d, c.rule), label});
        ++told;
    }
    if (told == 0)
        cause.because.push_back(fmt::format("no rule blocks tcp/{} from hosts that may not send mail", packet.dport));
    return cause;
}

Cause why_blocked(const Prepared& prepared, const base::Sources& sources, const ServerView& server,
                  const flow::Packet& packet, const flow::Outcome& outcome, RuleId by) {
    Cause cause;
    const Device& d = prepared.device;
    const Words words(d, packet, outcome);
    const auto meant = candidates(d, packet, outcome, [&](const Rule& rule) {
        const auto* decide = std::get_if<Decide>(&rule.control);
        if (decide == nullptr || decide->verdict != Verdict::accept || !rule.origin.valid() || !decide->then.empty())
            return false;
        const Guard g = guard_of(d, {rule.match});
        return g.dport_limited && g.dport.contains(packet.dport) && g.dport.size() < 1024 &&
               g.proto.contains(packet.proto) && of(g.src, packet.family).contains(packet.src);
    });
    for (const Candidate& c : meant) {
        const std::string at = step_place(sources, d, c.rule);
        if (at.empty() || !cause.because.empty()) continue;
        const std::string first = step_place(sources, d, by);
        if (!c.reachable)
            cause.because.push_back(
                fmt::format("the rule at {} would let it through, but stands in a chain that is never reached", at));
        else if (c.disabled)
            cause.because.push_back(fmt::format("the rule at {} would let it through, but is disabled", at));
        else if (c.passed && !first.empty())
            cause.because.push_back(
                fmt::format("the rule at {} would let it through, but {} blocks it first", at, first));
        else if (c.misses.size() == 1)
            cause.because.push_back(
                fmt::format("the rule at {} lets SMTP through {}", at, words.only(c.misses.front())));
        else
            continue;
        cause.related.push_back({rule_span(d, c.rule), "meant to let it through"});
    }
    if (cause.because.empty())
        cause.because.push_back(fmt::format("no rule lets {} send to tcp/{}", server.server.name, packet.dport));
    return cause;
}

}  // namespace egresslint::lint
