// SPDX-License-Identifier: Apache-2.0
// Rules and their statements: nft(8), STATEMENTS. Address translation, logging and queueing are in parse_nat.cpp.
#include <algorithm>

#include "dialects/nftables/parser.hpp"

namespace egresslint::dialects::nftables {
namespace {

constexpr std::string_view time_units = "second minute hour day week";
constexpr std::string_view byte_units = "bytes kbytes mbytes";

}  // namespace

RuleNode Parser::rule() {
    const auto begin = now_->begin;
    const Token* const first_token = now_;
    RuleNode out;
    const auto before = statements_.size();
    while (!at_end_of_statement()) {
        const Token* const start = now_;
        if (is("comment") && (peek(1).kind == Kind::quoted || peek(1).kind == Kind::word)) {
            advance();
            auto comment = name("a comment");
            if (!at_end_of_statement()) fail_here("the end of the rule after its comment");
            if (!failed()) out.comment = std::move(comment);
        } else {
            auto next = statement();
            if (!failed()) statements_.push_back(std::move(next));
        }
        if (failed()) {
            const auto message = failure_;
            recover(start);
            last_end_ = start->begin;
            skip_statement();
            statements_.push_back({UnknownStatement{written(start->begin), message}, span(start->begin)});
        }
    }
    const auto first = statements_.begin() + static_cast<std::ptrdiff_t>(before);
    out.span = span(begin);
    out.handle = handle_here();
    if (folded_ && can_fold(first_token, before)) {
        statements_.erase(first, statements_.end());
        out.comment.clear();
        out.first_token = static_cast<std::uint32_t>(first_token - stream_->tokens.tokens.data());
        out.folded = folded_.get();
        return out;
    }
    // Into a vector of just the right size: in large rulesets they are most of the memory.
    out.statements.assign(std::make_move_iterator(first), std::make_move_iterator(statements_.end()));
    statements_.erase(first, statements_.end());
    out.text = written(begin);
    return out;
}

/// Whether reading the rule again gives the same, and nobody but the rule's own lowering needs what it says.
bool Parser::can_fold(const Token* begin, std::size_t first_statement) const {
    for (std::size_t i = first_statement; i < statements_.size(); ++i) {
        const auto& is = statements_[i].is;
        const auto* verdict = std::get_if<VerdictStatement>(&is);
        if ((verdict != nullptr && !verdict->verdict.target.empty()) ||
            std::holds_alternative<VerdictMapStatement>(is) || std::holds_alternative<SetUpdate>(is) ||
            std::holds_alternative<Mangle>(is) || std::holds_alternative<UnknownStatement>(is))
            return false;
    }
    return std::none_of(begin, now_, [](const Token& token) { return token.kind == Kind::variable; });
}

Statement Parser::statement() {
    const auto begin = now_->begin;
    Statement out;
    const auto w = word();
    const auto* header = w.empty() ? nullptr : find_header(w);
    const bool keyword = header == nullptr || header->opens == Opens::ct;
    if (!keyword || !keyword_statement(out, w)) match_or_set(out);
    out.span = span(begin);
    return out;
}

void Parser::match_or_set(Statement& out) {
    class_ids_ = false;
    auto left = expression(Side::left);
    if (failed()) return;
    const auto* meta = std::get_if<Meta>(&left->is);
    class_ids_ = meta != nullptr && meta->key == "priority";
    match_or_set(out, std::move(left));
    class_ids_ = false;
}

void Parser::match_or_set(Statement& out, ExpressionPtr left) {
    if (accept("vmap")) {
        auto map = map_argument(true);
        out.is = VerdictMapStatement{MapLookup{std::move(left), std::move(map), true}};
        return;
    }
    if (accept("set")) {
        auto value = list(Side::value);
        out.is = Mangle{std::move(left), std::move(value)};
        return;
    }
    Match match;
    if (accept(Kind::double_equal) || accept("eq")) {
        match.op = "==";
    } else if (accept(Kind::not_equal) || accept("ne")) {
        match.op = "!=";
    } else if (accept(Kind::less_equal) || accept("le")) {
        match.op = "<=";
    } else if (accept(Kind::greater_equal) || accept("ge")) {
        match.op = ">=";
    } else if (accept_sign('<') || accept("lt")) {
        match.op = "<";
    } else if (accept_sign('>') || accept("gt")) {
        match.op = ">";
    } else if (accept_sign('!') || accept("not")) {
        match.op = "!";  // `tcp flags ! syn`: none of these bits
    }
    match.right = right_hand_side();
    if (auto* lookup = std::get_if<Fib>(&left->is)) {
        const auto* symbol = std::get_if<Symbol>(&match.right->is);
        if (symbol != nullptr && (symbol->text == "exists" || symbol->text == "missing")) lookup->check = true;
    }
    match.left = std::move(left);
    out.is = std::move(match);
}

bool Parser::keyword_statement(Statement& out, std::string_view keyword) {
    if (in_list(keyword, verdicts)) {
        out.is = VerdictStatement{verdict()};
    } else if (keyword == "counter") {
        out.is = counter();
    } else if (keyword == "log") {
        out.is = log();
    } else if (keyword == "limit") {
        out.is = limit();
    } else if (keyword == "reject") {
        out.is = reject();
    } else if (in_list(keyword, "snat dnat masquerade redirect")) {
        advance();
        out.is = nat(keyword);
    } else if (keyword == "ct") {
        const auto next = word(1);
        if (next == "count") {
            out.is = connection_limit();
        } else if (in_list(next, "helper timeout expectation") && word(2) == "set") {
            const auto begin = now_->begin;
            advance();
            advance();
            advance();
            if (const auto* header = find_header(word()); header != nullptr && opens(*header)) {
                // `ct helper set udp dport map { … }`: a key without an object ends the rule.
                auto object = expression(Side::value);
                out.is = Mangle{make(Conntrack{std::string(next), "", ""}, begin), std::move(object)};
            } else {
                (void)object_reference();
                out.is = ObjectStatement{"ct " + std::string(next), written(begin)};
            }
        } else {
            return false;
        }
    } else if (in_list(keyword, "add update delete") && is_sign('@', 1)) {
        out.is = set_update(keyword);
    } else if (keyword == "set" && in_list(word(1), "add update delete")) {
        out.is = old_set_update();
    } else if (keyword == "quota") {
        out.is = quota();
    } else if (keyword == "queue") {
        out.is = queue();
    } else if (keyword == "notrack") {
        advance();
        out.is = Notrack{};
    } else if (keyword == "meter" || (keyword == "flow" && word(1) == "table")) {
        out.is = meter();
    } else if (keyword == "flow") {
        advance();
        if (!accept("add") && !accept("offload")) fail_here("'add'");
        expect_sign('@');
        out.is = FlowOffload{identifier("the name of a flowtable")};
    } else if (keyword == "tproxy") {
        out.is = tproxy();
    } else if (keyword == "synproxy") {
        out.is = synproxy();
    } else if (keyword == "dup" || keyword == "fwd") {
        out.is = duplicate(keyword);
    } else if (keyword == "last") {
        const auto begin = now_->begin;
        last();
        out.is = ObjectStatement{"last", written(begin)};
    } else if (keyword == "reset" && word(1) == "tcp" && word(2) == "option") {
        const auto begin = now_->begin;
        advance();
        advance();
        advance();
        (void)tcp_option(begin);
        out.is = ObjectStatement{"reset", written(begin)};
    } else if (keyword == "secmark" || keyword == "tunnel") {
        const auto begin = now_->begin;
        advance();
        expect("name");
        (void)object_reference();
        out.is = ObjectStatement{std::string(keyword), written(begin)};
    } else if (keyword == "xt") {
        advance();
        XtStatement xt{std::string(word()), ""};
        if (!accept("match") && !accept("target") && !accept("watcher")) fail_here("'match', 'target' or 'watcher'");
        xt.name = name("a name");
        out.is = std::move(xt);
    } else {
        return false;
    }
    return true;
}

Verdict Parser::verdict() {
    Verdict out{std::string(word()), ""};
    advance();
    if (out.kind != "jump" && out.kind != "goto") return out;
    out.target = is(Kind::open_brace) ? anonymous_chain() : identifier("the name of a chain");
    return out;
}

std::string Parser::anonymous_chain() {
    const Nested nested(*this);
    if (failed()) return {};
    const auto begin = now_->begin;
    ChainNode chain;
    chain.name = "__chain" + std::to_string(anonymous_count_++);
    chain.name_span = here();
    advance();
    open_scope();
    items([this, &chain] { chain_item(chain); });
    close_scope();
    expect(Kind::close_brace, "'}'");
    chain.span = span(begin);
    auto name = chain.name;
    anonymous_.push_back(std::move(chain));
    return name;
}

// -- what counts and limits, also inside sets

bool Parser::stateful(std::string& kind) {
    const auto w = word();
    if (w == "counter") {
        (void)counter();
    } else if (w == "limit") {
        (void)limit();
    } else if (w == "quota") {
        (void)quota();
    } else if (w == "last") {
        last();
    } else if (w == "ct" && word(1) == "count") {
        (void)connection_limit();
        kind = "ct count";
        return true;
    } else {
        return false;
    }
    kind = w;
    return true;
}

std::string Parser::object_reference() {
    const auto begin = now_->begin;
    const auto* header = find_header(word());
    if (header != nullptr && opens(*header)) {
        (void)expression(Side::value);
        return written(begin);
    }
    return name("the name of an object");
}

Counter Parser::counter() {
    advance();
    Counter out;
    if (accept("name")) {
        out.object = object_reference();
    } else {
        counter_values();
    }
    return out;
}

void Parser::counter_values() {
    if (!accept("packets")) return;
    (void)number();
    expect("bytes");
    (void)number();
}

void Parser::last() {
    advance();
    if (accept("used") && !accept("never")) expect(Kind::number, "a time or 'never'");
}

Limit Parser::limit() {
    const auto begin = now_->begin;
    advance();
    Limit out;
    if (accept("name")) {
        out.object = object_reference();
    } else {
        out.over = limit_values();
        out.text = written(begin);
    }
    return out;
}

/// `rate over 10/second burst 5 packets`, also the body of a named limit; whether it says `over`.
bool Parser::limit_values() {
    expect("rate");
    const bool over = accept("over");
    if (!over) (void)accept("until");
    const auto amount = [this] {
        if (!accept(Kind::number) && !accept(Kind::variable)) fail_here("a number");
    };
    amount();
    const auto w = word();
    if (const auto slash = w.find('/'); slash != std::string_view::npos) {  // `10 mbytes/second`
        if (!in_list(w.substr(0, slash), byte_units) || !in_list(w.substr(slash + 1), time_units)) fail_here("a unit");
        advance();
    } else {
        if (in_list(w, byte_units)) advance();
        expect_sign('/');
        if (!in_list(word(), time_units)) fail_here("a unit of time");
        advance();
    }
    if (accept("burst")) {
        amount();
        if (in_list(word(), "packets bytes kbytes mbytes")) advance();
    }
    return over;
}

Quota Parser::quota() {
    const auto begin = now_->begin;
    advance();
    Quota out;
    if (accept("name")) {
        out.object = object_reference();
    } else {
        out.over = quota_values();
        out.text = written(begin);
    }
    return out;
}

bool Parser::quota_values() {
    const bool over = accept("over");
    if (!over) (void)accept("until");
    const auto amount = [this] {
        if (!accept(Kind::number) && !accept(Kind::variable)) fail_here("a number");
        if (in_list(word(), byte_units)) advance();
    };
    amount();
    if (accept("used")) amount();
    return over;
}

ConnectionLimit Parser::connection_limit() {
    const auto begin = now_->begin;
    advance();
    advance();
    ConnectionLimit out;
    out.over = accept("over");
    if (!out.over) (void)accept("until");
    if (!accept(Kind::number) && !accept(Kind::variable)) fail_here("a number");
    out.text = written(begin);
    return out;
}

// -- set updates

SetUpdate Parser::set_update(std::string_view operation) {
    const auto begin = now_->begin;
    const Nested nested(*this);
    SetUpdate out;
    out.operation = operation;
    advance();
    expect_sign('@');
    out.set = identifier("the name of a set");
    expect(Kind::open_brace, "'{'");
    skip_lines();
    std::vector<Element> elements;
    element(elements, Side::value);
    skip_lines();
    expect(Kind::close_brace, "'}'");
    if (elements.size() != 1) {
        fail("one element is added at a time");
        return out;
    }
    out.key = std::move(elements[0].key);
    out.data = std::move(elements[0].data);
    out.statement_names = std::move(elements[0].statement_names);
    out.text = written(begin);
    return out;
}

SetUpdate Parser::old_set_update() {
    const auto begin = now_->begin;
    SetUpdate out;
    advance();
    out.operation = word();
    advance();
    std::vector<Element> elements;
    element(elements, Side::left);
    expect_sign('@');
    out.set = identifier("the name of a set");
    if (elements.size() != 1) {
        fail("one element is added at a time");
        return out;
    }
    out.key = std::move(elements[0].key);
    out.statement_names = std::move(elements[0].statement_names);
    out.text = written(begin);
    return out;
}

SetUpdate Parser::meter() {
    const auto begin = now_->begin;
    const Nested nested(*this);
    SetUpdate out;
    out.operation = "meter";
    advance();
    (void)accept("table");
    out.set = identifier("the name of a meter");
    if (accept("size")) (void)number();
    expect(Kind::open_brace, "'{'");
    skip_lines();
    std::vector<Element> elements;
    element(elements, Side::left);
    skip_lines();
    expect(Kind::close_brace, "'}'");
    if (elements.size() != 1) {
        fail("a meter has one key");
        return out;
    }
    out.key = std::move(elements[0].key);
    out.statement_names = std::move(elements[0].statement_names);
    out.text = written(begin);
    return out;
}

}  // namespace egresslint::dialects::nftables
