// SPDX-License-Identifier: Apache-2.0
// Which of the changed lines make the difference. Two ways of one packet are compared step by step; what a step's rule
// refers to (a set, an object, a define) may be what changed.
#include <algorithm>
#include <set>
#include <tuple>

#include "lint/change.hpp"

namespace egresslint::lint {

using namespace model;

namespace {

constexpr std::size_t most_causes = 8;
constexpr std::size_t longest_text = 200;
constexpr std::size_t most_objects = 200;

std::string on_one_line(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!blank)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
        if (out.size() > longest_text) break;
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

/// A step without its place: the same rule in the other version takes the same step.
using StepKey = std::tuple<std::string, std::string, std::string>;

struct Taken {
    const flow::Step* step = nullptr;
    StepKey key;
    base::Span span;  ///< of the rule, or of the stage for its default; invalid for what nobody wrote
    bool filter = false;
    std::string text;
};

std::vector<Taken> steps_of(const Device& d, const flow::Outcome& way) {
    std::vector<Taken> out;
    for (const flow::Step& s : way.steps) {
        Taken t;
        t.step = &s;
        const Stage* stage = s.stage.valid() ? &d.pipeline[s.stage.index()] : nullptr;
        OriginId origin = stage != nullptr ? stage->origin : OriginId{};
        t.filter = stage != nullptr && stage->label == Label::filter;
        if (s.rule.valid()) origin = d.rules[s.rule.index()].origin;
        if (origin.valid()) {
            const Origin& o = d.origins[origin.index()];
            t.span = o.span;
            t.text = on_one_line(o.text);
        }
        t.key = {stage != nullptr ? stage->name : "", t.text, s.effect};
        out.push_back(std::move(t));
    }
    return out;
}

class Search {
public:
    Search(const base::Sources& sources, const ChangedLines& lines) : sources_(sources), lines_(lines) {}

    void add(const base::Span& span, bool after, std::string what) {
        if (!span.valid() || out_.size() >= most_causes || !seen_.emplace(span.file.value, span.begin).second) return;
        out_.push_back({span, after, std::move(what), on_one_line(sources_.text(span))});
    }

    /// Rules of the steps on changed lines.
    void changed_rules(const std::vector<Taken>& steps, bool after) {
        for (const Taken& t : steps)
            if (lines_.touches(sources_, t.span)) add(t.span, after, after ? "added" : "removed");
    }
    /// Definitions, on changed lines, of what the rules of the steps use, and of what those use in turn.
    void changed_uses(const Device& d, const std::vector<Taken>& steps, bool after) {
        const auto inside = [](const base::Span& a, const base::Span& b) {
            return b.valid() && a.file == b.file && a.begin >= b.begin && a.end <= b.end;
        };
        std::vector<base::Span> users;
        for (const Taken& t : steps)
            if (t.step->rule.valid()) users.push_back(t.span);
        const Landmarks marks(d);
        std::set<const Object*> met;
        // Each round meets new objects, or it is the last.
        for (std::size_t at = 0; at < users.size() && met.size() < most_objects; ++at)
            for (const Object& object : d.objects) {
                if (met.contains(&object) ||
                    std::none_of(object.used.begin(), object.used.end(),
                                 [&](const base::Span& use) { return inside(use, users[at]); }))
                    continue;
                met.insert(&object);
                const base::Span whole = marks.region(object.defined);
                users.push_back(whole);
                for (const base::Span& span : changed_lines(whole))
                    add(span, after, (after ? "added: " : "removed: ") + object.kind + " " + object.name);
            }
    }
    /// Anything of the device on changed lines: interfaces, routes, rules that no packet meets now.
    void changed_surroundings(const Device& d, bool after) {
        for (const Interface& f : d.interfaces)
            if (lines_.touches(sources_, f.span)) add(f.span, after, "interface " + f.name);
        for (const Route& r : d.routes)
            if (!r.assumed && lines_.touches(sources_, r.span)) add(r.span, after, "route");
    }
    void rules(const Device& d, const std::vector<Taken>& steps, bool after) {
        for (const Taken& t : steps) {
            if (t.step->rule.valid() ? !acts(d.rules[t.step->rule.index()]) : !t.filter) continue;
            const char* what = after ? "decides now" : "decided before";
            add(t.span, after, t.step->rule.valid() ? what : std::string("default, ") + what);
        }
    }

    [[nodiscard]] bool empty() const { return out_.empty(); }
    [[nodiscard]] std::vector<Cause> take() { return std::move(out_); }

private:
    /// Decides, rewrites or remarks; does not merely look something up.
    static bool acts(const Rule& rule) {
        return std::holds_alternative<Decide>(rule.control) ||
               std::any_of(rule.effects.begin(), rule.effects.end(),
                           [](const Effect& e) { return !std::holds_alternative<Assign>(e); });
    }
    /// Readers note the name that a definition begins with; it ends where the next thing begins.
    class Landmarks {
    public:
        explicit Landmarks(const Device& d) {
            for (const Object& object : d.objects) add(object.defined);
            for (const Origin& origin : d.origins)
                if (!origin.element) add(origin.span);
        }
        [[nodiscard]] base::Span region(const base::Span& name) const {
            const auto next = begins_.upper_bound({name.file.value, name.end == 0 ? 0 : name.end - 1});
            base::Span out = name;
            out.end = next == begins_.end() || next->first != name.file.value ? 0xffffffffu : next->second;
            return out;
        }

    private:
        void add(const base::Span& span) {
            if (span.valid()) begins_.emplace(span.file.value, span.begin);
        }
        std::set<std::pair<std::uint32_t, std::uint32_t>> begins_;
    };

    /// The changed lines from the one on which the span begins to the one before which it ends.
    [[nodiscard]] std::vector<base::Span> changed_lines(const base::Span& span) const {
        std::vector<base::Span> out;
        if (!span.valid()) return out;
        const std::string_view whole = sources_.text(span.file);
        const std::uint32_t first = sources_.begin(span).line;
        for (const std::uint32_t line : lines_.lines(span.file)) {
            if (line < first) continue;
            const std::string_view text = sources_.line(span.file, line);
            if (text.data() == nullptr) continue;
            const auto begin = static_cast<std::uint32_t>(text.data() - whole.data());
            if (begin >= span.end) break;
            const std::size_t skip = std::min(text.find_first_not_of(" \t"), text.size());
            if (skip < text.size())
                out.push_back({span.file, begin + static_cast<std::uint32_t>(skip),
                               begin + static_cast<std::uint32_t>(text.size())});
        }
        return out;
    }

    const base::Sources& sources_;
    const ChangedLines& lines_;
    std::set<std::pair<std::uint32_t, std::uint32_t>> seen_;
    std::vector<Cause> out_;
};

std::vector<Taken> only_in(const std::vector<Taken>& a, const std::vector<Taken>& b) {
    std::multiset<StepKey> there;
    for (const Taken& t : b) there.insert(t.key);
    std::vector<Taken> out;
    for (const Taken& t : a) {
        if (const auto at = there.find(t.key); at != there.end())
            there.erase(at);
        else
            out.push_back(t);
    }
    return out;
}

}  // namespace

std::vector<Cause> causes_of(const Device& before, const flow::Outcome& old_way, const Device& after,
                             const flow::Outcome& new_way, const base::Sources& sources, const ChangedLines& lines) {
    const std::vector<Taken> old_steps = steps_of(before, old_way), new_steps = steps_of(after, new_way);
    const std::vector<Taken> old_only = only_in(old_steps, new_steps), new_only = only_in(new_steps, old_steps);
    Search search(sources, lines);
    search.changed_rules(new_only, true);
    search.changed_rules(old_only, false);
    if (search.empty()) {
        search.changed_uses(after, new_only, true);
        search.changed_uses(before, old_only, false);
        // The other version has the rule, too; only what it means has changed.
        search.changed_uses(after, new_steps, true);
        search.changed_uses(before, old_steps, false);
    }
    if (search.empty()) {
        search.changed_surroundings(after, true);
        search.changed_surroundings(before, false);
    }
    search.rules(after, new_only, true);
    search.rules(before, old_only, false);
    return search.take();
}

// -- where a finding is shown --------------------------------------------------------------------------------------

namespace {

/// The line of the new text where lines were taken away, nearest to what the finding is about.
std::optional<base::Span> gap_near(const Finding& f, const base::Sources& sources, const ChangedLines& lines) {
    if (!f.span.valid()) return std::nullopt;
    const std::vector<std::uint32_t> gaps = lines.gaps(f.span.file);
    if (gaps.empty()) return std::nullopt;
    const auto at = static_cast<std::int64_t>(sources.begin(f.span).line);
    const auto far = [&](std::uint32_t line) { return std::abs(static_cast<std::int64_t>(line) - at); };
    std::uint32_t best = gaps.front();
    for (const std::uint32_t line : gaps)
        if (far(line) < far(best)) best = line;
    const std::string_view text = sources.line(f.span.file, best);
    const std::string_view whole = sources.text(f.span.file);
    if (text.data() == nullptr || whole.empty()) return std::nullopt;
    const auto begin = static_cast<std::uint32_t>(text.data() - whole.data());
    const auto skip = static_cast<std::uint32_t>(std::min(text.find_first_not_of(" \t"), text.size()));
    return base::Span{f.span.file, begin + skip, begin + static_cast<std::uint32_t>(text.size())};
}

void move_to(Finding& f, const base::Span& span, std::string label) {
    if (f.span.valid() && !(f.span == span))
        f.related.insert(f.related.begin(), {f.span, f.label.empty() ? "the rule that the finding is about" : f.label});
    f.span = span;
    f.label = std::move(label);
}

/// Witnesses of findings go to other hosts; of what else is not known, any case will do.
flow::Outcome way_of(const Device& d, const flow::Packet& packet) {
    flow::Valuation known;
    for (std::uint32_t i = 0; i < d.predicates.size(); ++i)
        if (asks_for_own_destination(d.predicates[i])) known.predicates[i] = 0;
    const flow::Trace trace = flow::trace(d, packet, known);
    return trace.branches.empty() ? trace.outcome : trace.branches.front();
}

/// The causes of what happens to the witness, on changed lines of the new version; removed ones go to `removed`.
std::optional<base::Span> cause_of_witness(const Finding& f, const Alike& versions, const base::Sources& sources,
                                           const ChangedLines& lines, std::vector<Cause>& removed) {
    if (!f.witness) return std::nullopt;
    const auto now = packet_from_text(versions.after.device, *f.witness);
    const auto then = packet_from_text(versions.before.device, *f.witness);
    if (!now || !then) return std::nullopt;
    const auto causes = causes_of(versions.before.device, way_of(versions.before.device, *then), versions.after.device,
                                  way_of(versions.after.device, *now), sources, lines);
    for (const Cause& c : causes)
        if (!c.after && lines.touches(sources, c.span)) removed.push_back(c);
    for (const Cause& c : causes)
        if (c.after && lines.covers(sources, c.span)) return c.span;
    return std::nullopt;
}

}  // namespace

void place_on_change(std::vector<Finding>& findings, const std::string& device, const Alike& versions,
                     const base::Sources& sources, const ChangedLines& lines) {
    for (Finding& f : findings) {
        if (f.device != device || lines.covers(sources, f.span)) continue;
        if (f.span.valid() && !lines.comparable(f.span.file)) continue;
        const auto related = std::find_if(f.related.begin(), f.related.end(),
                                          [&](const Related& r) { return lines.covers(sources, r.span); });
        if (related != f.related.end()) {
            const Related to = *related;
            f.related.erase(related);
            move_to(f, to.span, to.label);
            continue;
        }
        std::vector<Cause> removed;
        if (const auto span = cause_of_witness(f, versions, sources, lines, removed)) {
            move_to(f, *span, "this change brings the finding");
            continue;
        }
        const auto step = std::find_if(f.trace.begin(), f.trace.end(),
                                       [&](const TraceStep& s) { return lines.covers(sources, s.span); });
        if (step != f.trace.end()) {
            move_to(f, step->span, "this change brings the finding");
            continue;
        }
        if (const auto span = gap_near(f, sources, lines); span && !removed.empty()) {
            if (sources.begin(*span).line != sources.begin(f.span).line)
                move_to(f, *span, "before this line, the change takes lines away");
            for (const Cause& c : removed) f.related.push_back({c.span, "removed: " + c.text});
        }
    }
}

}  // namespace egresslint::lint
