// SPDX-License-Identifier: Apache-2.0
// Amendments as entries of `firewall policy` and `central-snat-map`. A new policy is a copy of the one that it stands
// before, with what is asked changed; objects that it needs are defined in a block of their own above its table.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "dialects/fortios/read.hpp"
#include "families/lines.hpp"

namespace egresslint::dialects::fortios {
namespace {

using base::TextEdit;
using families::Lines;
using model::Amendment;
using model::NewRule;

using Edits = std::optional<std::vector<TextEdit>>;

std::string_view trimmed(std::string_view line) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return line.substr(begin, line.find_last_not_of(" \t\r\n") + 1 - begin);
}

struct SettingLine {
    std::string name, value;           ///< "srcaddr", "\"lan\" \"dmz\""
    std::uint32_t begin = 0, end = 0;  ///< of the whole lines
};

/// An entry of a table: its lines and the table that it stands in.
struct Block {
    base::Span span;
    Lines lines;
    std::string table;  ///< "firewall policy"
    std::string key;
    std::uint32_t table_at = 0;    ///< begin of the line `config …`
    std::string table_lead, lead;  ///< blanks before `config` and before `edit`
    std::uint32_t next_at = 0;     ///< begin of the line `next`
    std::vector<SettingLine> settings;

    [[nodiscard]] const SettingLine* find(std::string_view name) const {
        const auto it =
            std::find_if(settings.begin(), settings.end(), [&](const SettingLine& s) { return s.name == name; });
        return it == settings.end() ? nullptr : &*it;
    }
    [[nodiscard]] std::string inner() const {
        return lead + (lead.size() > table_lead.size() ? lead.substr(table_lead.size()) : "    ");
    }
};

std::string quoted(std::string_view name) { return fmt::format("\"{}\"", name); }

std::string mask(unsigned length) {
    return base::to_string(base::Address{base::Family::v4, base::low_mask(32) & ~base::low_mask(32 - length)});
}

class Writer {
public:
    Writer(const base::Sources& sources, const model::Device& device) : sources_(sources), device_(device) {}

    Edits write(const Amendment& a) const {
        switch (a.kind) {
            case Amendment::Kind::insert_before: return insert(a);
            case Amendment::Kind::append: return append(a);
            case Amendment::Kind::remove: {
                const auto b = block(a.rule);
                return b && rules_table(*b) ? one(b->span.file, b->lines.begin, b->lines.end, "") : std::nullopt;
            }
            case Amendment::Kind::move_before: return move(a);
            case Amendment::Kind::log_too: return log(a.rule);
            case Amendment::Kind::limit_source: return limit(a.rule, a.source);
            case Amendment::Kind::close_forward: return std::nullopt;  // both families end in a deny here
        }
        return std::nullopt;
    }

private:
    static Edits one(base::FileId file, std::uint32_t begin, std::uint32_t end, std::string text) {
        return std::vector<TextEdit>{{{file, begin, end}, std::move(text)}};
    }
    static bool policy_table(const Block& b) {
        return b.table == "firewall policy" || b.table == "firewall consolidated policy";
    }
    static bool central_table(const Block& b) { return b.table == "firewall central-snat-map"; }
    static bool rules_table(const Block& b) {
        return policy_table(b) || central_table(b) || b.table == "firewall policy6";
    }

    [[nodiscard]] std::optional<Block> block(model::RuleId rule) const {
        if (!rule.valid()) return std::nullopt;
        const auto origin = device_.rules[rule.index()].origin;
        if (!origin.valid() || !device_.origins[origin.index()].span.valid()) return std::nullopt;
        Block out;
        out.span = device_.origins[origin.index()].span;
        out.lines = families::lines_of(sources_, out.span);
        const std::string_view text = sources_.text(out.span.file);
        if (!trimmed(out.lines.whole()).starts_with("edit ")) return std::nullopt;

        // Settings: one a line, nothing nested, no value that spans lines.
        std::uint32_t at = out.lines.begin;
        bool first = true, closed = false;
        while (at < out.lines.end) {
            const auto stop = std::min<std::size_t>(text.find('\n', at), text.size() - 1);
            const std::string_view line = text.substr(at, stop + 1 - at);
            const auto words = trimmed(line);
            if (std::count(words.begin(), words.end(), '"') % 2 != 0) return std::nullopt;
            if (first) {
                out.lead = std::string(line.substr(0, line.find("edit ")));
                out.key = std::string(words.substr(5));
            } else if (words.starts_with("set ")) {
                const auto name = words.substr(4, words.find(' ', 4) - 4);
                const auto value = words.find(' ', 4);
                out.settings.push_back({std::string(name),
                                        value == std::string_view::npos ? "" : std::string(words.substr(value + 1)), at,
                                        static_cast<std::uint32_t>(stop + 1)});
            } else if (words == "next") {
                out.next_at = at;
                closed = true;
            } else if (words.starts_with("config ") || words.starts_with("edit ") || words == "end") {
                return std::nullopt;
            }
            first = false;
            at = static_cast<std::uint32_t>(stop + 1);
        }
        if (!closed || !find_table(text, out)) return std::nullopt;
        return out;
    }

    /// Upwards to the `config` that is still open.
    static bool find_table(std::string_view text, Block& out) {
        int depth = 0;
        std::size_t at = out.lines.begin;
        while (at > 0) {
            const auto before = text.rfind('\n', at - 1 == 0 ? 0 : at - 2);
            const std::size_t begin = at < 2 || before == std::string_view::npos ? 0 : before + 1;
            const std::string_view line = text.substr(begin, at - begin);
            const auto words = trimmed(line);
            if (words == "end") ++depth;
            if (words.starts_with("config ")) {
                if (depth == 0) {
                    out.table = std::string(words.substr(7));
                    out.table_at = static_cast<std::uint32_t>(begin);
                    out.table_lead = std::string(line.substr(0, line.find("config ")));
                    return true;
                }
                --depth;
            }
            at = begin;
        }
        return false;
    }

    /// The name of an object of that table which has these settings, between the VDOM's begin and the policies.
    [[nodiscard]] std::optional<std::string> named(const Block& b, std::string_view table,
                                                   const std::map<std::string, std::string>& wanted) const {
        const std::string_view all = sources_.text(b.span.file).substr(0, b.table_at);
        const auto vdom = all.rfind("config vdom");
        std::string_view text = vdom == std::string_view::npos ? all : all.substr(vdom);
        bool inside = false;
        std::string name;
        std::map<std::string, std::string> seen;
        while (!text.empty()) {
            const auto stop = text.find('\n');
            const auto words = trimmed(text.substr(0, stop));
            text.remove_prefix(stop == std::string_view::npos ? text.size() : stop + 1);
            if (words.starts_with("config ")) inside = words.substr(7) == table;
            if (!inside) continue;
            if (words.starts_with("edit ")) {
                name = words.substr(5);
                seen.clear();
            } else if (words.starts_with("set ")) {
                const auto blank = words.find(' ', 4);
                if (blank != std::string_view::npos)
                    seen[std::string(words.substr(4, blank - 4))] = words.substr(blank + 1);
            } else if (words == "next" || words == "end") {
                bool all_there = !name.empty();
                for (const auto& [key, value] : wanted)
                    all_there = all_there && seen.contains(key) && seen[key] == value;
                // A type of its own is another kind of object.
                if (all_there && (!seen.contains("type") || wanted.contains("type"))) return name;
                name.clear();
                if (words == "end") inside = false;
            }
        }
        return std::nullopt;
    }

    struct Needed {
        std::string above;  ///< blocks that define what is needed
        std::string name;   ///< with its quotes
    };
    /// An object that exists, or one that is defined.
    [[nodiscard]] Needed object(const Block& b, std::string_view table, const std::string& fresh,
                                const std::vector<std::pair<std::string, std::string>>& settings) const {
        if (const auto known = named(b, table, std::map<std::string, std::string>(settings.begin(), settings.end())))
            return {"", known->starts_with('"') ? *known : quoted(*known)};
        const std::string unit = b.lead.size() > b.table_lead.size() ? b.lead.substr(b.table_lead.size()) : "    ";
        const std::string end(b.lines.line_end);
        std::string text =
            fmt::format("{}config {}{}{}edit {}{}", b.table_lead, table, end, b.table_lead + unit, quoted(fresh), end);
        for (const auto& [name, value] : settings)
            text += fmt::format("{}set {} {}{}", b.table_lead + unit + unit, name, value, end);
        text += fmt::format("{}next{}{}end{}", b.table_lead + unit, end, b.table_lead, end);
        return {std::move(text), quoted(fresh)};
    }
    [[nodiscard]] Needed address(const Block& b, const base::Prefix& p) const {
        return object(b, "firewall address", p.length == 32 ? base::to_string(p.base) : base::to_string(p),
                      {{"subnet", base::to_string(p.base) + " " + mask(p.length)}});
    }
    [[nodiscard]] Needed pool(const Block& b, const base::Address& to) const {
        const auto text = base::to_string(to);
        return object(b, "firewall ippool", text, {{"startip", text}, {"endip", text}});
    }
    [[nodiscard]] Needed service(const Block& b, const std::vector<std::uint16_t>& ports) const {
        if (ports.size() == 1 && ports[0] == 25) return {"", "\"SMTP\""};
        const auto list = fmt::format("{}", fmt::join(ports, " "));
        return object(b, "firewall service custom", fmt::format("tcp {}", list), {{"tcp-portrange", list}});
    }
    /// How policies name an interface: by its zone, if it has one.
    [[nodiscard]] std::string interface(const std::string& name) const {
        for (const auto& i : device_.interfaces)
            if (i.name == name && !i.zone.empty()) return quoted(i.zone);
        return quoted(name);
    }

    /// A policy about a zone is about all of its interfaces: it is written once, for the first of them.
    [[nodiscard]] bool said_already(const std::string& name) const {
        const auto it = std::find_if(device_.interfaces.begin(), device_.interfaces.end(),
                                     [&](const auto& i) { return i.name == name; });
        return it != device_.interfaces.end() && !it->zone.empty() &&
               std::any_of(device_.interfaces.begin(), it, [&](const auto& i) { return i.zone == it->zone; });
    }

    using Settings = std::vector<std::pair<std::string, std::string>>;
    static void put(Settings& to, std::string_view name, std::string value) {
        for (auto& [known, old] : to)
            if (known == name) {
                old = std::move(value);
                return;
            }
        to.emplace_back(name, std::move(value));
    }
    static Settings copy(const Block& b, std::initializer_list<std::string_view> without) {
        Settings out;
        for (const auto& s : b.settings)
            if (s.name != "uuid" && s.name != "name" && s.name != "comments" && s.name != "comment" &&
                s.name != "status" && std::find(without.begin(), without.end(), s.name) == without.end())
                out.emplace_back(s.name, s.value);
        return out;
    }
    /// `edit 0` takes the next free number, as the product's own scripts do.
    static std::string entry(const Block& b, const Settings& settings) {
        const std::string end(b.lines.line_end);
        std::string out = b.lead + "edit 0" + end;
        for (const auto& [name, value] : settings) out += fmt::format("{}set {} {}{}", b.inner(), name, value, end);
        return out + b.lead + "next" + end;
    }

    /// The settings of a new entry, and what is to be defined above its table.
    [[nodiscard]] std::optional<std::pair<Settings, std::string>> made(const Block& b, const NewRule& add) const {
        std::string above;
        const auto need = [&](Needed n) {
            above += n.above;
            return std::move(n.name);
        };
        const bool v6 = add.family == base::Family::v6 ||
                        (!add.src.empty() && add.src[0].base.family == base::Family::v6) ||
                        (!add.dst.empty() && add.dst[0].base.family == base::Family::v6);
        if (v6 || add.src.size() > 1 || b.find("srcaddr-negate") != nullptr ||
            b.find("internet-service-src") != nullptr)
            return std::nullopt;
        if (central_table(b)) {
            if (add.action != NewRule::Action::translate_source && add.action != NewRule::Action::accept)
                return std::nullopt;
            Settings s = copy(b, {"nat-ippool", "nat", "nat-port"});
            if (!add.src.empty()) put(s, "orig-addr", need(address(b, add.src[0])));
            if (!add.dst.empty()) put(s, "dst-addr", need(address(b, add.dst[0])));
            if (add.action == NewRule::Action::translate_source)
                put(s, "nat-ippool", need(pool(b, add.to)));
            else
                put(s, "nat", "disable");
            return std::pair{std::move(s), std::move(above)};
        }
        if (!policy_table(b)) return std::nullopt;
        switch (add.action) {
            case NewRule::Action::translate_source: {
                if (add.src.empty()) return std::nullopt;
                Settings s = copy(b, {"poolname", "ippool", "srcaddr6", "dstaddr6"});
                put(s, "srcaddr", need(address(b, add.src[0])));
                put(s, "nat", "enable");
                put(s, "ippool", "enable");
                put(s, "poolname", need(pool(b, add.to)));
                return std::pair{std::move(s), std::move(above)};
            }
            case NewRule::Action::accept: {
                // Towards a host: untranslated. From a host: translated like everything else there.
                Settings s =
                    add.src.empty() ? copy(b, {"nat", "ippool", "poolname"}) : copy(b, {"srcaddr6", "dstaddr6"});
                if (!add.src.empty()) put(s, "srcaddr", need(address(b, add.src[0])));
                if (!add.tcp_dports.empty()) put(s, "service", need(service(b, add.tcp_dports)));
                return std::pair{std::move(s), std::move(above)};
            }
            case NewRule::Action::reject:
            case NewRule::Action::log: {
                Settings s{{"srcintf", add.in.empty() ? "\"any\"" : interface(add.in)},
                           {"dstintf", add.out.empty() ? "\"any\"" : interface(add.out)},
                           {"srcaddr", add.src.empty() ? "\"all\"" : need(address(b, add.src[0]))},
                           {"dstaddr", "\"all\""}};
                if (b.find("srcaddr6") != nullptr && add.src.empty()) {
                    put(s, "srcaddr6", "\"all\"");
                    put(s, "dstaddr6", "\"all\"");
                }
                put(s, "schedule", "\"always\"");
                put(s, "service", add.tcp_dports.empty() ? "\"ALL\"" : need(service(b, add.tcp_dports)));
                put(s, "logtraffic", "all");
                if (add.action == NewRule::Action::reject) put(s, "send-deny-packet", "enable");
                return std::pair{std::move(s), std::move(above)};
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] Edits insert(const Amendment& a) const {
        const auto b = block(a.rule);
        if (!b || !rules_table(*b)) return std::nullopt;
        // Policies that deny log by themselves: a rule that only logs is none, and the one behind it says the rest.
        if (a.add.action == NewRule::Action::log || said_already(a.add.in) || said_already(a.add.out))
            return std::vector<TextEdit>{};
        const auto fresh = made(*b, a.add);
        if (!fresh) return std::nullopt;
        std::vector<TextEdit> out;
        if (!fresh->second.empty()) out.push_back({{b->span.file, b->table_at, b->table_at}, fresh->second});
        const std::uint32_t at = b->lines.above_comments('#');
        out.push_back({{b->span.file, at, at}, entry(*b, fresh->first)});
        return out;
    }

    [[nodiscard]] Edits append(const Amendment& a) const {
        if (!a.chain.valid()) return std::nullopt;
        const auto& rules = device_.chains[a.chain.index()].rules;
        for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
            const auto b = block(*rule);
            if (!b || !rules_table(*b)) continue;
            const auto fresh = made(*b, a.add);
            if (!fresh) return std::nullopt;
            std::vector<TextEdit> out;
            if (!fresh->second.empty()) out.push_back({{b->span.file, b->table_at, b->table_at}, fresh->second});
            out.push_back({{b->span.file, b->lines.end, b->lines.end}, entry(*b, fresh->first)});
            return out;
        }
        return std::nullopt;
    }

    [[nodiscard]] Edits move(const Amendment& a) const {
        const auto from = block(a.rule), to = block(a.other);
        if (!from || !to || !(from->span.file == to->span.file) || from->table_at != to->table_at ||
            !rules_table(*from))
            return std::nullopt;
        const std::uint32_t begin = from->lines.above_comments('#'), at = to->lines.above_comments('#');
        return std::vector<TextEdit>{
            {{to->span.file, at, at}, std::string(from->lines.text.substr(begin, from->lines.end - begin))},
            {{from->span.file, begin, from->lines.end}, ""}};
    }

    [[nodiscard]] Edits set(const Block& b, std::string_view name, const std::string& value) const {
        const auto line = fmt::format("{}set {} {}{}", b.inner(), name, value, b.lines.line_end);
        if (const auto* known = b.find(name)) return one(b.span.file, known->begin, known->end, line);
        return one(b.span.file, b.next_at, b.next_at, line);
    }
    [[nodiscard]] Edits log(model::RuleId rule) const {
        const auto b = block(rule);
        return b && policy_table(*b) ? set(*b, "logtraffic", "all") : std::nullopt;
    }
    [[nodiscard]] Edits limit(model::RuleId rule, const base::Prefix& source) const {
        const auto b = block(rule);
        if (!b || source.base.family != base::Family::v4 || b->find("srcaddr-negate") != nullptr ||
            b->find("internet-service-src") != nullptr)
            return std::nullopt;
        const bool policy = policy_table(*b);
        if (!policy && !central_table(*b)) return std::nullopt;
        const auto object = address(*b, source);
        auto out = set(*b, policy ? "srcaddr" : "orig-addr", object.name);
        if (out && !object.above.empty())
            out->insert(out->begin(), TextEdit{{b->span.file, b->table_at, b->table_at}, object.above});
        return out;
    }

    const base::Sources& sources_;
    const model::Device& device_;
};

}  // namespace

Edits write(const base::Sources& sources, const model::Device& device, const Amendment& amendment) {
    return Writer(sources, device).write(amendment);
}

}  // namespace egresslint::dialects::fortios
