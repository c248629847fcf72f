// SPDX-License-Identifier: Apache-2.0
// Random rulesets and packets, kernel against model, many on one lab; what disagrees is confirmed, shrunk and written
// down as a fixture.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coverage.hpp"
#include "fixture.hpp"
#include "generated.hpp"
#include "lab.hpp"

namespace egresslint::kernel {

/// One ruleset in one back end, and what is sent through it.
struct Case {
    Generated ruleset;
    Generated::Backend backend = Generated::Backend::nft;
    std::vector<Probe> probes;
};

struct Disagreement {
    std::string what;     ///< "" = none
    std::string reading;  ///< from what the model was read: "text", "listing", "JSON", "save"
    Probe probe;
    Seen seen;
};

struct Counts {
    std::uint64_t rulesets = 0, refused = 0;
    std::uint64_t lacking = 0;  ///< rulesets that this kernel or system cannot load
    std::uint64_t packets = 0, passed = 0, translated = 0;
    std::uint64_t comparisons = 0, decided = 0, in_table = 0, tables_too_large = 0;
    std::uint64_t to_itself = 0;  ///< comparisons of packets from the router to itself, by verdict only
    std::uint64_t unconfirmed = 0, disagreements = 0;
    [[nodiscard]] std::string text() const;
};

class Campaign {
public:
    struct Options {
        std::uint64_t seed = 1;
        std::uint64_t packets = 80;   ///< a ruleset
        unsigned readings_every = 2;  ///< listings and dumps are read back for one ruleset in so many
        std::string fixtures;         ///< directory for what is found; "" = none is written
        /// For the test of the shrinker: what the model is told instead.
        std::function<Ruleset(Ruleset)> misread;
    };
    explicit Campaign(Options options) : options_(std::move(options)) {}

    /// The cases of one seed: an nft ruleset, or an iptables ruleset through both back ends.
    [[nodiscard]] std::vector<Case> cases(std::uint64_t seed) const;
    /// Compares all packets; with `only`, that reading alone.
    [[nodiscard]] Disagreement examine(const Case& c, bool read_back, const std::string& only = {});
    struct Found {
        std::string text;  ///< the fixture
        std::string path;  ///< "" if none was written
        Fixture fixture;
    };
    /// Examines the cases of a seed and deals with what is found.
    std::vector<Found> try_seed(std::uint64_t seed);

    [[nodiscard]] const Counts& counts() const { return counts_; }
    [[nodiscard]] const Coverage& coverage() const { return coverage_; }
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

private:
    Lab& lab(Generated::Backend backend);
    std::string set_up(Lab& lab, const Case& c);
    bool available(Generated::Backend backend);
    Found shrink_and_write(const Case& c, const Disagreement& found, std::uint64_t seed);

    Options options_;
    std::array<std::unique_ptr<Lab>, 3> labs_;
    std::array<std::optional<bool>, 3> available_;  ///< whether the tools of a back end work here
    Counts counts_;
    Coverage coverage_;
    std::vector<std::string> complaints_;  ///< of tools about generated rulesets
    bool counting_ = true;
};

}  // namespace egresslint::kernel
