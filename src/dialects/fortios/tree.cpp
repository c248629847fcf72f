// SPDX-License-Identifier: Apache-2.0
// Commands act on the tree, as the CLI lets them: a second `config` of the same table goes on with it, `edit` of a
// known key changes that entry, `set` replaces, `move` and `rename` keep the entry.
#include "dialects/fortios/tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace egresslint::dialects::fortios {
namespace {

constexpr std::size_t most_settings = 4096;     ///< of one entry; the product has a few hundred
constexpr std::size_t most_cloned = 1'000'000;  ///< settings made by `clone`

const std::vector<Word> no_values;

struct Frame {
    enum class Kind { vdoms, vdom, global, table, entry } kind = Kind::table;
    Scope* scope = nullptr;
    Table* table = nullptr;
    Entry* entry = nullptr;  ///< what `set` writes to and nested `config` hangs on
    Span opened;
};

class Machine {
public:
    Machine(const base::Sources& sources, Config& config, base::Diagnostics& diagnostics)
        : sources_(sources), config_(config), diagnostics_(diagnostics) {}

    bool run(std::vector<Command>& commands) {
        for (auto& c : commands)
            if (!act(c)) return false;
        if (frames_.empty()) return true;
        fatal(diagnostics_, frames_.back().opened, "this block is never closed; is the file cut off?");
        return false;
    }

private:
    bool act(Command& c) {
        const std::string& verb = c.words[0].text;
        if (verb == "config") return open(c);
        if (frames_.empty()) return outside(c);
        if (verb == "edit") return edit(c);
        if (verb == "next") return next(c);
        if (verb == "end" || verb == "abort") return end(c);
        Frame& f = frames_.back();
        if (f.kind == Frame::Kind::vdoms || f.kind == Frame::Kind::vdom || f.kind == Frame::Kind::global) {
            if (f.kind == Frame::Kind::vdoms && verb == "delete") return odd(c);
            return is_output(verb) || odd(c);
        }
        if (verb == "set" || verb == "append" || verb == "select") return set(c, verb != "set");
        if (verb == "unset") return unset(c);
        if (verb == "unselect") return unselect(c);
        if (f.kind == Frame::Kind::table) {
            if (verb == "delete") return remove(c);
            if (verb == "purge") {
                f.table->entries.clear();
                f.table->index.clear();
                return true;
            }
            if (verb == "rename") return rename(c);
            if (verb == "move") return move(c);
            if (verb == "clone") return clone(c);
        }
        return is_output(verb) || odd(c);
    }

    static bool is_output(std::string_view verb) {
        return verb == "show" || verb == "get" || verb == "diagnose" || verb == "tree" || verb == "exit";
    }
    bool odd(const Command& c) {
        not_understood(diagnostics_, c.span, fmt::format("\"{}\" is no command that is known here", short_text(c)));
        return true;
    }
    std::string short_text(const Command& c) const {
        std::string out(sources_.text(c.span).substr(0, 60));
        for (char& ch : out)
            if (ch == '\n' || ch == '\r' || ch == '\t') ch = ' ';
        return out;
    }

    /// Prompts ("FW01 (root) # show"), pagers and logins stand around what a terminal recorded.
    bool outside(const Command& c) {
        const std::string& verb = c.words[0].text;
        if (verb == "end" || verb == "next" || verb == "edit" || verb == "set" || verb == "unset") {
            fatal(diagnostics_, c.span, fmt::format("\"{}\" stands outside any block", verb));
            return false;
        }
        for (std::size_t i = 0; i < c.words.size() && i < 3; ++i) {
            const auto& w = c.words[i].text;
            if (w == "#" || w == "$" || w.ends_with('#') || w.ends_with('$')) return true;
        }
        if (verb == "exit" || is_output(verb) || verb.starts_with("!")) return true;
        return odd(c);
    }

    bool open(Command& c) {
        config_.anything = true;
        if (c.words.size() < 2) {
            fatal(diagnostics_, c.span, "`config` of nothing");
            return false;
        }
        if (frames_.size() >= most_nested) {
            fatal(diagnostics_, c.span, fmt::format("blocks are nested deeper than {}", most_nested));
            return false;
        }
        const std::string& first = c.words[1].text;
        Frame f;
        f.opened = c.span;
        if (frames_.empty() && c.words.size() == 2 && (first == "vdom" || first == "global")) {
            f.kind = first == "vdom" ? Frame::Kind::vdoms : Frame::Kind::global;
            f.scope = &config_.global;
            f.entry = &config_.global.root;
            frames_.push_back(f);
            return true;
        }
        std::string path = first;
        for (std::size_t i = 2; i < c.words.size(); ++i) path += " " + c.words[i].text;
        Entry* parent = frames_.empty() ? &config_.global.root : frames_.back().entry;
        if (!frames_.empty() && frames_.back().kind == Frame::Kind::vdoms) {
            fatal(diagnostics_, c.span, "`config` directly in `config vdom`: no `edit` says which VDOM it is of");
            return false;
        }
        auto& lookup = tables_[parent];
        const auto [it, fresh] = lookup.try_emplace(path, nullptr);
        if (fresh) {
            Table table;
            table.path = path;
            table.span = table.own.span = c.span;
            parent->tables.push_back(std::move(table));
            it->second = &parent->tables.back();
        }
        f.kind = Frame::Kind::table;
        f.table = it->second;
        f.entry = &f.table->own;
        frames_.push_back(f);
        return true;
    }

    bool edit(Command& c) {
        Frame& f = frames_.back();
        if (c.words.size() < 2) {
            fatal(diagnostics_, c.span, "`edit` of nothing");
            return false;
        }
        Frame inner;
        inner.opened = c.span;
        if (f.kind == Frame::Kind::vdoms) {
            inner.kind = Frame::Kind::vdom;
            inner.scope = vdom(c.words[1].text, c.span);
            inner.entry = &inner.scope->root;
            frames_.push_back(inner);
            return true;
        }
        if (f.kind != Frame::Kind::table) {
            fatal(diagnostics_, c.span, "`edit` inside an entry: a `next` is missing before it");
            return false;
        }
        inner.kind = Frame::Kind::entry;
        inner.table = f.table;
        inner.entry = entry(*f.table, std::move(c.words[1]), c.span);
        frames_.push_back(inner);
        return true;
    }
    Scope* vdom(const std::string& name, Span span) {
        for (auto& v : config_.vdoms)
            if (v.name == name) return &v;
        Scope s;
        s.name = name;
        s.span = span;
        config_.vdoms.push_back(std::move(s));
        return &config_.vdoms.back();
    }
    /// `edit 0` takes the next free number.
    Entry* entry(Table& table, Word key, Span span) {
        if (key.text == "0" && table.path.find("policy") != std::string::npos && table.index.contains("0"))
            key.text = "0#" + std::to_string(++anonymous_);
        const auto known = table.index.find(key.text);
        if (known != table.index.end()) return &*known->second;
        Entry e;
        e.key = key;
        e.span = span;
        table.entries.push_back(std::move(e));
        table.index.emplace(key.text, std::prev(table.entries.end()));
        return &table.entries.back();
    }

    void close(const Command& c) {
        Frame& f = frames_.back();
        // Of an entry that is edited twice, the longer text is the one that tells more.
        const auto extend = [&](Span& span) {
            const Span whole{f.opened.file, f.opened.begin, c.span.end};
            if (!(span.file == whole.file) || whole.end - whole.begin > span.end - span.begin) span = whole;
        };
        if (f.kind == Frame::Kind::entry || f.kind == Frame::Kind::table) extend(f.entry->span);
        frames_.pop_back();
    }
    bool next(const Command& c) {
        const auto kind = frames_.back().kind;
        if (kind != Frame::Kind::entry && kind != Frame::Kind::vdom) {
            fatal(diagnostics_, c.span, "`next` without an `edit` that it could close");
            return false;
        }
        close(c);
        return true;
    }
    /// Closes an entry with its table.
    bool end(const Command& c) {
        if (c.words[0].text == "abort") {
            fatal(diagnostics_, c.span, "`abort` discards what stands before it: give the configuration that results");
            return false;
        }
        const auto kind = frames_.back().kind;
        close(c);
        if (kind == Frame::Kind::entry) close(c);
        if (kind == Frame::Kind::vdom && !frames_.empty()) frames_.pop_back();
        return true;
    }

    // -- settings

    bool set(Command& c, bool more) {
        if (c.words.size() < 2) return odd(c);
        Entry& e = *frames_.back().entry;
        const std::string& name = c.words[1].text;
        auto it = std::find_if(e.settings.begin(), e.settings.end(), [&](const Setting& s) { return s.name == name; });
        if (it == e.settings.end()) {
            if (e.settings.size() >= most_settings) {
                fatal(diagnostics_, c.span, fmt::format("more than {} settings in one entry", most_settings));
                return false;
            }
            e.settings.push_back({name, {}, c.span, false});
            it = std::prev(e.settings.end());
        } else if (!more) {
            it->values.clear();
            it->span = c.span;
        }
        for (std::size_t i = 2; i < c.words.size(); ++i) it->values.push_back(std::move(c.words[i]));
        return true;
    }
    bool unset(const Command& c) {
        if (c.words.size() < 2) return odd(c);
        std::erase_if(frames_.back().entry->settings, [&](const Setting& s) { return s.name == c.words[1].text; });
        return true;
    }
    bool unselect(const Command& c) {
        if (c.words.size() < 2) return odd(c);
        for (auto& s : frames_.back().entry->settings)
            if (s.name == c.words[1].text)
                for (std::size_t i = 2; i < c.words.size(); ++i)
                    std::erase_if(s.values, [&](const Word& w) { return w.text == c.words[i].text; });
        return true;
    }

    // -- entries as a whole

    bool absent(const Command& c, const std::string& key) {
        not_understood(diagnostics_, c.span,
                       fmt::format("there is no \"{}\" here: the device would refuse this command", key),
                       base::Influence::nothing);
        return true;
    }
    bool remove(const Command& c) {
        if (c.words.size() < 2) return odd(c);
        Table& t = *frames_.back().table;
        const auto it = t.index.find(c.words[1].text);
        if (it == t.index.end()) return absent(c, c.words[1].text);
        forget(*it->second);
        t.entries.erase(it->second);
        t.index.erase(it);
        return true;
    }
    void forget(Entry& e) {
        tables_.erase(&e);
        for (auto& t : e.tables) {
            tables_.erase(&t.own);
            for (auto& inner : t.entries) forget(inner);
        }
    }
    bool rename(const Command& c) {
        if (c.words.size() != 4 || c.words[2].text != "to") return odd(c);
        Table& t = *frames_.back().table;
        const std::string from = c.words[1].text, to = c.words[3].text;
        const auto it = t.index.find(from);
        if (it == t.index.end()) return absent(c, from);
        // 79 characters is the longest name of any object; 35 of zones and interfaces.
        if (t.index.contains(to) || to.size() > 79 || (t.path == "system zone" && to.size() > 35)) {
            not_understood(diagnostics_, c.span,
                           fmt::format("\"{}\" is taken or too long: the device would refuse this command", to),
                           base::Influence::nothing);
            return true;
        }
        const auto entry = it->second;
        t.index.erase(it);
        entry->key.text = to;
        t.index.emplace(to, entry);
        renamed(t.path, from, to);
        return true;
    }
    /// References follow a renamed object.
    void renamed(const std::string& path, const std::string& from, const std::string& to) {
        static const std::vector<std::pair<std::string_view, std::vector<std::string_view>>> references{
            {"firewall address",
             {"srcaddr", "dstaddr", "member", "exclude-member", "orig-addr", "dst-addr", "src", "dst"}},
            {"firewall addrgrp",
             {"srcaddr", "dstaddr", "member", "exclude-member", "orig-addr", "dst-addr", "src", "dst"}},
            {"firewall address6", {"srcaddr", "dstaddr", "srcaddr6", "dstaddr6", "member", "exclude-member"}},
            {"firewall addrgrp6", {"srcaddr", "dstaddr", "srcaddr6", "dstaddr6", "member", "exclude-member"}},
            {"firewall vip", {"dstaddr", "member"}},
            {"firewall vipgrp", {"dstaddr"}},
            {"firewall service custom", {"service", "member"}},
            {"firewall service group", {"service", "member"}},
            {"firewall ippool", {"poolname", "nat-ippool"}},
            {"firewall schedule recurring", {"schedule", "member"}},
            {"firewall schedule onetime", {"schedule", "member"}},
            {"firewall schedule group", {"schedule"}},
            {"system zone", {"srcintf", "dstintf", "input-device"}},
        };
        for (const auto& [table, names] : references) {
            if (table != path) continue;
            Entry& root = scope_root();
            for (auto& t : root.tables) {
                if (!t.path.starts_with("firewall") && !t.path.starts_with("router") && !t.path.starts_with("system"))
                    continue;
                for (auto& e : t.entries)
                    for (auto& s : e.settings)
                        if (std::find(names.begin(), names.end(), s.name) != names.end())
                            for (auto& w : s.values)
                                if (w.text == from) w.text = to;
            }
        }
    }
    Entry& scope_root() {
        for (auto f = frames_.rbegin(); f != frames_.rend(); ++f)
            if (f->scope != nullptr) return f->scope->root;
        return config_.global.root;
    }

    bool move(const Command& c) {
        if (c.words.size() != 4 || (c.words[2].text != "before" && c.words[2].text != "after")) return odd(c);
        Table& t = *frames_.back().table;
        const auto from = t.index.find(c.words[1].text), to = t.index.find(c.words[3].text);
        if (from == t.index.end()) return absent(c, c.words[1].text);
        if (to == t.index.end()) return absent(c, c.words[3].text);
        if (from == to) return true;
        auto at = to->second;
        if (c.words[2].text == "after") ++at;
        if (at != from->second) t.entries.splice(at, t.entries, from->second);
        return true;
    }
    bool clone(const Command& c) {
        if (c.words.size() != 4 || c.words[2].text != "to") return odd(c);
        Table& t = *frames_.back().table;
        const auto from = t.index.find(c.words[1].text);
        if (from == t.index.end()) return absent(c, c.words[1].text);
        if (t.index.contains(c.words[3].text)) {
            not_understood(diagnostics_, c.span,
                           fmt::format("\"{}\" exists: the device would refuse this command", c.words[3].text),
                           base::Influence::nothing);
            return true;
        }
        cloned_ += size_of(*from->second);
        if (cloned_ > most_cloned) {
            fatal(diagnostics_, c.span, "`clone` makes the configuration too large");
            return false;
        }
        Entry copy = *from->second;
        for (auto& table : copy.tables) reindex(table);
        copy.key = c.words[3];
        copy.span = c.span;
        t.entries.push_back(std::move(copy));
        t.index.emplace(c.words[3].text, std::prev(t.entries.end()));
        return true;
    }
    static std::size_t size_of(const Entry& e) {
        std::size_t n = 1;
        for (const auto& s : e.settings) n += 1 + s.values.size();
        for (const auto& t : e.tables) {
            n += size_of(t.own);
            for (const auto& inner : t.entries) n += size_of(inner);
        }
        return n;
    }
    static void reindex(Table& table) {
        table.index.clear();
        for (auto it = table.entries.begin(); it != table.entries.end(); ++it) {
            table.index.emplace(it->key.text, it);
            for (auto& inner : it->tables) reindex(inner);
        }
        for (auto& inner : table.own.tables) reindex(inner);
    }

    const base::Sources& sources_;
    Config& config_;
    base::Diagnostics& diagnostics_;
    std::vector<Frame> frames_;
    std::unordered_map<const Entry*, std::unordered_map<std::string, Table*>> tables_;
    std::size_t anonymous_ = 0, cloned_ = 0;
};

}  // namespace

const Setting* Entry::find(std::string_view name) const {
    for (const auto& s : settings)
        if (s.name == name) {
            s.read = true;
            return &s;
        }
    return nullptr;
}
std::string_view Entry::value(std::string_view name) const {
    const auto* s = find(name);
    return s == nullptr || s->values.empty() ? std::string_view{} : std::string_view(s->values[0].text);
}
bool Entry::enabled(std::string_view name, bool otherwise) const {
    const auto text = value(name);
    return text == "enable" ? true : text == "disable" ? false : otherwise;
}
const std::vector<Word>& Entry::values(std::string_view name) const {
    const auto* s = find(name);
    return s == nullptr ? no_values : s->values;
}
const Table* Entry::table(std::string_view path) const {
    for (const auto& t : tables)
        if (t.path == path) {
            t.read = true;
            return &t;
        }
    return nullptr;
}
Span Entry::span_of(std::string_view name) const {
    for (const auto& s : settings)
        if (s.name == name) return s.span;
    return span;
}
const Entry* Table::find(const std::string& key) const {
    const auto it = index.find(key);
    return it == index.end() ? nullptr : &*it->second;
}

bool apply_commands(const base::Sources& sources, std::vector<Command>& commands, Config& config,
                    base::Diagnostics& diagnostics) {
    return Machine(sources, config, diagnostics).run(commands);
}

}  // namespace egresslint::dialects::fortios
