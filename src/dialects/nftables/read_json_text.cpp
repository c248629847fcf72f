// SPDX-License-Identifier: Apache-2.0
// nft 1.0 has no JSON for some statements (`add @map { … }`, `jump { … }`) and prints them as strings of nft text. They
// are parsed as such; every place in them becomes the place of the string, for the text has no file of its own.
#include "dialects/nftables/parse.hpp"
#include "dialects/nftables/read_json_rule.hpp"

namespace egresslint::dialects::nftables {
namespace {

/// Gives a tree one place. The parser bounds its depth.
class Place {
public:
    explicit Place(base::Span span) : span_(span) {}

    void operator()(ExpressionPtr& e) const {
        if (!e) return;
        e->span = span_;
        std::visit(*this, e->is);
    }
    void operator()(Element& e) const {
        e.span = span_;
        (*this)(e.key);
        (*this)(e.data);
    }
    void operator()(MapLookup& m) const {
        (*this)(m.key);
        (*this)(m.map);
    }
    void operator()(Statement& s) const {
        s.span = span_;
        std::visit(*this, s.is);
    }
    void operator()(RuleNode& rule) const {
        rule.span = span_;
        for (auto& s : rule.statements) (*this)(s);
    }
    void operator()(ChainNode& chain) const {
        chain.span = chain.name_span = span_;
        for (auto& rule : chain.rules) (*this)(rule);
    }

    // -- expressions that hold others
    void operator()(Concatenation& c) const { each(c.parts); }
    void operator()(PrefixExpression& p) const { (*this)(p.address); }
    void operator()(Range& r) const {
        (*this)(r.first);
        (*this)(r.last);
    }
    void operator()(AnonymousSet& s) const { each(s.elements); }
    void operator()(BinaryOperation& b) const {
        (*this)(b.left);
        (*this)(b.right);
    }
    void operator()(FlagList& l) const {
        each(l.parts);
        (*this)(l.mask);
    }
    // -- statements that hold expressions
    void operator()(Match& m) const {
        (*this)(m.left);
        (*this)(m.right);
    }
    void operator()(VerdictMapStatement& v) const { (*this)(v.lookup); }
    void operator()(Mangle& m) const {
        (*this)(m.target);
        (*this)(m.value);
    }
    void operator()(Nat& n) const {
        (*this)(n.address);
        (*this)(n.port);
    }
    void operator()(SetUpdate& u) const {
        (*this)(u.key);
        (*this)(u.data);
    }
    void operator()(TransparentProxy& t) const {
        (*this)(t.address);
        (*this)(t.port);
    }
    /// What holds nothing with a place.
    template <class Leaf>
    void operator()(Leaf&) const {
        static_assert(!std::is_same_v<Leaf, Expression>);
    }

private:
    template <class List>
    void each(List& list) const {
        for (auto& item : list) (*this)(item);
    }

    base::Span span_;
};

/// nft prints an address without its type as a number and says so.
std::string without_remark(std::string text) {
    constexpr std::string_view remark = " [invalid type]";
    for (auto at = text.find(remark); at != std::string::npos; at = text.find(remark, at))
        text.erase(at, remark.size());
    return text;
}

}  // namespace

bool JsonRuleReader::text_statement(const JsonValue& json, Statement& out) {
    // A rule that jumps to a chain without a name brings it along, so a whole table is parsed.
    base::Sources snippet;
    base::Diagnostics problems;
    auto tree = parse(snippet, snippet.add("", "table ip t {\nchain c {\n" + without_remark(json.text) + "\n}\n}\n"),
                      {}, problems);
    if (base::has_fatal(problems) || !tree.unparsed.empty() || tree.commands.size() != 1) return false;
    auto& chains = tree.commands.front().table_node.chains;
    if (chains.empty() || chains.front().name != "c" || chains.front().rules.size() != 1) return false;
    auto& statements = chains.front().rules.front().statements;
    if (statements.size() != 1 || std::holds_alternative<UnknownStatement>(statements.front().is)) return false;
    const Place place(out.span);
    // "__chain0" of one string is not that of another.
    const auto prefix = "__json" + std::to_string(chain_count_++);
    const auto rename = [&](Statement& s) {
        if (auto* v = std::get_if<VerdictStatement>(&s.is); v != nullptr && v->verdict.target.rfind("__chain", 0) == 0)
            v->verdict.target = prefix + v->verdict.target;
    };
    for (std::size_t i = 1; i < chains.size(); ++i) {
        place(chains[i]);
        chains[i].name = prefix + chains[i].name;
        for (auto& rule : chains[i].rules)
            for (auto& s : rule.statements) rename(s);
        chains_.push_back(std::move(chains[i]));
    }
    rename(statements.front());
    out = std::move(statements.front());
    place(out);
    return true;
}

}  // namespace egresslint::dialects::nftables
