// SPDX-License-Identifier: Apache-2.0
// The analysis of shadowed rules on the synthetic office, read from nftables and iptables text: sixteen departments
// behind a dispatch, or one flat chain; and one crowded chain of random prefixes and port ranges, where most rules
// overlap many others and a third is dead. Given files instead, says for each what was found and what it cost:
//
//   bench_shadow            the benchmarks
//   bench_shadow FILE…      rules, standings, time and peak memory for each file
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "dialects/dialect.hpp"
#include "flow/shadow.hpp"
#include "model/builder.hpp"
#include "model/resolve.hpp"
#include "tests/support/office_device.hpp"

using namespace egresslint;
namespace office = egresslint::testing::office;

namespace {

enum Shape : std::int64_t { nft, nft_flat, iptables, crowded };

model::Device crowded_device(unsigned rules) {
    model::Builder b("crowded");
    office::Random random(5);
    const auto chain = b.chain("forward");
    const auto prefix = [&](model::Field field) {
        const base::Address address{base::Family::v4, 0x0a000000u + random.below(1u << 24)};
        return b.prefix(field, base::make_prefix(address, 15 + random.below(18)));
    };
    for (unsigned i = 0; i < rules; ++i) {
        std::vector<model::ExprId> all;
        if (random.below(2) != 0 || i % 16 != 0) all.push_back(prefix(model::Field::src));
        if (all.empty() || random.below(4) != 0) all.push_back(prefix(model::Field::dst));
        if (random.below(5) != 0) {
            all.push_back(b.proto(random.below(4) != 0 ? 6 : 17));
            const auto first = random.below(1024);
            all.push_back(b.dport(base::IntervalSet::range(first, first + random.below(4) * random.below(64))));
        }
        model::Rule rule;
        rule.match = b.all(std::move(all));
        rule.control = model::Decide{random.below(2) != 0 ? model::Verdict::accept : model::Verdict::drop, {}, true};
        b.rule(chain, std::move(rule));
    }
    b.stage("forward", model::Label::filter, b.yes(), chain, model::Verdict::drop);
    b.device().resolved = true;
    return std::move(b).finish();
}

const model::Device& device(std::int64_t shape, std::int64_t rules) {
    static std::map<std::pair<std::int64_t, std::int64_t>, std::unique_ptr<model::Device>> made;
    auto& d = made[{shape, rules}];
    const auto n = static_cast<unsigned>(rules);
    if (!d)
        d = std::make_unique<model::Device>(shape == crowded ? crowded_device(n)
                                            : shape == iptables
                                                ? office::device("iptables", office::iptables(n))
                                                : office::device("nftables", office::nft(n, 1, shape == nft_flat)));
    return *d;
}

struct Found {
    std::array<std::size_t, 7> standing{};
    std::size_t redundant = 0;
};
Found count(const model::Device& d, const flow::Shadow& shadow) {
    Found out;
    for (std::size_t r = 0; r < d.rules.size(); ++r) {
        const auto& s = shadow.of(model::RuleId(r));
        const auto origin = d.rules[r].origin;
        if (origin.valid() && d.origins[origin.index()].synthetic) continue;
        ++out.standing[static_cast<std::size_t>(s.standing)];
        out.redundant += s.redundant;
    }
    return out;
}

void shadow(benchmark::State& state, bool redundancy) {
    const auto& d = device(state.range(0), state.range(1));
    Found found;
    flow::ShadowOptions options;
    options.redundancy = redundancy;
    for (auto _ : state) found = count(d, flow::Shadow(d, options));
    state.counters["live"] = static_cast<double>(found.standing[0]);
    state.counters["dead"] = static_cast<double>(found.standing[2] + found.standing[3] + found.standing[4]);
    state.counters["open"] = static_cast<double>(found.standing[6]);
    state.counters["redundant"] = static_cast<double>(found.redundant);
}
void standing(benchmark::State& state) { shadow(state, false); }
void standing_and_redundancy(benchmark::State& state) { shadow(state, true); }

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int files(int argc, char** argv) {
    std::printf("%8s %8s %8s %8s %8s %8s %8s %8s %9s %9s %9s %9s  file\n", "rules", "live", "depends", "covered",
                "never", "unreach", "open", "redund", "dead s", "all s", "model MiB", "peak MiB");
    for (int i = 1; i < argc; ++i) {
        std::ostringstream text;
        text << std::ifstream(argv[i]).rdbuf();
        base::Sources sources;
        base::Diagnostics diagnostics;
        const auto id = sources.add(argv[i], text.str());
        const auto* dialect = dialects::detect(text.str()).dialect;
        if (!dialect) {
            std::printf("%s: no dialect\n", argv[i]);
            continue;
        }
        auto read = dialect->read(sources, {{id, argv[i], true}}, diagnostics);
        for (auto& d : read.devices) {
            model::resolve(d, diagnostics);
            rusage usage{};
            getrusage(RUSAGE_SELF, &usage);
            const double before = static_cast<double>(usage.ru_maxrss) / 1024;
            auto start = std::chrono::steady_clock::now();
            flow::ShadowOptions options;
            options.redundancy = false;
            { flow::Shadow only(d, options); }
            const double dead = seconds_since(start);
            start = std::chrono::steady_clock::now();
            const flow::Shadow s(d);
            const double all = seconds_since(start);
            const auto f = count(d, s);
            getrusage(RUSAGE_SELF, &usage);
            std::size_t rules = 0;
            for (const auto n : f.standing) rules += n;
            std::printf("%8zu %8zu %8zu %8zu %8zu %8zu %8zu %8zu %9.3f %9.3f %9.1f %9.1f  %s\n", rules, f.standing[0],
                        f.standing[1], f.standing[2], f.standing[3], f.standing[4], f.standing[6], f.redundant, dead,
                        all, before, static_cast<double>(usage.ru_maxrss) / 1024, argv[i]);
        }
    }
    return 0;
}

}  // namespace

BENCHMARK(standing)
    ->ArgNames({"shape", "rules"})
    ->ArgsProduct({{nft, nft_flat, iptables, crowded}, {1000, 10000, 100000}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(standing_and_redundancy)
    ->ArgNames({"shape", "rules"})
    ->ArgsProduct({{nft, nft_flat, iptables, crowded}, {1000, 10000, 100000}})
    ->Unit(benchmark::kMillisecond);

int main(int argc, char** argv) {
    if (argc > 1 && argv[1][0] != '-') return files(argc, argv);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
