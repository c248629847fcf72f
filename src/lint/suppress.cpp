// SPDX-License-Identifier: Apache-2.0
#include "lint/suppress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/date.hpp"
#include "lint/device_check.hpp"
#include "lint/rule_file.hpp"

namespace egresslint::lint {
namespace {

struct Comment {
    std::vector<std::string> codes;
    std::string reason;
    std::string until;
    std::string problem;  ///< why it has no effect; "" if it has
    base::Span span;
    std::uint32_t line = 0;    ///< where it stands
    std::uint32_t target = 0;  ///< the line that it is about
    bool used = false;
};

std::string_view trim(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
    return s;
}

bool is_sign(std::string_view word) { return word.front() < 'a' || word.front() > 'z'; }

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    while (!(text = trim(text)).empty()) {
        words.emplace_back(text.substr(0, text.find(' ')));
        text.remove_prefix(words.back().size());
    }
    return words;
}

constexpr std::string_view marker = "egresslint: allow";

/// A word that begins a comment: signs anywhere ("#", "<!--", "<descr>"), words only between blanks ("remark").
bool begins_comment(std::string_view line, std::size_t at, std::string_view word) {
    if (!line.substr(at).starts_with(word)) return false;
    const auto blank = [&](std::size_t i) { return i >= line.size() || line[i] == ' ' || line[i] == '\t'; };
    return is_sign(word) || ((at == 0 || blank(at - 1)) && blank(at + word.size()));
}

/// Where on a line the marker counts: in a comment, or as the beginning of a quoted text, which is how a rule's own
/// comment survives a listing. npos: it stands in the middle of something else. `end` is where that text ends, `alone`
/// whether nothing else stands on the line.
std::size_t marker_on(std::string_view line, const std::vector<std::string>& words, std::size_t& end, bool& alone) {
    bool quoted = false;
    std::size_t quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (quoted && line[i] == '\\') {
            ++i;
            continue;
        }
        if (line[i] == '"') {
            quoted = !quoted;
            quote = i;
        } else if (!quoted) {
            for (const std::string& word : words) {
                if (!begins_comment(line, i, word)) continue;
                const std::size_t on = line.find(marker, i);
                // XML: the text of an element ends with its tag, and a comment with its own sign.
                const bool xml = word.front() == '<';
                end = xml && on != std::string_view::npos
                          ? std::min(line.find(word == "<!--" ? "-->" : "<", on), line.size())
                          : line.size();
                // A remark is a statement of its own; an element's text belongs to the element.
                alone = !is_sign(word) || ((!xml || word == "<!--") && trim(line.substr(0, i)).empty());
                if (on != std::string_view::npos || !xml) return on;
            }
        }
        if (quoted && i == quote && line.substr(i + 1).starts_with(marker)) {
            end = std::min(line.find('"', i + 1), line.size());
            alone = false;
            return i + 1;
        }
    }
    return std::string_view::npos;
}

/// The whole line is a comment.
bool is_comment(std::string_view line, const std::vector<std::string>& words) {
    const std::string_view t = trim(line);
    if (t.empty()) return false;
    for (const std::string& word : words) {
        if (is_sign(word) ? t.starts_with(word) && (word.front() != '<' || word == "<!--")
                          : (" " + std::string(t) + " ").find(" " + word + " ") != std::string::npos)
            return true;
    }
    return false;
}

void read_words(std::string_view rest, Comment& c, const std::function<std::string(std::string_view)>& unknown) {
    const std::size_t dashes = rest.find("--");
    if (dashes != std::string_view::npos) c.reason = std::string(trim(rest.substr(dashes + 2)));
    rest = trim(rest.substr(0, dashes));
    while (!rest.empty()) {
        const std::size_t stop = rest.find_first_of(", \t");
        const std::string_view word = rest.substr(0, stop);
        if (word.starts_with("until="))
            c.until = std::string(word.substr(6));
        else if (!word.empty())
            c.codes.emplace_back(word);
        if (stop == std::string_view::npos) break;
        rest = trim(rest.substr(stop + 1));
    }
    if (c.codes.empty()) {
        c.problem = "a suppression names the rules that it suppresses: `egresslint: allow EL102 -- why`";
    } else if (!c.until.empty() && !base::is_date(c.until)) {
        c.problem = fmt::format("`until={}` is no date; write until=2027-03-31", c.until);
    } else {
        for (const std::string& code : c.codes)
            if (std::string wrong = unknown(code); !wrong.empty() && c.problem.empty()) c.problem = std::move(wrong);
        if (c.problem.empty() && c.reason.empty())
            c.problem = fmt::format("the suppression of {} gives no reason and has no effect; write `-- why` behind it",
                                    fmt::join(c.codes, ", "));
    }
}

/// All suppression comments of a text. One that stands alone is about the next line that is no comment.
std::vector<Comment> comments_of(const base::Sources& sources, base::FileId file, const std::vector<std::string>& words,
                                 const std::function<std::string(std::string_view)>& unknown) {
    std::vector<Comment> list;
    const std::string_view text = sources.text(file);
    for (std::size_t at = text.find(marker); at != std::string_view::npos;) {
        const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
        const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
        const std::size_t stop = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(start, stop - start);
        std::size_t end = line.size();
        bool alone = false;
        const std::size_t on = marker_on(line, words, end, alone);
        if (on != std::string_view::npos) {
            Comment c;
            c.span = {file, static_cast<std::uint32_t>(start + on), static_cast<std::uint32_t>(start + end)};
            c.line = c.target = sources.begin(c.span).line;
            if (alone) {
                do ++c.target;
                while (is_comment(sources.line(file, c.target), words));
            }
            read_words(trim(line.substr(on + marker.size(), end - on - marker.size())), c, unknown);
            list.push_back(std::move(c));
        }
        at = text.find(marker, stop);
    }
    return list;
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

std::vector<SuppressedFinding> apply_suppressions(std::vector<Finding>& findings, const Intent& intent,
                                                  const base::Sources& sources, const SuppressionRules& rules) {
    std::vector<Comment> comments;
    const auto unknown = [&](std::string_view code) {
        if (rules.known(code)) return std::string{};
        const std::string near = nearest_rule(code);
        return fmt::format("there is no rule {}, and the suppression has no effect{}", code,
                           near.empty() ? "" : fmt::format("; did you mean {}?", near));
    };
    for (std::size_t i = rules.first_text; i < std::min(sources.size(), rules.end_text); ++i) {
        if (sources.file(base::FileId(i)).path == intent.path && !intent.path.empty()) continue;
        const auto signs = rules.comments.find(sources.file(base::FileId(i)).path);
        auto found =
            comments_of(sources, base::FileId(i), split(signs == rules.comments.end() ? "#" : signs->second), unknown);
        comments.insert(comments.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    }
    std::vector<bool> allow_used(intent.allows.size(), false);
    const std::string date = rules.today.empty() ? base::today() : rules.today;
    const auto expired = [&](const std::string& until) { return !until.empty() && until < date; };
    const auto silences = [&](const Finding& f, SuppressedFinding& by) {
        bool gone = false;
        if (f.span.valid()) {
            const std::uint32_t first = sources.begin(f.span).line;
            // A span may end with the line end of its last line.
            const std::uint32_t last =
                sources.position(f.span.file, f.span.end > f.span.begin ? f.span.end - 1 : f.span.end).line;
            for (Comment& c : comments) {
                if (c.span.file != f.span.file || c.target < first || c.target > last) continue;
                if (!c.problem.empty() || std::find(c.codes.begin(), c.codes.end(), f.rule) == c.codes.end()) continue;
                c.used = true;
                if (gone || expired(c.until)) continue;
                gone = true;
                by = {{}, true, c.reason, c.span};
            }
        }
        for (std::size_t i = 0; i < intent.allows.size() && !gone; ++i) {
            const Allow& a = intent.allows[i];
            if (a.rule != f.rule || (!a.device.empty() && a.device != f.device) || a.reason.empty() || expired(a.until))
                continue;
            const bool match = a.match.empty() || f.message.find(a.match) != std::string::npos ||
                               std::find(f.sources.begin(), f.sources.end(), a.match) != f.sources.end();
            if (!match) continue;
            allow_used[i] = true;
            gone = true;
            by = {{}, false, a.reason, a.span};
        }
        return gone;
    };
    std::vector<SuppressedFinding> out;
    std::vector<Finding> left;
    for (Finding& f : findings) {
        SuppressedFinding by;
        if (silences(f, by)) {
            by.finding = std::move(f);
            out.push_back(std::move(by));
        } else {
            left.push_back(std::move(f));
        }
    }
    findings = std::move(left);
    const auto say = [&](const char* code, base::Severity severity, std::string message, base::Span span) {
        if (!rules.selected(code)) return;
        findings.push_back(
            note_of(code, std::string_view(code) == "EL904" ? "suppression-without-reason" : "suppression-unused",
                    severity, std::move(message), span));
    };
    for (const Comment& c : comments) {
        const std::string codes = fmt::format("{}", fmt::join(c.codes, ", "));
        if (!c.problem.empty())
            say("EL904", base::Severity::error, c.problem, c.span);
        else if (expired(c.until))
            say("EL905", base::Severity::error, fmt::format("the suppression of {} ended on {}", codes, c.until),
                c.span);
        else if (!c.used && std::any_of(c.codes.begin(), c.codes.end(), rules.selected))
            say("EL905", base::Severity::note, fmt::format("nothing here is {}: the suppression is unused", codes),
                c.span);
    }
    for (std::size_t i = 0; i < intent.allows.size(); ++i) {
        const Allow& a = intent.allows[i];
        const bool here =
            a.device.empty() || std::find(rules.devices.begin(), rules.devices.end(), a.device) != rules.devices.end();
        if (const std::string wrong = unknown(a.rule); !wrong.empty())
            say("EL904", base::Severity::error, "[[allow]]: " + wrong, a.span);
        else if (a.reason.empty())
            say("EL904", base::Severity::error,
                fmt::format("[[allow]] of {} gives no reason and has no effect", a.rule), a.span);
        else if (expired(a.until))
            say("EL905", base::Severity::error, fmt::format("[[allow]] of {} ended on {}", a.rule, a.until), a.span);
        else if (!allow_used[i] && here && rules.selected(a.rule))
            say("EL905", base::Severity::note, fmt::format("[[allow]] of {} suppresses nothing", a.rule), a.span);
    }
    return out;
}

std::vector<SuppressionComment> suppression_comments(const base::Sources& sources, base::FileId file,
                                                     const std::string& words) {
    std::vector<SuppressionComment> out;
    for (const Comment& c : comments_of(sources, file, split(words), [](std::string_view) { return std::string{}; })) {
        std::string_view text = sources.text(c.span);
        text.remove_prefix(std::min(marker.size(), text.size()));
        out.push_back({std::string(trim(text)), c.span});
    }
    return out;
}

}  // namespace egresslint::lint
