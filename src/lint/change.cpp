// SPDX-License-Identifier: Apache-2.0
// From two lists of devices to a report: devices are paired, their flows compared, and of the findings those named that
// only one version has.
#include "lint/change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "lint/suppress.hpp"
#include "model/combine.hpp"

namespace egresslint::lint {

using namespace model;

std::string_view kind_name(FlowKind kind) {
    static constexpr std::array<std::string_view, flow_kinds> names{
        "accepted", "source", "interface", "destination", "blocked", "unlogged", "logged", "port", "treatment"};
    return names[static_cast<std::size_t>(kind)];
}

bool ChangeReport::nothing_changes() const {
    return std::all_of(devices.begin(), devices.end(), [](const DeviceChange& d) {
        return d.is == DeviceChange::Is::compared && d.flows.empty() && d.undecided.empty();
    });
}

bool ChangeReport::has(FlowKind kind) const {
    return std::any_of(devices.begin(), devices.end(), [&](const DeviceChange& d) {
        return std::any_of(d.flows.begin(), d.flows.end(), [&](const FlowChange& c) {
            return std::find(c.kinds.begin(), c.kinds.end(), kind) != c.kinds.end();
        });
    });
}

// -- changed lines

namespace {

using Lines = std::map<std::uint32_t, bool>;

std::pair<std::uint32_t, std::uint32_t> lines_of(const base::Sources& sources, const base::Span& span) {
    // A span may end with the line end of its last line.
    return {sources.begin(span).line,
            sources.position(span.file, span.end > span.begin ? span.end - 1 : span.end).line};
}

std::vector<std::uint32_t> numbers(const std::map<std::uint32_t, Lines>& all, base::FileId file) {
    std::vector<std::uint32_t> out;
    if (const auto of = all.find(file.value); of != all.end())
        for (const auto& [line, ignored] : of->second) out.push_back(line);
    return out;
}

}  // namespace

void ChangedLines::change(base::FileId file, std::uint32_t line) { changed_[file.value][line] = true; }
void ChangedLines::gap(base::FileId file, std::uint32_t line) { gaps_[file.value][line] = true; }
std::vector<std::uint32_t> ChangedLines::lines(base::FileId file) const { return numbers(changed_, file); }
std::vector<std::uint32_t> ChangedLines::gaps(base::FileId file) const { return numbers(gaps_, file); }

bool ChangedLines::touches(const base::Sources& sources, const base::Span& span) const {
    if (!span.valid()) return false;
    const auto of = changed_.find(span.file.value);
    if (of == changed_.end()) return false;
    const auto [first, last] = lines_of(sources, span);
    const auto at = of->second.lower_bound(first);
    return at != of->second.end() && at->first <= last;
}

bool ChangedLines::covers(const base::Sources& sources, const base::Span& span) const {
    if (!span.valid()) return false;
    const auto of = changed_.find(span.file.value);
    if (of == changed_.end()) return false;
    const auto [first, last] = lines_of(sources, span);
    for (std::uint32_t line = first; line <= last; ++line)
        if (!of->second.contains(line)) return false;
    return true;
}

// -- findings

namespace {

/// Two findings of one problem: the fingerprint says so, or the same words about the same device.
using Words = std::tuple<std::string, std::string, std::string, std::string>;
Words words_of(const Finding& f) { return {f.rule, f.device, f.subject, without_places(f.message)}; }

struct Matched {
    std::vector<Finding> fresh, gone;
    std::size_t both = 0;
};

template <class Key, class Of>
void take_pairs(std::vector<Finding>& before, std::vector<Finding>& after, std::size_t& both, const Of& of) {
    std::multiset<Key> there;
    for (const Finding& f : before) there.insert(of(f));
    std::multiset<Key> met;
    std::erase_if(after, [&](const Finding& f) {
        const auto at = there.find(of(f));
        if (at == there.end()) return false;
        met.insert(*at);
        there.erase(at);
        return true;
    });
    both += met.size();
    std::erase_if(before, [&](const Finding& f) {
        const auto at = met.find(of(f));
        if (at == met.end()) return false;
        met.erase(at);
        return true;
    });
}

std::size_t match(std::vector<Finding>& before, std::vector<Finding>& after) {
    std::size_t both = 0;
    take_pairs<std::pair<std::string, std::string>>(
        before, after, both, [](const Finding& f) { return std::pair(f.device, f.fingerprint); });
    take_pairs<Words>(before, after, both, words_of);
    return both;
}

/// Of the findings that are gone, those that the new version has and suppresses.
std::vector<SuppressedFinding> take_hidden(std::vector<Finding>& gone,
                                           const std::vector<SuppressedFinding>& suppressed) {
    std::vector<SuppressedFinding> out;
    std::vector<Finding> left;
    for (Finding& f : gone) {
        const auto by = std::find_if(suppressed.begin(), suppressed.end(), [&](const SuppressedFinding& s) {
            return s.finding.fingerprint == f.fingerprint || words_of(s.finding) == words_of(f);
        });
        if (by == suppressed.end())
            left.push_back(std::move(f));
        else
            out.push_back(*by);
    }
    gone = std::move(left);
    return out;
}

// -- what else a change brings

RemarkChanges changes_of(std::vector<Remark> before, std::vector<Remark> after) {
    RemarkChanges out;
    std::multiset<std::string> there;
    for (const Remark& r : before) there.insert(without_places(r.text));
    for (Remark& r : after) {
        const auto at = there.find(without_places(r.text));
        if (at == there.end())
            out.added.push_back(std::move(r));
        else
            there.erase(at);
    }
    for (Remark& r : before)
        if (const auto at = there.find(without_places(r.text)); at != there.end()) {
            there.erase(at);
            out.removed.push_back(std::move(r));
        }
    return out;
}

std::vector<Remark> suppressions_of(const Version& version, const base::Sources& sources) {
    std::map<std::string, std::string> comments;
    for (const DeviceInput& device : version.devices)
        for (const std::string& file : device.files) comments[file] = device.comment;
    std::vector<Remark> out;
    for (std::size_t i = version.options.first_text; i < std::min(sources.size(), version.options.end_text); ++i) {
        const base::FileId file(i);
        const std::string& path = sources.file(file).path;
        if (!version.intent->path.empty() && path == version.intent->path) continue;
        const auto signs = comments.find(path);
        for (SuppressionComment& c : suppression_comments(sources, file, signs == comments.end() ? "#" : signs->second))
            out.push_back({"allow " + c.text, c.span});
    }
    for (const Allow& a : version.intent->allows) {
        std::string text = "[[allow]] " + a.rule;
        const auto also = [&](const char* key, const std::string& value) {
            if (!value.empty()) text += fmt::format(" {}={}", key, value);
        };
        also("device", a.device);
        also("match", a.match);
        also("until", a.until);
        out.push_back({text + (a.reason.empty() ? "" : " -- " + a.reason), a.span});
    }
    return out;
}

std::vector<Remark> assumptions_of(const Report& report) {
    std::vector<Remark> out;
    for (const Assumption& a : report.assumptions)
        out.push_back({fmt::format("{}: {}: {}", a.device, a.what, a.because), a.span});
    return out;
}

/// Lines of the intent file with something on them, of which some other line is not the same but for blanks.
std::vector<Remark> intent_lines(const Version& version, const base::Sources& sources) {
    std::vector<Remark> out;
    if (version.intent->path.empty()) return out;
    for (std::size_t i = version.options.first_text; i < std::min(sources.size(), version.options.end_text); ++i) {
        const base::FileId file(i);
        if (sources.file(file).path != version.intent->path) continue;
        const std::string_view text = sources.text(file);
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            std::string_view line = text.substr(at, end - at);
            std::size_t skip = 0;
            while (skip < line.size() && (line[skip] == ' ' || line[skip] == '\t')) ++skip;
            line.remove_prefix(skip);
            while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t'))
                line.remove_suffix(1);
            if (!line.empty() && line.front() != '#')
                out.push_back({std::string(line),
                               {file, static_cast<std::uint32_t>(at + skip),
                                static_cast<std::uint32_t>(at + skip + line.size())}});
            at = end + 1;
        }
        break;
    }
    return out;
}

// -- devices

const DeviceInput* find(const std::vector<DeviceInput>& devices, const std::string& name) {
    for (const DeviceInput& d : devices)
        if (d.device.name == name) return &d;
    return nullptr;
}

bool same_texts(const Version& before, const Version& after, const DeviceInput& a, const DeviceInput& b,
                const base::Sources& sources, const ChangedLines& lines) {
    const auto untouched = [&](const Version& version, const DeviceInput& device) {
        for (std::size_t i = version.options.first_text; i < std::min(sources.size(), version.options.end_text); ++i) {
            const base::FileId id(i);
            if (std::find(device.files.begin(), device.files.end(), sources.file(id).path) == device.files.end())
                continue;
            if (!lines.comparable(id) || !lines.lines(id).empty()) return false;
        }
        return true;
    };
    return a.files.size() == b.files.size() && untouched(before, a) && untouched(after, b);
}

void say(const ChangeOptions& options, const std::string& what, double done) {
    if (options.progress) options.progress(what, done);
}

}  // namespace

ChangeReport compare(Version before, Version after, const ChangedLines& lines, const base::Sources& sources,
                     const ChangeOptions& options) {
    ChangeReport out;
    out.before = before.name;
    out.after = after.name;
    // Two single devices are two versions of one, whatever their files are called.
    if (before.devices.size() == 1 && after.devices.size() == 1)
        before.devices.front().device.name = after.devices.front().device.name;

    std::vector<std::pair<std::size_t, Alike>> compared;
    const std::size_t count = after.devices.size() + 1;
    for (std::size_t n = 0; n < after.devices.size(); ++n) {
        const DeviceInput& b = after.devices[n];
        say(options, b.device.name, 0.5 * static_cast<double>(n) / static_cast<double>(count));
        DeviceChange change;
        change.name = b.device.name;
        change.files_after = b.files;
        change.dialect_after = b.dialect;
        const DeviceInput* a = find(before.devices, b.device.name);
        if (a == nullptr) {
            change.is = DeviceChange::Is::added;
        } else {
            change.files_before = a->files;
            change.dialect_before = a->dialect;
            change.same_text = same_texts(before, after, *a, b, sources, lines);
            Alike alike = prepare_alike(*a, *before.intent, b, *after.intent, sources, options.interfaces);
            change.notes = alike.notes;
            changed_flows(alike, sources, lines, options.budget, change);
            compared.emplace_back(out.devices.size(), std::move(alike));
        }
        out.devices.push_back(std::move(change));
    }
    for (const DeviceInput& a : before.devices) {
        if (find(after.devices, a.device.name) != nullptr) continue;
        DeviceChange change;
        change.is = DeviceChange::Is::removed;
        change.name = a.device.name;
        change.files_before = a.files;
        change.dialect_before = a.dialect;
        out.devices.push_back(std::move(change));
    }

    out.suppressions = changes_of(suppressions_of(before, sources), suppressions_of(after, sources));
    out.intent = changes_of(intent_lines(before, sources), intent_lines(after, sources));
    say(options, "findings", 0.6);
    Report old = check(std::move(before.devices), *before.intent, sources, before.options);
    say(options, "findings", 0.8);
    out.report = check(std::move(after.devices), *after.intent, sources, after.options);
    out.assumptions = changes_of(assumptions_of(old), assumptions_of(out.report));
    out.unchanged = match(old.findings, out.report.findings);
    out.gone = std::move(old.findings);
    out.hidden = take_hidden(out.gone, out.report.suppressed);
    for (const auto& [at, alike] : compared)
        place_on_change(out.report.findings, out.devices[at].name, alike, sources, lines);
    const auto place = [&](const Finding& f) {
        const bool has = f.span.valid();
        return std::tuple(f.device, has ? sources.file(f.span.file).path : std::string{},
                          has ? sources.begin(f.span).line : 0u, f.rule);
    };
    std::stable_sort(out.report.findings.begin(), out.report.findings.end(),
                     [&](const Finding& a, const Finding& b) { return place(a) < place(b); });
    say(options, "done", 1.0);
    return out;
}

}  // namespace egresslint::lint
