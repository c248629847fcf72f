// SPDX-License-Identifier: Apache-2.0
// Amendments in nft's own words. Three forms of text hold rules: a line in a chain's block, a statement among others on
// a line, and the command `add rule FAMILY TABLE CHAIN …`; a new rule takes the form of the rule that it stands beside.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/nftables/read.hpp"
#include "families/lines.hpp"

namespace egresslint::dialects::nftables {
namespace {

using base::TextEdit;
using families::blank;
using families::Lines;
using model::Amendment;
using model::NewRule;

using Edits = std::optional<std::vector<TextEdit>>;

std::string address_text(const base::Prefix& p) {
    return p.length == base::address_bits(p.base.family) ? base::to_string(p.base) : base::to_string(p);
}

std::string rule_text(const NewRule& rule, bool inet) {
    std::string out;
    if (!rule.in.empty()) out += fmt::format("iifname \"{}\" ", rule.in);
    if (!rule.out.empty()) out += fmt::format("oifname \"{}\" ", rule.out);
    const std::string_view ip = rule.family == model::Family::v6 ? "ip6" : "ip";
    if (!rule.src.empty()) out += fmt::format("{} saddr {} ", ip, address_text(rule.src.front()));
    if (!rule.dst.empty()) out += fmt::format("{} daddr {} ", ip, address_text(rule.dst.front()));
    if (rule.tcp_dports.size() == 1) out += fmt::format("tcp dport {} ", rule.tcp_dports.front());
    if (rule.tcp_dports.size() > 1) out += fmt::format("tcp dport {{ {} }} ", fmt::join(rule.tcp_dports, ", "));
    switch (rule.action) {
        case NewRule::Action::accept: return out + "accept";
        case NewRule::Action::reject: return out + "reject with tcp reset";
        case NewRule::Action::log: return out + fmt::format("log prefix \"{}\"", rule.log_prefix);
        case NewRule::Action::translate_source:
            // A table of both IP versions wants to be told which one (nft(8), NAT STATEMENTS).
            return out + fmt::format("snat {}to {}", inet ? std::string(ip) + " " : "", base::to_string(rule.to));
    }
    return out;
}

/// `add rule ip filter forward `: what a command says before the rule itself.
bool adds_at_the_end(std::string_view lead) {
    const std::size_t at = lead.find("add rule ");
    return at != std::string_view::npos && lead.find("insert") == std::string_view::npos &&
           lead.find(';') == std::string_view::npos && lead.find("index") == std::string_view::npos &&
           lead.find("handle") == std::string_view::npos && lead.find("position") == std::string_view::npos;
}

bool whole_line(const Lines& lines) {
    const std::size_t first = lines.rest.find_first_not_of(" \t");
    return first == std::string_view::npos || lines.rest[first] == '#' ||
           (lines.rest[first] == ';' && blank(lines.rest.substr(first + 1)));
}

class Writer {
public:
    Writer(const base::Sources& sources, const model::Device& device) : sources_(sources), device_(device) {}

    Edits write(const Amendment& a) const {
        switch (a.kind) {
            case Amendment::Kind::insert_before: return insert(a.rule, a.add, true);
            case Amendment::Kind::append: {
                if (!a.chain.valid()) return std::nullopt;
                const auto& rules = device_.chains[a.chain.index()].rules;
                const auto last =
                    std::find_if(rules.rbegin(), rules.rend(), [&](model::RuleId r) { return written(r); });
                return last == rules.rend() ? std::nullopt : insert(*last, a.add, false);
            }
            case Amendment::Kind::remove: return remove(a.rule);
            case Amendment::Kind::move_before: return move(a.rule, a.other);
            case Amendment::Kind::log_too: return log(a.rule, a.add.log_prefix);
            case Amendment::Kind::limit_source: return limit(a.rule, a.source);
            case Amendment::Kind::close_forward: return close_forward(a.add.family);
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] base::Span span(model::RuleId rule) const {
        if (!rule.valid()) return {};
        const auto origin = device_.rules[rule.index()].origin;
        return origin.valid() ? device_.origins[origin.index()].span : base::Span{};
    }
    [[nodiscard]] bool written(model::RuleId rule) const {
        const base::Span s = span(rule);
        if (!s.valid() || s.end <= s.begin) return false;
        const std::string_view text = sources_.text(s.file);
        const std::size_t first = text.find_first_not_of(" \t\r\n");
        return first != std::string_view::npos && text[first] != '{' && text[first] != '[';
    }
    /// Chains are named "FAMILY TABLE CHAIN".
    [[nodiscard]] bool in_inet_table(model::RuleId rule) const {
        for (const model::Chain& chain : device_.chains)
            if (std::find(chain.rules.begin(), chain.rules.end(), rule) != chain.rules.end())
                return chain.name.starts_with("inet ");
        return false;
    }

    [[nodiscard]] Edits insert(model::RuleId beside, const NewRule& add, bool before) const {
        if (!written(beside)) return std::nullopt;
        const base::Span s = span(beside);
        const Lines lines = families::lines_of(sources_, s);
        const std::string rule = rule_text(add, in_inet_table(beside));
        if ((blank(lines.lead) && whole_line(lines)) || adds_at_the_end(lines.lead)) {
            const std::uint32_t at = before ? lines.above_comments('#') : lines.end;
            std::string text = std::string(lines.lead) + rule + std::string(lines.line_end);
            if (!before && lines.end == lines.text.size() && !lines.text.ends_with('\n'))
                text = std::string(lines.line_end) + std::string(lines.lead) + rule;
            return std::vector<TextEdit>{{{s.file, at, at}, std::move(text)}};
        }
        if (lines.lead.find("rule ") != std::string_view::npos) return std::nullopt;
        return before ? std::vector<TextEdit>{{{s.file, s.begin, s.begin}, rule + "; "}}
                      : std::vector<TextEdit>{{{s.file, s.end, s.end}, "; " + rule}};
    }

    [[nodiscard]] Edits remove(model::RuleId rule) const {
        if (!written(rule)) return std::nullopt;
        const base::Span s = span(rule);
        const Lines lines = families::lines_of(sources_, s);
        if (!whole_line(lines) || !(blank(lines.lead) || adds_at_the_end(lines.lead))) return std::nullopt;
        return std::vector<TextEdit>{{{s.file, lines.begin, lines.end}, ""}};
    }

    [[nodiscard]] Edits move(model::RuleId rule, model::RuleId before) const {
        if (!written(rule) || !written(before)) return std::nullopt;
        const base::Span from = span(rule), to = span(before);
        const Lines a = families::lines_of(sources_, from), b = families::lines_of(sources_, to);
        const auto movable = [](const Lines& l) { return whole_line(l) && (blank(l.lead) || adds_at_the_end(l.lead)); };
        if (!(from.file == to.file) || !movable(a) || !movable(b) || blank(a.lead) != blank(b.lead))
            return std::nullopt;
        const std::uint32_t begin = a.above_comments('#'), target = b.above_comments('#');
        std::string text(a.text.substr(begin, a.end - begin));
        if (!text.ends_with('\n')) text += a.line_end;
        return std::vector<TextEdit>{{{to.file, target, target}, std::move(text)}, {{from.file, begin, a.end}, ""}};
    }

    /// Statements act from left to right: the log stands before the verdict.
    [[nodiscard]] Edits log(model::RuleId rule, const std::string& prefix) const {
        if (!written(rule)) return std::nullopt;
        const base::Span s = span(rule);
        const std::string_view text = sources_.text(s);
        for (const std::string_view verdict : {" reject", " drop"}) {
            const std::size_t at = text.rfind(verdict);
            const std::size_t quote = text.find('"', at == std::string_view::npos ? 0 : at);
            if (at == std::string_view::npos || (quote != std::string_view::npos && text.find("comment", at) > quote))
                continue;
            const auto place = s.begin + static_cast<std::uint32_t>(at) + 1;
            return std::vector<TextEdit>{{{s.file, place, place}, fmt::format("log prefix \"{}\" ", prefix)}};
        }
        return std::nullopt;
    }

    [[nodiscard]] Edits limit(model::RuleId rule, const base::Prefix& source) const {
        if (!written(rule)) return std::nullopt;
        const base::Span s = span(rule);
        const std::string_view text = sources_.text(s);
        const std::string key = source.base.family == model::Family::v6 ? "ip6 saddr " : "ip saddr ";
        const std::size_t at = text.find(key);
        if (at == std::string_view::npos)
            return std::vector<TextEdit>{{{s.file, s.begin, s.begin}, key + address_text(source) + " "}};
        const std::size_t value = at + key.size();
        const std::size_t end =
            value < text.size() && text[value] == '{' ? text.find('}', value) + 1 : text.find_first_of(" \t\n", value);
        // `ip saddr . tcp dport`, `ip saddr != …`, `ip saddr map`: no plain set of sources.
        if (end == std::string_view::npos || end <= value || text[value] == '.' || text[value] == '!' ||
            text[value] == '&' || text.substr(value).starts_with("map") || text.substr(value).starts_with("vmap"))
            return std::nullopt;
        return std::vector<TextEdit>{
            {{s.file, s.begin + static_cast<std::uint32_t>(value), s.begin + static_cast<std::uint32_t>(end)},
             address_text(source)}};
    }

    /// A table of its own at the end of the text that most likely ends last: that of the last rule.
    [[nodiscard]] Edits close_forward(const std::optional<model::Family>& family) const {
        if (!family) return std::nullopt;
        const std::string table = *family == model::Family::v6 ? "ip6 forwarding" : "ip forwarding";
        base::FileId file;
        for (const model::Chain& chain : device_.chains) {
            if (chain.name.starts_with(table + " ")) return std::nullopt;
            for (const model::RuleId rule : chain.rules)
                if (written(rule)) file = span(rule).file;
        }
        if (!file.valid()) return std::nullopt;
        const std::string_view text = sources_.text(file);
        const std::string end = text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n";
        std::string out = text.ends_with('\n') ? end : end + end;
        for (const std::string& line : {"table " + table + " {", std::string("\tchain forward {"),
                                        std::string("\t\ttype filter hook forward priority 0; policy drop;"),
                                        std::string("\t}"), std::string("}")})
            out += line + end;
        const auto at = static_cast<std::uint32_t>(text.size());
        return std::vector<TextEdit>{{{file, at, at}, std::move(out)}};
    }

    const base::Sources& sources_;
    const model::Device& device_;
};

}  // namespace

Edits write(const base::Sources& sources, const model::Device& device, const Amendment& amendment) {
    return Writer(sources, device).write(amendment);
}

}  // namespace egresslint::dialects::nftables
