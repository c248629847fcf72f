// SPDX-License-Identifier: Apache-2.0
// Blocks: tables, chains, sets and maps, named objects. Each item of a block recovers by itself, see Parser::items.
#include "dialects/nftables/parser.hpp"

namespace egresslint::dialects::nftables {
namespace {

/// The words that begin an item of an object's block; "" if anything may.
std::string_view object_items(std::string_view kind) {
    if (kind == "counter") return "packets bytes comment";
    if (kind == "quota") return "over until used comment";
    if (kind == "limit") return "rate comment";
    if (kind == "ct helper") return "type l3proto protocol comment";
    if (kind == "ct timeout") return "protocol l3proto policy comment";
    if (kind == "ct expectation") return "protocol dport timeout size l3proto comment";
    if (kind == "synproxy") return "mss wscale timestamp sack-perm comment";
    if (kind == "flowtable") return "hook priority devices flags counter comment";
    return "";
}

bool all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

// -- tables

void Parser::table_block(TableNode& table) {
    const Nested nested(*this);
    const auto begin = now_->begin;
    expect(Kind::open_brace, "'{'");
    if (failed()) return;
    open_scope();
    items([this, &table] { table_item(table); });
    close_scope();
    expect(Kind::close_brace, "'}'");
    for (auto& chain : anonymous_) table.chains.push_back(std::move(chain));
    anonymous_.clear();
    table.span = span(begin);
}

void Parser::table_item(TableNode& table) {
    const auto begin = now_->begin;
    if (accept("flags")) {
        flag_list(table.flags, "dormant owner persist");
        return;
    }
    if (accept("comment")) {
        table.comment = name("a comment");
        return;
    }
    auto kind = object_kind();
    if (kind.empty() || in_list(kind, "table rule element")) {
        if (kind.empty()) fail_here("a chain, a set, a map or an object");
        fail("'" + kind + "' does not belong in a table");
        return;
    }
    auto named = spanned_name("a name");
    if (kind == "chain") {
        ChainNode chain;
        chain.name = std::move(named.text);
        chain.name_span = named.span;
        if (!is(Kind::open_brace)) fail_here("'{'");
        if (failed()) return;
        chain_block(chain);
        chain.span = span(begin);
        table.chains.push_back(std::move(chain));
    } else if (kind == "set" || kind == "map" || kind == "meter") {
        SetNode set;
        set.map = kind == "map";
        set.name = std::move(named.text);
        set.name_span = named.span;
        if (!is(Kind::open_brace)) fail_here("'{'");
        if (failed()) return;
        set_block(set);
        set.span = span(begin);
        table.sets.push_back(std::move(set));
    } else {
        ObjectNode object;
        object.kind = std::move(kind);
        object.name = std::move(named.text);
        object_body(object);
        object.span = span(begin);
        table.objects.push_back(std::move(object));
    }
}

void Parser::flag_list(std::vector<std::string>& flags, std::string_view known) {
    do {
        // A flag that is misspelled or newer than this program may change everything: better reported than kept.
        if (!in_list(word(), known)) fail_here("one of the flags " + std::string(known));
        flags.emplace_back(word());
        advance();
    } while (accept_sign(','));
}

// -- chains

void Parser::chain_block(ChainNode& chain) {
    const Nested nested(*this);
    const auto begin = now_->begin;
    expect(Kind::open_brace, "'{'");
    if (failed()) return;
    open_scope();
    items([this, &chain] { chain_item(chain); });
    close_scope();
    expect(Kind::close_brace, "'}'");
    chain.span = span(begin);
}

void Parser::chain_item(ChainNode& chain) {
    const auto w = word();
    if (w == "type") return base_chain(chain);
    if (w == "policy") {
        advance();
        const Token* const value = now_;
        auto policy = name("'accept' or 'drop'");
        if (policy != "accept" && policy != "drop") {
            if (!failed()) recover(value);
            fail_here("'accept' or 'drop'");
            return;
        }
        chain.policy = std::move(policy);
        return;
    }
    if (w == "flags") {
        advance();
        return flag_list(chain.flags, "offload");
    }
    if (w == "comment") {
        advance();
        chain.comment = name("a comment");
        return;
    }
    chain.rules.push_back(rule());
}

void Parser::base_chain(ChainNode& chain) {
    const auto begin = now_->begin;
    advance();
    BaseChainSpec base;
    base.type = word();
    if (!in_list(base.type, "filter nat route")) fail_here("'filter', 'nat' or 'route'");
    advance();
    expect("hook");
    base.hook = word();
    if (!in_list(base.hook, "prerouting input forward output postrouting ingress egress")) fail_here("a hook");
    advance();
    bool prioritised = false;
    for (;;) {
        if (accept("device")) {
            base.device = name("a device");
        } else if (accept("devices")) {
            expect_sign('=');
            base.device = devices();
        } else if (accept("priority")) {
            priority(base);
            prioritised = true;
        } else {
            break;
        }
    }
    if (!prioritised) fail_here("'priority'");
    base.span = span(begin);
    if (!failed()) chain.base = std::move(base);
}

std::string Parser::devices() {
    std::string out;
    for (const auto& element : element_list()) {
        const auto* symbol = element.key ? std::get_if<Symbol>(&element.key->is) : nullptr;
        if (symbol == nullptr) continue;
        if (!out.empty()) out += ',';
        out += symbol->text;
    }
    return out;
}

void Parser::priority(BaseChainSpec& base) {
    const auto signed_number = [this](bool negative) {
        const auto value = number();
        if (!value || *value > 0x7fffffffu) {
            fail("a priority has 32 bits");
            return std::int64_t{0};
        }
        return negative ? -static_cast<std::int64_t>(*value) : static_cast<std::int64_t>(*value);
    };
    if (accept_sign('-')) {
        base.priority = std::to_string(signed_number(true));
    } else if (is(Kind::number)) {
        base.priority = std::to_string(signed_number(false));
    } else {
        base.priority = name("a priority");
        // `srcnat-5` is one word, as names may hold a dash.
        const auto dash = base.priority.rfind('-');
        if (dash != std::string::npos && dash > 0 && all_digits(std::string_view(base.priority).substr(dash + 1)) &&
            base.priority.size() - dash < 10) {
            base.offset = -std::stol(base.priority.substr(dash + 1));
            base.priority.resize(dash);
        }
    }
    if (accept_sign('+')) {
        base.offset = signed_number(false);
    } else if (accept_sign('-')) {
        base.offset = signed_number(true);
    }
}

// -- sets and maps

void Parser::set_block(SetNode& set) {
    const Nested nested(*this);
    const auto begin = now_->begin;
    expect(Kind::open_brace, "'{'");
    if (failed()) return;
    open_scope();
    items([this, &set] { set_item(set); });
    close_scope();
    expect(Kind::close_brace, "'}'");
    set.span = span(begin);
    // nft refuses it, and without the type nobody knows what the elements are.
    if (set.key_type.empty() && !set.type_of) unparsed(set.name_span, "the set or map has no type");
}

void Parser::set_item(SetNode& set) {
    std::string kind;
    if (accept("type")) {
        set_type(set);
    } else if (accept("typeof")) {
        set_typeof(set);
    } else if (accept("flags")) {
        flag_list(set.flags, "constant interval timeout dynamic");
    } else if (accept("elements")) {
        expect_sign('=');
        auto more = element_list();
        if (set.elements.empty()) {
            set.elements = std::move(more);
        } else {
            set.elements.insert(set.elements.end(), std::make_move_iterator(more.begin()),
                                std::make_move_iterator(more.end()));
        }
    } else if (accept("timeout")) {
        set.timeout = name("a time");
    } else if (accept("gc-interval")) {
        set.gc_interval = name("a time");
    } else if (accept("size")) {
        set.size = name("a number");
    } else if (accept("policy")) {
        set.policy = name("a policy");
    } else if (accept("auto-merge")) {
        set.auto_merge = true;
    } else if (accept("comment")) {
        set.comment = name("a comment");
    } else if (stateful(kind)) {
        set.has_statements = true;
        while (stateful(kind)) {
        }
    } else {
        fail_here("an item of a set");
    }
}

void Parser::set_type(SetNode& set) {
    const auto part = [this] {
        std::string out = name("a type");
        if (out == "integer" && accept_sign(',')) (void)number();
        return out;
    };
    do {
        set.key_type.push_back(part());
    } while (accept_sign('.'));
    if (!accept_sign(':')) return;
    set.data_interval = accept("interval");
    do {
        if (is("ct") && in_list(word(1), "helper timeout expectation")) {
            set.data_type.push_back("ct " + std::string(word(1)));
            advance();
            advance();
        } else {
            set.data_type.push_back(part());
        }
    } while (accept_sign('.'));
}

void Parser::set_typeof(SetNode& set) {
    set.type_of = concatenation(Side::value);
    if (!accept_sign(':')) return;
    set.data_interval = accept("interval");
    if (is("ct") && in_list(word(1), "helper timeout expectation")) {
        set.data_type.push_back("ct " + std::string(word(1)));
        advance();
        advance();
    } else if (in_list(word(), "verdict counter quota limit secmark synproxy")) {
        set.data_type.emplace_back(word());
        advance();
    } else {
        set.data_type_of = concatenation(Side::value);
    }
}

// -- named objects: limits, quotas and counters as in rules; of the others, which decide no packet, the text is kept
// and the words that begin an item are looked at, so that garbage does not pass.

void Parser::object_item(const std::string& kind) {
    const auto known = object_items(kind);
    if (is(Kind::word) && !known.empty() && !in_list(word(), known)) {
        fail_here("an item of a " + kind);
    } else if (is("comment") && known != "") {
        advance();
        (void)name("a comment");
    } else if (kind == "counter") {
        counter_values();
    } else if (kind == "limit") {
        (void)limit_values();
    } else if (kind == "quota") {
        (void)quota_values();
    } else {
        skip_statement();
    }
}

void Parser::object_body(ObjectNode& object) {
    if (is(Kind::open_brace)) return object_block(object);
    const auto begin = now_->begin;
    if (at_end_of_statement()) return;
    object_item(object.kind);
    object.text = written(begin);
}

void Parser::object_block(ObjectNode& object) {
    advance();
    const auto begin = now_->begin;
    items([&] { object_item(object.kind); });
    object.text = written(begin);
    expect(Kind::close_brace, "'}'");
}

}  // namespace egresslint::dialects::nftables
