// SPDX-License-Identifier: Apache-2.0
#include "cli/mend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <dtl/dtl.hpp>
#include <sstream>

#include "base/edit.hpp"
#include "base/io.hpp"

namespace egresslint::cli {
namespace {

constexpr std::size_t most_rounds = 200;

/// Signals that people and process managers end a program with wait as long as this exists.
class Uninterrupted {
public:
    Uninterrupted() {
        ::sigset_t wait;
        sigemptyset(&wait);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&wait, signal);
        static_cast<void>(::pthread_sigmask(SIG_BLOCK, &wait, &before_));
    }
    ~Uninterrupted() { static_cast<void>(::pthread_sigmask(SIG_SETMASK, &before_, nullptr)); }
    Uninterrupted(const Uninterrupted&) = delete;
    Uninterrupted& operator=(const Uninterrupted&) = delete;

private:
    ::sigset_t before_{};
};

const lint::Finding* mendable(const lint::Report& report, bool unsafe) {
    for (const lint::Finding& f : report.findings)
        if (f.fix && !f.fix->edits.empty() && (f.fix->safe || unsafe)) return &f;
    return nullptr;
}

/// The path that a text was opened by; nullptr for one that is no input of its own.
const RecognisedFile* file_of(const Inputs& inputs, base::FileId id) {
    for (const Recipe& recipe : inputs.recipes)
        for (const RecognisedFile& file : recipe.files)
            if (file.file == id) return &file;
    return nullptr;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        // A last line without its end is another line than the same words with one.
        out.emplace_back(end == std::string_view::npos ? std::string(text) + "\n\\ No newline at end of file"
                                                       : std::string(text.substr(0, end)));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
}

}  // namespace

Expected<Mended> mend(Session& session, Inputs& inputs, lint::Report& report, IntentSearch search,
                      const std::function<lint::Report(Inputs&)>& lint) {
    Mended out;
    for (std::size_t round = 0; round < most_rounds; ++round) {
        const lint::Finding* finding = mendable(report, session.options.unsafe_fixes);
        if (finding == nullptr) break;
        std::map<std::string, std::string> changed;
        for (const base::TextEdit& edit : finding->fix->edits) {
            const base::FileId id = edit.span.file;
            const RecognisedFile* file = file_of(inputs, id);
            const auto text = base::apply_edits(session.sources.raw(id), id, finding->fix->edits);
            const auto shown = base::apply_edits(session.sources.text(id), id, finding->fix->edits);
            // Proven fixes are of inputs and apply: `reread` has made sure of both.
            if (file == nullptr || !text || !shown) return out;
            Mended::Text& mended =
                out.texts
                    .try_emplace(file->path, Mended::Text{file->shown, std::string(session.sources.raw(id)), "",
                                                          std::string(session.sources.text(id)), ""})
                    .first->second;
            mended.after = *text;
            mended.shown_after = *shown;
            changed[file->path] = *text;
        }
        out.done.push_back(finding->rule + ": " + finding->fix->description);
        for (auto& [path, text] : changed) session.overlay[path] = std::move(text);
        session.sources = base::Sources();
        auto again = read_inputs(session, search);
        if (!again) return tl::unexpected(again.error());
        inputs = std::move(*again);
        report = lint(inputs);
    }
    std::erase_if(out.texts, [](const auto& t) { return t.second.before == t.second.after; });
    return out;
}

std::string unified_diffs(const Mended& mended) {
    std::ostringstream out;
    for (const auto& [path, text] : mended.texts) {
        dtl::Diff<std::string> diff(lines_of(text.shown_before), lines_of(text.shown_after));
        diff.onHuge();
        diff.compose();
        diff.composeUnifiedHunks();
        out << "--- " << text.shown << "\n+++ " << text.shown << "\n";
        diff.printUnifiedFormat(out);
    }
    return out.str();
}

Expected<void> write_back(const Mended& mended) {
    for (const auto& [path, text] : mended.texts) {
        const auto now = base::read_file(path);
        if (!now || *now != text.before)
            return tl::unexpected(
                failure(Status::unreadable,
                        fmt::format("{}: changed while it was looked at; nothing is written to it", text.shown)));
    }
    // All of them or none: an interrupt waits until the last one is written, and where one cannot be, the others get
    // back what they had.
    const Uninterrupted whole;
    for (auto it = mended.texts.begin(); it != mended.texts.end(); ++it) {
        const auto error = base::write_file_atomically(it->first, it->second.after);
        if (!error) continue;
        Failure problems = failure(Status::unreadable, fmt::format("{}: {}", it->second.shown, error->message));
        for (auto done = mended.texts.begin(); done != it; ++done)
            if (const auto again = base::write_file_atomically(done->first, done->second.before))
                problems.problems.push_back(
                    {fmt::format("{}: was fixed, and could not be set back: {}", done->second.shown, again->message),
                     {},
                     {}});
        return tl::unexpected(std::move(problems));
    }
    return {};
}

}  // namespace egresslint::cli
