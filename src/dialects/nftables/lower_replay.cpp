// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/lower_replay.hpp"

#include <algorithm>

#include "dialects/nftables/print_tree.hpp"

namespace egresslint::dialects::nftables {
namespace {

std::string family_of(const std::string& family) { return family.empty() ? "ip" : family; }

std::string element_key(const Element& element) { return element.key ? print(*element.key, ~std::size_t{0}) : ""; }

class Replay {
public:
    Replay(Ruleset& ruleset, base::Diagnostics& diagnostics) : ruleset_(ruleset), diagnostics_(diagnostics) {}

    void run(const Command& command) {
        const auto& object = command.object;
        if (command.verb == "list" || command.verb == "reset" || command.verb == "monitor" || command.verb == "export")
            return;
        if (object == "ruleset") return flush_ruleset(command);
        if (object == "table" || object == "tables") return table(command);
        if (object == "element") return elements(command);
        if (object == "chain" || object == "chains") return chain(command);
        if (object == "rule") return rule(command);
        if (object == "set" || object == "map" || object == "meter" || object == "sets" || object == "maps")
            return set(command);
        return other(command);
    }

private:
    using Kind = base::Diagnostic::Kind;
    void say(Kind kind, std::string code, const Command& command, std::string message, base::Influence influence) {
        base::Diagnostic d;
        d.kind = kind;
        d.code = std::move(code);
        d.span = command.span;
        d.message = std::move(message);
        d.influence = influence;
        diagnostics_.push_back(std::move(d));
    }
    /// nft applies a file as one transaction: with an error like this one it would load nothing of it.
    void already_there(const Command& command, const std::string& what) {
        say(Kind::lint, "EL213", command, what + " is created but exists already: nft would refuse the whole file",
            base::Influence::nothing);
    }
    void absent(const Command& command, const std::string& what) {
        if (command.verb == "destroy") return;  // nft(8): no error when it does not exist
        say(Kind::lint, "EL206", command, what + " does not exist here: nft would refuse the whole file",
            base::Influence::nothing);
    }
    void cannot(const Command& command) {
        say(Kind::not_understood, "EL901", command,
            "the command `" + command.verb + " " + command.object + "` is not understood", base::Influence::everything);
    }
    static bool adds(const Command& command) { return command.verb == "add" || command.verb == "create"; }
    static bool deletes(const Command& command) { return command.verb == "delete" || command.verb == "destroy"; }

    void flush_ruleset(const Command& command) {
        if (command.verb != "flush") return cannot(command);
        if (command.family.empty()) return ruleset_.tables.clear();
        for (auto* t : ruleset_.tables.all())
            if (t->family == command.family) ruleset_.tables.erase(t->title());
    }

    static std::string table_key(const Command& command) {
        const auto& name = command.table.empty() ? command.table_node.name : command.table;
        return family_of(command.family.empty() ? command.table_node.family : command.family) + " " + name;
    }
    TableState& table_of(const Command& command) {
        const auto key = table_key(command);
        if (auto* found = ruleset_.tables.find(key)) return *found;
        auto& made = ruleset_.tables.make(key);
        made.family = key.substr(0, key.find(' '));
        made.name = key.substr(key.find(' ') + 1);
        made.span = command.span;
        return made;
    }

    void table(const Command& command) {
        const auto key = table_key(command);
        auto* found = ruleset_.tables.find(key);
        if (deletes(command)) {
            if (!ruleset_.tables.erase(key)) absent(command, "table " + key);
            return;
        }
        if (command.verb == "flush") {
            if (found == nullptr) return absent(command, "table " + key);
            for (auto* c : found->chains.all()) c->rules.clear();
            return;
        }
        if (!adds(command)) return cannot(command);
        if (found != nullptr && command.verb == "create") already_there(command, "table " + key);
        auto& t = table_of(command);
        const auto& node = command.table_node;
        if (found == nullptr && node.name_span.valid()) t.span = node.name_span;
        // Naming a table again without the flag wakes it: nft(8), TABLES.
        t.dormant = std::find(node.flags.begin(), node.flags.end(), "dormant") != node.flags.end();
        for (const auto& s : node.sets) add_set(t, s);
        for (const auto& o : node.objects) t.objects.make(o.kind + " " + o.name).node = &o;
        for (const auto& c : node.chains) {
            auto& state = add_chain(t, c);
            for (const auto& r : c.rules) state.rules.push_back(&r);
        }
    }

    ChainState& add_chain(TableState& t, const ChainNode& node) {
        auto* found = t.chains.find(node.name);
        if (found == nullptr) {
            found = &t.chains.make(node.name);
            found->name = node.name;
            found->span = node.name_span.valid() ? node.name_span : node.span;
        }
        if (node.base) found->base = node.base;
        if (!node.policy.empty()) found->policy = node.policy;
        return *found;
    }

    void chain(const Command& command) {
        const auto& name = command.name.empty() ? command.chain_node.name : command.name;
        const auto what = "chain " + table_key(command) + " " + name;
        if (adds(command)) {
            auto& t = table_of(command);
            if (command.verb == "create" && t.chains.find(name) != nullptr) already_there(command, what);
            auto& state = add_chain(t, command.chain_node);
            for (const auto& r : command.chain_node.rules) state.rules.push_back(&r);
            return;
        }
        auto* t = ruleset_.tables.find(table_key(command));
        if (command.object == "chains") {
            if (t != nullptr && command.verb == "flush")
                for (auto* c : t->chains.all()) c->rules.clear();
            return;
        }
        auto* found = t != nullptr ? t->chains.find(name) : nullptr;
        if (found == nullptr) return absent(command, what);
        if (deletes(command)) {
            t->chains.erase(name);
        } else if (command.verb == "flush") {
            found->rules.clear();
        } else if (command.verb == "rename") {
            if (t->chains.rename(name, command.new_name))
                t->chains.find(command.new_name)->name = command.new_name;
            else
                already_there(command, "chain " + command.new_name);
        } else {
            cannot(command);
        }
    }

    /// Where `handle` or `index` points; end() when nowhere.
    static std::deque<const RuleNode*>::iterator place(ChainState& c, std::optional<std::uint64_t> handle,
                                                       std::optional<std::uint64_t> index) {
        if (index)
            return *index < c.rules.size() ? c.rules.begin() + static_cast<std::ptrdiff_t>(*index) : c.rules.end();
        return std::find_if(c.rules.begin(), c.rules.end(), [&](const RuleNode* r) { return r->handle == handle; });
    }

    void rule(const Command& command) {
        const auto what = "chain " + table_key(command) + " " + command.name;
        const auto& node = command.rule_node;
        auto index = command.index ? command.index : node.index;
        auto handle = command.handle ? command.handle : command.position ? command.position : node.position;
        auto* t = ruleset_.tables.find(table_key(command));
        auto* c = t != nullptr ? t->chains.find(command.name) : nullptr;
        if (c == nullptr) {
            if (deletes(command)) return absent(command, what);
            // A fragment may add to a chain that another file creates.
            say(Kind::incomplete, "EL903", command, what + " is not declared in this input",
                base::Influence::everything);
            auto& made = table_of(command).chains.make(command.name);
            made.name = command.name;
            made.span = command.span;
            c = &made;
        }
        const bool somewhere = index || handle;
        const auto at = somewhere ? place(*c, handle, index) : c->rules.end();
        if (somewhere && at == c->rules.end()) {
            if (deletes(command) || command.verb == "replace" || command.verb == "insert" || adds(command)) {
                say(Kind::not_understood, "EL901", command,
                    "the rule that this command refers to by handle or index is not in this input",
                    base::Influence::everything);
                if (adds(command)) c->rules.push_back(&node);
                if (command.verb == "insert") c->rules.push_front(&node);
            }
            return;
        }
        if (adds(command)) {
            c->rules.insert(somewhere ? std::next(at) : c->rules.end(), &node);
            for (const auto& more : command.more) c->rules.push_back(&more);
        } else if (command.verb == "insert") {
            c->rules.insert(somewhere ? at : c->rules.begin(), &node);
        } else if (command.verb == "replace" && somewhere) {
            *at = &node;
        } else if (deletes(command) && somewhere) {
            c->rules.erase(at);
        } else {
            cannot(command);
        }
    }

    static SetState& add_set(TableState& t, const SetNode& node) {
        auto* found = t.sets.find(node.name);
        if (found == nullptr) {
            found = &t.sets.make(node.name);
            found->name = node.name;
            found->node = &node;
            found->span = node.name_span.valid() ? node.name_span : node.span;
        }
        add_elements(*found, node.elements);
        return *found;
    }

    static void add_elements(SetState& set, const std::vector<Element>& elements) {
        for (const auto& e : elements) {
            if (set.indexed) {
                const auto [it, fresh] = set.by_key.emplace(element_key(e), set.elements.size());
                if (!fresh && set.elements[it->second] != nullptr) continue;
                it->second = set.elements.size();
            }
            set.elements.push_back(&e);
        }
    }

    void set(const Command& command) {
        const auto& name = command.name.empty() ? command.set_node.name : command.name;
        const auto what = "set " + table_key(command) + " " + name;
        if (adds(command)) {
            auto& t = table_of(command);
            if (command.verb == "create" && t.sets.find(name) != nullptr) already_there(command, what);
            add_set(t, command.set_node);
            return;
        }
        auto* t = ruleset_.tables.find(table_key(command));
        auto* found = t != nullptr ? t->sets.find(name) : nullptr;
        if (found == nullptr) return absent(command, what);
        if (deletes(command)) {
            t->sets.erase(name);
        } else if (command.verb == "flush") {
            found->elements.clear();
            found->by_key.clear();
            found->indexed = false;
        } else {
            cannot(command);
        }
    }

    void elements(const Command& command) {
        const auto what = "set " + table_key(command) + " " + command.name;
        auto* t = ruleset_.tables.find(table_key(command));
        auto* found = t != nullptr ? t->sets.find(command.name) : nullptr;
        if (found == nullptr) {
            say(Kind::incomplete, "EL903", command, what + " is not declared in this input",
                base::Influence::everything);
            return;
        }
        if (adds(command)) return add_elements(*found, command.elements);
        if (!deletes(command)) return cannot(command);
        if (!found->indexed) {
            for (std::size_t i = 0; i < found->elements.size(); ++i)
                if (found->elements[i] != nullptr) found->by_key[element_key(*found->elements[i])] = i;
            found->indexed = true;
        }
        for (const auto& e : command.elements) {
            const auto it = found->by_key.find(element_key(e));
            if (it == found->by_key.end()) {
                absent(command, "element " + element_key(e) + " of " + what);
                continue;
            }
            found->elements[it->second] = nullptr;
            found->by_key.erase(it);
        }
    }

    void other(const Command& command) {
        const bool known = command.object == "flowtable" || command.object == "counter" || command.object == "quota" ||
                           command.object == "limit" || command.object == "ct helper" ||
                           command.object == "ct timeout" || command.object == "ct expectation" ||
                           command.object == "secmark" || command.object == "synproxy";
        if (!known) return cannot(command);
        const auto key = command.object + " " + command.name;
        if (adds(command))
            table_of(command).objects.make(key).node = &command.object_node;
        else if (auto* t = ruleset_.tables.find(table_key(command)); deletes(command) && t != nullptr)
            t->objects.erase(key);
    }

    Ruleset& ruleset_;
    base::Diagnostics& diagnostics_;
};

}  // namespace

Ruleset replay(const std::vector<Tree>& trees, base::Diagnostics& diagnostics) {
    Ruleset ruleset;
    Replay run(ruleset, diagnostics);
    for (const auto& tree : trees)
        for (const auto& command : tree.commands) run.run(command);
    for (auto* table : ruleset.tables.all())
        for (auto* set : table->sets.all()) std::erase(set->elements, nullptr);
    return ruleset;
}

}  // namespace egresslint::dialects::nftables
