// SPDX-License-Identifier: Apache-2.0
// Statements that write: marks (nft(8), META STATEMENT, CT STATEMENT) and header fields (PAYLOAD STATEMENT).
#include <algorithm>

#include "dialects/nftables/lower_rule.hpp"
#include "dialects/nftables/print_tree.hpp"

namespace egresslint::dialects::nftables {

using model::Assign;
using model::ExprId;
using model::Field;
using model::FieldRef;
using model::PredicateKind;
using model::Rule;
using model::View;

namespace {

/// (mark & m) ^ (ct mark & c) ^ v: every bit operation of constants and marks has this form.
struct MarkForm {
    std::uint32_t mark = 0, ct_mark = 0, value = 0;
    bool reads_connection = false;  ///< even where no bit of it is left, as in `ct mark and 0`
    [[nodiscard]] std::uint32_t may_set() const { return mark | ct_mark | value; }
};

std::optional<MarkForm> mark_form(const Expression& e) {
    if (const auto value = constant(e, Value::mark)) return MarkForm{0, 0, static_cast<std::uint32_t>(*value)};
    if (const auto* m = std::get_if<Meta>(&e.is); m != nullptr && m->key == "mark") return MarkForm{~0u, 0, 0};
    if (const auto* ct = std::get_if<Conntrack>(&e.is); ct != nullptr && ct->key == "mark")
        return MarkForm{0, ~0u, 0, true};
    const auto* b = std::get_if<BinaryOperation>(&e.is);
    if (b == nullptr || !b->left || !b->right) return std::nullopt;
    const auto left = mark_form(*b->left);
    const auto right = mark_form(*b->right);
    if (!left || !right) return std::nullopt;
    const bool reads = left->reads_connection || right->reads_connection;
    const bool left_constant = left->mark == 0 && left->ct_mark == 0;
    const bool right_constant = right->mark == 0 && right->ct_mark == 0;
    if (b->op == "^")
        return MarkForm{left->mark ^ right->mark, left->ct_mark ^ right->ct_mark, left->value ^ right->value, reads};
    if (b->op == "&" && (left_constant || right_constant)) {
        const auto& form = right_constant ? *left : *right;
        const auto mask = right_constant ? right->value : left->value;
        return MarkForm{form.mark & mask, form.ct_mark & mask, form.value & mask, reads};
    }
    if (b->op == "|") {
        if (left_constant || right_constant) {
            const auto& form = right_constant ? *left : *right;
            const auto set = right_constant ? right->value : left->value;
            return MarkForm{form.mark & ~set, form.ct_mark & ~set, (form.value & ~set) | set, reads};
        }
        // Disjoint bits: or is exclusive or.
        if ((left->may_set() & right->may_set()) == 0)
            return MarkForm{left->mark | right->mark, left->ct_mark | right->ct_mark, left->value | right->value,
                            reads};
    }
    return std::nullopt;
}

const MapLookup* as_map(const Expression& e) { return std::get_if<MapLookup>(&e.is); }

}  // namespace

void RuleWriter::mangle(const Mangle& m, base::Span span, bool rest_follows) {
    if (!m.target || !m.value) return unknown_statement(print(*rule_), span);
    if (const auto* meta = std::get_if<Meta>(&m.target->is)) {
        if (meta->key == "mark") return set_mark(false, *m.value, rest_follows, span);
        const bool inert = meta->key == "priority" || meta->key == "nftrace" || meta->key == "pkttype" ||
                           meta->key == "secmark" || meta->key == "broute";
        if (!inert) return unknown_statement(print(*m.target) + " set " + print(*m.value), span);
    } else if (const auto* ct = std::get_if<Conntrack>(&m.target->is)) {
        if (ct->key == "mark") return set_mark(true, *m.value, rest_follows, span);
        const bool inert = ct->key == "event" || ct->key == "label" || ct->key == "zone" || ct->key == "helper" ||
                           ct->key == "timeout" || ct->key == "expectation" || ct->key == "secmark";
        if (!inert) return unknown_statement(print(*m.target) + " set " + print(*m.value), span);
    } else if (const auto* payload = std::get_if<Payload>(&m.target->is)) {
        return set_header(*payload, *m.value, span, rest_follows);
    } else if (!std::holds_alternative<ExtensionHeader>(m.target->is)) {
        return unknown_statement(print(*m.target) + " set " + print(*m.value), span);
    }
    // Inert, but a map that misses still ends the rule.
    if (as_map(*m.value) != nullptr && rest_follows)
        require(c_.unknown(print(*m.value), PredicateKind::packet, Field::proto, Sharing::chain));
}

void RuleWriter::set_mark(bool connection, const Expression& value, bool rest_follows, base::Span span) {
    const auto& registers = c_.netfilter.registers();
    const auto target = connection ? registers.ct_mark : registers.mark;
    auto writes = [&](const MarkForm& form) {
        std::vector<model::Effect> out;
        Assign assign{FieldRef{Field::reg, View::current, target}, {}, 0, {}, 0, form.value};
        if (form.mark != 0) {
            assign.a = registers.mark;
            assign.and_a = form.mark;
        }
        if (form.ct_mark != 0) {
            (assign.a.valid() ? assign.b : assign.a) = registers.ct_mark;
            (assign.b.valid() ? assign.and_b : assign.and_a) = form.ct_mark;
        }
        out.emplace_back(assign);
        // The other effects of setting the packet mark (rerouting of local packets) are the family's business.
        if (!connection)
            for (auto& e : c_.netfilter.set_mark(0, 0)) {
                const auto* a = std::get_if<Assign>(&e);
                if (a == nullptr || a->to.reg != registers.mark) out.push_back(std::move(e));
            }
        return out;
    };
    if (const auto form = mark_form(value)) {
        // Reading the mark of a connection that is not there ends the rule [LAB: kernel oracle].
        if (form->reads_connection)
            require(c_.netfilter.connection_state(
                {model::ConnectionState::fresh, model::ConnectionState::established, model::ConnectionState::related}));
        for (auto& e : writes(*form)) effect(std::move(e));
        return;
    }
    const auto text = (connection ? "ct mark set " : "meta mark set ") + print(value);
    if (const auto* lookup = as_map(value)) {
        value_map(*lookup, connection ? "ct mark set" : "mark set", rest_follows,
                  [&](model::ChainId chain, ExprId key, const Element& element) {
                      const auto form = element.data ? mark_form(*element.data) : std::nullopt;
                      Rule rule;
                      rule.match = key;
                      if (form) {
                          rule.effects = writes(*form);
                          add(chain, std::move(rule), element_origin(element));
                          return;
                      }
                      const auto anything = c_.b.chain(c_.chain_title + ": " + text + ": unknown", c_.origin);
                      c_.unknown_marks.push_back({anything, target, text, c_.origin});
                      rule.control = model::Goto{anything};
                      add(chain, std::move(rule), element_origin(element));
                  });
        return;
    }
    if (const auto* generator = std::get_if<NumberGenerator>(&value.is);
        generator != nullptr && generator->modulus > 0 && generator->modulus <= 256) {
        require(operand(c_, value).guard);
        const auto chain = c_.b.chain(c_.chain_title + ": " + text, c_.origin);
        const auto which = c_.predicate(text, PredicateKind::balance, Field::src,
                                        generator->hash ? Sharing::chain : Sharing::occurrence,
                                        static_cast<std::uint16_t>(std::max(2u, generator->modulus)));
        jump_and_go_on(chain, true, rest_follows);
        for (std::uint32_t i = 0; i < generator->modulus; ++i) {
            Rule rule;
            rule.match = generator->modulus == 1 ? c_.b.yes() : c_.b.unknown(which, static_cast<std::uint16_t>(i));
            rule.effects = writes(MarkForm{0, 0, generator->offset + i});
            rule.control = model::Return{};
            add(chain, std::move(rule), element_origin(Element{}));
        }
        return;
    }
    (void)span;
    set_unknown_mark(target, text, rest_follows);
}

void RuleWriter::set_unknown_mark(model::RegisterId reg, const std::string& text, bool rest_follows) {
    const auto chain = c_.b.chain(c_.chain_title + ": " + text, c_.origin);
    c_.unknown_marks.push_back({chain, reg, text, c_.origin});
    jump_and_go_on(chain, true, rest_follows);
}

void RuleWriter::set_header(const Payload& target, const Expression& value, base::Span span, bool rest_follows) {
    const auto text = print(Expression{Payload{target}, {}}) + " set " + print(value);
    std::optional<Field> field;
    Value type = Value::other;
    std::uint8_t family = 0;
    if (target.protocol == "ip" || target.protocol == "ip6") {
        family = target.protocol == "ip" ? 4 : 6;
        type = family == 4 ? Value::ipv4 : Value::ipv6;
        if (target.field == "saddr") field = Field::src;
        if (target.field == "daddr") field = Field::dst;
    } else if (target.field == "sport" || target.field == "dport") {
        field = target.field == "sport" ? Field::sport : Field::dport;
        type = Value::port;
    }
    const bool harmless = !field && target.field != "protocol" && target.field != "nexthdr" &&
                          target.field != "version" && !(target.protocol == "tcp" && target.field == "flags") &&
                          target.protocol != "icmp" && target.protocol != "icmpv6";
    if (harmless) {
        // DSCP, TTL, checksums, Ethernet addresses: nothing that the answer depends on.
        if (as_map(value) != nullptr && rest_follows)
            require(c_.unknown(print(value), PredicateKind::packet, Field::proto, Sharing::chain));
        return;
    }
    if (!field) return unknown_statement(text, span);
    const auto guard = operand(c_, Expression{Payload{target}, {}}).guard;
    require(guard);
    auto translate = [&](base::u128 to) {
        model::Translate t;
        t.field = *field;
        if (family != 0) t.family = family == 4 ? base::Family::v4 : base::Family::v6;
        t.to = model::Fixed{to};
        return t;
    };
    if (const auto fixed = constant(value, type)) return effect(translate(*fixed));
    if (const auto* lookup = as_map(value)) {
        value_map(*lookup, text.substr(0, text.find(" set ")) + " set", rest_follows,
                  [&](model::ChainId chain, ExprId key, const Element& element) {
                      const auto fixed = element.data ? constant(*element.data, type) : std::nullopt;
                      if (!fixed) {
                          const auto which = c_.b.opaque_rule(chain, key, element_origin(element), true, true);
                          c_.not_understood(element.span, "the value of this element is not understood", which,
                                            base::Influence::everything);
                          return;
                      }
                      Rule rule;
                      rule.match = key;
                      rule.effects = {translate(*fixed)};
                      add(chain, std::move(rule), element_origin(element));
                  });
        return;
    }
    const auto which = c_.b.opaque_rule(c_.chain, matched(), c_.origin, true, true);
    c_.not_understood(span, "`" + text + "` rewrites the packet to a value that is not constant", which,
                      base::Influence::everything);
}

}  // namespace egresslint::dialects::nftables
