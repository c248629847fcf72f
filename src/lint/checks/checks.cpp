// SPDX-License-Identifier: Apache-2.0
#include "lint/checks/checks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lint/guards.hpp"

namespace egresslint::lint::checks {

using namespace model;

namespace {

enum Truth : unsigned { can_be_false = 1, can_be_true = 2, either = 3 };

/// What a guard may be where the interfaces are known and nothing else is.
unsigned truth(const Device& d, ExprId id, std::uint32_t in, std::uint32_t out, std::optional<Family> family) {
    const auto& is = d.exprs[id.index()].is;
    if (const bool* constant = std::get_if<bool>(&is)) return *constant ? can_be_true : can_be_false;
    if (const auto* n = std::get_if<Not>(&is)) {
        const unsigned t = truth(d, n->e, in, out, family);
        return ((t & can_be_true) != 0 ? can_be_false : 0u) | ((t & can_be_false) != 0 ? can_be_true : 0u);
    }
    const auto* all = std::get_if<And>(&is);
    const auto* any = std::get_if<Or>(&is);
    if (all != nullptr || any != nullptr) {
        const unsigned decides = all != nullptr ? can_be_false : can_be_true;
        unsigned out_of = either & ~decides;
        bool every_can = true;
        for (const ExprId e : all != nullptr ? all->e : any->e) {
            const unsigned t = truth(d, e, in, out, family);
            if ((t & decides) != 0) out_of |= decides;
            every_can = every_can && (t & ~decides) != 0;
        }
        return every_can ? out_of : decides;
    }
    const auto* x = std::get_if<In>(&is);
    if (x == nullptr || x->mask != 0xffffffffu) return either;
    const auto* set = std::get_if<LiteralSet>(&d.sets[x->set.index()].is);
    if (set == nullptr) return either;
    const auto of = [&](base::u128 value) { return set->values.contains(value) ? can_be_true : can_be_false; };
    if (x->what.field == Field::in_if) return of(in);
    if (x->what.field == Field::out_if) return of(out);
    if (x->what.field == Field::family && family) return of(static_cast<base::u128>(*family));
    return either;
}

/// More would double the work for a question that is about pairs anyway.
constexpr std::size_t most_complements = 256;

}  // namespace

Path path_of(const Device& device, const Stage& stage) {
    constexpr std::uint32_t one = first_interface, other = first_interface + 1;
    const auto may = [&](std::uint32_t in, std::uint32_t out) {
        return (truth(device, stage.when, in, out, std::nullopt) & can_be_true) != 0;
    };
    const bool through = may(one, other), in = may(one, self_interface), out = may(self_interface, one);
    if (through && !in && !out) return Path::forwarded;
    if (in && !through && !out) return Path::to_device;
    if (out && !through && !in) return Path::from_device;
    return Path::other;
}

bool sees(const Device& device, const Stage& stage, Family family) {
    for (const auto& [in, out] : {std::pair{first_interface, first_interface + 1},
                                  {first_interface, self_interface},
                                  {self_interface, first_interface}})
        if ((truth(device, stage.when, static_cast<std::uint32_t>(in), static_cast<std::uint32_t>(out), family) &
             can_be_true) != 0)
            return true;
    return false;
}

Context::Context(DeviceCheck& check, const Prepared& p, const Intent& i, const base::Sources& s, const Options& o,
                 const Selected& sel)
    : prepared(p), device(p.device), intent(i), sources(s), options(o), selected(sel), check_(check) {
    if (!device.interfaces_known) return;
    const auto exists = [&](std::string_view pattern) {
        const bool wildcard = !pattern.empty() && pattern.back() == '*';
        const auto wanted = wildcard ? pattern.substr(0, pattern.size() - 1) : pattern;
        return pattern == "lo" ||
               std::any_of(device.interfaces.begin() + first_interface, device.interfaces.end(),
                           [&](const Interface& f) {
                               return !f.absent && (wildcard ? f.name.starts_with(wanted) : f.name == wanted);
                           });
    };
    for (const auto& [set, names] : prepared.interface_sets)
        for (const auto& name : names)
            if (!exists(name)) absent_.emplace_back(set, name);
}

void Context::extend() {
    if (extended_) return;
    extended_ = device;
    Device& d = *extended_;
    const auto add_rule = [&](ChainId chain, ExprId match, Control control) {
        Rule rule;
        rule.match = match;
        rule.control = std::move(control);
        d.rules.push_back(std::move(rule));
        const RuleId id(d.rules.size() - 1);
        d.chains[chain.index()].rules.push_back(id);
        return id;
    };
    const auto add_expr = [&](auto is) {
        d.exprs.push_back(Expr{std::move(is)});
        return ExprId(d.exprs.size() - 1);
    };

    for (std::size_t s = 0; s < device.pipeline.size(); ++s) {
        const Stage& stage = device.pipeline[s];
        if (stage.label != Label::filter || stage.fallthrough.verdict != Verdict::accept) continue;
        const Path path = path_of(device, stage);
        if (path != Path::forwarded && path != Path::to_device) continue;
        // A chain of several stages has one end.
        if (std::count_if(device.pipeline.begin(), device.pipeline.end(),
                          [&](const Stage& other) { return other.entry == stage.entry; }) > 1)
            continue;
        for (const Family family : {Family::v4, Family::v6}) {
            if (!sees(device, stage, family)) continue;
            const auto number = static_cast<base::u128>(family);
            d.sets.push_back(Set{LiteralSet{IntervalSet::single(number), {}}, {}});
            const ExprId match = add_expr(In{{Field::family, View::current, {}}, SetId(d.sets.size() - 1)});
            defaults_.push_back({StageId(s), path, family, add_rule(stage.entry, match, Decide{})});
        }
    }

    std::vector<RuleId> translating;
    if (selected("EL210"))
        for (std::size_t r = 0; r < device.rules.size() && translating.size() <= most_complements; ++r)
            if (device.rules[r].active && is_written(RuleId(r)) && is_translation(RuleId(r)))
                translating.push_back(RuleId(r));
    if (translating.size() > most_complements || translating.size() < 2) return;
    Chain aside;
    aside.name = "complements";
    d.chains.push_back(std::move(aside));
    for (const RuleId r : translating)
        complements_.emplace_back(
            r, add_rule(ChainId(d.chains.size() - 1), add_expr(Not{device.rules[r.index()].match}), Continue{}));
}

const Device& Context::extended() {
    extend();
    return *extended_;
}

flow::Shadow& Context::shadow() {
    if (!shadow_) shadow_.emplace(extended());
    return *shadow_;
}

const std::vector<flow::Shadow::Written>& Context::written() {
    if (!written_) written_ = shadow().written();
    return *written_;
}

const std::vector<Default>& Context::defaults() {
    extend();
    return defaults_;
}

RuleId Context::complement(RuleId rule) {
    extend();
    const auto at = std::lower_bound(complements_.begin(), complements_.end(), rule,
                                     [](const auto& pair, RuleId r) { return pair.first < r; });
    return at != complements_.end() && at->first == rule ? at->second : RuleId{};
}

bool Context::is_written(RuleId rule) const {
    const OriginId o = device.rules[rule.index()].origin;
    if (!o.valid()) return false;
    const Origin& origin = device.origins[o.index()];
    return origin.span.valid() && !origin.synthetic && !origin.element;
}

bool Context::is_translation(RuleId rule) const { return !translations(device.rules[rule.index()]).empty(); }

std::vector<std::string> Context::absent_interfaces(RuleId rule) const {
    std::vector<std::string> names;
    if (absent_.empty()) return names;
    each_part(device, device.rules[rule.index()].match, [&](const auto& is) {
        const auto add = [&](SetId set) {
            for (const auto& [which, name] : absent_)
                if (which == set && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        };
        if (const auto* x = std::get_if<In>(&is)) add(x->set);
        if (const auto* t = std::get_if<InTuple>(&is))
            for (const auto& row : device.relations[t->relation.index()].rows)
                for (const SetId set : row) add(set);
    });
    return names;
}

Context::Places Context::places(const std::vector<RuleId>& rules, base::Span about) const {
    std::vector<std::string> list;
    bool numbers = true;
    for (const RuleId r : rules) {
        const base::Span span = is_helper(r) ? base::Span{} : rule_span(device, r);
        if (!span.valid()) continue;
        const bool here = about.valid() && span.file == about.file;
        numbers = numbers && here;
        auto text = here ? std::to_string(sources.begin(span).line) : place(sources, span);
        if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
    }
    Places out;
    out.several = list.size() > 1;
    if (list.empty()) return out;
    const std::size_t shown = list.size() > 4 ? 3 : list.size();
    for (std::size_t i = 0; i < shown; ++i) {
        const bool bare = list[i].find(':') == std::string::npos;
        out.text += i == 0 ? "" : i + 1 == list.size() ? " and " : ", ";
        if (bare && (!numbers || i == 0)) out.text += numbers && out.several ? "lines " : "line ";
        out.text += list[i];
    }
    if (shown < list.size()) out.text += fmt::format(" and {} more", list.size() - shown);
    return out;
}

void Context::relate(Finding& finding, const std::vector<RuleId>& rules, const std::string& label) const {
    for (const RuleId r : rules) {
        if (is_helper(r)) continue;
        const base::Span span = rule_span(device, r);
        if (!span.valid() || std::any_of(finding.related.begin(), finding.related.end(),
                                         [&](const Related& other) { return other.span == span; }))
            continue;
        if (finding.related.size() == 8) return;
        finding.related.push_back({span, label});
    }
}

void Context::show_packet(Finding& finding, RuleId rule) {
    const auto w = shadow().witness(rule);
    if (!w) return;
    const flow::Trace trace = flow::trace(device, w->packet, w->valuation);
    finding.witness = packet_text(device, w->packet);
    finding.outcome = outcome_text(device, w->packet, trace);
    finding.trace = trace_steps(device, trace.outcome);
}

Finding Context::finding(std::string_view code, base::Span span) const {
    Finding f;
    f.rule = std::string(code);
    f.span = span;
    if (const RuleFile* rule = find_rule(code)) {
        f.name = rule->name;
        f.severity = rule->severity;
        f.help = rule->help;
    }
    return f;
}

void Context::report(Finding finding, std::string_view key) { check_.keep(std::move(finding), key); }

std::span<const Check> table() {
    static const Check rows[] = {
        {{"EL201", "EL202", "EL203", "EL209"}, true, dead_rules},
        {{"EL204"}, true, chains},
        {{"EL205", "EL206", "EL212", "EL213"}, false, objects},
        {{"EL207", "EL208"}, true, accepts},
        {{"EL210"}, true, overlapping_translations},
        {{"EL211"}, false, interfaces},
        {{"EL214"}, false, disabled_rules},
        {{"EL215"}, false, foreign_addresses},
    };
    return rows;
}

void run(DeviceCheck& check, const Prepared& prepared, const Intent& intent, const base::Sources& sources,
         const Options& options, const Context::Selected& selected) {
    Context context(check, prepared, intent, sources, options, selected);
    const bool large = prepared.device.rules.size() > most_rules_unasked && options.select.empty();
    const auto asked = [&](std::string_view code) {
        const RuleFile* rule = find_rule(code);
        return std::any_of(options.extend_select.begin(), options.extend_select.end(), [&](const std::string& p) {
            return p == "ALL" || code.starts_with(p) || (rule != nullptr && rule->name == p);
        });
    };
    bool left_out = false;
    for (const Check& row : table()) {
        if (std::none_of(row.codes.begin(), row.codes.end(), selected)) continue;
        if (row.needs_shadow && large && std::none_of(row.codes.begin(), row.codes.end(), asked))
            left_out = true;
        else
            row.run(context);
    }
    if (!left_out || !selected("EL903")) return;
    Finding f = context.finding("EL903", {});
    f.severity = base::Severity::note;
    f.message = fmt::format("hygiene was not looked at: {} has more than {} rules; `--select EL2` does it",
                            prepared.device.name, most_rules_unasked);
    context.report(std::move(f), "hygiene");
}

}  // namespace egresslint::lint::checks
