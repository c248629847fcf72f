// SPDX-License-Identifier: Apache-2.0
#include "shape.hpp"

#include "dialects/nftables/parse.hpp"

namespace egresslint::dialects::nftables::shape {
namespace {

std::string joined(const std::vector<std::string>& parts, const char* separator) {
    std::string out;
    for (const auto& part : parts) out += (out.empty() ? "" : separator) + part;
    return out;
}

std::string list(const std::vector<ExpressionPtr>& parts) {
    std::string out;
    for (const auto& part : parts) out += (out.empty() ? "" : " ") + of(part);
    return out;
}

std::string call(const std::string& name, const std::string& arguments) { return name + "(" + arguments + ")"; }
std::string over(bool yes) { return yes ? "over " : ""; }

struct Shape {
    // -- expressions
    std::string operator()(const Symbol& s) const { return s.quoted ? '"' + s.text + '"' : s.text; }
    std::string operator()(const SetReference& s) const { return "@" + s.name; }
    std::string operator()(const Concatenation& c) const { return call("concat", list(c.parts)); }
    std::string operator()(const PrefixExpression& p) const {
        return call("prefix", of(p.address) + " " + std::to_string(p.length));
    }
    std::string operator()(const Range& r) const { return call("range", of(r.first) + " " + of(r.last)); }
    std::string operator()(const Wildcard&) const { return "*"; }
    std::string operator()(const AnonymousSet& s) const {
        std::string out;
        for (const auto& element : s.elements) out += (out.empty() ? "" : ", ") + of(element);
        return "{" + out + "}";
    }
    std::string operator()(const MapLookup& m) const {
        return call(m.verdict ? "vmap" : "map", of(m.key) + " " + of(m.map));
    }
    std::string operator()(const Payload& p) const { return p.protocol + "." + p.field; }
    std::string operator()(const RawPayload& p) const {
        return "@" + p.base + "," + std::to_string(p.offset) + "," + std::to_string(p.length);
    }
    std::string operator()(const ExtensionHeader& e) const {
        return "[" + e.kind + "|" + e.name + (e.field.empty() ? "" : "|" + e.field) + "]";
    }
    std::string operator()(const Meta& m) const { return "meta." + m.key; }
    std::string operator()(const Routing& r) const { return "rt." + (r.family.empty() ? "" : r.family + ".") + r.key; }
    std::string operator()(const Conntrack& c) const {
        return "ct." + (c.direction.empty() ? "" : c.direction + ".") + (c.family.empty() ? "" : c.family + ".") +
               c.key;
    }
    std::string operator()(const Fib& f) const {
        return call("fib", joined(f.tuple, ".") + " " + f.result + (f.check ? "?" : ""));
    }
    std::string operator()(const Socket& s) const { return call("socket", s.key); }
    std::string operator()(const Osf& o) const { return call("osf", o.text); }
    std::string operator()(const Ipsec& i) const { return call("ipsec", i.text); }
    std::string operator()(const NumberGenerator& n) const {
        return call(n.hash ? "hash" : "numgen",
                    n.mode + " " + std::to_string(n.modulus) + (n.offset != 0 ? " +" + std::to_string(n.offset) : ""));
    }
    std::string operator()(const BinaryOperation& b) const {
        return "(" + of(b.left) + " " + b.op + " " + of(b.right) + ")";
    }
    std::string operator()(const FlagList& f) const {
        return call("list", list(f.parts) + (f.mask ? " / " + of(f.mask) : ""));
    }
    std::string operator()(const Verdict& v) const { return v.kind + (v.target.empty() ? "" : " " + v.target); }
    std::string operator()(const UnknownExpression& u) const { return call("unknown", u.text); }

    // -- statements
    std::string operator()(const Match& m) const {
        return call("match", of(m.left) + " " + (m.op.empty() ? "" : m.op + " ") + of(m.right));
    }
    std::string operator()(const VerdictStatement& v) const { return (*this)(v.verdict); }
    std::string operator()(const VerdictMapStatement& v) const { return (*this)(v.lookup); }
    std::string operator()(const Mangle& m) const { return call("set", of(m.target) + " " + of(m.value)); }
    std::string operator()(const Nat& n) const {
        std::string out = n.kind;
        if (!n.family.empty()) out += " " + n.family;
        if (n.prefix) out += " prefix";
        if (n.interval) out += " interval";
        if (n.address_and_port) out += " addr.port";
        if (n.address) out += " to " + of(n.address);
        if (n.port) out += " port " + of(n.port);
        if (!n.flags.empty()) out += " " + joined(n.flags, ",");
        return call("nat", out);
    }
    std::string operator()(const Reject& r) const {
        return call("reject", r.with + (r.code.empty() ? "" : ":" + r.code));
    }
    std::string operator()(const Limit& l) const {
        return call("limit", over(l.over) + (l.object.empty() ? l.text : "= " + l.object));
    }
    std::string operator()(const Quota& q) const {
        return call("quota", over(q.over) + (q.object.empty() ? q.text : "= " + q.object));
    }
    std::string operator()(const ConnectionLimit& c) const { return call("connections", over(c.over) + c.text); }
    std::string operator()(const Counter& c) const { return c.object.empty() ? "counter" : call("counter", c.object); }
    std::string operator()(const LogStatement& l) const { return call("log", '"' + l.prefix + "\" " + l.text); }
    std::string operator()(const Queue& q) const { return call("queue", (q.bypass ? "bypass: " : "") + q.text); }
    std::string operator()(const Notrack&) const { return "notrack"; }
    std::string operator()(const SetUpdate& s) const {
        return call(s.operation, "@" + s.set + " " + of(s.key) + (s.data ? " : " + of(s.data) : "") +
                                     (s.statement_names.empty() ? "" : " +" + joined(s.statement_names, " +")));
    }
    std::string operator()(const FlowOffload& f) const { return call("flow", f.flowtable); }
    std::string operator()(const TransparentProxy& t) const {
        return call("tproxy", (t.family.empty() ? "" : t.family + " ") + of(t.address) + " port " + of(t.port));
    }
    std::string operator()(const Synproxy& s) const { return call("synproxy", s.text); }
    std::string operator()(const Duplicate& d) const { return call(d.kind, d.text); }
    std::string operator()(const ObjectStatement& o) const { return call("object", o.kind + ": " + o.text); }
    std::string operator()(const XtStatement& x) const { return call("xt", x.kind + " " + x.name); }
    std::string operator()(const UnknownStatement& u) const { return call("UNKNOWN", u.text); }
};

}  // namespace

std::string of(const Expression& expression) { return std::visit(Shape{}, expression.is); }
std::string of(const ExpressionPtr& expression) { return expression ? of(*expression) : "-"; }

std::string of(const Element& element) {
    auto out = of(element.key);
    if (!element.timeout.empty()) out += " timeout=" + element.timeout;
    if (!element.expires.empty()) out += " expires=" + element.expires;
    if (!element.comment.empty()) out += " comment=" + element.comment;
    for (const auto& name : element.statement_names) out += " +" + name;
    if (element.data) out += ": " + of(element.data);
    return out;
}

std::string of(const Statement& statement) { return std::visit(Shape{}, statement.is); }

std::string of(const RuleNode& rule) {
    std::string out;
    for (const auto& statement : rule.statements) out += (out.empty() ? "" : "; ") + of(statement);
    if (!rule.comment.empty()) out += " # " + rule.comment;
    return out;
}

std::string of_rule(std::string_view text) {
    base::Sources sources;
    const auto file = sources.add("rule", std::string(text));
    return of(parse_rule(sources, file));
}

std::string of_expression(std::string_view text) {
    base::Sources sources;
    const auto file = sources.add("expression", std::string(text));
    return of(parse_expression(sources, file));
}

}  // namespace egresslint::dialects::nftables::shape
