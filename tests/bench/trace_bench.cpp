// SPDX-License-Identifier: Apache-2.0
// The tracer: packets a second through the synthetic office, as read from nftables and iptables text with addresses and
// routes known. Two shapes of the forward filter (sixteen departments behind a dispatch, or one flat chain), and for
// comparison the plain tracer; and how long compiling takes and what it weighs.
#include <benchmark/benchmark.h>

#include <map>

#include "flow/compiled_trace.hpp"
#include "tests/support/office_device.hpp"

using namespace egresslint;
namespace office = egresslint::testing::office;

namespace {

enum Shape : std::int64_t { nft, nft_flat, iptables };

struct Office {
    model::Device device;
    std::vector<flow::Packet> packets;
};
constexpr std::size_t packets = 1 << 16;

const Office& made(std::int64_t shape, std::int64_t rules) {
    static std::map<std::pair<std::int64_t, std::int64_t>, Office> offices;
    Office& out = offices[{shape, rules}];
    if (!out.packets.empty()) return out;
    const auto n = static_cast<unsigned>(rules);
    const std::string text = shape == iptables ? office::iptables(n) : office::nft(n, 1, shape == nft_flat);
    out.device = office::device(shape == iptables ? "iptables" : "nftables", text);
    office::Samples samples(text, 7);
    for (std::size_t i = 0; i < packets; ++i) out.packets.push_back(office::packet(out.device, samples.next()));
    return out;
}

void compiled(benchmark::State& state) {
    const Office& o = made(state.range(0), state.range(1));
    flow::CompiledTracer tracer(o.device, base::Family::v4);
    std::size_t next = 0, accepted = 0;
    for (auto _ : state) {
        accepted += tracer.run(o.packets[next++ % packets]).answer == flow::Answer::accept;
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["accepted"] = static_cast<double>(accepted) / static_cast<double>(state.iterations());
}

void plain(benchmark::State& state) {
    const Office& o = made(state.range(0), state.range(1));
    std::size_t next = 0;
    for (auto _ : state) benchmark::DoNotOptimize(flow::trace(o.device, o.packets[next++ % packets]).answer);
    state.SetItemsProcessed(state.iterations());
}

void compile(benchmark::State& state) {
    const model::Device& d = made(state.range(0), state.range(1)).device;
    std::size_t bytes = 0;
    for (auto _ : state) bytes = flow::CompiledTracer(d, base::Family::v4).bytes();
    state.counters["bytes/rule"] = static_cast<double>(bytes) / static_cast<double>(state.range(1));
}

}  // namespace

BENCHMARK(compiled)->ArgNames({"shape", "rules"})->ArgsProduct({{nft, nft_flat, iptables}, {1000, 10000, 100000}});
BENCHMARK(plain)->ArgNames({"shape", "rules"})->Args({nft, 10000})->Args({nft_flat, 10000})->Args({iptables, 10000});
BENCHMARK(compile)
    ->ArgNames({"shape", "rules"})
    ->ArgsProduct({{nft, nft_flat, iptables}, {10000, 100000}})
    ->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
