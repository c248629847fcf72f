// SPDX-License-Identifier: Apache-2.0
// `egresslint diff`: two versions, from two paths or from the revisions of a repository. Both are read into one set of
// texts; the old ones come first.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "cli/command.hpp"
#include "cli/git_files.hpp"
#include "cli/inputs.hpp"
#include "cli/line_diff.hpp"
#include "cli/lint_run.hpp"
#include "cli/paths.hpp"
#include "cli/site_rules.hpp"
#include "lint/change.hpp"
#include "report/change.hpp"
#include "report/escape.hpp"

namespace egresslint::cli {
namespace {

/// Where one version is read from.
struct Side {
    std::string name;
    const base::Files* files = nullptr;
    std::vector<std::string> paths;
    bool empty = false;  ///< nothing of what was named is there
};

struct Read {
    Inputs inputs;
    lint::Intent intent;             ///< as read; `inputs` has a copy
    std::size_t first = 0, end = 0;  ///< its texts
};

Expected<Read> read_side(Session& session, const Side& side, const lint::Intent* judge) {
    Read out;
    session.files = side.files;
    session.options.paths = side.paths;
    out.first = session.sources.size();
    if (judge != nullptr) {
        out.intent = *judge;
    } else {
        auto intent = read_intent_file(session, IntentSearch::upward);
        if (!intent) return tl::unexpected(intent.error());
        out.intent = std::move(*intent);
    }
    if (side.empty) {
        *out.inputs.intent = out.intent;
    } else {
        auto inputs = read_inputs(session, out.intent);
        if (!inputs) return tl::unexpected(inputs.error());
        out.inputs = std::move(*inputs);
    }
    out.end = session.sources.size();
    return out;
}

/// A PATH that only one version has is no mistake: it was added or removed.
Expected<void> choose_paths(const std::vector<std::string>& given, Side& before, Side& after) {
    for (const std::string& path : given) {
        const bool pattern = path.find_first_of("*?[") != std::string::npos;
        bool found = false;
        for (Side* side : {&before, &after}) {
            if (!side->files->exists(path) && !(pattern && !side->files->glob(path, 1).empty())) continue;
            side->paths.push_back(path);
            found = true;
        }
        if (!found)
            return tl::unexpected(failure(Status::unreadable,
                                          fmt::format("{}: neither {} nor {} has it", path, before.name, after.name)));
    }
    for (Side* side : {&before, &after}) side->empty = !given.empty() && side->paths.empty();
    return {};
}

// -- what is the same on both sides

/// Texts of two versions that are versions of each other: of the same name, else in their order.
class Pairs {
public:
    Pairs(const Session& session, const Side& before, const Side& after)
        : session_(session), before_(before), after_(after) {}

    void device(const Recipe& a, const Recipe& b) {
        if (a.dialect != b.dialect) {
            for (const base::FileId id : a.texts) lines.incomparable(id);
            for (const base::FileId id : b.texts) lines.incomparable(id);
            return;
        }
        std::vector<base::FileId> left = b.texts, open;
        for (const base::FileId id : a.texts) {
            const auto same = std::find_if(left.begin(), left.end(), [&](base::FileId other) {
                return before_.files->plain(path(id)) == after_.files->plain(path(other));
            });
            if (same == left.end()) {
                open.push_back(id);
                continue;
            }
            texts(id, *same);
            left.erase(same);
        }
        const std::size_t common = std::min(open.size(), left.size());
        for (std::size_t i = 0; i < common; ++i) texts(open[i], left[i]);
        for (std::size_t i = common; i < open.size(); ++i) whole(open[i]);
        for (std::size_t i = common; i < left.size(); ++i) whole(left[i]);
    }
    void texts(base::FileId a, base::FileId b) {
        if (!seen_.emplace(a.value, b.value).second) return;
        const LineDiff diff = line_diff(session_.sources.text(a), session_.sources.text(b));
        for (const std::uint32_t line : diff.removed) lines.change(a, line);
        for (const std::uint32_t line : diff.added) lines.change(b, line);
        const std::uint32_t last =
            session_.sources.position(b, static_cast<std::uint32_t>(session_.sources.text(b).size())).line;
        for (const std::uint32_t line : diff.gaps) lines.gap(b, std::min(line, last));
    }
    /// A text that the other version does not have.
    void whole(base::FileId id) {
        const std::uint32_t last =
            session_.sources.position(id, static_cast<std::uint32_t>(session_.sources.text(id).size())).line;
        for (std::uint32_t line = 1; line <= last; ++line) lines.change(id, line);
    }

    lint::ChangedLines lines;

private:
    [[nodiscard]] const std::string& path(base::FileId id) const { return session_.sources.file(id).path; }

    const Session& session_;
    const Side& before_;
    const Side& after_;
    std::set<std::pair<std::uint32_t, std::uint32_t>> seen_;
};

const lint::DeviceInput* partner(const Inputs& other, const Inputs& mine, const lint::DeviceInput& device) {
    if (other.devices.size() == 1 && mine.devices.size() == 1) return &other.devices.front();
    for (const lint::DeviceInput& d : other.devices)
        if (d.device.name == device.device.name) return &d;
    return nullptr;
}

bool same_texts(const Session& session, const std::vector<base::FileId>& a, const std::vector<base::FileId>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](base::FileId x, base::FileId y) { return session.sources.raw(x) == session.sources.raw(y); });
}

/// With one intent on both sides, devices of which no text changed are the same, but for those whose way leads through
/// a changed one. Names of what was left out.
std::vector<std::string> leave_untouched_out(const Session& session, Inputs& before, Inputs& after) {
    std::set<std::string> changed;
    for (const lint::DeviceInput& b : after.devices) {
        const lint::DeviceInput* a = partner(before, after, b);
        if (a == nullptr || !same_texts(session, before.recipes[a->number].texts, after.recipes[b.number].texts))
            changed.insert(b.device.name);
    }
    for (const lint::DeviceInput& a : before.devices)
        if (partner(after, before, a) == nullptr) changed.insert(a.device.name);
    const auto own = [](const std::string& name) { return name.substr(0, name.find('/')); };
    for (std::size_t size = 0; size != changed.size();) {
        size = changed.size();
        for (const lint::DeviceIntent& block : after.intent->devices) {
            if (block.upstream.empty()) continue;
            const auto is = [&](const std::string& name) { return own(name) == own(block.name); };
            const auto through = [&](const std::string& name) { return own(name) == own(block.upstream); };
            if (std::none_of(changed.begin(), changed.end(), is) &&
                std::none_of(changed.begin(), changed.end(), through))
                continue;
            for (const lint::DeviceInput& d : after.devices)
                if (is(d.device.name) || through(d.device.name)) changed.insert(d.device.name);
        }
    }
    std::vector<std::string> out;
    for (const lint::DeviceInput& b : after.devices)
        if (!changed.contains(b.device.name)) out.push_back(b.device.name);
    for (Inputs* side : {&before, &after})
        std::erase_if(side->devices, [&](const lint::DeviceInput& d) {
            const lint::DeviceInput* b = side == &after ? &d : partner(after, before, d);
            return b != nullptr && !changed.contains(b->device.name);
        });
    return out;
}

bool same_intent(const Session& session, const Read& before, const Read& after) {
    const auto text = [&](const Read& read) {
        for (std::size_t i = read.first; i < read.end; ++i)
            if (session.sources.file(base::FileId(i)).path == read.intent.path)
                return session.sources.text(base::FileId(i));
        return std::string_view{};
    };
    return before.intent.path.empty() == after.intent.path.empty() && text(before) == text(after);
}

/// One version is a file that no [[device]] names, say a copy of the other: what the block says holds for both.
Expected<void> share_block(Session& session, const Side& side, Read& read, const Read& other) {
    if (read.inputs.devices.size() != 1 || other.inputs.devices.size() != 1) return {};
    lint::DeviceInput& device = read.inputs.devices.front();
    const lint::DeviceIntent* block = other.inputs.devices.front().intent;
    if (device.intent != nullptr || block == nullptr) return {};
    session.files = side.files;
    return take_block(session, read.inputs, device, *block, *other.inputs.intent);
}

}  // namespace

Expected<int> run_diff(Session& session) {
    const Options options = session.options;
    Side before{"", &base::disk(), {}, false}, after{"", &base::disk(), {}, false};
    std::optional<Repository> repository;
    std::unique_ptr<base::Files> old_files, new_files;
    if (options.git.empty()) {
        before.name = options.paths[0];
        after.name = options.paths[1];
        before.paths = {options.paths[0]};
        after.paths = {options.paths[1]};
    } else {
        auto found = Repository::find();
        if (!found) return tl::unexpected(found.error());
        repository.emplace(std::move(*found));
        const auto range = repository->range(options.git);
        if (!range) return tl::unexpected(range.error());
        before.name = range->before_name;
        after.name = range->after_name;
        auto old = repository->files(range->before, before.name + ":");
        if (!old) return tl::unexpected(old.error());
        old_files = std::move(*old);
        before.files = old_files.get();
        if (!range->working_directory) {
            // The new version's files go by their own names, as they do in the change under review.
            auto fresh = repository->files(range->after, "");
            if (!fresh) return tl::unexpected(fresh.error());
            new_files = std::move(*fresh);
            after.files = new_files.get();
        }
        if (auto chosen = choose_paths(options.paths, before, after); !chosen) return tl::unexpected(chosen.error());
    }

    // What is said about the inputs is said once, of the new version.
    session.options.quiet = true;
    std::optional<Read> old;
    {
        const bool walks = !options.git.empty() && before.paths.empty() && !before.empty;
        if (walks) {
            session.files = before.files;
            const auto intent = read_intent_file(session, IntentSearch::upward);
            if (intent && intent->devices.empty()) before.paths = {"."};
        }
        auto read = read_side(session, before, nullptr);
        if (!read) return tl::unexpected(read.error());
        old.emplace(std::move(*read));
    }
    session.options.quiet = options.quiet;
    if (!options.git.empty() && after.paths.empty() && !after.empty) {
        session.files = after.files;
        const auto intent = options.config_from_base ? Expected<lint::Intent>(old->intent)
                                                     : read_intent_file(session, IntentSearch::upward);
        if (intent && intent->devices.empty()) after.paths = {"."};
    }
    auto fresh = read_side(session, after, options.config_from_base ? &old->intent : nullptr);
    if (!fresh) return tl::unexpected(fresh.error());
    if (auto shared = share_block(session, before, *old, *fresh); !shared) return tl::unexpected(shared.error());
    if (auto shared = share_block(session, after, *fresh, *old); !shared) return tl::unexpected(shared.error());
    session.files = after.files;
    session.options = options;
    if (const auto named = check_selectors(session, *fresh->inputs.intent); !named)
        return tl::unexpected(named.error());

    Pairs pairs(session, before, after);
    for (const lint::DeviceInput& b : fresh->inputs.devices) {
        const Recipe& recipe = fresh->inputs.recipes[b.number];
        if (const lint::DeviceInput* a = partner(old->inputs, fresh->inputs, b))
            pairs.device(old->inputs.recipes[a->number], recipe);
        else
            for (const base::FileId id : recipe.texts) pairs.whole(id);
    }
    std::vector<std::string> same;
    if (same_intent(session, *old, *fresh)) same = leave_untouched_out(session, old->inputs, fresh->inputs);

    lint::Version was{before.name, std::move(old->inputs.devices), old->inputs.intent.get(), rule_options(session)};
    was.options.first_text = old->first;
    was.options.end_text = old->end;
    lint::Version is{after.name, std::move(fresh->inputs.devices), fresh->inputs.intent.get(), rule_options(session)};
    is.options.first_text = fresh->first;
    is.options.end_text = session.sources.size();
    lint::ChangeOptions wanted;
    wanted.interfaces = options.interfaces;
    lint::ChangeReport change;
    {
        Progress progress(session);
        if (progress.wanted())
            wanted.progress = [&](const std::string& what, double done) { progress.show(what, done); };
        change = lint::compare(std::move(was), std::move(is), pairs.lines, session.sources, wanted);
    }
    change.same = std::move(same);
    if (options.proven_only)
        std::erase_if(change.report.findings,
                      [](const lint::Finding& f) { return f.certainty != lint::Certainty::proven; });

    const bool found = std::any_of(change.report.findings.begin(), change.report.findings.end(),
                                   [&](const lint::Finding& f) { return counts(f, options.fail_on); });
    std::vector<std::string> kinds;
    for (std::size_t i = 0; i < lint::flow_kinds; ++i) {
        const auto kind = static_cast<lint::FlowKind>(i);
        const auto asked = [&](const std::string& word) { return word == "any" || word == kind_name(kind); };
        if (change.has(kind) && std::any_of(options.fail_on_change.begin(), options.fail_on_change.end(), asked))
            kinds.emplace_back(kind_name(kind));
    }
    const bool failing = found || !kinds.empty();
    const Status status = failing ? Status::findings : Status::ok;
    change.report.status = std::string(status_name(status));
    report::Context context = report_context(session);
    context.quiet = options.quiet;
    context.statistics = options.statistics;
    if (auto written = write_report(session,
                                    {[&](const report::Format& format, const report::Context& c) {
                                         return report::write_change(change, format, c);
                                     },
                                     [&](std::size_t room, const report::Context& c) {
                                         return report::change_markdown_within(room, change, c);
                                     }},
                                    context);
        !written)
        return tl::unexpected(written.error());
    if (!failing) return 0;
    const std::string why =
        kinds.empty() ? fmt::format("new findings, failing on {}", level_name(options.fail_on))
                      : fmt::format("flows changed ({}), failing on {}", fmt::join(kinds, ", "),
                                    found ? fmt::format("that and on {}", level_name(options.fail_on)) : "that");
    if (options.exit_zero) {
        session.remark(fmt::format("{}; status 0, as told", why));
        return 0;
    }
    session.remark(fmt::format("{} (status 1)", why));
    return exit_status(status);
}

}  // namespace egresslint::cli
