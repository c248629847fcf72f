// SPDX-License-Identifier: Apache-2.0
// See campaign.hpp.
#include "campaign.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "generate_iptables.hpp"
#include "generate_nft.hpp"
#include "oracle.hpp"
#include "shrink.hpp"
#include "universe.hpp"

namespace egresslint::kernel {
namespace {

using Backend = Generated::Backend;
using Loader = Ruleset::Loader;

constexpr std::array backend_names = {"nft", "iptables-legacy", "iptables-nft"};

struct Reading {
    const char* name;
    Ruleset ruleset;
};

const char* const empty_tables =
    "*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n"
    "*mangle\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n"
    "*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n"
    "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n";

/// What the tables hold now, with counters; IPv4 and IPv6 as two parts, sets first.
Ruleset saved(const Case& c) {
    const bool legacy = c.backend == Backend::iptables_legacy;
    Ruleset out;
    if (!c.ruleset.sets.empty()) out.parts.push_back({Loader::ipset, run({"ipset", "save"}).output});
    bool v4 = false, v6 = false;
    for (const Generated::Table& table : c.ruleset.tables) (table.v6 ? v6 : v4) = true;
    if (v4)
        out.parts.push_back({legacy ? Loader::iptables_legacy : Loader::iptables_nft,
                             run({legacy ? "iptables-legacy-save" : "iptables-nft-save", "-c"}).output});
    if (v6)
        out.parts.push_back({legacy ? Loader::ip6tables_legacy : Loader::ip6tables_nft,
                             run({legacy ? "ip6tables-legacy-save" : "ip6tables-nft-save", "-c"}).output});
    return out;
}

bool has_implicit_chain(const Generated& ruleset) {
    for (const Generated::Table& table : ruleset.tables)
        for (const Generated::Chain& chain : table.chains)
            for (const std::string& rule : chain.rules)
                if (rule.find("jump {") != std::string::npos || rule.find("goto {") != std::string::npos) return true;
    return false;
}

}  // namespace

std::string Counts::text() const {
    const auto percent = [](std::uint64_t part, std::uint64_t whole) {
        return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
    };
    return fmt::format(
        "kernel oracle: {} packets through {} rulesets ({:.0f} % passed, {:.0f} % translated), {} comparisons with the "
        "trace ({:.1f} % decided; {} of packets to the router from itself, by verdict only), {} with rows of the flow "
        "table ({} tables too large), {} rulesets refused by the "
        "tools, {} not possible on this kernel, {} disagreements, {} more not confirmed\n",
        packets, rulesets, percent(passed, packets), percent(translated, packets), comparisons,
        percent(decided, comparisons), to_itself, in_table, tables_too_large, refused, lacking, disagreements,
        unconfirmed);
}

std::vector<Case> Campaign::cases(std::uint64_t seed) const {
    Dice dice(seed);
    std::vector<std::string> routing;
    if (dice.chance(85)) routing = {"fwmark 7 lookup 100", "-6 fwmark 7 lookup 100"};
    if (dice.chance(20)) routing.emplace_back("fwmark 0x2/0x6 lookup 100");
    if (dice.chance(15)) routing.emplace_back("from 10.0.0.26 lookup 100");
    if (dice.chance(10)) routing.emplace_back("from 10.0.1.0/24 iif dmz0 lookup 100");
    if (dice.chance(8)) routing.emplace_back("-6 from fd00:d::/64 lookup 100");
    if (dice.chance(6)) routing.emplace_back("to 198.18.0.10 blackhole");
    const bool nft = dice.chance(70);  // the others count twice
    Case c;
    if (nft) {
        c.ruleset = NftGenerator(dice).ruleset();
    } else {
        c.ruleset = IptablesGenerator(dice).ruleset();
        c.backend = Backend::iptables_legacy;
    }
    c.ruleset.routing = std::move(routing);
    c.probes = random_packets(dice, options_.packets);
    std::vector<Case> out{c};
    if (!nft) {
        out.push_back(c);
        out.back().backend = Backend::iptables_nft;
        out.back().probes = random_packets(dice, options_.packets);
    }
    return out;
}

Lab& Campaign::lab(Backend backend) {
    auto& lab = labs_[static_cast<std::size_t>(backend)];
    if (!lab || lab->worn_out()) {
        lab.reset();
        lab = std::make_unique<Lab>();
    } else {
        lab->enter();
    }
    return *lab;
}

/// The two back ends of iptables need not be installed, nor be in the kernel.
bool Campaign::available(Backend backend) {
    auto& known = available_[static_cast<std::size_t>(backend)];
    if (known) return *known;
    known = true;
    if (backend == Backend::nft) return true;
    lab(backend);
    std::vector<const char*> tools = {"ipset", "iptables-nft-restore", "ip6tables-nft-restore"};
    if (backend == Backend::iptables_legacy) tools = {"ipset", "iptables-legacy-restore", "ip6tables-legacy-restore"};
    for (const char* tool : tools) {
        const bool set = tool == std::string_view("ipset");
        const Finished finished = set ? run({tool, "list", "-n"}) : run({tool}, empty_tables);
        if (finished.status == 0) continue;
        std::fprintf(stderr, "SKIPPED: random rulesets for %s: %s: %s\n",
                     backend_names[static_cast<std::size_t>(backend)], tool, finished.error.c_str());
        ++counts_.lacking;
        known = false;
    }
    return *known;
}

/// "" or the complaint of a tool; what an earlier case left is gone.
std::string Campaign::set_up(Lab& lab, const Case& c) {
    const auto complaint = [](const Finished& finished) { return finished.status == 0 ? "" : finished.error; };
    std::string wrong = lab.route_by(c.ruleset.routing);
    Ruleset ruleset = c.ruleset.ruleset(c.backend);
    switch (c.backend) {
        case Backend::nft: ruleset.parts.front().text.insert(0, "flush ruleset\n"); break;
        case Backend::iptables_legacy:
            wrong += complaint(run({"iptables-legacy-restore"}, empty_tables));
            wrong += complaint(run({"ip6tables-legacy-restore"}, empty_tables));
            break;
        case Backend::iptables_nft: wrong += complaint(run({"nft", "flush", "ruleset"})); break;
    }
    if (c.backend != Backend::nft) {
        // Lists hold their members until they are flushed; rules of the nft back end let their sets go a moment after
        // they are gone themselves.
        const auto destroy = [] { return run({"ipset", "restore"}, "flush\ndestroy\n"); };
        Finished destroyed = destroy();
        for (unsigned tries = 0; destroyed.status != 0 && tries < 200; ++tries) {
            usleep(2000);
            destroyed = destroy();
        }
        wrong += complaint(destroyed);
    }
    if (wrong.empty()) wrong = load(ruleset);
    lab.forget_connections();
    return wrong;
}

Disagreement Campaign::examine(const Case& c, bool read_back, const std::string& only) {
    Lab& here = lab(c.backend);
    if (const std::string complaint = set_up(here, c); !complaint.empty()) {
        if (counting_ && c.backend != Backend::nft && is_missing_support(complaint)) {
            ++counts_.lacking;
            complaints_.push_back(complaint);
        } else if (counting_) {
            ++counts_.refused;
            std::string text;
            for (const Ruleset::Part& part : c.ruleset.ruleset(c.backend).parts) text += part.text;
            complaints_.push_back(complaint + "\n" + text);
        }
        return {};
    }
    // Rules write into dynamic sets: what is read back is what was there before the packets.
    const auto list = [] { return run({"nft", "list", "ruleset"}).output; };
    const std::string listing =
        read_back && c.backend == Backend::nft && (only.empty() || only == "listing") ? list() : "";
    const std::string json =
        read_back && c.backend == Backend::nft && !has_implicit_chain(c.ruleset) && (only.empty() || only == "JSON")
            ? run({"nft", "-j", "list", "ruleset"}).output
            : "";
    const std::vector<Seen> seen = here.send(c.probes);

    std::vector<Reading> readings;
    const auto also = [&](const char* name, const std::function<Ruleset()>& ruleset) {
        if (only.empty() || only == name) readings.push_back({name, ruleset()});
    };
    also("text", [&] { return c.ruleset.ruleset(c.backend); });
    if (c.backend == Backend::nft) {
        if (counting_) coverage_.count_rules(c.backend, list());
        if (!listing.empty()) also("listing", [&] { return Ruleset{{{Loader::nft, listing}}}; });
        // nft 1.0.6 does not print implicit chains as JSON.
        if (!json.empty()) also("JSON", [&] { return Ruleset{{{Loader::nft, json}}}; });
    } else {
        const Ruleset dump = counting_ || only == "save" ? saved(c) : Ruleset{};
        for (const Ruleset::Part& part : dump.parts)
            if (counting_ && part.loader != Loader::ipset) coverage_.count_rules(c.backend, part.text);
        if (read_back) also("save", [&] { return dump; });
    }
    if (counting_) {
        ++counts_.rulesets;
        counts_.packets += c.probes.size();
        for (std::size_t i = 0; i < c.probes.size(); ++i) {
            if (seen[i].what == Seen::What::nothing) continue;
            ++counts_.passed;
            if (seen[i].src != c.probes[i].src || seen[i].dst != c.probes[i].dst) ++counts_.translated;
        }
        coverage_.count_structure(c.ruleset, c.probes.size());
        coverage_.count_packets(c.probes, seen);
    }
    for (const Reading& reading : readings) {
        const Read read = read_model(options_.misread ? options_.misread(reading.ruleset) : reading.ruleset, here);
        if (!read.problems.empty()) return {"not read: " + read.problems, reading.name, c.probes.front(), seen.front()};
        Tables tables(read.device);
        for (std::size_t i = 0; i < c.probes.size(); ++i) {
            const bool with_table = &reading == &readings.front();
            const Verdict verdict =
                with_table ? tables.compare(c.probes[i], seen[i]) : compare(read.device, c.probes[i], seen[i]);
            if (counting_) {
                ++counts_.comparisons;
                counts_.decided += verdict.decided ? 1 : 0;
                counts_.in_table += verdict.in_table ? 1 : 0;
                counts_.to_itself += verdict.to_itself ? 1 : 0;
            }
            if (!verdict.agrees)
                return {fmt::format("packet: {}\nkernel: {}\nmodel:  {}\nremarks: {}", to_string(c.probes[i]),
                                    to_string(seen[i]), verdict.model, read.remarks),
                        reading.name, c.probes[i], seen[i]};
        }
        if (counting_ && tables.too_large()) ++counts_.tables_too_large;
    }
    return {};
}

std::vector<Campaign::Found> Campaign::try_seed(std::uint64_t seed) {
    std::vector<Found> out;
    for (const Case& c : cases(seed)) {
        if (!available(c.backend)) continue;
        const Disagreement found = examine(c, seed % options_.readings_every == 0);
        if (found.what.empty()) continue;
        // A packet may be lost on a busy machine; a wrong model is wrong every time.
        counting_ = false;
        const bool again = !examine(c, true, found.reading).what.empty();
        if (again) {
            ++counts_.disagreements;
            out.push_back(shrink_and_write(c, found, seed));
        } else {
            ++counts_.unconfirmed;
            std::printf("seed %llu: not confirmed in a second run: %s\n", static_cast<unsigned long long>(seed),
                        found.what.c_str());
        }
        counting_ = true;
    }
    return out;
}

Campaign::Found Campaign::shrink_and_write(const Case& c, const Disagreement& found, std::uint64_t seed) {
    const auto shows = [&](const Case& candidate) { return !examine(candidate, true, found.reading).what.empty(); };
    Case small = c;
    small.probes = {found.probe};
    if (!shows(small)) small.probes = c.probes;  // an earlier packet has a part in it
    small.ruleset = shrink(small.ruleset, [&](const Generated& candidate) {
        return shows({candidate, small.backend, small.probes});
    });
    small.probes = shrink(small.probes, [&](const std::vector<Probe>& candidate) {
        return shows({small.ruleset, small.backend, candidate});
    });
    const Disagreement last = examine(small, true, found.reading);

    Found result;
    result.fixture.why =
        fmt::format("seed {}, {}, read from the {}\n{}", seed, backend_names[static_cast<std::size_t>(c.backend)],
                    found.reading, last.what.empty() ? found.what : last.what);
    result.fixture.routing = small.ruleset.routing;
    result.fixture.ruleset = small.ruleset.ruleset(small.backend);
    // What the kernel does; several tries show whether it chooses anew each time.
    Lab& here = lab(c.backend);
    std::vector<Seen> first;
    std::vector<bool> steady(small.probes.size(), true);
    for (unsigned tries = 0; tries < 3; ++tries) {
        if (!set_up(here, small).empty()) break;
        const std::vector<Seen> seen = here.send(small.probes);
        if (first.empty()) first = seen;
        for (std::size_t i = 0; i < seen.size(); ++i)
            if (expectation(small.probes[i], seen[i]) != expectation(small.probes[i], first[i])) steady[i] = false;
    }
    for (std::size_t i = 0; i < first.size(); ++i)
        result.fixture.packets.push_back(steady[i] ? expectation(small.probes[i], first[i])
                                                   : to_string(small.probes[i]) + " = any");
    result.text = to_text(result.fixture);
    if (!options_.fixtures.empty()) {
        std::error_code ignored;
        std::filesystem::create_directories(options_.fixtures, ignored);
        result.path = fmt::format("{}/seed-{}-{}.case", options_.fixtures, seed,
                                  backend_names[static_cast<std::size_t>(c.backend)]);
        std::ofstream(result.path) << result.text;
    }
    return result;
}

}  // namespace egresslint::kernel
