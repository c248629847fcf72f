// SPDX-License-Identifier: Apache-2.0
#include "lint/query_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lint/cause.hpp"
#include "lint/infer.hpp"
#include "lint/lint.hpp"
#include "lint/query_eval.hpp"
#include "lint/suggest.hpp"

namespace egresslint::lint::query {

using namespace model;
using base::Interval;

bool is_nat(Target t) {
    return t == Target::nat_src || t == Target::nat_dst || t == Target::nat_sport || t == Target::nat_dport;
}
bool is_outcome(Target t) { return is_nat(t) || t == Target::out || t == Target::out_zone; }

Field field_of(Target t) {
    switch (t) {
        case Target::src:
        case Target::nat_src: return Field::src;
        case Target::dst:
        case Target::nat_dst: return Field::dst;
        case Target::sport:
        case Target::nat_sport: return Field::sport;
        case Target::dport:
        case Target::nat_dport: return Field::dport;
        case Target::proto: return Field::proto;
        case Target::family: return Field::family;
        case Target::in:
        case Target::in_zone: return Field::in_if;
        case Target::out:
        case Target::out_zone: return Field::out_if;
    }
    return Field::src;
}

IntervalSet id_set(const std::vector<std::uint32_t>& ids) {
    std::vector<Interval> list;
    for (const std::uint32_t id : ids) list.push_back({id, id});
    return IntervalSet(std::move(list));
}

bool matches_object(std::string_view full, std::string_view asked) {
    return full == asked ||
           (full.size() > asked.size() && full.ends_with(asked) && full[full.size() - asked.size() - 1] == ' ');
}
std::string_view last_word(std::string_view full) { return full.substr(full.rfind(' ') + 1); }

bool matches_interface(const Interface& f, const std::string& name) {
    return f.name == name || (!f.representative && name_matches(name, f.name)) || (name == "self" && f.name == "self");
}

bool contains_path(const Node& node) {
    return node.kind == Node::Kind::path || std::any_of(node.children.begin(), node.children.end(), contains_path);
}
bool contains_never(const Node& node) {
    return node.kind == Node::Kind::never || std::any_of(node.children.begin(), node.children.end(), contains_never);
}

// -- rules, chains and stages by name --------------------------------------------------------------------------------

namespace {

/// "inet fw forward (priority 0)" without the part in parentheses.
std::string_view bare_stage(std::string_view name) { return name.substr(0, name.find(" (")); }

/// `asked` is FILE:LINE; the end of a path names the file.
bool stands_at(const base::Sources* sources, base::Span span, std::string_view asked) {
    if (sources == nullptr || !span.valid()) return false;
    const std::size_t colon = asked.find_last_of(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view file = asked.substr(0, colon), line = asked.substr(colon + 1);
    const std::string_view path = sources->file(span.file).path;
    if (!path.ends_with(file) || (path.size() > file.size() && path[path.size() - file.size() - 1] != '/'))
        return false;
    const std::string first = std::to_string(sources->begin(span).line);
    if (line == first) return true;
    // A rule written over several lines is at each of them.
    for (std::uint32_t n = sources->begin(span).line + 1; n <= sources->end(span).line; ++n)
        if (line == std::to_string(n)) return true;
    return false;
}

}  // namespace

std::vector<bool> named_by(const Node& node, const Prepared& prepared) {
    const Device& d = prepared.device;
    if (node.path == PathTest::policy) return {};
    if (node.path == PathTest::through) {
        std::vector<bool> stages(d.pipeline.size());
        for (std::size_t i = 0; i < stages.size(); ++i)
            stages[i] = d.pipeline[i].name == node.text || matches_object(bare_stage(d.pipeline[i].name), node.text);
        return stages;
    }
    std::vector<bool> rules(d.rules.size());
    if (node.path == PathTest::rule_chain) {
        for (const Chain& chain : d.chains)
            if (matches_object(chain.name, node.text))
                for (const RuleId r : chain.rules) rules[r.index()] = true;
        return rules;
    }
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const Rule& rule = d.rules[i];
        if (!rule.origin.valid()) continue;
        const Origin& origin = d.origins[rule.origin.index()];
        rules[i] = node.path == PathTest::rule_at
                       ? stands_at(prepared.sources, origin.span, node.text)
                       : rule.name == node.text || origin.text.find(node.text) != std::string::npos;
    }
    return rules;
}

bool decided_so(const Node& node, const std::vector<bool>& named, const Device& device,
                const std::vector<flow::Decision>& decisions, Verdict verdict) {
    if (node.path == PathTest::policy) {
        flow::Outcome steps;
        for (const flow::Decision& d : decisions) {
            flow::Step step;
            step.stage = d.stage;
            step.rule = d.rule;
            steps.steps.push_back(std::move(step));
        }
        return !(verdict == Verdict::accept ? accepting_step(device, steps) : blocking_step(device, steps))
                    .rule.valid();
    }
    return std::any_of(decisions.begin(), decisions.end(), [&](const flow::Decision& d) {
        if (node.path == PathTest::through) return d.stage.valid() && named[d.stage.index()];
        return d.rule.valid() && named[d.rule.index()];
    });
}

namespace {
bool pending(const Device& device, RuleId rule) {
    if (!rule.valid()) return false;
    const auto* decide = std::get_if<Decide>(&device.rules[rule.index()].control);
    return decide != nullptr && !decide->final;
}
}  // namespace

std::vector<flow::Decision> decisions_of(const Device& device, const flow::Outcome& outcome) {
    std::vector<flow::Decision> out;
    for (const flow::Step& step : outcome.steps) {
        // Of the pending decisions of a stage the last one counts.
        bool decides = !step.rule.valid();
        if (!decides) {
            const Rule& rule = device.rules[step.rule.index()];
            if (std::holds_alternative<Decide>(rule.control)) {
                decides = true;
                if (!out.empty() && out.back().stage == step.stage && pending(device, out.back().rule)) out.pop_back();
            }
            decides |= std::any_of(rule.effects.begin(), rule.effects.end(),
                                   [](const Effect& e) { return std::holds_alternative<Translate>(e); });
        }
        if (decides) out.push_back({step.stage, step.rule});
    }
    return out;
}

// -- names that no device knows --------------------------------------------------------------------------------------

namespace {

struct Known {
    std::vector<std::string_view> names;
    std::string what;
    bool found = false;
};

void look_up(const Node& node, const Value& v, const Prepared& p, Known& known) {
    if (v.kind == Value::Kind::set) {
        known.what = "set";
        for (const Object& o : p.device.objects)
            if (o.kind != "chain") {
                known.names.push_back(last_word(o.name));
                known.found |= matches_object(o.name, v.text);
            }
        return;
    }
    const bool zone = node.target == Target::in_zone || node.target == Target::out_zone;
    known.what = zone ? "zone" : "interface";
    for (std::size_t i = self_interface; i < p.device.interfaces.size(); ++i) {
        const Interface& f = p.device.interfaces[i];
        known.names.push_back(zone ? f.zone : f.name);
        known.found |= zone ? f.zone == v.text : matches_interface(f, v.text);
    }
}

QueryError no_such(const Known& known, const std::string& text, std::size_t begin, std::size_t end) {
    const std::string place =
        known.what == "rule at" ? fmt::format("rule at {}", text) : fmt::format("{} named \"{}\"", known.what, text);
    return QueryError{fmt::format("no device has a{} {}", known.what == "interface" ? "n" : "", place), begin, end,
                      nearest(text, known.names), false};
}

std::optional<QueryError> check_path(const Node& node, const std::vector<const Prepared*>& devices) {
    if (node.path == PathTest::policy) return std::nullopt;
    Known known;
    for (const Prepared* p : devices) {
        const auto named = named_by(node, *p);
        known.found |= std::find(named.begin(), named.end(), true) != named.end();
        if (node.path == PathTest::rule_text) {
            known.what = "rule with the text";
        } else if (node.path == PathTest::rule_at) {
            known.what = "rule at";
        } else if (node.path == PathTest::rule_chain) {
            known.what = "chain";
            for (const Chain& c : p->device.chains) known.names.push_back(last_word(c.name));
        } else {
            known.what = "stage";
            for (const Stage& s : p->device.pipeline) known.names.push_back(last_word(bare_stage(s.name)));
        }
    }
    if (known.found) return std::nullopt;
    if (node.path == PathTest::rule_text)
        return QueryError{
            fmt::format("no device has a rule that is named \"{0}\" or has \"{0}\" in its text", node.text),
            node.begin,
            node.end,
            {},
            false};
    return no_such(known, node.text, node.begin, node.end);
}

std::optional<QueryError> check_node(const Node& node, const std::vector<const Prepared*>& devices,
                                     const Intent& intent) {
    for (const Node& child : node.children)
        if (auto error = check_node(child, devices, intent)) return error;
    if (devices.empty()) return std::nullopt;
    if (node.kind == Node::Kind::path) return check_path(node, devices);
    if (node.kind != Node::Kind::compare) return std::nullopt;
    for (const Value& v : node.values) {
        if (v.kind != Value::Kind::set && v.kind != Value::Kind::text) continue;
        Known known;
        if (v.kind == Value::Kind::set)
            for (const NamedSet& set : intent.sets) {
                known.names.push_back(set.name);
                known.found |= set.name == v.text;
            }
        for (const Prepared* p : devices) look_up(node, v, *p, known);
        if (!known.found) return no_such(known, v.text, v.begin, v.end);
    }
    return std::nullopt;
}

}  // namespace

std::optional<QueryError> check_names(const Query& query, const std::vector<const Prepared*>& devices,
                                      const Intent& intent) {
    return check_node(query.root, devices, intent);
}

}  // namespace egresslint::lint::query
