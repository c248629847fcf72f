// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/print_tree.hpp"

#include <algorithm>

#include "dialects/nftables/lower_names.hpp"

namespace egresslint::dialects::nftables {
namespace {

/// `00:00:5E:00:53:01`, which nft prints in small letters.
bool is_hardware_address(std::string_view s) {
    if (s.size() != 17) return false;
    for (std::size_t i = 0; i < s.size(); ++i) {
        const char c = s[i];
        const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (i % 3 == 2 ? c != ':' : !digit) return false;
    }
    return true;
}

bool needs_quotes(std::string_view s) {
    return s.empty() || std::any_of(s.begin(), s.end(), [](char c) {
               return c == ' ' || c == ',' || c == ';' || c == '{' || c == '}' || c == '"' || c == '#' || c == '@';
           });
}

std::string lower_case(std::string s) {
    for (char& c : s)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return s;
}

/// Appends to one string; readers bound the nesting of trees, and so the recursion here.
class Printer {
public:
    explicit Printer(std::size_t limit) : limit_(limit) {}
    std::string out;

    void expression(const ExpressionPtr& e) {
        if (e) expression(*e);
    }
    void expression(const Expression& e) {
        std::visit([this](const auto& x) { (*this)(x); }, e.is);
    }
    void statement(const Statement& s) {
        std::visit([this](const auto& x) { (*this)(x); }, s.is);
    }
    void element(const Element& e) {
        expression(e.key);
        for (const auto& name : e.statement_names) text(" " + name);
        if (e.data) {
            text(" : ");
            expression(e.data);
        }
    }

    // -- expressions
    void operator()(const Symbol& s) {
        // One spelling for one value, so that text and JSON name the same predicate; JSON does not say what was quoted.
        if (needs_quotes(s.text)) return text("\"" + s.text + "\"");
        const bool hexadecimal = s.text.size() > 2 && s.text[0] == '0' && (s.text[1] == 'x' || s.text[1] == 'X');
        const auto value = hexadecimal ? number(s.text) : std::nullopt;
        text(value ? base::to_decimal(*value) : is_hardware_address(s.text) ? lower_case(s.text) : s.text);
    }
    void operator()(const SetReference& s) { text("@" + s.name); }
    void operator()(const Concatenation& c) { list(c.parts, " . "); }
    void operator()(const PrefixExpression& p) {
        expression(p.address);
        text("/" + std::to_string(p.length));
    }
    void operator()(const Range& r) {
        expression(r.first);
        text("-");
        expression(r.last);
    }
    void operator()(const Wildcard&) { text("*"); }
    void operator()(const AnonymousSet& s) {
        text("{ ");
        std::size_t shown = 0;
        for (const auto& e : s.elements) {
            if (shown++ > 0) text(", ");
            if (shown > limit_) {
                text("… " + std::to_string(s.elements.size()) + " elements");
                break;
            }
            element(e);
        }
        text(" }");
    }
    void operator()(const MapLookup& m) {
        expression(m.key);
        text(m.verdict ? " vmap " : " map ");
        expression(m.map);
    }
    void operator()(const Payload& p) { text(p.field.empty() ? p.protocol : p.protocol + " " + p.field); }
    void operator()(const RawPayload& r) {
        text("@" + r.base + "," + std::to_string(r.offset) + "," + std::to_string(r.length));
    }
    void operator()(const ExtensionHeader& e) {
        text(e.kind);
        if (!e.name.empty()) text(" " + e.name);
        if (!e.field.empty()) text(" " + e.field);
    }
    void operator()(const Meta& m) { text("meta " + m.key); }
    void operator()(const Routing& r) { text("rt " + (r.family.empty() ? "" : r.family + " ") + r.key); }
    void operator()(const Conntrack& c) {
        text("ct " + (c.direction.empty() ? "" : c.direction + " ") + (c.family.empty() ? "" : c.family + " ") + c.key);
    }
    void operator()(const Fib& f) {
        text("fib ");
        for (std::size_t i = 0; i < f.tuple.size(); ++i) text((i > 0 ? " . " : "") + f.tuple[i]);
        text(" " + f.result);
    }
    void operator()(const Socket& s) { text("socket " + s.key); }
    void operator()(const Osf& o) { text(o.text); }
    void operator()(const Ipsec& i) { text(i.text); }
    void operator()(const NumberGenerator& n) { text(n.text); }
    void operator()(const BinaryOperation& b) {
        operand(b.left);
        text(" " + b.op + " ");
        operand(b.right);
    }
    void operator()(const FlagList& f) {
        list(f.parts, ",");
        if (f.mask) {
            text(" / ");
            expression(f.mask);
        }
    }
    void operator()(const Verdict& v) { text(v.target.empty() ? v.kind : v.kind + " " + v.target); }
    void operator()(const UnknownExpression& u) { text(u.text); }

    // -- statements
    void operator()(const Match& m) {
        expression(m.left);
        text(" ");
        if (!m.op.empty() && m.op != "==" && m.op != "in") text(m.op + " ");
        if (m.op == "==" && m.right && std::holds_alternative<Symbol>(m.right->is) && left_is_bitmask(m)) text("== ");
        expression(m.right);
    }
    void operator()(const VerdictStatement& v) { (*this)(v.verdict); }
    void operator()(const VerdictMapStatement& v) { (*this)(v.lookup); }
    void operator()(const Mangle& m) {
        expression(m.target);
        text(" set ");
        expression(m.value);
    }
    void operator()(const Nat& n) {
        text(n.kind);
        if (!n.family.empty()) text(" " + n.family);
        if (n.prefix) text(" prefix");
        if (n.address_and_port) text(" addr . port");
        if (n.address || n.port) text(" to");
        if (n.address) {
            text(" ");
            expression(n.address);
        }
        if (n.port) {
            text(n.address ? ":" : " :");
            expression(n.port);
        }
        for (std::size_t i = 0; i < n.flags.size(); ++i) text((i == 0 ? " " : ",") + n.flags[i]);
    }
    void operator()(const Reject& r) {
        text("reject");
        if (r.with.empty()) return;
        text(" with " + r.with);
        if (!r.code.empty()) text(" " + r.code);
    }
    void operator()(const Limit& l) { text(l.object.empty() ? l.text : "limit name " + l.object); }
    void operator()(const Quota& q) { text(q.object.empty() ? q.text : "quota name " + q.object); }
    void operator()(const ConnectionLimit& c) { text(c.text); }
    void operator()(const Counter& c) { text(c.object.empty() ? "counter" : "counter name " + c.object); }
    void operator()(const LogStatement& l) { text(l.text.empty() ? "log" : l.text); }
    void operator()(const Queue& q) { text(q.text.empty() ? "queue" : q.text); }
    void operator()(const Notrack&) { text("notrack"); }
    void operator()(const SetUpdate& s) {
        text(s.operation + " @" + s.set + " { ");
        expression(s.key);
        for (const auto& name : s.statement_names) text(" " + name);
        if (s.data) {
            text(" : ");
            expression(s.data);
        }
        text(" }");
    }
    void operator()(const FlowOffload& f) { text("flow add @" + f.flowtable); }
    void operator()(const TransparentProxy& t) {
        text("tproxy" + (t.family.empty() ? "" : " " + t.family) + " to ");
        expression(t.address);
        if (t.port) text(":");
        expression(t.port);
    }
    void operator()(const Synproxy& s) { text(s.text.empty() ? "synproxy" : s.text); }
    void operator()(const Duplicate& d) { text(d.text.empty() ? d.kind : d.text); }
    void operator()(const ObjectStatement& o) { text(o.text.empty() ? o.kind : o.text); }
    void operator()(const XtStatement& x) { text("xt " + x.kind + " \"" + x.name + "\""); }
    void operator()(const UnknownStatement& u) { text(u.text); }

private:
    void text(const std::string& s) { out += s; }
    void list(const std::vector<ExpressionPtr>& parts, const char* separator) {
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i > 0) out += separator;
            expression(parts[i]);
        }
    }
    void operand(const ExpressionPtr& e) {
        const bool nested = e && std::holds_alternative<BinaryOperation>(e->is);
        if (nested) text("(");
        expression(e);
        if (nested) text(")");
    }
    static bool left_is_bitmask(const Match& m) {
        if (!m.left) return false;
        if (const auto* p = std::get_if<Payload>(&m.left->is)) return p->protocol == "tcp" && p->field == "flags";
        if (const auto* c = std::get_if<Conntrack>(&m.left->is)) return c->key == "state" || c->key == "status";
        return false;
    }

    std::size_t limit_;
};

}  // namespace

std::string print(const Expression& expression, std::size_t limit) {
    Printer printer(limit);
    printer.expression(expression);
    return std::move(printer.out);
}

std::string print(const Statement& statement) {
    Printer printer(8);
    printer.statement(statement);
    return std::move(printer.out);
}

std::string print(const Element& element) {
    Printer printer(8);
    printer.element(element);
    return std::move(printer.out);
}

std::string print(const RuleNode& rule) {
    std::string out;
    for (const auto& statement : rule.statements) {
        if (!out.empty()) out += ' ';
        out += print(statement);
    }
    if (!rule.comment.empty()) out += " comment \"" + rule.comment + "\"";
    return out;
}

}  // namespace egresslint::dialects::nftables
