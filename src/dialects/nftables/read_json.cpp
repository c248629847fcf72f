// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/read_json.hpp"

#include <algorithm>

#include "dialects/nftables/lower_names.hpp"
#include "dialects/nftables/print_tree.hpp"
#include "dialects/nftables/read_json_rule.hpp"

namespace egresslint::dialects::nftables {
namespace {

using Kind = JsonValue::Kind;

std::optional<std::uint64_t> json_count(const JsonValue& object, std::string_view key) {
    const auto value = number(json_text(object, key));
    if (!value) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
}

bool is_verb(std::string_view key) {
    for (const std::string_view verb :
         {"add", "create", "insert", "replace", "delete", "destroy", "flush", "rename", "reset", "list"})
        if (key == verb) return true;
    return false;
}

/// The objects of one file, in order; each becomes a command, `add` in a listing.
class ObjectReader {
public:
    ObjectReader(std::string_view text, base::FileId file, Tree& tree, base::Diagnostics& diagnostics)
        : rules_(text, file), tree_(tree), diagnostics_(diagnostics) {}

    void read(const JsonValue& entry) {
        if (!entry.is(Kind::object) || entry.members.size() != 1)
            return unparsed(entry, "is no object with one member");
        const auto& [key, body] = entry.members.front();
        if (!is_verb(key)) return object("add", false, key, body, entry);
        if (key == "list") return;
        if (!body.is(Kind::object) || body.members.size() != 1)
            return unparsed(entry, "is a command without an object");
        object(key, true, body.members.front().first, body.members.front().second, entry);
    }

private:
    void unparsed(const JsonValue& entry, std::string_view why) {
        tree_.unparsed.push_back({rules_.span(entry), rules_.written(entry) + " " + std::string(why)});
    }

    void object(std::string_view verb, bool command_form, std::string_view kind, const JsonValue& body,
                const JsonValue& entry) {
        if (kind == "metainfo") return;
        Command command;
        command.verb = verb;
        command.object = kind;
        command.family = json_text(body, "family");
        if (command.family.empty()) command.family = "ip";
        command.table = json_text(body, "table");
        command.name = json_text(body, "name");
        command.span = rules_.span(entry);
        if (command_form) {
            command.handle = json_count(body, "handle");
            command.index = json_count(body, "index");
        }
        if (kind == "ruleset") {
            if (body.find("family") == nullptr) command.family.clear();
        } else if (kind == "table") {
            table(body, command);
        } else if (kind == "chain") {
            chain(body, command);
        } else if (kind == "rule") {
            rule(body, command, command_form);
        } else if (kind == "set" || kind == "map") {
            if (!set(body, kind == "map", command)) return unparsed(entry, "is a set of unknown shape");
        } else if (kind == "element") {
            // A pair may be [key, data] of a map; a set element is never a pair.
            if (const auto* elements = body.find("elem")) rules_.elements(*elements, false, command.elements);
        } else if (kind == "flowtable" || kind == "counter" || kind == "quota" || kind == "limit" ||
                   kind == "ct helper" || kind == "ct timeout" || kind == "ct expectation" || kind == "secmark" ||
                   kind == "synproxy") {
            object_node(body, command);
        } else {
            return unparsed(entry, "is an object of unknown kind");
        }
        for (auto& brought : rules_.take_chains()) {
            Command add;
            add.verb = "add";
            add.object = "chain";
            add.family = command.family;
            add.table = command.table;
            add.name = brought.name;
            add.chain_node = std::move(brought);
            add.span = command.span;
            tree_.commands.push_back(std::move(add));
        }
        tree_.commands.push_back(std::move(command));
    }

    void table(const JsonValue& body, Command& command) {
        auto& node = command.table_node;
        node.family = command.family;
        node.name = command.table = command.name;
        node.comment = json_text(body, "comment");
        node.span = node.name_span = command.span;
        const auto* flags = body.find("flags");
        if (flags == nullptr) return;
        node.flags = json_list(flags);
        const auto known = [](const std::string& flag) {
            return flag == "dormant" || flag == "owner" || flag == "persist";
        };
        if (!node.flags.empty() && std::all_of(node.flags.begin(), node.flags.end(), known)) return;
        // Before 1.1 nft prints memory it has freed where the flag should be (measured with 1.0.6).
        node.flags.clear();
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::incomplete;
        d.code = "EL903";
        d.span = rules_.span(*flags);
        d.message =
            "table " + node.family + " " + node.name +
            " has a flag that this JSON does not show (a fault of nft before 1.1); if it is `dormant`, the table "
            "does nothing, but it is taken as active; give the text of `nft list ruleset` instead";
        diagnostics_.push_back(std::move(d));
    }

    void chain(const JsonValue& body, Command& command) {
        auto& node = command.chain_node;
        node.name = command.name;
        node.policy = json_text(body, "policy");
        node.comment = json_text(body, "comment");
        node.span = node.name_span = command.span;
        command.new_name = json_text(body, "newname");
        if (body.find("hook") == nullptr) return;
        BaseChainSpec base;
        base.type = json_text(body, "type");
        base.hook = json_text(body, "hook");
        base.priority = json_text(body, "prio");
        const auto devices = json_list(body.find("dev"));
        if (!devices.empty()) base.device = devices.front();
        base.span = command.span;
        node.base = std::move(base);
    }

    void rule(const JsonValue& body, Command& command, bool command_form) {
        command.name = json_text(body, "chain");
        auto& node = command.rule_node;
        node.span = command.span;
        node.comment = json_text(body, "comment");
        if (command_form) {
            node.index = command.index;
            node.position = command.handle;
        } else {
            node.handle = json_count(body, "handle");
        }
        if (const auto* statements = body.find("expr")) {
            node.statements.reserve(statements->items.size());
            for (const auto& item : statements->items) node.statements.push_back(rules_.statement(item));
        }
        node.text = print(node);
    }

    /// A type is a name, an array of names, or {"typeof": expression}.
    bool type(const JsonValue* json, std::vector<std::string>& names, ExpressionPtr& type_of) {
        if (json == nullptr) return true;
        if (json->is(Kind::object)) {
            const auto* expression = json->find("typeof");
            if (expression == nullptr) return false;
            type_of = rules_.expression(*expression);
            return true;
        }
        names = json_list(json);
        return true;
    }

    bool set(const JsonValue& body, bool map, Command& command) {
        auto& node = command.set_node;
        node.name = command.name;
        node.map = map;
        node.span = node.name_span = command.span;
        if (!type(body.find("type"), node.key_type, node.type_of)) return false;
        if (map && !type(body.find("map"), node.data_type, node.data_type_of)) return false;
        node.flags = json_list(body.find("flags"));
        if (const auto* merge = body.find("auto-merge")) node.auto_merge = merge->truth;
        node.timeout = json_text(body, "timeout");
        node.gc_interval = json_text(body, "gc-interval");
        node.size = json_text(body, "size");
        node.policy = json_text(body, "policy");
        node.comment = json_text(body, "comment");
        if (const auto* elements = body.find("elem")) rules_.elements(*elements, map, node.elements);
        if (const auto* statements = body.find("stmt"))
            for (const auto& item : statements->items)
                for (const auto& member : item.members) node.has_statements |= decides(member.first);
        return true;
    }

    void object_node(const JsonValue& body, Command& command) {
        auto& node = command.object_node;
        node.kind = command.object;
        node.name = command.name;
        node.span = command.span;
        if (node.kind == "limit") node.text = limit_text(body);
        if (node.kind == "quota") {
            const auto* over = body.find("inv");
            node.text = std::string("quota ") + (over != nullptr && over->truth ? "over " : "") +
                        json_text(body, "bytes") + " bytes";
        }
    }

    JsonRuleReader rules_;
    Tree& tree_;
    base::Diagnostics& diagnostics_;
};

}  // namespace

Tree read_json(const base::Sources& sources, base::FileId file, base::Diagnostics& diagnostics) {
    Tree tree;
    const auto text = sources.text(file);
    JsonScanner scanner(text);
    ObjectReader reader(text, file, tree, diagnostics);
    auto refuse = [&](const std::string& why) {
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::fatal;
        const auto at = std::min<std::uint32_t>(scanner.offset(), static_cast<std::uint32_t>(text.size()));
        d.span = base::Span{file, at, at};
        d.message = "not a JSON ruleset of nft: " + why;
        const auto tail = text.substr(text.size() < 64 ? 0 : text.size() - 64);
        if (tail.rfind("\"flags\":") != std::string_view::npos)
            d.message +=
                " (before 1.1 nft breaks its JSON off at the flags of a table; give the text of `nft list "
                "ruleset`)";
        diagnostics.push_back(std::move(d));
        return Tree{};
    };

    if (!scanner.take('{')) return refuse("it does not begin with an object");
    bool found = false;
    if (!scanner.take('}')) {
        do {
            std::string name;
            if (!scanner.string(name)) return refuse(scanner.error());
            if (!scanner.take(':')) return refuse("a colon is missing after a member name");
            if (name != "nftables") {
                JsonValue other;
                if (!scanner.value(other, 1)) return refuse(scanner.error());
                continue;
            }
            found = true;
            if (!scanner.take('[')) return refuse("\"nftables\" is no array");
            if (scanner.take(']')) continue;
            // One object at a time, so that a large ruleset exists as JSON only piece by piece.
            do {
                JsonValue entry;
                if (!scanner.value(entry, 2)) return refuse(scanner.error());
                reader.read(entry);
            } while (scanner.take(','));
            if (!scanner.take(']')) return refuse("the array \"nftables\" is not closed");
        } while (scanner.take(','));
        if (!scanner.take('}')) return refuse("the outermost object is not closed");
    }
    if (!scanner.at_end()) return refuse("text follows the outermost object");
    if (!found) return refuse("it has no member \"nftables\"");
    return tree;
}

}  // namespace egresslint::dialects::nftables
