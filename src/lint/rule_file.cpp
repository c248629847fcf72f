// SPDX-License-Identifier: Apache-2.0
// Rule files -> RuleFile: front matter by toml++, examples by a line scan for fences.
#include "lint/rule_file.hpp"

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "lint/embedded_rules.hpp"
#include "lint/lint.hpp"
#include "lint/query.hpp"
#include "lint/suggest.hpp"

namespace egresslint::lint {
namespace {

constexpr std::array<std::string_view, 6> heads{"What it does", "Why is this bad", "Example", "Use instead",
                                                "Fix",          "References"};

struct Lines {
    std::string_view text;
    std::size_t at = 0;
    unsigned number = 0;
    bool next(std::string_view& line) {
        if (at >= text.size()) return false;
        const std::size_t end = text.find('\n', at);
        line = text.substr(at, end == std::string_view::npos ? end : end - at);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        at = end == std::string_view::npos ? text.size() : end + 1;
        ++number;
        return true;
    }
};

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t begin = text.find_first_not_of(" \t");
        if (begin == std::string_view::npos) return out;
        const std::size_t end = text.find_first_of(" \t", begin);
        out.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end);
    }
}

/// `expect=EL101@4,EL102@9` -> pairs; false when it does not read.
bool read_expectation(std::string_view text, RuleExample& example) {
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        const std::string_view one = text.substr(0, comma);
        const std::size_t sign = one.find('@');
        unsigned line = 0;
        if (sign != std::string_view::npos)
            for (const char c : one.substr(sign + 1)) {
                if (c < '0' || c > '9') return false;
                line = line * 10 + static_cast<unsigned>(c - '0');
            }
        if (one.substr(0, sign).empty()) return false;
        example.expect.emplace_back(std::string(one.substr(0, sign)), line);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    return !example.expect.empty();
}

/// Fills examples; "" or what is wrong, with the line.
std::pair<std::string, unsigned> read_examples(std::string_view page, unsigned first_line, RuleFile& rule) {
    Lines lines{page, 0, first_line};
    std::string_view line;
    std::string intent, addresses;
    std::vector<std::pair<std::string, std::string>> evidence;
    while (lines.next(line)) {
        if (!line.starts_with("```")) continue;
        const unsigned fence = lines.number;
        const auto info = words(line.substr(3));
        const std::size_t begin = lines.at;
        std::size_t end = begin;
        bool closed = false;
        while (lines.next(line)) {
            if (line == "```") {
                closed = true;
                break;
            }
            end = lines.at;
        }
        if (!closed) return {"the fenced block is not closed", fence};
        if (info.size() < 2) continue;
        const std::string body(page.substr(begin, end - begin));
        if (info[0] == "toml" && info[1] == "intent") {
            intent = body;
            evidence.clear();
            continue;
        }
        if (info[1] == "evidence") {
            evidence.emplace_back(std::string(info[0]), body);
            continue;
        }
        if (info[0] == "json" && info[1] == "addresses") {
            addresses = body;
            continue;
        }
        RuleExample example;
        example.dialect = std::string(info[0]);
        example.text = body;
        example.intent = intent;
        example.addresses = addresses;
        example.evidence = evidence;
        example.line = fence;
        if (info[1].starts_with("expect=")) {
            if (!read_expectation(info[1].substr(7), example))
                return {fmt::format("\"{}\" is no expectation such as expect=EL101@4", info[1]), fence};
        } else if (info[1] != "clean") {
            continue;
        }
        rule.examples.push_back(std::move(example));
    }
    return {};
}

std::string first_sentence(std::string_view page, std::string_view head) {
    const std::size_t at = page.find(fmt::format("## {}", head));
    if (at == std::string_view::npos) return {};
    std::size_t begin = page.find('\n', at);
    if (begin == std::string_view::npos) return {};
    begin = page.find_first_not_of("\r\n", begin);
    if (begin == std::string_view::npos) return {};
    std::size_t end = page.find("\n\n", begin);
    if (end == std::string_view::npos) end = page.size();
    std::string text(page.substr(begin, end - begin));
    std::replace(text.begin(), text.end(), '\n', ' ');
    const std::size_t stop = text.find(". ");
    if (stop != std::string::npos) text.resize(stop + 1);
    return text;
}

/// The mistake of a query in a rule file, with its place where the file has the query's text as it is.
std::optional<RuleFileError> wrong_query(std::string_view path, std::string_view text, const std::string& asked) {
    if (asked.empty()) return std::nullopt;
    const auto parsed = query::parse(asked);
    if (parsed) return std::nullopt;
    const QueryError& e = parsed.error();
    RuleFileError error{std::string(path), 1, e.message};
    if (!e.suggestion.empty()) error.message += fmt::format("; did you mean \"{}\"?", e.suggestion);
    if (const std::size_t at = text.find(asked); at != std::string_view::npos) {
        error.begin = at + e.begin;
        error.end = at + std::max(e.end, e.begin + 1);
        const auto before = text.substr(0, error.begin);
        error.line = 1 + static_cast<unsigned>(std::count(before.begin(), before.end(), '\n'));
    }
    return error;
}

}  // namespace

std::string wrong_site_code(std::string_view code) {
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
    if (code.starts_with("EL")) return fmt::format("codes that begin with EL are egresslint's own: \"{}\"", code);
    if (code.empty() || code[0] < 'A' || code[0] > 'Z' || !std::all_of(code.begin(), code.end(), fits))
        return fmt::format("\"{}\" is no code such as SITE1: capitals, digits, - and _", code);
    return {};
}

tl::expected<RuleFile, RuleFileError> parse_rule_file(std::string_view path, std::string_view text, Whose whose) {
    const auto wrong = [&](unsigned line, std::string message) {
        return tl::unexpected(RuleFileError{std::string(path), line, std::move(message)});
    };
    Lines lines{text, 0, 0};
    std::string_view line;
    if (!lines.next(line) || line != "+++")
        return wrong(1, "a rule file begins with front matter between two lines of +++");
    const std::size_t begin = lines.at;
    std::size_t end = std::string_view::npos;
    while (lines.next(line)) {
        if (line == "+++") {
            end = static_cast<std::size_t>(line.data() - text.data());
            break;
        }
    }
    if (end == std::string_view::npos) return wrong(1, "the front matter is not closed by +++");
    const toml::parse_result parsed = toml::parse(text.substr(begin, end - begin));
    if (!parsed) return wrong(parsed.error().source().begin.line + 1, std::string(parsed.error().description()));

    RuleFile rule;
    rule.path = std::string(path);
    std::string severity = "error", kind = "forbid", also_severity = "warning", runs = "always";
    for (const auto& [key, node] : parsed.table()) {
        const unsigned at = key.source().begin.line + 1;
        const auto string = [&](std::string& to) {
            if (const auto* s = node.as_string()) to = s->get();
            return node.is_string();
        };
        bool fine = true;
        if (key == "code")
            fine = string(rule.code);
        else if (key == "name")
            fine = string(rule.name);
        else if (key == "severity")
            fine = string(severity);
        else if (key == "kind")
            fine = string(kind);
        else if (key == "query")
            fine = string(rule.query);
        else if (key == "message")
            fine = string(rule.message);
        else if (key == "help")
            fine = string(rule.help);
        else if (key == "also_query")
            fine = string(rule.also_query);
        else if (key == "also_message")
            fine = string(rule.also_message);
        else if (key == "also_severity")
            fine = string(also_severity);
        else if (key == "presume_interface_address") {
            fine = node.is_boolean();
            if (fine) rule.presume_interface_address = node.as_boolean()->get();
        } else if (key == "runs") {
            fine = string(runs);
        } else if (key == "needs") {
            fine = node.is_array();
            if (fine)
                for (const toml::node& item : *node.as_array())
                    if (const auto* s = item.as_string()) rule.needs.push_back(s->get());
        } else {
            const std::string near = nearest(
                key.str(), {"code", "name", "severity", "kind", "query", "message", "help", "needs",
                            "presume_interface_address", "runs", "also_query", "also_message", "also_severity"});
            return wrong(at, fmt::format("unknown key \"{}\"{}", key.str(),
                                         near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
        }
        if (!fine) return wrong(at, fmt::format("\"{}\" has the wrong type", key.str()));
    }
    if (rule.code.empty() || rule.name.empty()) return wrong(1, "the front matter needs \"code\" and \"name\"");
    for (const auto& [word, to] :
         {std::pair{&severity, &rule.severity}, std::pair{&also_severity, &rule.also_severity}}) {
        if (*word == "error")
            *to = base::Severity::error;
        else if (*word == "warning")
            *to = base::Severity::warning;
        else if (*word == "note")
            *to = base::Severity::note;
        else
            return wrong(1, fmt::format("\"{}\" is no severity; write error, warning or note", *word));
    }
    if (whose == Whose::site)
        if (std::string mistake = wrong_site_code(rule.code); !mistake.empty()) return wrong(1, std::move(mistake));
    if (kind == "require")
        rule.kind = RuleKind::require;
    else if (kind == "several")
        rule.kind = RuleKind::several;
    else if (kind == "native")
        rule.kind = RuleKind::native;
    else if (kind != "forbid")
        return wrong(1, "\"kind\" is \"forbid\", \"require\", \"several\" or \"native\"");
    if (runs == "audit")
        rule.runs = RuleRuns::audit;
    else if (runs == "selected")
        rule.runs = RuleRuns::selected;
    else if (runs != "always")
        return wrong(1, "\"runs\" is \"always\", \"audit\" or \"selected\"");
    if (whose == Whose::site) {
        if (rule.kind == RuleKind::native)
            return wrong(1, "a site's rule asks a query; what is native is a check in the program");
        for (const std::string* asked : {&rule.query, &rule.also_query})
            if (auto error = wrong_query(path, text, *asked)) return tl::unexpected(std::move(*error));
    }
    if (rule.kind != RuleKind::native && (rule.query.empty() || rule.message.empty()))
        return wrong(1, "the front matter needs \"query\" and \"message\"");

    const std::string_view page = text.substr(lines.at);
    rule.page = std::string(page.substr(std::min(page.size(), page.find_first_not_of("\r\n"))));
    if (rule.page.empty()) rule.page = fmt::format("# {} {}\n\n{}\n", rule.code, rule.name, rule.query);
    for (const std::string_view head : heads)
        if (whose == Whose::ours && rule.page.find(fmt::format("## {}\n", head)) == std::string::npos)
            return wrong(lines.number, fmt::format("the page lacks the head \"## {}\"", head));
    rule.summary = first_sentence(rule.page, "What it does");
    if (rule.summary.empty()) rule.summary = rule.message;
    const auto [message, at] = read_examples(page, lines.number, rule);
    if (!message.empty()) return wrong(at, message);
    return rule;
}

const std::vector<RuleFile>& rules() {
    static const std::vector<RuleFile> all = [] {
        std::vector<RuleFile> list;
        for (const EmbeddedRule& file : embedded_rules()) {
            auto rule = parse_rule_file(file.path, file.text);
            // Ours, and a test reads each one.
            if (!rule)
                base::check_failed(rule.error().message.c_str(), rule.error().path.c_str(),
                                   static_cast<int>(rule.error().line));
            list.push_back(std::move(*rule));
        }
        std::sort(list.begin(), list.end(), [](const RuleFile& a, const RuleFile& b) { return a.code < b.code; });
        return list;
    }();
    return all;
}

namespace {
bool same_text(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}
}  // namespace

const RuleFile* find_rule(std::string_view code_or_name, const std::vector<RuleFile>& among) {
    for (const RuleFile& rule : among)
        if (same_text(rule.code, code_or_name) || same_text(rule.name, code_or_name)) return &rule;
    return nullptr;
}

std::string nearest_rule(std::string_view text, const std::vector<RuleFile>& among) {
    std::vector<std::string_view> known;
    for (const RuleFile& rule : among) {
        known.push_back(rule.code);
        known.push_back(rule.name);
    }
    return nearest(text, known);
}

}  // namespace egresslint::lint
