// SPDX-License-Identifier: Apache-2.0
// Random rulesets and packets: the kernel against the model, as read from the text, from `nft list ruleset` and from
// `nft -j list ruleset`. A disagreement is shrunk and printed so that it can become an experiment.
//
// EGRESSLINT_KERNEL_SEED, EGRESSLINT_KERNEL_RULESETS and EGRESSLINT_KERNEL_MINUTES ask for more or for one again.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "generate.hpp"
#include "oracle.hpp"
#include "shrink.hpp"

using namespace egresslint::kernel;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Reading {
    const char* name;
    Ruleset ruleset;
};

/// The text itself, and what the kernel lists after loading it.
std::vector<Reading> readings(const std::string& text) {
    const auto nft = [](std::string content) { return Ruleset{{{Ruleset::Loader::nft, std::move(content)}}}; };
    return {{"text", nft(text)},
            {"listing", nft(run({"nft", "list", "ruleset"}).output)},
            {"JSON", nft(run({"nft", "-j", "list", "ruleset"}).output)}};
}

constexpr const char* routing = "rule add fwmark 7 lookup 100\n";

/// What was found wrong with one ruleset; empty `what` = nothing.
struct Disagreement {
    std::string what;
    std::string reading;
    Probe probe;
};

struct Counts {
    std::uint64_t rulesets = 0, packets = 0, decided = 0, compared = 0, refused = 0, passed = 0, translated = 0;
};

Disagreement examine(const std::string& text, const std::vector<Probe>& probes, Counts& counts,
                     const std::string& only = {}) {
    Lab lab;
    lab.configure(routing);
    const Ruleset ruleset{{{Ruleset::Loader::nft, text}}};
    if (const std::string complaint = load(ruleset); !complaint.empty()) {
        ++counts.refused;
        if (std::getenv("EGRESSLINT_KERNEL_REFUSED") != nullptr)
            std::fprintf(stderr, "%s\n%s\n", text.c_str(), complaint.c_str());
        return {};
    }
    const std::vector<Seen> seen = lab.send(probes);
    counts.packets += probes.size();
    ++counts.rulesets;
    for (std::size_t i = 0; i < probes.size(); ++i) {
        if (seen[i].what == Seen::What::nothing) continue;
        ++counts.passed;
        if (seen[i].src != probes[i].src || seen[i].dst != probes[i].dst) ++counts.translated;
    }
    for (const Reading& reading : readings(text)) {
        if (!only.empty() && only != reading.name) continue;
        const Read read = read_model(reading.ruleset, lab);
        if (!read.problems.empty()) return {"not read: " + read.problems, reading.name, probes.front()};
        for (std::size_t i = 0; i < probes.size(); ++i) {
            const Verdict verdict = compare(read.device, probes[i], seen[i]);
            ++counts.compared;
            counts.decided += verdict.decided ? 1 : 0;
            if (!verdict.agrees) {
                return {fmt::format("packet: {}\nkernel: {}\nmodel:  {}\nremarks: {}", to_string(probes[i]),
                                    to_string(seen[i]), verdict.model, read.remarks),
                        reading.name, probes[i]};
            }
        }
    }
    return {};
}

}  // namespace

TEST_CASE("random nft rulesets: the kernel and the model agree on every packet", "[random]") {
    const std::uint64_t first = from_environment("EGRESSLINT_KERNEL_SEED", 1);
    const std::uint64_t rulesets = from_environment("EGRESSLINT_KERNEL_RULESETS", 200);
    const std::uint64_t minutes = from_environment("EGRESSLINT_KERNEL_MINUTES", 0);
    const std::uint64_t most = from_environment("EGRESSLINT_KERNEL_FAILURES", 3);
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(minutes);
    Counts counts;
    std::uint64_t failures = 0;
    std::uint64_t unconfirmed = 0;
    for (std::uint64_t seed = first; minutes != 0 ? std::chrono::steady_clock::now() < end : seed < first + rulesets;
         ++seed) {
        Generator generator(seed);
        const Generated generated = generator.ruleset();
        const std::vector<Probe> probes = generator.packets(50);
        const Disagreement found = examine(generated.text(), probes, counts);
        if (found.what.empty()) continue;
        // A packet may be lost on a busy machine; a wrong model is wrong every time.
        Counts ignored;
        if (examine(generated.text(), probes, ignored, found.reading).what.empty()) {
            std::printf("seed %llu: not confirmed in a second run: %s\n", static_cast<unsigned long long>(seed),
                        found.what.c_str());
            ++unconfirmed;
            continue;
        }
        const std::vector<Probe> one{found.probe};
        const Generated small = shrink(generated, [&](const Generated& candidate) {
            return !examine(candidate.text(), one, ignored, found.reading).what.empty();
        });
        const Disagreement again = examine(small.text(), one, ignored, found.reading);
        UNSCOPED_INFO("seed " << seed << ", read from the " << found.reading << ", with 'ip " << routing << "'\n"
                              << (again.what.empty() ? generated.text() : small.text())
                              << (again.what.empty() ? found.what : again.what));
        CHECK(found.what == "");
        if (++failures >= most) break;
    }
    std::printf(
        "kernel oracle: %llu rulesets, %llu packets (%llu passed, %llu translated), %llu comparisons, %.1f %% "
        "decided, %llu rulesets refused by nft\n",
        static_cast<unsigned long long>(counts.rulesets), static_cast<unsigned long long>(counts.packets),
        static_cast<unsigned long long>(counts.passed), static_cast<unsigned long long>(counts.translated),
        static_cast<unsigned long long>(counts.compared),
        counts.compared == 0 ? 0.0 : 100.0 * static_cast<double>(counts.decided) / static_cast<double>(counts.compared),
        static_cast<unsigned long long>(counts.refused));
    CHECK(unconfirmed * 200 <= counts.rulesets);
    // A generator that nft refuses, or whose packets all die, would test nothing.
    CHECK(counts.refused * 10 <= counts.rulesets);
    CHECK(counts.passed * 4 >= counts.packets);
    CHECK(counts.translated * 20 >= counts.packets);
}
