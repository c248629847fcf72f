// SPDX-License-Identifier: Apache-2.0
// The symbolic engine on synthetic devices of 1,000 to 1,000,000 rules: a destination translation, routing, a forward
// filter that dispatches to sixteen departments, a tenth of the rules as source translations, the mail server among
// them. Questions: who sends mail (tcp/25), who leaves with the mail server's address (all ports), and for small
// devices everything at once; and the kernel alone: overlaying random boxes.
#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <random>

#include "flow/analysis.hpp"
#include "flow/space.hpp"
#include "model/builder.hpp"

using namespace egresslint;
using base::Family;
using base::IntervalSet;
using base::u128;
using model::Builder;
using model::Field;

namespace {

constexpr std::uint32_t departments = 16;

model::Device device(std::size_t rules, bool closed) {
    std::mt19937 random(1);
    auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    Builder b("bench");
    const auto wan = b.interface("wan0");
    std::vector<model::InterfaceId> lans;
    for (std::uint32_t d = 0; d < departments; ++d) lans.push_back(b.interface("lan" + std::to_string(d)));
    auto on = [&](Field field, model::InterfaceId i) { return b.in(field, IntervalSet::single(i.value)); };
    auto network = [&](Field field, std::uint32_t address, unsigned length) {
        return b.in(field, b.addresses(IntervalSet::prefix(base::make_prefix({Family::v4, address}, length)), {}));
    };
    auto decide = [&](model::ChainId chain, model::ExprId match, model::Verdict v,
                      std::vector<model::Translate> then = {}) {
        model::Rule r;
        r.match = match;
        r.control = model::Decide{v, std::move(then), true};
        b.rule(chain, std::move(r));
    };
    auto to = [](Field field, u128 value) {
        model::Translate t;
        t.field = field;
        t.family = Family::v4;
        t.to = model::Fixed{value};
        return t;
    };
    auto tcp = [&](std::uint32_t port) { return b.all({b.proto(6), b.dport(IntervalSet::single(port))}); };
    constexpr std::uint32_t mail = 0x0a010019, mail_public = 0xc6336405;
    auto inside = [&](std::uint32_t d) { return 0x0a000000u | (d + 1) << 16 | below(65536); };
    static constexpr std::uint32_t ports[] = {22, 53, 80, 110, 143, 443, 465, 587, 993, 3306, 5432, 8080};

    const auto pre = b.chain("prerouting"), route = b.chain("routing"), forward = b.chain("forward"),
               post = b.chain("postrouting");
    decide(pre, b.all({on(Field::in_if, wan), network(Field::dst, mail_public, 32), tcp(25)}), model::Verdict::accept,
           {to(Field::dst, mail)});
    auto routed = [&](model::ExprId match, model::InterfaceId by) {
        model::Rule r;
        r.match = match;
        r.effects.push_back(model::Assign{{Field::out_if, model::View::current, {}}, {}, 0, {}, 0, by.value});
        r.control = model::Decide{};
        b.rule(route, std::move(r));
    };
    for (std::uint32_t d = 0; d < departments; ++d)
        routed(network(Field::dst, 0x0a000000u | (d + 1) << 16, 16), lans[d]);
    routed(b.yes(), wan);

    decide(forward, b.in(Field::ct_state, IntervalSet{{2, 3}}), model::Verdict::accept);
    decide(forward, b.all({network(Field::src, mail, 32), on(Field::out_if, wan), tcp(25)}), model::Verdict::accept);
    if (closed) decide(forward, tcp(25), model::Verdict::drop);
    const std::size_t each = (rules - rules / 10) / departments;
    for (std::uint32_t d = 0; d < departments; ++d) {
        const auto chain = b.chain("department" + std::to_string(d));
        model::Rule jump;
        jump.match = on(Field::in_if, lans[d]);
        jump.control = model::Jump{chain};
        b.rule(forward, std::move(jump));
        for (std::size_t i = 0; i < each; ++i) {
            const auto port = tcp(ports[below(12)]);
            const auto outside = (100 + below(90)) << 24 | below(1u << 24);
            switch (below(5)) {
                case 0:
                    decide(chain, b.all({network(Field::src, inside(d), 24), network(Field::dst, outside, 24)}),
                           model::Verdict::drop);
                    break;
                case 1:
                    decide(chain, b.all({network(Field::src, inside(d), 24), network(Field::dst, outside, 24), port}),
                           model::Verdict::accept);
                    break;
                default: decide(chain, b.all({network(Field::src, inside(d), 32), port}), model::Verdict::accept);
            }
        }
    }
    decide(post, b.all({network(Field::src, mail, 32), on(Field::out_if, wan)}), model::Verdict::accept,
           {to(Field::src, mail_public)});
    for (std::size_t i = 0; i < rules / 10; ++i)
        decide(post,
               b.all({network(Field::src, inside(static_cast<std::uint32_t>(i % departments)), 32),
                      on(Field::out_if, wan)}),
               model::Verdict::accept, {to(Field::src, 0xc6330000u | (101 + below(50)) << 8 | below(254))});
    decide(post, on(Field::out_if, wan), model::Verdict::accept, {to(Field::src, 0xc6336402)});

    b.stage("prerouting", model::Label::destination_translation, b.yes(), pre);
    b.stage("routing", model::Label::routing, b.yes(), route, model::Verdict::reject);
    b.stage("forward", model::Label::filter, b.yes(), forward, model::Verdict::drop);
    b.stage("postrouting", model::Label::source_translation, b.yes(), post);
    b.device().resolved = true;
    return std::move(b).finish();
}

const model::Device& shared_device(std::size_t rules, bool closed) {
    static std::map<std::pair<std::size_t, bool>, std::unique_ptr<model::Device>> made;
    auto& d = made[{rules, closed}];
    if (!d) d = std::make_unique<model::Device>(device(rules, closed));
    return *d;
}

void who_sends_mail(benchmark::State& state, bool closed) {
    const auto& d = shared_device(static_cast<std::size_t>(state.range(0)), closed);
    std::size_t rows = 0, nodes = 0;
    for (auto _ : state) {
        flow::Analysis a(d, Family::v4);
        const auto smtp = a.meet(
            a.new_flows(), a.cube(std::vector<std::pair<Field, IntervalSet>>{{Field::proto, IntervalSet::single(6)},
                                                                             {Field::dport, IntervalSet::single(25)}}));
        flow::Interest interest;
        interest.accepted_only = true;
        const auto table = a.run(smtp, flow::Detail::translations, interest);
        rows = table ? table->rows.size() : 0;
        nodes = a.node_count();
    }
    state.counters["rows"] = static_cast<double>(rows);
    state.counters["nodes"] = static_cast<double>(nodes);
    state.SetComplexityN(state.range(0));
}
void mail_when_closed(benchmark::State& state) { who_sends_mail(state, true); }
void mail_when_open(benchmark::State& state) { who_sends_mail(state, false); }

void who_leaves_with_the_mail_address(benchmark::State& state) {
    const auto& d = shared_device(static_cast<std::size_t>(state.range(0)), true);
    std::size_t rows = 0, nodes = 0;
    for (auto _ : state) {
        flow::Analysis a(d, Family::v4);
        flow::Interest interest;
        interest.leaves_with_source = model::LiteralSet{IntervalSet::single(0xc6336405), {}};
        const auto table = a.run(a.new_flows(), flow::Detail::translations, interest);
        rows = table ? table->rows.size() : 0;
        nodes = a.node_count();
    }
    state.counters["rows"] = static_cast<double>(rows);
    state.counters["nodes"] = static_cast<double>(nodes);
    state.SetComplexityN(state.range(0));
}

void everything(benchmark::State& state) {
    const auto& d = shared_device(static_cast<std::size_t>(state.range(0)), true);
    std::size_t rows = 0, nodes = 0;
    for (auto _ : state) {
        flow::Analysis a(d, Family::v4);
        const auto table = a.run(a.new_flows(), flow::Detail::translations);
        rows = table ? table->rows.size() : 0;
        nodes = a.node_count();
    }
    state.counters["rows"] = static_cast<double>(rows);
    state.counters["nodes"] = static_cast<double>(nodes);
}

void kernel_overlay(benchmark::State& state) {
    std::mt19937 random(3);
    for (auto _ : state) {
        auto* space = new flow::Space({0xffffffffu, 0xffffffffu, 255, 65535}, flow::Budget{});
        space->adopt();
        std::vector<flow::NodeId> boxes;
        for (std::int64_t i = 0; i < state.range(0); ++i) {
            flow::NodeId at = flow::terminal(1 + static_cast<std::uint32_t>(i % 3));
            for (std::uint32_t level = 4; level-- > 0;) {
                const auto maximum = space->maximum(level);
                const auto first = 1 + static_cast<std::uint32_t>(random()) % (maximum / 2);
                const auto last = std::min<std::uint32_t>(maximum - 1, first + (level < 2    ? 255u
                                                                                : level == 2 ? 0u
                                                                                             : 3u));
                const flow::Space::Edge edges[] = {{first - 1, flow::nowhere}, {last, at}, {maximum, flow::nowhere}};
                at = space->make(level, edges);
            }
            boxes.push_back(at);
        }
        benchmark::DoNotOptimize(space->overlay_all(boxes));
        space->abandon();
    }
    state.SetComplexityN(state.range(0));
}

}  // namespace

BENCHMARK(mail_when_closed)->RangeMultiplier(10)->Range(1000, 1000000)->Unit(benchmark::kMillisecond)->Complexity();
BENCHMARK(mail_when_open)->RangeMultiplier(10)->Range(1000, 1000000)->Unit(benchmark::kMillisecond)->Complexity();
BENCHMARK(who_leaves_with_the_mail_address)
    ->RangeMultiplier(10)
    ->Range(1000, 1000000)
    ->Unit(benchmark::kMillisecond)
    ->Complexity();
BENCHMARK(everything)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);
BENCHMARK(kernel_overlay)->RangeMultiplier(10)->Range(1000, 100000)->Unit(benchmark::kMillisecond)->Complexity();

BENCHMARK_MAIN();
