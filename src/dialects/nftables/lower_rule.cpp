// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/lower_rule.hpp"

#include <algorithm>

#include "dialects/nftables/print_tree.hpp"

namespace egresslint::dialects::nftables {

using model::Assign;
using model::ExprId;
using model::Field;
using model::FieldRef;
using model::PredicateKind;
using model::Rule;
using model::View;

// -- the rule under construction ------------------------------------------------------------------------------------

model::Effect RuleWriter::assign_rest(std::uint32_t value) {
    if (!c_.rest.valid()) c_.rest = c_.b.reg("rule goes on");
    return Assign{FieldRef{Field::reg, View::current, c_.rest}, {}, 0, {}, 0, value};
}

void RuleWriter::add(model::ChainId chain, Rule rule, model::OriginId origin) {
    rule.origin = origin;
    rule.uses = c_.uses;
    (void)c_.b.rule(chain, std::move(rule));
}

Rule RuleWriter::collected(model::Control control) {
    Rule rule;
    rule.match = matched();
    rule.effects = std::move(effects_);
    effects_.clear();
    rule.control = std::move(control);
    return rule;
}

void RuleWriter::require(ExprId e) {
    if (!effects_.empty()) split();
    match_.push_back(e);
}

bool RuleWriter::reads_what_effects_write() const {
    std::vector<FieldRef> written;
    for (const auto& e : effects_) {
        if (const auto* a = std::get_if<Assign>(&e)) written.push_back(a->to);
        if (const auto* t = std::get_if<model::Translate>(&e)) written.push_back(FieldRef{t->field, View::current, {}});
    }
    if (written.empty()) return false;
    const auto& device = c_.b.device();
    const auto is_written = [&](const FieldRef& ref) {
        return std::find(written.begin(), written.end(), ref) != written.end();
    };
    std::vector<ExprId> todo = match_;
    while (!todo.empty()) {
        const auto& e = device.exprs[todo.back().index()].is;
        todo.pop_back();
        if (const auto* n = std::get_if<model::Not>(&e)) todo.push_back(n->e);
        if (const auto* a = std::get_if<model::And>(&e)) todo.insert(todo.end(), a->e.begin(), a->e.end());
        if (const auto* o = std::get_if<model::Or>(&e)) todo.insert(todo.end(), o->e.begin(), o->e.end());
        if (const auto* in = std::get_if<model::In>(&e); in != nullptr && is_written(in->what)) return true;
        if (const auto* tuple = std::get_if<model::InTuple>(&e)) {
            const auto& columns = device.relations[tuple->relation.index()].columns;
            if (std::any_of(columns.begin(), columns.end(), is_written)) return true;
        }
    }
    return false;
}

void RuleWriter::split() {
    if (match_.empty() || !reads_what_effects_write()) {
        add(c_.chain, collected(model::Continue{}), c_.origin);
        return;
    }
    if (!holding_rest_) effects_.push_back(assign_rest(1));
    add(c_.chain, collected(model::Continue{}), c_.origin);
    if (!holding_rest_) {
        holding_rest_ = true;
        match_ = {c_.b.in_register(c_.rest, base::IntervalSet::single(1))};
    }
}

void RuleWriter::finish(model::Control control) {
    const bool ends = !std::holds_alternative<model::Continue>(control);
    if (holding_rest_ && ends) effects_.push_back(assign_rest(0));
    const bool drops = std::holds_alternative<model::Decide>(control) &&
                       std::get<model::Decide>(control).verdict != model::Verdict::accept;
    add(c_.chain, collected(std::move(control)), c_.origin);
    if (drops && !over_limit_.empty()) {
        // `limit rate over … drop`: what passes has been counted against the limiter.
        Rule rule;
        rule.match = c_.b.all(over_limit_);
        rule.effects = {model::Limited{}};
        add(c_.chain, std::move(rule), element_origin(Element{}));
    }
    done_ = true;
}

void RuleWriter::jump_and_go_on(model::ChainId to, bool always_comes_back, bool rest_follows) {
    if (!rest_follows) return finish(model::Jump{to});
    // Elements of `to` set the scratch register when they hit; without elements the jump itself does.
    effects_.push_back(assign_rest(always_comes_back ? 1 : 0));
    add(c_.chain, collected(model::Jump{to}), c_.origin);
    holding_rest_ = true;
    match_ = {c_.b.in_register(c_.rest, base::IntervalSet::single(1))};
}

template <class Test>
bool RuleWriter::some_protocols(Test test) const {
    const auto& device = c_.b.device();
    std::vector<ExprId> open = match_;
    while (!open.empty()) {
        const auto& e = device.exprs[open.back().index()].is;
        open.pop_back();
        if (const auto* a = std::get_if<model::And>(&e)) open.insert(open.end(), a->e.begin(), a->e.end());
        const auto* in = std::get_if<model::In>(&e);
        if (in == nullptr || in->what.field != Field::proto || in->mask != 0xffffffffu) continue;
        const auto* set = std::get_if<model::LiteralSet>(&device.sets[in->set.index()].is);
        if (set != nullptr && test(set->values)) return true;
    }
    return false;
}

bool RuleWriter::only_protocols_with_ports() const {
    return some_protocols([](const auto& asked) { return model::protocols_with_ports().contains_all(asked); });
}

bool RuleWriter::may_be_tcp() const {
    return !some_protocols([](const auto& asked) { return !asked.contains(6); });
}

// -- statements -----------------------------------------------------------------------------------------------------

void RuleWriter::write(const RuleNode& rule) {
    rule_ = &rule;
    c_.rule_span = rule.span;
    c_.occurrences = 0;
    c_.ports_certain = false;
    c_.uses.clear();
    c_.origin = c_.b.origin(rule.span, rule.text);
    match_.clear();
    effects_.clear();
    over_limit_.clear();
    holding_rest_ = done_ = false;
    for (std::size_t i = 0; i < rule.statements.size() && !done_; ++i)
        statement(rule.statements[i], i + 1 == rule.statements.size());
    if (!done_) finish(model::Continue{});
    if (holding_rest_) {
        Rule reset;
        reset.match = c_.b.in_register(c_.rest, base::IntervalSet::single(1));
        reset.effects = {assign_rest(0)};
        add(c_.chain, std::move(reset), element_origin(Element{}));
    }
}

void RuleWriter::statement(const Statement& s, bool last) {
    last_ = last;
    struct Visitor {
        RuleWriter& w;
        const Statement& s;
        bool rest_follows;
        void operator()(const Match& m) const {
            w.require(match(w.c_, m));
            w.c_.ports_certain = w.c_.ports_certain || w.only_protocols_with_ports();
        }
        void operator()(const VerdictStatement& v) const { w.verdict(v.verdict, s.span); }
        void operator()(const VerdictMapStatement& v) const { w.verdict_map(v.lookup, s.span); }
        void operator()(const Mangle& m) const { w.mangle(m, s.span, rest_follows); }
        void operator()(const Nat& n) const { w.nat(n, s.span, rest_follows); }
        void operator()(const Reject&) const { w.finish(model::Decide{model::Verdict::reject, {}, true}); }
        void operator()(const Limit& l) const { w.named_limit("limit", l.object, l.text, l.over); }
        void operator()(const Quota& q) const { w.named_limit("quota", q.object, q.text, q.over); }
        void operator()(const ConnectionLimit& l) const { w.limit(l.text, l.over, true); }
        void operator()(const LogStatement&) const { w.effect(model::Log{}); }
        void operator()(const Queue& q) const {
            const auto text = print(s) + (q.bypass ? "" : ": the program that answers drops the packet");
            const auto dropped = w.c_.unknown(text + (q.bypass ? ": the program that answers drops the packet" : ""),
                                              PredicateKind::ambiguity, Field::proto, Sharing::occurrence);
            if (!w.effects_.empty()) w.split();
            Rule rule;
            rule.match = w.c_.b.all({w.matched(), dropped});
            rule.control = model::Decide{model::Verdict::drop, {}, true};
            if (w.holding_rest_) rule.effects.push_back(w.assign_rest(0));
            w.add(w.c_.chain, std::move(rule), w.c_.origin);
            w.finish(model::Decide{model::Verdict::accept, {}, true});
        }
        void operator()(const Notrack&) const { w.effect(w.c_.netfilter.notrack()); }
        void operator()(const SetUpdate& u) const { w.update(u); }
        void operator()(const TransparentProxy& t) const { w.tproxy(t); }
        void operator()(const Synproxy&) const {
            // The kernel answers the first packet itself and opens the connection later, or never.
            const auto dropped = w.c_.predicate(print(s) + ": the connection is never opened", PredicateKind::ambiguity,
                                                Field::proto, Sharing::occurrence);
            if (!w.effects_.empty()) w.split();
            Rule rule;
            rule.match = w.c_.b.all({w.matched(), w.c_.b.unknown(dropped)});
            rule.control = model::Decide{model::Verdict::drop, {}, true};
            if (w.holding_rest_) rule.effects.push_back(w.assign_rest(0));
            w.add(w.c_.chain, std::move(rule), w.c_.origin);
            w.finish(model::Decide{model::Verdict::accept, {}, true});
        }
        void operator()(const XtStatement& x) const {
            const auto text = print(s);
            if (x.kind != "match") return w.unknown_statement(text, s.span);
            const auto which = w.c_.predicate(text, PredicateKind::opaque, Field::proto, Sharing::occurrence);
            w.c_.not_understood(s.span, "`" + text + "` is a match of iptables whose options nft does not show", which,
                                w.c_.influence_here());
            w.require(w.c_.b.unknown(which));
        }
        void operator()(const UnknownStatement& u) const { w.unknown_statement(u.text, s.span); }
        void operator()(const Counter& counter) const {
            if (counter.object.empty()) return;
            // A key without an object ends the rule.
            if (const auto map = counter.object.find(" map "); map != std::string::npos)
                return w.require(w.c_.unknown("counter name " + counter.object.substr(0, map + 4),
                                              PredicateKind::packet, Field::proto, Sharing::occurrence));
            w.c_.uses.push_back(w.c_.b.use("counter", w.c_.table->title() + " " + counter.object, w.c_.rule_span));
        }
        void operator()(const ObjectStatement& o) const {
            // `counter name ip saddr map {…}`: a key without an object ends the rule.
            if (o.kind.size() > 4 && o.kind.compare(o.kind.size() - 4, 4, " map") == 0)
                w.require(w.c_.unknown(print(s), PredicateKind::packet, Field::proto, Sharing::chain));
        }
        void operator()(const FlowOffload&) const {}
        void operator()(const Duplicate& d) const {
            if (d.kind != "dup") return;
            w.c_.not_understood(s.span, "the copies that `" + print(s) + "` makes are not followed", {},
                                w.may_be_tcp() ? base::Influence::everything : base::Influence::nothing);
        }
    };
    std::visit(Visitor{*this, s, !last}, s.is);
}

std::optional<model::Control> RuleWriter::control_of(const Verdict& v, base::Span span) {
    using model::Decide;
    if (v.kind == "accept") return Decide{model::Verdict::accept, {}, true};
    if (v.kind == "drop") return Decide{model::Verdict::drop, {}, true};
    if (v.kind == "continue") return model::Continue{};
    if (v.kind == "return") return model::Return{};
    if (v.kind != "jump" && v.kind != "goto") return std::nullopt;
    const auto key = c_.table->title() + " " + v.target;
    const auto found = c_.chains.find(key);
    c_.uses.push_back(c_.b.use("chain", key, span.valid() ? span : c_.rule_span));
    if (found == c_.chains.end()) return std::nullopt;
    if (v.kind == "jump") return model::Jump{found->second};
    return model::Goto{found->second};
}

void RuleWriter::verdict(const Verdict& v, base::Span span) {
    if (auto control = control_of(v, span)) {
        if (std::holds_alternative<model::Continue>(*control)) return;
        return finish(std::move(*control));
    }
    unknown_statement(v.target.empty() ? v.kind : v.kind + " " + v.target, span);
}

void RuleWriter::unknown_statement(const std::string& text, base::Span span) {
    if (!effects_.empty()) split();
    const auto which =
        c_.b.opaque_rule(c_.chain, matched(), c_.origin, c_.translates_source, c_.translates_destination);
    const bool chain = text.rfind("jump ", 0) == 0 || text.rfind("goto ", 0) == 0;
    if (chain)
        c_.incomplete(span, "`" + text + "`: this chain is not in this input", which, c_.influence_here());
    else
        c_.not_understood(span, "the statement `" + text + "` is not understood", which, c_.influence_here());
    // It may also have been a match that failed.
    if (last_) {
        done_ = true;
        return;
    }
    require(c_.unknown("goes on after " + text, PredicateKind::opaque, Field::proto, Sharing::occurrence));
}

void RuleWriter::named_limit(const std::string& kind, const std::string& object, const std::string& text, bool over) {
    const bool rate = kind == "limit";
    if (object.empty()) return limit(text, over, rate);
    // `limit name tcp dport map {…}`: which limit it is, or none, depends on the packet.
    if (const auto map = object.find(" map "); map != std::string::npos)
        return limit(kind + " name " + object.substr(0, map + 4), over, rate);
    const auto* found = c_.table->objects.find(kind + " " + object);
    const std::string definition = found != nullptr && found->node != nullptr ? found->node->text : "";
    c_.uses.push_back(c_.b.use(kind, c_.table->title() + " " + object, c_.rule_span));
    // The definition says whether the statement is true above or below the limit.
    limit(kind + " name " + object, over || definition.find("over ") != std::string::npos, rate);
}

void RuleWriter::limit(const std::string& text, bool over, bool counts) {
    const auto before = match_;
    // nft lists the default burst or leaves it out, depending on its version.
    auto name = text;
    if (const auto burst = name.find(" burst 5 packets"); burst != std::string::npos) name.erase(burst, 16);
    require(c_.unknown(name, PredicateKind::rate, Field::proto, Sharing::occurrence));
    if (!counts) return;  // a quota ends traffic, it does not slow it
    if (over)
        over_limit_ = before.empty() ? std::vector<ExprId>{c_.b.yes()} : before;
    else
        effect(model::Limited{});
}

void RuleWriter::update(const SetUpdate& u) {
    (void)c_.named_set(u.set);
    for (const auto& name : u.statement_names) {
        const bool counts = name != "quota";
        if (counts && name != "limit" && name != "ct count" && name != "connlimit") continue;
        auto body = name;
        if (const auto at = u.text.find(name + " "); at != std::string::npos)
            body = u.text.substr(at, u.text.find('}', at) - at);
        while (!body.empty() && body.back() == ' ') body.pop_back();
        const auto text = "@" + u.set + " { " + (u.key ? print(*u.key) + " " : "") + body + " }";
        return limit(text, body.find(" over ") != std::string::npos, counts);
    }
}

void RuleWriter::tproxy(const TransparentProxy& t) {
    // nft(8), TPROXY STATEMENT: with a listening socket the packet goes to the proxy, without one the rule ends.
    const auto family = t.family == "ip" ? std::uint8_t{4} : t.family == "ip6" ? std::uint8_t{6} : std::uint8_t{0};
    require(c_.family_guard(family));
    require(c_.unknown("a transparent proxy listens", PredicateKind::ambiguity, Field::dport, Sharing::occurrence));
    effect(Assign{FieldRef{Field::out_if, View::current, {}}, {}, 0, {}, 0, model::self_interface});
}

}  // namespace egresslint::dialects::nftables
