// SPDX-License-Identifier: Apache-2.0
#include "evidence/exim_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "evidence/plain_text.hpp"

namespace egresslint::evidence {
namespace {

constexpr std::size_t most_lines = 100'000;
constexpr std::size_t longest = 65'536;
constexpr std::size_t most_macros = 5000;
constexpr int deepest = 16;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_word(char c) { return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

class Reader {
public:
    Reader(const base::Sources& sources, std::vector<MtaText>& fragments, base::Diagnostics& diagnostics)
        : sources_(sources), fragments_(fragments), diagnostics_(diagnostics) {}

    void file(base::FileId id, int depth) {
        const std::size_t open = conditions_.size();
        for (std::string_view line : lines(sources_.text(id))) {
            if (given_up_) return;
            if (++count_ > most_lines) return give_up(span_of(sources_, id, line), "more than 100,000 lines");
            physical(id, line, depth);
        }
        flush();
        if (conditions_.size() > open) {
            fatal(diagnostics_, conditions_.back().span, "this condition has no .endif");
            conditions_.resize(open);
        }
    }

    EximLines out;

private:
    enum class State : std::uint8_t { yes, no, unknown };
    struct Condition {
        State state = State::yes;
        bool taken = false;   ///< a branch before this one was it
        bool unsure = false;  ///< a branch before this one may have been it
        base::Span span;
    };
    struct Macro {
        std::string name, value;
        bool uncertain = false;  ///< whether it has this value hangs on how Exim was built
    };

    void give_up(const base::Span& span, std::string why) {
        if (!given_up_) fatal(diagnostics_, span, std::move(why));
        given_up_ = true;
    }
    [[nodiscard]] bool skipping() const {
        return std::any_of(conditions_.begin(), conditions_.end(),
                           [](const Condition& c) { return c.state == State::no; });
    }
    [[nodiscard]] bool uncertain() const {
        return std::any_of(conditions_.begin(), conditions_.end(),
                           [](const Condition& c) { return c.state == State::unknown; });
    }

    void physical(base::FileId id, std::string_view line, int depth) {
        const base::Span span = span_of(sources_, id, line);
        const std::string_view bare = trim(line);
        // Comments do not end a line that goes on; empty lines do.
        if (bare.starts_with('#')) return;
        if (bare.starts_with('.') && directive(bare, span, depth)) return;
        if (skipping()) return;
        const bool first = pending_.text.empty();
        if (bare.empty()) return flush();
        std::string text = with_macros(bare, span, first);
        const bool unsure = uncertain() || found_uncertain_;
        const bool goes_on = text.ends_with('\\');
        if (goes_on) text.pop_back();
        if (first) {
            pending_ = {text, span, unsure};
        } else {
            pending_.text += text;
            pending_.uncertain |= unsure;
            pending_.span.end = pending_.span.file == span.file ? span.end : pending_.span.end;
        }
        if (pending_.text.size() > longest) return give_up(span, "a line of more than 64 KiB");
        if (!goes_on) flush();
    }

    void flush() {
        if (pending_.text.empty()) return;
        EximLine line = std::move(pending_);
        pending_ = {};
        line.text = std::string(trim(line.text));
        if (line.text.empty() || definition(line)) return;
        out.lines.push_back(std::move(line));
    }

    /// "NAME = value" defines, "NAME == value" defines anew.
    bool definition(const EximLine& line) {
        if (!is_upper(line.text.front())) return false;
        std::size_t end = 0;
        while (end < line.text.size() && is_word(line.text[end])) ++end;
        const std::string_view rest = trim(std::string_view(line.text).substr(end));
        if (!rest.starts_with('=')) return false;
        const std::string name = line.text.substr(0, end);
        const bool again = rest.starts_with("==");
        const std::string value(trim(rest.substr(again ? 2 : 1)));
        const auto found = std::find_if(macros_.begin(), macros_.end(), [&](const Macro& m) { return m.name == name; });
        const auto part = std::find_if(macros_.begin(), macros_.end(), [&](const Macro& m) {
            return m.name != name && name.find(m.name) != std::string::npos;
        });
        if (part != macros_.end()) {
            fatal(diagnostics_, line.span,
                  fmt::format("the macro {} has the name of {}, defined before, in it: Exim refuses that", name,
                              part->name));
        } else if (found == macros_.end()) {
            if (macros_.size() >= most_macros)
                give_up(line.span, "more than 5,000 macros");
            else
                macros_.push_back({name, value, line.uncertain});
        } else if (again) {
            found->value = value;
            found->uncertain |= line.uncertain;
        } else {
            fatal(diagnostics_, line.span,
                  fmt::format("the macro {} is defined twice: Exim refuses that, unless it is written ==", name));
        }
        return true;
    }

    /// Each macro in order of definition replaces its name wherever it stands, even inside of words.
    std::string with_macros(std::string_view line, const base::Span& span, bool first) {
        std::string text(line);
        // A definition keeps the name that it defines.
        std::size_t from = 0;
        if (first && is_upper(text.front())) {
            while (from < text.size() && is_word(text[from])) ++from;
            if (!trim(std::string_view(text).substr(from)).starts_with('=')) from = 0;
        }
        found_ = found_uncertain_ = false;
        for (const Macro& macro : macros_) {
            for (std::size_t at = text.find(macro.name, from); at != std::string::npos;
                 at = text.find(macro.name, at + macro.value.size())) {
                (macro.uncertain ? found_uncertain_ : found_) = true;
                text.replace(at, macro.name.size(), macro.value);
                if (text.size() > longest) {
                    give_up(span, "the macros of this line come to more than 64 KiB");
                    return {};
                }
            }
        }
        return text;
    }

    bool directive(std::string_view line, const base::Span& span, int depth) {
        const std::size_t blank = std::min(line.find_first_of(" \t"), line.size());
        const std::string_view word = line.substr(0, blank);
        const std::string_view rest = trim(line.substr(blank));
        if (word == ".ifdef" || word == ".ifndef") {
            Condition c;
            c.span = span;
            decide(c, word == ".ifndef", rest, span);
            conditions_.push_back(c);
        } else if (word == ".elifdef" || word == ".elifndef" || word == ".else" || word == ".endif") {
            if (conditions_.empty()) {
                fatal(diagnostics_, span, fmt::format("{} without .ifdef", word));
            } else if (word == ".endif") {
                conditions_.pop_back();
            } else {
                Condition& c = conditions_.back();
                if (c.taken)
                    c.state = State::no;
                else if (word == ".else")
                    c.state = c.unsure ? State::unknown : State::yes;
                else
                    decide(c, word == ".elifndef", rest, span);
            }
        } else if (word == ".include" || word == ".include_if_exists") {
            if (!skipping()) include(std::string(rest), word == ".include_if_exists", span, depth);
        } else {
            return false;
        }
        return true;
    }

    void decide(Condition& c, bool negated, std::string_view rest, const base::Span& span) {
        const auto words = split(rest, " \t");
        const bool built_in = std::any_of(words.begin(), words.end(), [](std::string_view w) {
            return w.size() > 1 && w[0] == '_' && is_upper(w[1]);
        });
        (void)with_macros(rest, span, false);
        if ((built_in || found_uncertain_) && !found_)
            c.state = State::unknown;
        else
            c.state = found_ != negated ? State::yes : State::no;
        if (c.state == State::yes && c.unsure) c.state = State::unknown;
        c.taken |= c.state == State::yes;
        c.unsure |= c.state == State::unknown;
    }

    void include(std::string name, bool if_exists, const base::Span& span, int depth) {
        name = with_macros(name, span, false);
        if (depth >= deepest) return give_up(span, "includes nest deeper than 16 files");
        if (name.size() > 1 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
        const auto found = std::find_if(fragments_.begin(), fragments_.end(),
                                        [&](const MtaText& f) { return lies_at(sources_.file(f.file).path, name); });
        if (found != fragments_.end()) {
            const base::FileId id = found->file;
            fragments_.erase(found);
            used_.insert(id.value);
            return file(id, depth + 1);
        }
        for (const std::uint32_t id : used_)
            if (lies_at(sources_.file(base::FileId(id)).path, name)) return file(base::FileId(id), depth + 1);
        incomplete(diagnostics_, span,
                   fmt::format("{} is included{} and was not given", name, if_exists ? ", if it exists," : ""));
        out.missing.push_back({fmt::format("{} is included and was not given", name), span});
    }
    /// The file that was given has the name and the last folders of the one that is included.
    static bool lies_at(const std::string& path, std::string_view name) {
        const std::string_view p = path;
        const std::size_t slash = p.rfind('/');
        const std::string_view file = slash == std::string_view::npos ? p : p.substr(slash + 1);
        return name == p || name.ends_with("/" + std::string(p)) || p.ends_with("/" + std::string(name)) ||
               (name.rfind('/') != std::string_view::npos && name.substr(name.rfind('/') + 1) == file);
    }

    const base::Sources& sources_;
    std::vector<MtaText>& fragments_;
    base::Diagnostics& diagnostics_;
    std::vector<Condition> conditions_;
    std::vector<Macro> macros_;
    std::set<std::uint32_t> used_;
    EximLine pending_;
    std::size_t count_ = 0;
    bool found_ = false, found_uncertain_ = false;  // macros of the text that was looked at last
    bool given_up_ = false;
};

}  // namespace

EximLines exim_lines(const base::Sources& sources, base::FileId file, std::vector<MtaText>& fragments,
                     base::Diagnostics& diagnostics) {
    Reader reader(sources, fragments, diagnostics);
    reader.file(file, 0);
    return std::move(reader.out);
}

}  // namespace egresslint::evidence
