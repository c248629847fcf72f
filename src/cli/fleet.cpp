// SPDX-License-Identifier: Apache-2.0
#include "cli/fleet.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "cli/part.hpp"
#include "cli/site_rules.hpp"
#include "report/escape.hpp"

namespace egresslint::cli {
namespace {

/// What a thread may recurse as deeply as the main one does.
constexpr std::size_t stack_of_a_thread = 16u << 20;

/// Reads and judges one unit; its model is gone when this returns.
UnitResult look_at(const Session& session, const Plan& plan, std::size_t number, const lint::Options& options) {
    UnitResult out;
    out.number = number;
    Session own;
    own.options = session.options;
    own.files = session.files;
    own.sources = plan.sources;
    own.held = &out.remarks;
    auto inputs = read_unit(own, plan, plan.units[number], out.included);
    if (inputs)
        out.gathered = gather_rules(own, *inputs, options);
    else
        out.failed = std::move(inputs.error());
    // Shared texts, which would be kept once a unit, go; their numbers stay taken.
    base::Sources rest;
    for (std::size_t i = 0; i < plan.sources.size(); ++i) rest.add("", "");
    rest.append(std::move(own.sources), plan.sources.size());
    out.sources = std::move(rest);
    return out;
}

/// Looks at the units `numbers`, several at once. Results come in the order of `numbers`.
class Workers {
public:
    Workers(const Session& session, const Plan& plan, const lint::Options& options, std::vector<std::size_t> numbers)
        : session_(session), plan_(plan), options_(options), numbers_(std::move(numbers)), results_(numbers_.size()) {
        // Large ones first: the last to begin is then a small one, and no thread waits long for another.
        order_.resize(numbers_.size());
        for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
        std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
            return plan_.units[numbers_[a]].bytes > plan_.units[numbers_[b]].bytes;
        });
    }

    std::vector<UnitResult> run(std::size_t threads) {
        threads = std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(1, numbers_.size()));
        Progress progress(session_);
        if (threads == 1) {
            while (step()) progress.show(count_text(), share());
        } else {
            ::pthread_attr_t attributes;
            if (::pthread_attr_init(&attributes) == 0) {
                if (::pthread_attr_setstacksize(&attributes, stack_of_a_thread) == 0)
                    static_cast<void>(::pthread_setattr_default_np(&attributes));
                ::pthread_attr_destroy(&attributes);
            }
            std::vector<std::jthread> crew;
            for (std::size_t i = 0; i < threads; ++i)
                crew.emplace_back([this] {
                    while (step()) {
                    }
                });
            std::unique_lock lock(mutex_);
            while (!changed_.wait_for(lock, std::chrono::milliseconds(100),
                                      [&] { return done_ == numbers_.size() || problem_ != nullptr; }))
                progress.show(count_text(), share());
        }
        if (problem_) std::rethrow_exception(problem_);
        return std::move(results_);
    }

private:
    /// One unit; false when there is none left to begin.
    bool step() {
        const std::size_t turn = next_.fetch_add(1);
        if (turn >= order_.size()) return false;
        const std::size_t at = order_[turn];
        std::exception_ptr problem;
        UnitResult result;
        try {
            result = look_at(session_, plan_, numbers_[at], options_);
        } catch (...) {
            problem = std::current_exception();
            next_ = order_.size();
        }
        const std::scoped_lock lock(mutex_);
        results_[at] = std::move(result);
        if (problem && !problem_) problem_ = problem;
        ++done_;
        changed_.notify_one();
        return true;
    }
    [[nodiscard]] std::string count_text() const { return fmt::format("{} of {}", done_, numbers_.size()); }
    [[nodiscard]] double share() const {
        return static_cast<double>(done_) / static_cast<double>(std::max<std::size_t>(1, numbers_.size()));
    }

    const Session& session_;
    const Plan& plan_;
    const lint::Options& options_;
    std::vector<std::size_t> numbers_;
    std::vector<std::size_t> order_;  ///< indices into numbers_
    std::atomic<std::size_t> next_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    // guarded by mutex_ where threads run
    std::vector<UnitResult> results_;
    std::size_t done_ = 0;
    std::exception_ptr problem_;
};

void shift(base::Span& span, std::size_t shared, std::size_t offset) {
    if (span.valid() && span.file.index() >= shared) span.file = base::FileId(span.file.index() + offset);
}

}  // namespace

Expected<int> end_fleet(Session& session, Plan plan, std::vector<UnitResult> results, const lint::Options& options,
                        Persona persona) {
    session.sources = std::move(plan.sources);
    const std::size_t shared = session.sources.size();
    std::set<std::string> included;
    for (const UnitResult& result : results) included.insert(result.included.begin(), result.included.end());
    lint::Gathered whole;
    Failure problems{Status::not_understood, {}};
    for (UnitResult& result : results) {
        const Unit& unit = plan.units[result.number];
        if (!unit.walked.empty() && included.contains(unit.walked)) {
            session.remark(fmt::format("{} is read where it is included", unit.files.front().shown));
            continue;
        }
        for (const std::string& remark : result.remarks) session.remark(remark);
        const std::size_t offset = session.sources.size() - shared;
        session.sources.append(std::move(result.sources), shared);
        if (!result.failed) {
            lint::append(whole, std::move(result.gathered), shared, offset);
            continue;
        }
        problems.status = result.failed->status;
        for (report::Problem& problem : result.failed->problems) {
            shift(problem.span, shared, offset);
            for (base::Note& note : problem.notes) shift(note.span, shared, offset);
            problems.problems.push_back(std::move(problem));
        }
        // A declared device that cannot be read ends the run; files that were found are all named.
        if (!unit.blocks.empty()) return tl::unexpected(std::move(problems));
    }
    if (auto judged = judge_strangers(session, plan.strangers, included); !judged)
        problems.problems.insert(problems.problems.end(), judged.error().problems.begin(),
                                 judged.error().problems.end());
    if (!problems.problems.empty()) return tl::unexpected(std::move(problems));
    return report_all(session, lint::conclude(std::move(whole), *plan.intent, session.sources, options), persona);
}

Expected<std::optional<int>> run_fleet(Session& session, Persona persona, IntentSearch search) {
    auto plan = plan_run(session, search);
    if (!plan && session.options.shards != 0)
        if (auto inputs = read_inputs(session, search); !inputs) return tl::unexpected(std::move(inputs.error()));
    if (!plan || !*plan) {
        // The plain way says what is wrong in its own words.
        if (session.options.shards == 0) return std::nullopt;
        return tl::unexpected(
            plan ? failure(Status::usage,
                           "--shard takes the devices of an intent file, or PATHs without any, and no evidence")
                 : std::move(plan.error()));
    }
    if (const auto named = check_selectors(session, *(*plan)->intent); !named) return tl::unexpected(named.error());
    lint::Options options = lint_options(session, persona);
    std::vector<std::size_t> numbers;
    if (session.options.shards != 0) {
        numbers = units_of_shard(**plan, session.options.shard, session.options.shards);
    } else {
        for (std::size_t i = 0; i < (*plan)->units.size(); ++i) numbers.push_back(i);
    }
    const std::size_t threads = session.options.jobs != 0 ? session.options.jobs : std::thread::hardware_concurrency();
    std::vector<UnitResult> results = Workers(session, **plan, options, std::move(numbers)).run(threads);
    auto status = session.options.shards != 0
                      ? write_part(session, **plan, std::move(results), persona)
                      : end_fleet(session, std::move(**plan), std::move(results), options, persona);
    if (!status) return tl::unexpected(std::move(status.error()));
    return std::optional<int>(*status);
}

}  // namespace egresslint::cli
