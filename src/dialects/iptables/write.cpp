// SPDX-License-Identifier: Apache-2.0
// Amendments as lines of iptables-save: `-A CHAIN …`. The chain and, with it, the table and the IP version are those of
// the line that the new one stands beside.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/iptables/read.hpp"
#include "families/lines.hpp"

namespace egresslint::dialects::iptables {
namespace {

using base::TextEdit;
using families::blank;
using families::Lines;
using model::Amendment;
using model::NewRule;

using Edits = std::optional<std::vector<TextEdit>>;

std::string interface(std::string name) {
    if (name.ends_with('*')) name.back() = '+';
    return name;
}

std::string line_of(std::string_view chain, const NewRule& rule) {
    std::string out = fmt::format("-A {}", chain);
    if (!rule.src.empty()) out += " -s " + base::to_string(rule.src.front());
    if (!rule.dst.empty()) out += " -d " + base::to_string(rule.dst.front());
    if (!rule.in.empty()) out += " -i " + interface(rule.in);
    if (!rule.out.empty()) out += " -o " + interface(rule.out);
    if (!rule.tcp_dports.empty() || rule.action == NewRule::Action::reject) out += " -p tcp";
    if (rule.tcp_dports.size() == 1) out += fmt::format(" -m tcp --dport {}", rule.tcp_dports.front());
    if (rule.tcp_dports.size() > 1) out += fmt::format(" -m multiport --dports {}", fmt::join(rule.tcp_dports, ","));
    switch (rule.action) {
        case NewRule::Action::accept: return out + " -j ACCEPT";
        case NewRule::Action::reject: return out + " -j REJECT --reject-with tcp-reset";
        case NewRule::Action::log: return out + fmt::format(" -j LOG --log-prefix \"{}\"", rule.log_prefix);
        case NewRule::Action::translate_source:
            return out + fmt::format(" -j SNAT --to-source {}", base::to_string(rule.to));
    }
    return out;
}

/// A line that appends to a chain.
struct Appending {
    base::Span span;
    Lines lines;
    std::string_view chain;
    std::uint32_t after_chain = 0;  ///< behind its name
};

class Writer {
public:
    Writer(const base::Sources& sources, const model::Device& device) : sources_(sources), device_(device) {}

    Edits write(const Amendment& a) const {
        switch (a.kind) {
            case Amendment::Kind::insert_before: {
                const auto beside = appending(a.rule);
                if (!beside) return std::nullopt;
                const std::uint32_t at = beside->lines.above_comments('#');
                return one(beside->span.file, at, at, line_of(beside->chain, a.add) + end(*beside));
            }
            case Amendment::Kind::append: {
                if (!a.chain.valid()) return std::nullopt;
                const auto& rules = device_.chains[a.chain.index()].rules;
                for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule)
                    if (const auto last = appending(*rule))
                        return one(last->span.file, last->lines.end, last->lines.end,
                                   line_of(last->chain, a.add) + end(*last));
                return std::nullopt;
            }
            case Amendment::Kind::remove: {
                const auto line = appending(a.rule);
                return line ? one(line->span.file, line->lines.begin, line->lines.end, "") : std::nullopt;
            }
            case Amendment::Kind::move_before: {
                const auto from = appending(a.rule), to = appending(a.other);
                if (!from || !to || !(from->span.file == to->span.file) || from->chain != to->chain)
                    return std::nullopt;
                const std::uint32_t begin = from->lines.above_comments('#'), at = to->lines.above_comments('#');
                std::string text(from->lines.text.substr(begin, from->lines.end - begin));
                if (!text.ends_with('\n')) text += end(*from);
                return std::vector<TextEdit>{{{to->span.file, at, at}, std::move(text)},
                                             {{from->span.file, begin, from->lines.end}, ""}};
            }
            case Amendment::Kind::log_too: return log(a.rule, a.add.log_prefix);
            case Amendment::Kind::limit_source: return limit(a.rule, a.source);
            case Amendment::Kind::close_forward: return close_forward(a.add.family);
        }
        return std::nullopt;
    }

private:
    static Edits one(base::FileId file, std::uint32_t begin, std::uint32_t end, std::string text) {
        return std::vector<TextEdit>{{{file, begin, end}, std::move(text)}};
    }
    static std::string end(const Appending& line) { return std::string(line.lines.line_end); }

    [[nodiscard]] std::optional<Appending> appending(model::RuleId rule) const {
        if (!rule.valid()) return std::nullopt;
        const auto origin = device_.rules[rule.index()].origin;
        if (!origin.valid() || !device_.origins[origin.index()].span.valid()) return std::nullopt;
        Appending out;
        out.span = device_.origins[origin.index()].span;
        out.lines = families::lines_of(sources_, out.span);
        std::string_view line = out.lines.whole();
        std::size_t at = line.find_first_not_of(" \t");
        if (at != std::string_view::npos && line[at] == '[') {  // counters
            at = line.find(']', at);
            if (at != std::string_view::npos) at = line.find_first_not_of(" \t", at + 1);
        }
        if (at == std::string_view::npos || !line.substr(at).starts_with("-A ")) return std::nullopt;
        const std::size_t name = line.find_first_not_of(" \t", at + 3);
        if (name == std::string_view::npos || line[name] == '"') return std::nullopt;
        const std::size_t stop = std::min(line.find_first_of(" \t\r\n", name), line.size());
        out.chain = line.substr(name, stop - name);
        out.after_chain = out.lines.begin + static_cast<std::uint32_t>(stop);
        return out;
    }

    /// The same line with another target, in front of it.
    [[nodiscard]] Edits log(model::RuleId rule, const std::string& prefix) const {
        const auto line = appending(rule);
        if (!line) return std::nullopt;
        std::string_view text = line->lines.whole();
        const std::size_t target = text.rfind(" -j ");
        if (target == std::string_view::npos || text.find('"') != std::string_view::npos) return std::nullopt;
        const std::size_t first = text.find("-A ");
        const std::uint32_t at = line->lines.above_comments('#');
        return one(
            line->span.file, at, at,
            fmt::format("{} -j LOG --log-prefix \"{}\"{}", text.substr(first, target - first), prefix, end(*line)));
    }

    [[nodiscard]] Edits limit(model::RuleId rule, const base::Prefix& source) const {
        const auto line = appending(rule);
        if (!line) return std::nullopt;
        const std::string_view text = line->lines.whole();
        for (const std::string_view option : {" -s ", " --source ", " --src "}) {
            const std::size_t at = text.find(option);
            if (at == std::string_view::npos) continue;
            if (at >= 2 && text.substr(at - 2, 2) == " !") return std::nullopt;
            const std::size_t value = at + option.size();
            const std::size_t stop = std::min(text.find_first_of(" \t\r\n", value), text.size());
            return one(line->span.file, line->lines.begin + static_cast<std::uint32_t>(value),
                       line->lines.begin + static_cast<std::uint32_t>(stop), base::to_string(source));
        }
        return one(line->span.file, line->after_chain, line->after_chain, " -s " + base::to_string(source));
    }

    /// The policy of FORWARD, where there is a text of that IP version.
    [[nodiscard]] Edits close_forward(const std::optional<model::Family>& family) const {
        const std::string name = family == model::Family::v6 ? "ip6tables filter FORWARD" : "iptables filter FORWARD";
        for (const model::Stage& stage : device_.pipeline) {
            if (stage.name != name || !stage.origin.valid()) continue;
            const base::Span span = device_.origins[stage.origin.index()].span;
            const std::string_view text = sources_.text(span);
            const std::size_t at = text.find(" ACCEPT");
            if (!text.starts_with(":FORWARD") || at == std::string_view::npos) continue;
            const auto begin = span.begin + static_cast<std::uint32_t>(at) + 1;
            return one(span.file, begin, begin + 6, "DROP");
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

}  // namespace egresslint::dialects::iptables
