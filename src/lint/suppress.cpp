// SPDX-License-Identifier: Apache-2.0
#include "lint/suppress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>

#include "lint/device_check.hpp"

namespace egresslint::lint {
namespace {

struct Comment {
    std::vector<std::string> codes;
    std::string reason;
    base::Span span;
    std::uint32_t line = 0;
    bool alone = false;  ///< nothing but the comment on its line: it is about the next one
    bool used = false;
};

std::string_view trim(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r' || s.back() == '"'))
        s.remove_suffix(1);
    return s;
}

/// All suppression comments of a text. The marker itself is looked for, so every comment syntax will do; a code must
/// follow it.
std::vector<Comment> comments_of(const base::Sources& sources, base::FileId file) {
    constexpr std::string_view marker = "egresslint: allow ";
    std::vector<Comment> list;
    const std::string_view text = sources.text(file);
    for (std::size_t at = text.find(marker); at != std::string_view::npos; at = text.find(marker, at + marker.size())) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view rest = text.substr(at + marker.size(), end - at - marker.size());
        Comment c;
        c.span = {file, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)};
        c.line = sources.begin(c.span).line;
        const std::size_t start = at - (sources.begin(c.span).column - 1);
        c.alone = text.substr(start, at - start).find_first_not_of(" \t#!;/*") == std::string_view::npos;
        std::size_t dashes = rest.find("--");
        if (dashes != std::string_view::npos) c.reason = std::string(trim(rest.substr(dashes + 2)));
        rest = trim(rest.substr(0, dashes));
        while (!rest.empty()) {
            const std::size_t stop = rest.find_first_of(", \t");
            const std::string_view code = rest.substr(0, stop);
            if (!code.empty() && code.front() >= 'A' && code.front() <= 'Z') c.codes.emplace_back(code);
            if (stop == std::string_view::npos) break;
            rest = trim(rest.substr(stop + 1));
        }
        if (!c.codes.empty()) list.push_back(std::move(c));
    }
    return list;
}

std::string today() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm utc{};
    gmtime_r(&now, &utc);
    return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

Finding note_of(std::string code, std::string name, base::Severity severity, std::string message, base::Span span) {
    Finding f;
    f.rule = std::move(code);
    f.name = std::move(name);
    f.severity = severity;
    f.message = std::move(message);
    f.span = span;
    f.fingerprint = fingerprint(fmt::format("{}|{}", f.rule, f.message));
    return f;
}

}  // namespace

void apply_suppressions(std::vector<Finding>& findings, const Intent& intent, const base::Sources& sources,
                        const std::function<bool(std::string_view)>& selected) {
    std::vector<Comment> comments;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (sources.file(base::FileId(i)).path == intent.path && !intent.path.empty()) continue;
        auto found = comments_of(sources, base::FileId(i));
        comments.insert(comments.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    }
    std::vector<bool> allow_used(intent.allows.size(), false);
    const std::string date = today();
    const auto expired = [&](const Allow& a) { return !a.until.empty() && a.until < date; };
    std::erase_if(findings, [&](const Finding& f) {
        if (f.span.valid()) {
            const std::uint32_t line = sources.begin(f.span).line;
            for (Comment& c : comments) {
                if (c.span.file != f.span.file || (c.alone ? c.line + 1 != line : c.line != line)) continue;
                if (std::find(c.codes.begin(), c.codes.end(), f.rule) == c.codes.end()) continue;
                c.used = true;
                if (!c.reason.empty()) return true;
            }
        }
        for (std::size_t i = 0; i < intent.allows.size(); ++i) {
            const Allow& a = intent.allows[i];
            if (a.rule != f.rule || (!a.device.empty() && a.device != f.device) || a.reason.empty() || expired(a))
                continue;
            const bool match = a.match.empty() || f.message.find(a.match) != std::string::npos ||
                               std::find(f.sources.begin(), f.sources.end(), a.match) != f.sources.end();
            if (!match) continue;
            allow_used[i] = true;
            return true;
        }
        return false;
    });
    for (const Comment& c : comments) {
        std::string codes;
        for (const std::string& code : c.codes) codes += (codes.empty() ? "" : ", ") + code;
        if (c.reason.empty()) {
            if (selected("EL904"))
                findings.push_back(note_of(
                    "EL904", "suppression-without-reason", base::Severity::error,
                    fmt::format("the suppression of {} gives no reason and has no effect; write `-- why` behind it",
                                codes),
                    c.span));
        } else if (!c.used && std::any_of(c.codes.begin(), c.codes.end(), selected) && selected("EL905")) {
            findings.push_back(note_of("EL905", "suppression-unused", base::Severity::note,
                                       fmt::format("nothing here is {}: the suppression is unused", codes), c.span));
        }
    }
    for (std::size_t i = 0; i < intent.allows.size(); ++i) {
        const Allow& a = intent.allows[i];
        if (a.reason.empty()) {
            if (selected("EL904"))
                findings.push_back(note_of("EL904", "suppression-without-reason", base::Severity::error,
                                           fmt::format("[[allow]] of {} gives no reason and has no effect", a.rule),
                                           a.span));
        } else if (expired(a)) {
            if (selected("EL905"))
                findings.push_back(note_of("EL905", "suppression-unused", base::Severity::error,
                                           fmt::format("[[allow]] of {} ended on {}", a.rule, a.until), a.span));
        } else if (!allow_used[i] && selected(a.rule) && selected("EL905")) {
            findings.push_back(note_of("EL905", "suppression-unused", base::Severity::note,
                                       fmt::format("[[allow]] of {} suppresses nothing", a.rule), a.span));
        }
    }
}

}  // namespace egresslint::lint
