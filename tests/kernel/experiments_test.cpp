// SPDX-License-Identifier: Apache-2.0
// Each experiment three ways: the written expectation against the kernel (is the fact true here?), the model against
// the kernel (is our reading right?), and the model must be decided unless the line allows otherwise.
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>

#include "oracle.hpp"
#include "table.hpp"

using namespace egresslint::kernel;

namespace {

void perform(const Experiment& experiment) {
    INFO(experiment.name << " (" << experiment.source << ")");
    for (const Ruleset::Part& part : experiment.ruleset.parts) UNSCOPED_INFO(part.text);
    Lab lab;
    if (*experiment.setup != '\0') lab.configure(experiment.setup);
    if (const std::string complaint = load(experiment.ruleset); !complaint.empty()) {
        if (is_missing_support(complaint)) {
            std::fprintf(stderr, "SKIPPED: %s: this kernel or system lacks it: %s\n", experiment.name,
                         complaint.c_str());
            return;
        }
        FAIL(complaint);
    }
    std::vector<Line> lines;
    std::vector<Probe> probes;
    for (const char* text : experiment.lines) {
        lines.push_back(parse_line(text));
        probes.push_back(lines.back().probe);
    }
    const std::vector<Seen> seen = lab.send(probes);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        INFO("packet: " << lines[i].text << "\nkernel: " << to_string(seen[i]));
        CHECK(matches(lines[i].expected, seen[i]));
    }
    if (std::getenv("EGRESSLINT_KERNEL_ONLY") != nullptr) return;  // trying a new experiment out
    const Read read = read_model(experiment.ruleset, lab);
    INFO("remarks: " << read.remarks);
    REQUIRE(read.problems == "");
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const Verdict verdict = compare(read.device, lines[i].probe, seen[i]);
        INFO("packet: " << lines[i].text << "\nkernel: " << to_string(seen[i]) << "\nmodel:  " << verdict.model);
        CHECK(verdict.agrees);
        if (!lines[i].expected.undecided_allowed) CHECK(verdict.decided);
    }
}

void perform_all(const std::vector<Experiment>& experiments) {
    for (const Experiment& experiment : experiments) {
        DYNAMIC_SECTION(experiment.name) { perform(experiment); }
    }
}

}  // namespace

TEST_CASE("nft: chains, verdicts, sets, marks", "[experiments]") { perform_all(nft_experiments()); }
TEST_CASE("nft: translations", "[experiments]") { perform_all(nft_nat_experiments()); }
TEST_CASE("nft: packets from and to the router itself", "[experiments]") { perform_all(nft_local_experiments()); }
TEST_CASE("iptables", "[experiments]") { perform_all(iptables_experiments()); }
