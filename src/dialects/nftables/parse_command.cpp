// SPDX-License-Identifier: Apache-2.0
// Commands at the top of a file: nft(8), RULESET, TABLES, CHAINS, RULES, SETS, MAPS, ELEMENTS, FLOWTABLES, STATEFUL
// OBJECTS. A block without a verb is an `add`.
#include "dialects/nftables/parser.hpp"

namespace egresslint::dialects::nftables {
namespace {

constexpr std::string_view object_kinds =
    "table chain rule set map element flowtable counter quota limit secmark synproxy meter tunnel";
/// What `list`, `get`, `reset` … can be asked for; they change nothing that decides a packet.
constexpr std::string_view listable =
    "table tables chain chains rule rules ruleset set sets map maps element flowtable flowtables counter counters "
    "quota "
    "quotas limit limits secmark secmarks synproxy synproxys meter meters ct flow hooks tunnel tunnels vm json";

bool is_object(const std::string& kind) {
    return in_list(kind, "flowtable counter quota limit secmark synproxy tunnel") || kind.compare(0, 3, "ct ") == 0;
}

}  // namespace

void Parser::command() {
    const auto begin = now_->begin;
    Command out;
    const auto verb = word();
    if (in_list(verb, "add create insert replace delete destroy flush rename")) {
        out.verb = verb;
        advance();
        if (in_list(out.verb, "delete destroy flush")) {
            remove_command(out);
        } else if (out.verb == "rename") {
            out.object = "chain";
            expect("chain");
            auto where = path(true, "the name of a chain");
            out.family = std::move(where.family);
            out.table = std::move(where.table);
            out.name = std::move(where.name);
            out.new_name = name("the new name");
        } else {
            add_command(out);
        }
    } else if (in_list(verb, "list get reset export monitor describe")) {
        out.verb = verb;
        advance();
        out.object = word();
        if (in_list(out.verb, "list get reset") && !in_list(out.object, listable)) {
            fail_here("what to " + out.verb);
            return;
        }
        skip_statement();
    } else {
        out.verb = "add";
        add_command(out);
    }
    if (!failed()) finish(std::move(out), begin);
}

void Parser::finish(Command&& command, std::uint32_t begin) {
    const auto where = span(begin);
    for (auto& chain : anonymous_) {  // `add rule … jump { … }` comes with its chain
        Command extra;
        extra.verb = "add";
        extra.object = "chain";
        extra.family = command.family;
        extra.table = command.table;
        extra.name = chain.name;
        extra.chain_node = std::move(chain);
        extra.span = where;
        tree_.commands.push_back(std::move(extra));
    }
    anonymous_.clear();
    command.span = where;
    // A file of a million `add rule` is a thousand bytes a command, or one command.
    const auto appends = [](const Command& c) {
        return c.verb == "add" && c.object == "rule" && !c.handle && !c.position && !c.index;
    };
    if (folded_ && !tree_.commands.empty() && appends(command)) {
        auto& last = tree_.commands.back();
        if (appends(last) && last.name == command.name && last.table == command.table &&
            last.family == command.family) {
            last.more.push_back(std::move(command.rule_node));
            return;
        }
    }
    tree_.commands.push_back(std::move(command));
}

std::string Parser::object_kind() {
    const auto first = word();
    if (first == "ct" && in_list(word(1), "helper timeout expectation")) {
        std::string out = "ct " + std::string(word(1));
        advance();
        advance();
        return out;
    }
    if (!in_list(first, object_kinds)) return {};
    advance();
    return std::string(first);
}

Parser::Path Parser::path(bool with_name, std::string_view what) {
    Path out;
    if (in_list(word(), families)) {
        out.family = word();
        advance();
    } else {
        out.family = "ip";
    }
    auto table = spanned_name("the name of a table");
    out.table = std::move(table.text);
    out.table_span = table.span;
    if (with_name) {
        auto object = spanned_name(what);
        out.name = std::move(object.text);
        out.name_span = object.span;
    }
    return out;
}

void Parser::rule_position(Command& command) {
    for (;;) {
        if (is("handle") && peek(1).kind == Kind::number) {
            advance();
            command.handle = number();
        } else if (is("position") && peek(1).kind == Kind::number) {
            advance();
            command.position = number();
        } else if (is("index") && peek(1).kind == Kind::number) {
            advance();
            command.index = number();
        } else {
            return;
        }
    }
}

void Parser::add_command(Command& out) {
    out.object = object_kind();
    if (out.object.empty()) {
        if (!is(Kind::word) && !is(Kind::quoted)) fail_here("a command");
        out.object = "rule";  // `add filter input …` and even `filter input …`
    }
    if (out.object != "rule" && (out.verb == "insert" || out.verb == "replace")) {
        fail("only a rule can be inserted or replaced");
        return;
    }
    auto where = path(out.object != "table", "a name");
    out.family = where.family;
    out.table = where.table;
    out.name = where.name;
    if (out.object == "table") {
        out.name = where.table;
        auto& table = out.table_node;
        table.family = std::move(where.family);
        table.name = std::move(where.table);
        table.name_span = where.table_span;
        if (is(Kind::open_brace)) table_block(table);
    } else if (out.object == "chain") {
        auto& chain = out.chain_node;
        chain.name = std::move(where.name);
        chain.name_span = where.name_span;
        if (is(Kind::open_brace)) chain_block(chain);
    } else if (out.object == "rule") {
        rule_position(out);
        if (at_end_of_statement()) fail_here("a rule");
        if (failed()) return;
        out.rule_node = rule();
        // A handle that was asked for is the rule that is meant, not the one this rule has.
        out.rule_node.handle = out.handle;
        out.rule_node.position = out.position;
        out.rule_node.index = out.index;
    } else if (out.object == "set" || out.object == "map" || out.object == "meter") {
        auto& set = out.set_node;
        set.map = out.object == "map";
        set.name = std::move(where.name);
        set.name_span = where.name_span;
        set_block(set);
    } else if (out.object == "element") {
        out.elements = element_list();
    } else {
        auto& object = out.object_node;
        object.kind = out.object;
        object.name = std::move(where.name);
        object_body(object);
    }
}

void Parser::remove_command(Command& out) {
    if (out.verb == "flush" && accept("ruleset")) {
        out.object = "ruleset";
        if (in_list(word(), families)) {
            out.family = word();
            advance();
        }
        return;
    }
    out.object = object_kind();
    if (out.object.empty()) {
        fail_here("what to " + out.verb);
        return;
    }
    const bool by_handle = is("handle") || (in_list(word(), families) && word(1) == "handle");
    if (out.object == "table" && by_handle) {
        if (!is("handle")) {
            out.family = word();
            advance();
        }
        rule_position(out);
        return;
    }
    auto where = path(false, "");
    out.family = std::move(where.family);
    out.table = std::move(where.table);
    if (out.object == "table") {
        out.name = out.table;
        return;
    }
    if (!is("handle") || peek(1).kind != Kind::number) out.name = name("a name");
    rule_position(out);
    if (out.object == "rule" && out.verb != "flush" && !out.handle && !out.index) fail_here("'handle'");
    if (out.object == "element") out.elements = element_list();
    if (is(Kind::open_brace)) {
        if (out.object == "chain") {
            out.chain_node.name = out.name;
            chain_block(out.chain_node);
        } else if (is_object(out.object)) {
            out.object_node.kind = out.object;
            out.object_node.name = out.name;
            object_body(out.object_node);
        }
    }
}

}  // namespace egresslint::dialects::nftables
