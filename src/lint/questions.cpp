// SPDX-License-Identifier: Apache-2.0
// Rule files as questions: what a query asks about says which rule of a device is to blame for an answer.
#include <algorithm>

#include "lint/device_check.hpp"

namespace egresslint::lint {

using namespace model;

namespace {

bool compares(const query::Node& node, query::Target target) {
    if (node.kind == query::Node::Kind::compare && node.target == target) return true;
    return std::any_of(node.children.begin(), node.children.end(),
                       [&](const query::Node& c) { return compares(c, target); });
}
bool states(const query::Node& node, query::Fact fact) {
    if (node.kind == query::Node::Kind::fact && node.fact == fact) return true;
    return std::any_of(node.children.begin(), node.children.end(),
                       [&](const query::Node& c) { return states(c, fact); });
}

Question::By decided_by(const query::Node& root) {
    if (states(root, query::Fact::inspected)) return Question::By::inspection;
    if (compares(root, query::Target::nat_src)) return Question::By::source;
    if (compares(root, query::Target::nat_dst) && states(root, query::Fact::from_inside))
        return Question::By::destination;
    return Question::By::verdict;
}
}  // namespace

std::vector<Question> questions_of(const RuleFile& rule) {
    std::vector<Question> out;
    const auto add = [&](const std::string& text, const std::string& message, base::Severity severity) {
        auto query = query::parse(text);
        if (!query) return;
        Question q;
        q.code = rule.code;
        q.name = rule.name;
        q.severity = severity;
        q.kind = rule.kind;
        q.by = decided_by(query->root);
        q.from_server = states(query->root, query::Fact::from_server);
        q.query = std::move(*query);
        q.message = message;
        q.help = rule.help;
        q.needs = rule.needs;
        q.presume = rule.presume_interface_address;
        out.push_back(std::move(q));
    };
    if (rule.kind == RuleKind::native) return out;
    add(rule.query, rule.message, rule.severity);
    if (!rule.also_query.empty()) add(rule.also_query, rule.also_message, rule.also_severity);
    return out;
}

}  // namespace egresslint::lint
