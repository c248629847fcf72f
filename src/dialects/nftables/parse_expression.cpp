// SPDX-License-Identifier: Apache-2.0
// Expressions: constants, sets, operators, concatenations, maps. What reads the packet is in parse_selector.cpp.
//
// From loose to tight: a,b  map  .  - and /  |  ^  &  << and >>  then what stands alone.
#include "dialects/nftables/parser.hpp"

namespace egresslint::dialects::nftables {
namespace {

/// Words that nft reserves and that no service, protocol or flag is called: where a value is missing, the next
/// statement begins with one of them.
constexpr std::string_view never_a_value =
    "accept drop continue return jump goto counter log limit quota reject masquerade notrack vmap map set comment meta "
    "xt";

bool decimal(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool hexadecimal(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

struct Operator {
    std::string_view op;
    unsigned strength;  ///< 0: none
};

constexpr unsigned any_operator = 1;

}  // namespace

ExpressionPtr Parser::expression(Side side) {
    const auto begin = now_->begin;
    auto out = concatenation(side);
    if (side == Side::constant || side == Side::define || !is("map")) return out;
    advance();
    auto map = map_argument(false);
    return make(MapLookup{std::move(out), std::move(map), false}, begin);
}

ExpressionPtr Parser::list(Side side) {
    const auto begin = now_->begin;
    auto first = expression(side);
    if (!is_sign(',')) return first;
    FlagList flags;
    flags.parts.push_back(std::move(first));
    while (accept_sign(',')) {
        skip_lines();
        flags.parts.push_back(expression(side));
    }
    return make(std::move(flags), begin);
}

ExpressionPtr Parser::right_hand_side() {
    const auto begin = now_->begin;
    auto out = list(Side::constant);
    if (!accept_sign('/')) return out;
    // `tcp flags syn / fin,syn,rst,ack`: the flags that must be set, of those that are looked at.
    FlagList flags;
    if (auto* given = std::get_if<FlagList>(&out->is)) {
        flags = std::move(*given);
    } else {
        flags.parts.push_back(std::move(out));
    }
    flags.mask = list(Side::constant);
    return make(std::move(flags), begin);
}

ExpressionPtr Parser::concatenation(Side side) {
    const auto begin = now_->begin;
    auto first = multiton(side);
    if (!is_sign('.')) return first;
    Concatenation out;
    out.parts.push_back(std::move(first));
    // A later part may be a constant: `ip saddr . 25 @allowed`.
    while (accept_sign('.')) out.parts.push_back(multiton(side == Side::left ? Side::value : side));
    return make(std::move(out), begin);
}

ExpressionPtr Parser::multiton(Side side) {
    const auto begin = now_->begin;
    // Counted together within parentheses: each operator is one more level of the tree.
    if (parentheses_ == 0) operators_ = 0;
    auto first = operation(side, any_operator);
    if (side == Side::left) return first;
    if (is_sign('/')) {
        // A slash and no decimal number is a mask of flags, see right_hand_side.
        const auto& next = peek(1);
        std::string length;
        if (next.kind == Kind::number && decimal(text(next))) {
            length = text(next);
        } else if (next.kind == Kind::variable) {
            const auto* known = variable(next);
            const auto* symbol = known != nullptr ? std::get_if<Symbol>(&known->value->is) : nullptr;
            if (symbol != nullptr && decimal(symbol->text)) length = symbol->text;
        }
        if (!length.empty() && length.size() <= 3) {
            advance();
            advance();
            const auto bits = static_cast<std::uint32_t>(std::stoul(length));
            return make(PrefixExpression{std::move(first), bits}, begin);
        }
        return first;
    }
    if (accept_sign('-')) {
        auto last = operation(side, any_operator);
        return make(Range{std::move(first), std::move(last)}, begin);
    }
    return first;
}

ExpressionPtr Parser::operation(Side side, unsigned weakest) {
    const auto here_operator = [this]() -> Operator {
        switch (now_->kind) {
            case Kind::shift_left: return {"<<", 4};
            case Kind::shift_right: return {">>", 4};
            case Kind::sign:
                if (now_->sign == '&') return {"&", 3};
                if (now_->sign == '^') return {"^", 2};
                if (now_->sign == '|') return {"|", 1};
                return {"", 0};
            case Kind::word: {
                const auto w = text(*now_);
                if (w == "and") return {"&", 3};
                if (w == "or") return {"|", 1};
                if (w == "xor") return {"^", 2};
                if (w == "lshift") return {"<<", 4};
                if (w == "rshift") return {">>", 4};
                return {"", 0};
            }
            default: return {"", 0};
        }
    };
    const auto begin = now_->begin;
    auto left = primary(side);
    for (;;) {
        const auto found = here_operator();
        if (found.strength < weakest || found.strength == 0) return left;
        if (++operators_ > max_operators) {
            fail("too many operators in one expression");
            return left;
        }
        advance();
        // What a packet field is combined with is usually a constant.
        auto right = operation(side == Side::left ? Side::value : side, found.strength + 1);
        left = make(BinaryOperation{std::string(found.op), std::move(left), std::move(right)}, begin);
    }
}

ExpressionPtr Parser::primary(Side side) {
    const auto begin = now_->begin;
    if (class_ids_ && side != Side::left && (is(Kind::word) || is(Kind::number))) {
        if (auto id = class_id()) return id;
    }
    const auto symbol = [&](bool quoted) {
        Symbol out{std::string(text(*now_)), quoted};
        advance();
        return make(std::move(out), begin);
    };
    switch (now_->kind) {
        case Kind::word: return word_expression(side);
        case Kind::number:
        case Kind::address:
            if (side == Side::left) break;
            return symbol(false);
        case Kind::quoted:
            if (side == Side::left) break;
            return symbol(true);
        case Kind::variable: return variable_expression();
        case Kind::open_brace:
            if (side == Side::left) break;
            return set_literal(side);
        case Kind::sign:
            if (now_->sign == '(') {
                const Nested nested(*this);
                advance();
                ++parentheses_;
                auto inner = list(side);
                --parentheses_;
                expect_sign(')');
                return inner;
            }
            if (now_->sign == '@') {
                if (side != Side::constant && in_list(word(1), "ll nh th ih") && is_sign(',', 2)) return raw_payload();
                advance();
                return make(SetReference{identifier("the name of a set")}, begin);
            }
            if (now_->sign == '[' && side != Side::left) {  // [2001:db8::1]:25
                advance();
                auto inner = primary(Side::constant);
                expect_sign(']');
                return inner;
            }
            if (now_->sign == '*' && side != Side::left) {
                advance();
                return make(Wildcard{}, begin);
            }
            if (now_->sign == '-' && side == Side::define && peek(1).kind == Kind::number) {
                advance();
                advance();
                return make(Symbol{written(begin), false}, begin);
            }
            break;
        default: break;
    }
    fail_here(side == Side::left ? "a match or a statement" : "a value");
    return make(Symbol{}, begin);
}

/// Traffic control handles, `1:10` or `bcad:dada-bcad:dadc`, hexadecimal on both sides: no token, since elsewhere the
/// colon stands between a key and its value. Null if there is none here.
ExpressionPtr Parser::class_id() {
    const auto source = stream_->text;
    std::size_t at = now_->begin;
    const auto digits = [&] {
        const auto first = at;
        while (at < source.size() && at - first < 5 && hexadecimal(source[at])) ++at;
        return at > first && at - first < 5;
    };
    const auto sign = [&](char c) { return at < source.size() && source[at] == c && (++at, true); };
    const auto handle = [&] { return digits() && sign(':') && digits(); };
    const auto begin = now_->begin;
    if (!handle()) return nullptr;
    const auto end = at;
    const bool range = sign('-') && handle();
    if (!range) at = end;
    while (now_->begin < at && !is(Kind::end)) advance();
    if (last_end_ != at) {
        fail("a handle is MAJOR:MINOR");
        return make(Symbol{}, begin);
    }
    const auto part = [&](std::size_t from, std::size_t to) {
        return make(Symbol{std::string(source.substr(from, to - from)), false}, begin);
    };
    if (!range) return part(begin, end);
    return make(Range{part(begin, end), part(end + 1, at)}, begin);
}

ExpressionPtr Parser::word_expression(Side side) {
    const auto begin = now_->begin;
    const auto spelled = word();
    if (side == Side::left || side == Side::value) {
        const auto* header = find_header(spelled);
        if (header != nullptr && (side == Side::left || opens(*header))) return selector(*header);
        if (header != nullptr && header->opens != Opens::payload && header->opens != Opens::extension) {
            advance();
            fail_here("what to read from " + std::string(header->name));
            return make(Symbol{}, begin);
        }
        if (side == Side::left) {
            fail("unknown word '" + std::string(spelled.substr(0, 40)) + "'");
            return make(Symbol{}, begin);
        }
    }
    if (side != Side::define && in_list(spelled, never_a_value)) {
        fail_here("a value");
        return make(Symbol{}, begin);
    }
    advance();
    return make(Symbol{std::string(spelled), false}, begin);
}

// -- sets

ExpressionPtr Parser::set_literal(Side side) {
    const Nested nested(*this);
    const auto begin = now_->begin;
    AnonymousSet out;
    expect(Kind::open_brace, "'{'");
    skip_lines();
    while (!failed() && !is(Kind::close_brace)) {
        element(out.elements, side);
        skip_lines();
        if (!is_sign(',')) break;
        while (accept_sign(',')) skip_lines();  // nft forgives empty elements
    }
    expect(Kind::close_brace, "',' or '}'");
    return make(std::move(out), begin);
}

std::vector<Element> Parser::element_list() {
    if (is(Kind::open_brace) || is(Kind::variable)) {
        auto value = primary(Side::constant);
        if (auto* set = std::get_if<AnonymousSet>(&value->is)) return std::move(set->elements);
        Element only;
        only.span = value->span;
        only.key = std::move(value);
        std::vector<Element> out;
        out.push_back(std::move(only));
        return out;
    }
    fail_here("'{'");
    return {};
}

void Parser::element(std::vector<Element>& elements, Side side) {
    const auto begin = now_->begin;
    Element out;
    out.key = concatenation(side);
    const bool plain = !is_sign(':') && !is(Kind::word);
    if (plain) {
        // A set or list within a set, usually from a variable, lends its elements.
        if (auto* inner = std::get_if<AnonymousSet>(&out.key->is)) {
            elements.insert(elements.end(), std::make_move_iterator(inner->elements.begin()),
                            std::make_move_iterator(inner->elements.end()));
            return;
        }
        if (auto* inner = std::get_if<FlagList>(&out.key->is); inner != nullptr && inner->mask == nullptr) {
            for (auto& part : inner->parts) {
                Element each;
                each.span = part->span;
                each.key = std::move(part);
                elements.push_back(std::move(each));
            }
            return;
        }
    }
    element_options(out);
    if (accept_sign(':')) {
        skip_lines();
        const auto data = now_->begin;
        if (in_list(word(), verdicts)) {
            out.data = make(verdict(), data);
        } else {
            const bool before = std::exchange(class_ids_, side != Side::left);
            out.data = expression(side == Side::define ? Side::constant : side);
            class_ids_ = before;
        }
        element_options(out);
    }
    out.span = span(begin);
    elements.push_back(std::move(out));
}

void Parser::element_options(Element& element) {
    while (is(Kind::word)) {
        std::string kind;
        if (accept("timeout")) {
            element.timeout = name("a time");
        } else if (accept("expires")) {
            element.expires = name("a time");
        } else if (accept("comment")) {
            element.comment = name("a comment");
        } else if (stateful(kind)) {
            element.has_statements = true;
            element.statement_names.push_back(std::move(kind));
        } else {
            fail_here("an option of the element, ',' or '}'");
        }
    }
}

ExpressionPtr Parser::map_argument(bool verdict) {
    const auto begin = now_->begin;
    if (is(Kind::open_brace) || is_sign('@') || is(Kind::variable)) {
        auto out = primary(Side::constant);
        const auto* set = std::get_if<AnonymousSet>(&out->is);
        if (set != nullptr) {
            for (const auto& each : set->elements) {
                const bool decides = each.data != nullptr && std::holds_alternative<Verdict>(each.data->is);
                if (each.data == nullptr || decides != verdict) {
                    fail(verdict ? "every element of a verdict map needs a verdict"
                                 : "every element of a map needs a value");
                    break;
                }
            }
        }
        return out;
    }
    fail_here("'{' or '@'");
    return make(Symbol{}, begin);
}

}  // namespace egresslint::dialects::nftables
