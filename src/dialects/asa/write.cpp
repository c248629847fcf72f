// SPDX-License-Identifier: Apache-2.0
// Amendments as lines of a running configuration: entries of an access list, rules of a NAT table, network objects.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/asa/read.hpp"
#include "families/lines.hpp"

namespace egresslint::dialects::asa {
namespace {

using base::TextEdit;
using families::Lines;
using model::Amendment;
using model::NewRule;

using Edits = std::optional<std::vector<TextEdit>>;

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> out;
    for (std::size_t at = line.find_first_not_of(" \t\r\n"); at != std::string_view::npos;
         at = line.find_first_not_of(" \t\r\n", at)) {
        const std::size_t end = std::min(line.find_first_of(" \t\r\n", at), line.size());
        out.push_back(line.substr(at, end - at));
        at = end;
    }
    return out;
}

/// What a rule was written as.
struct Line {
    enum class Kind : std::uint8_t {
        entry,   ///< access-list NAME [extended] …
        twice,   ///< nat (A,B) [after-auto] source …
        object,  ///< nat (A,B) … in the block of an object
        nat,     ///< nat (A) N …
        fixed,   ///< static (A,B) …
        level,   ///< security-level of an interface without an access list
    } kind = Kind::entry;
    base::Span span;
    Lines lines;
    std::vector<std::string_view> words;
    std::string interface;  ///< of a level
    [[nodiscard]] std::uint32_t offset(std::string_view word) const {
        return static_cast<std::uint32_t>(word.data() - lines.text.data());
    }
};

class Writer {
public:
    Writer(const base::Sources& sources, const model::Device& device) : sources_(sources), device_(device) {}

    [[nodiscard]] Edits write(const Amendment& a) const {
        switch (a.kind) {
            case Amendment::Kind::insert_before: return insert(a.rule, a.add);
            case Amendment::Kind::append: return append(a.chain, a.add);
            case Amendment::Kind::remove: {
                const auto line = line_of(a.rule);
                if (!line || line->kind == Line::Kind::level) return std::nullopt;
                return one(line->span.file, line->lines.begin, line->lines.end, "");
            }
            case Amendment::Kind::move_before: return move(a.rule, a.other);
            case Amendment::Kind::log_too: return log(a.rule);
            case Amendment::Kind::limit_source: return limit(a.rule, a.source);
            case Amendment::Kind::close_forward: return std::nullopt;  // nothing is ever open by default here
        }
        return std::nullopt;
    }

private:
    static Edits one(base::FileId file, std::uint32_t begin, std::uint32_t end, std::string text) {
        return std::vector<TextEdit>{{{file, begin, end}, std::move(text)}};
    }

    [[nodiscard]] std::optional<Line> line_of(model::RuleId id) const {
        if (!id.valid()) return std::nullopt;
        const model::Rule& rule = device_.rules[id.index()];
        if (!rule.origin.valid()) return std::nullopt;
        Line out;
        out.span = device_.origins[rule.origin.index()].span;
        if (!out.span.valid()) return std::nullopt;
        out.lines = families::lines_of(sources_, out.span);
        out.words = split(out.lines.whole());
        if (out.words.size() < 3) {
            if (!rule.name.starts_with("interface ")) return std::nullopt;
        }
        if (rule.name.starts_with("interface ")) {
            out.kind = Line::Kind::level;
            out.interface = rule.name.substr(10);
        } else if (out.words[0] == "access-list") {
            out.kind = Line::Kind::entry;
        } else if (out.words[0] == "static") {
            out.kind = Line::Kind::fixed;
        } else if (out.words[0] == "nat" && out.words[1].find(',') == std::string_view::npos) {
            out.kind = Line::Kind::nat;
        } else if (out.words[0] == "nat") {
            const bool twice = std::ranges::find(out.words, "source") != out.words.end();
            out.kind = twice ? Line::Kind::twice : Line::Kind::object;
        } else {
            return std::nullopt;
        }
        return out;
    }

    // -- words

    [[nodiscard]] std::string address(const std::vector<base::Prefix>& list) const {
        if (list.empty()) return "any";
        const base::Prefix& p = list.front();
        if (p.length == base::address_bits(p.base.family)) return "host " + base::to_string(p.base);
        if (p.base.family == base::Family::v6) return base::to_string(p);
        const base::u128 mask = base::low_mask(32) ^ base::low_mask(32u - p.length);
        return base::to_string(p.base) + " " + base::to_string(base::Address{base::Family::v4, mask});
    }
    /// An entry in the form of `beside`: with `extended` where that has it.
    [[nodiscard]] std::string entry(std::string_view list, bool extended, const NewRule& add) const {
        const bool tcp = !add.tcp_dports.empty() || add.action == NewRule::Action::reject;
        std::string out;
        std::vector<std::string> ports;
        for (const std::uint16_t port : add.tcp_dports)
            ports.push_back(" eq " + (port == 25 ? std::string("smtp") : std::to_string(port)));
        if (ports.empty()) ports.emplace_back();
        const bool accept = add.action == NewRule::Action::accept;
        for (const std::string& port : ports)
            out += fmt::format("access-list {} {}{} {} {} {}{}{}\n", list, extended ? "extended " : "",
                               accept ? "permit" : "deny", tcp ? "tcp" : "ip", address(add.src), address(add.dst), port,
                               accept ? "" : " log");
        return out;
    }
    /// A name that the text does not hold yet.
    [[nodiscard]] std::string free_name(base::FileId file, const std::string& wish) const {
        const std::string_view text = sources_.text(file);
        std::string name = wish;
        for (unsigned n = 2; text.find(" " + name) != std::string_view::npos && n < 100; ++n)
            name = fmt::format("{}-{}", wish, n);
        return name;
    }
    /// The network object that is that host, or a new one: its name and the lines that make it.
    [[nodiscard]] std::pair<std::string, std::string> object_of(base::FileId file, const base::Address& host) const {
        const std::string_view text = sources_.text(file);
        const std::string wanted = "\n host " + base::to_string(host);
        for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) {
            const std::size_t end = at + wanted.size();
            if (end < text.size() && text[end] != '\n' && text[end] != '\r') continue;
            const std::size_t line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
            const auto words = split(text.substr(line, at - line));
            if (words.size() == 3 && words[0] == "object" && words[1] == "network") return {std::string(words[2]), ""};
        }
        const std::string name = free_name(file, "obj-" + base::to_string(host));
        return {name, fmt::format("object network {}\n host {}\n", name, base::to_string(host))};
    }
    static std::string with_ends(std::string text, std::string_view end) {
        if (end == "\n") return text;
        std::string out;
        for (const char c : text) out += c == '\n' ? std::string(end) : std::string(1, c);
        return out;
    }
    /// Interfaces whose packets an access list filters.
    [[nodiscard]] bool applies_to(std::string_view list, const NewRule& add) const {
        if (add.in.empty()) return true;
        const std::string wanted = fmt::format("access-group {} in interface {}", list, add.in);
        return std::ranges::any_of(device_.pipeline, [&](const model::Stage& s) { return s.name.starts_with(wanted); });
    }

    // -- insertions

    [[nodiscard]] Edits insert(model::RuleId before, const NewRule& add) const {
        const auto line = line_of(before);
        if (!line) return std::nullopt;
        const auto at = line->lines.above_comments('!');
        const auto put = [&](std::string text) {
            return one(line->span.file, at, at, with_ends(std::move(text), line->lines.line_end));
        };
        if (add.action == NewRule::Action::translate_source) return translate(*line, add);
        switch (line->kind) {
            case Line::Kind::entry: {
                if (!applies_to(line->words[1], add)) return std::nullopt;
                // What is denied is logged by the entry that denies it: an entry that only logs does not exist.
                if (add.action == NewRule::Action::log) return std::vector<TextEdit>{};
                const bool extended = std::ranges::find(line->words, "extended") != line->words.end();
                return put(entry(line->words[1], extended, add));
            }
            case Line::Kind::level: return first_list(*line, add);
            case Line::Kind::twice: return exempt(*line, add);
            case Line::Kind::object:
            case Line::Kind::nat:
            case Line::Kind::fixed: return std::nullopt;
        }
        return std::nullopt;
    }

    /// The first access list of an interface; what its level permitted stays permitted.
    [[nodiscard]] Edits first_list(const Line& level, const NewRule& add) const {
        if (!add.in.empty() && add.in != level.interface) return std::nullopt;
        if (add.action == NewRule::Action::log) return std::vector<TextEdit>{};
        const std::string_view text = level.lines.text;
        const std::string list = level.interface + "_access_in";
        if (text.find(list) != std::string_view::npos) return std::nullopt;
        std::size_t at = text.find("\naccess-group ");
        if (at == std::string_view::npos) at = text.find("\nroute ");
        if (at == std::string_view::npos) return std::nullopt;
        const auto place = static_cast<std::uint32_t>(at + 1);
        const bool old = text.find("PIX Version 6") != std::string_view::npos;
        std::string lines = entry(list, !old, add);
        if (add.action != NewRule::Action::accept)
            lines += fmt::format("access-list {} {}permit ip any any\naccess-group {} in interface {}\n", list,
                                 old ? "" : "extended ", list, level.interface);
        return one(level.span.file, place, place, with_ends(std::move(lines), level.lines.line_end));
    }

    [[nodiscard]] Edits append(model::ChainId chain, const NewRule& add) const {
        if (!chain.valid()) return std::nullopt;
        const auto& rules = device_.chains[chain.index()].rules;
        for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
            const auto last = line_of(*rule);
            if (!last) continue;
            const auto put = [&](std::string text) {
                return one(last->span.file, last->lines.end, last->lines.end,
                           with_ends(std::move(text), last->lines.line_end));
            };
            if (add.action == NewRule::Action::translate_source) return translate(*last, add);
            if (last->kind != Line::Kind::entry || !applies_to(last->words[1], add)) return std::nullopt;
            const bool extended = std::ranges::find(last->words, "extended") != last->words.end();
            // Behind the last entry everything is denied, without a word; an entry that denies says so.
            return put(entry(last->words[1], extended, add));
        }
        return std::nullopt;
    }

    // -- translation

    /// "(inside,outside)" of a line, or with the interface that is asked for.
    [[nodiscard]] static std::optional<std::string> pair(const Line& line, const NewRule& add) {
        std::string_view word = line.words[1];
        const std::size_t comma = word.find(',');
        if (word.size() < 5 || word.front() != '(' || comma == std::string_view::npos) return std::nullopt;
        if (add.out.empty()) return std::string(word);
        return fmt::format("{},{})", word.substr(0, comma), add.out);
    }
    [[nodiscard]] Edits translate(const Line& line, const NewRule& add) const {
        if (add.src.size() != 1 || add.family != base::Family::v4 || !add.tcp_dports.empty()) return std::nullopt;
        const base::Prefix& src = add.src.front();
        if (src.length != 32) return std::nullopt;
        const std::string host = base::to_string(src.base), to = base::to_string(add.to);
        const std::string name = free_name(line.span.file, "obj-" + host);
        const auto at = line.lines.above_comments('!');
        const auto put = [&](std::uint32_t place, std::string text) {
            return one(line.span.file, place, place, with_ends(std::move(text), line.lines.line_end));
        };
        switch (line.kind) {
            case Line::Kind::twice: {
                const auto interfaces = pair(line, add);
                if (!interfaces) return std::nullopt;
                const bool third = std::ranges::find(line.words, "after-auto") != line.words.end();
                const auto real = object_of(line.span.file, src.base), own = object_of(line.span.file, add.to);
                return put(at, fmt::format("{}{}nat {} {}source dynamic {} {}\n", real.second, own.second, *interfaces,
                                           third ? "after-auto " : "", real.first, own.first));
            }
            case Line::Kind::object: {
                const auto interfaces = pair(line, add);
                const auto head = head_of(line);
                if (!interfaces || !head) return std::nullopt;
                // Of two objects the one with fewer addresses comes first, wherever it stands.
                return put(*head, fmt::format("object network {}\n host {}\n nat {} dynamic {}\n", name, host,
                                              *interfaces, to));
            }
            case Line::Kind::nat: {
                std::string_view inside = line.words[1];
                if (inside.size() < 3 || add.out.empty()) return std::nullopt;
                const unsigned id = free_number(line.lines.text);
                return put(at, fmt::format("global ({0}) {1} {2}\nnat {3} {1} {4} 255.255.255.255\n", add.out, id, to,
                                           inside, host));
            }
            case Line::Kind::fixed: {
                const auto interfaces = pair(line, add);
                if (!interfaces) return std::nullopt;
                return put(at, fmt::format("static {} {} {} netmask 255.255.255.255\n", *interfaces, to, host));
            }
            case Line::Kind::entry:
            case Line::Kind::level: return std::nullopt;
        }
        return std::nullopt;
    }
    static unsigned free_number(std::string_view text) {
        for (unsigned id = 10; id < 1000; ++id)
            if (text.find(fmt::format(") {} ", id)) == std::string_view::npos) return id;
        return 1000;
    }
    /// What a rule translates on both sides keeps its source: the same destination, in front of it.
    [[nodiscard]] static Edits exempt(const Line& line, const NewRule& add) {
        if (add.action != NewRule::Action::accept || !add.src.empty()) return std::nullopt;
        const auto source = std::ranges::find(line.words, "source");
        const auto destination = std::ranges::find(line.words, "destination");
        if (source == line.words.end() || destination == line.words.end() || destination < source) return std::nullopt;
        std::string text;
        for (auto word = line.words.begin(); word <= source; ++word) text += std::string(*word) + " ";
        text += "static any any";
        for (auto word = destination; word != line.words.end(); ++word) text += " " + std::string(*word);
        const auto at = line.lines.above_comments('!');
        // Only for what comes in: the way out of the destination stays as it is.
        if (text.find(" unidirectional") == std::string::npos) text += " unidirectional";
        return one(line.span.file, at, at, text + std::string(line.lines.line_end));
    }
    /// Begin of the line that opens the block of a line.
    [[nodiscard]] static std::optional<std::uint32_t> head_of(const Line& line) {
        std::uint32_t at = line.lines.begin;
        while (at > 0) {
            const std::size_t previous = at == 1 ? std::string_view::npos : line.lines.text.rfind('\n', at - 2);
            at = previous == std::string_view::npos ? 0 : static_cast<std::uint32_t>(previous + 1);
            if (line.lines.text.substr(at).starts_with("object network ")) return at;
            if (line.lines.text[at] != ' ') return std::nullopt;
        }
        return std::nullopt;
    }

    // -- changes of a line

    [[nodiscard]] Edits move(model::RuleId rule, model::RuleId other) const {
        const auto from = line_of(rule), to = line_of(other);
        if (!from || !to || !(from->span.file == to->span.file)) return std::nullopt;
        if (from->kind == Line::Kind::object && to->kind == Line::Kind::twice) {
            // Object NAT comes before the third section: the other rule goes there.
            if (std::ranges::find(to->words, "after-auto") != to->words.end()) return std::nullopt;
            const auto source = std::ranges::find(to->words, "source");
            if (source == to->words.end()) return std::nullopt;
            const auto at = to->offset(*source);
            return one(to->span.file, at, at, "after-auto ");
        }
        const bool entries =
            from->kind == Line::Kind::entry && to->kind == Line::Kind::entry && from->words[1] == to->words[1];
        const auto third = [](const Line& l) { return std::ranges::find(l.words, "after-auto") != l.words.end(); };
        const bool rules =
            from->kind == Line::Kind::twice && to->kind == Line::Kind::twice && third(*from) == third(*to);
        const bool statics = from->kind == Line::Kind::fixed && to->kind == Line::Kind::fixed;
        if (!entries && !rules && !statics) return std::nullopt;
        std::string text(from->lines.whole());
        if (!text.ends_with('\n')) text += from->lines.line_end;
        const auto at = to->lines.above_comments('!');
        return std::vector<TextEdit>{{{to->span.file, at, at}, std::move(text)},
                                     {{from->span.file, from->lines.begin, from->lines.end}, ""}};
    }

    [[nodiscard]] Edits log(model::RuleId rule) const {
        const auto line = line_of(rule);
        if (!line || line->kind != Line::Kind::entry) return std::nullopt;
        for (const std::string_view word : line->words)
            if (word == "log") return std::nullopt;
        // `log` stands before `time-range` and `inactive`.
        for (const std::string_view word : line->words)
            if (word == "time-range" || word == "inactive")
                return one(line->span.file, line->offset(word), line->offset(word), "log ");
        const std::string_view last = line->words.back();
        const auto at = line->offset(last) + static_cast<std::uint32_t>(last.size());
        return one(line->span.file, at, at, " log");
    }

    [[nodiscard]] Edits limit(model::RuleId rule, const base::Prefix& source) const {
        const auto line = line_of(rule);
        if (!line) return std::nullopt;
        const bool host = source.length == base::address_bits(source.base.family);
        const auto& words = line->words;
        const auto replace = [&](std::size_t first, std::size_t count, std::string text) -> Edits {
            if (first + count > words.size() || count == 0) return std::nullopt;
            const auto end =
                line->offset(words[first + count - 1]) + static_cast<std::uint32_t>(words[first + count - 1].size());
            return one(line->span.file, line->offset(words[first]), end, std::move(text));
        };
        const std::string object_name = free_name(line->span.file, "obj-" + base::to_string(source.base));
        const std::string object =
            fmt::format("object network {}\n host {}\n", object_name, base::to_string(source.base));
        switch (line->kind) {
            case Line::Kind::entry: {
                std::size_t at = 2;
                while (at < words.size() && words[at] != "permit" && words[at] != "deny") ++at;
                ++at;
                at += at < words.size() && (words[at] == "object" || words[at] == "object-group") ? 2 : 1;
                if (at >= words.size()) return std::nullopt;
                const bool single = words[at] == "any" || words[at] == "any4" || words[at] == "any6";
                return replace(at, single ? 1 : 2, address({source}));
            }
            case Line::Kind::twice: {
                const auto at = std::ranges::find(words, "source");
                if (at == words.end() || !host || words.end() - at < 4) return std::nullopt;
                const auto first = static_cast<std::size_t>(at - words.begin()) + 2;
                const auto known = object_of(line->span.file, source.base);
                auto edits = replace(first, 1, known.first);
                if (!edits || known.second.empty()) return edits;
                const auto place = line->lines.above_comments('!');
                edits->insert(edits->begin(),
                              TextEdit{{line->span.file, place, place}, with_ends(known.second, line->lines.line_end)});
                return edits;
            }
            case Line::Kind::object: {
                const auto head = head_of(*line);
                if (!head || !host) return std::nullopt;
                std::string block = with_ends(object, line->lines.line_end) + std::string(line->lines.whole());
                if (!block.ends_with('\n')) block += line->lines.line_end;
                return std::vector<TextEdit>{{{line->span.file, *head, *head}, std::move(block)},
                                             {{line->span.file, line->lines.begin, line->lines.end}, ""}};
            }
            case Line::Kind::nat: {
                if (words.size() < 4 || words[3] == "access-list" || source.base.family != base::Family::v4)
                    return std::nullopt;
                const bool mask = words.size() > 4 && words[4].find_first_of(".0") != std::string_view::npos;
                const auto mask_bits = base::low_mask(32) ^ base::low_mask(32u - source.length);
                return replace(
                    3, mask ? 2 : 1,
                    base::to_string(source.base) + " " + base::to_string(base::Address{base::Family::v4, mask_bits}));
            }
            case Line::Kind::fixed:
            case Line::Kind::level: return std::nullopt;
        }
        return std::nullopt;
    }

    const base::Sources& sources_;
    const model::Device& device_;
};

}  // namespace

Edits write(const base::Sources& sources, const model::Device& device, const Amendment& amendment) {
    return Writer(sources, device).write(amendment);
}

}  // namespace egresslint::dialects::asa
