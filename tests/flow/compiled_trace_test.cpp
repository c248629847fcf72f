// SPDX-License-Identifier: Apache-2.0
// The compiled tracer is held against the plain one (flow/trace.cpp), which was written first and without an index: on
// random devices the whole answers must be equal, branch by branch, with every unknown open, given or anything between.
// EGRESSLINT_SEED replays one device, EGRESSLINT_DEVICES sets how many are tried.
#include "flow/compiled_trace.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "model/print.hpp"
#include "random_device.hpp"
#include "tests/support/trace_difference.hpp"

using namespace egresslint;
using namespace egresslint::model;
using namespace egresslint::flow;
using egresslint::testing::difference;
using egresslint::testing::RandomDevice;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string check_device(std::uint64_t seed, std::uint32_t most_rules, unsigned packets) {
    RandomDevice random(seed, most_rules);
    const Device device = random.make();
    // As it is, and cut wherever a cut is possible at all: chains this small would hardly have an index otherwise.
    const CutLimits limits = seed % 4 == 0 ? CutLimits{} : CutLimits{1, 0.01, 0};
    CompiledTracer tracers[] = {{device, Family::v4, limits}, {device, Family::v6, limits}};
    for (unsigned i = 0; i < packets; ++i) {
        const Family family = random.one_in(2) ? Family::v4 : Family::v6;
        Packet packet = random.packet(family);
        packet.state = static_cast<ConnectionState>(random.one_in(2) ? 1 : random.below(5));
        packet.mark = random.below(4);
        Valuation given;
        if (!random.one_in(3)) {
            given = random.valuation(device, family);
            if (random.one_in(2)) std::erase_if(given.predicates, [&](const auto&) { return random.one_in(2); });
            if (random.one_in(2)) given.choices.clear();
        }
        const std::size_t limit = random.one_in(4) ? 1 + random.below(6) : 64;
        CompiledTracer& tracer = tracers[family == Family::v4 ? 0 : 1];
        const Trace plain = trace(device, packet, given, limit);
        std::string what = difference(plain, tracer.trace(packet, given, limit));
        if (what.empty()) what = difference(plain, tracer.run(packet, given, limit));
        if (!what.empty())
            return "packet " + std::to_string(i) + " (" + base::to_string(Address{family, packet.src}) + ":" +
                   std::to_string(packet.sport) + " -> " + base::to_string(Address{family, packet.dst}) + ":" +
                   std::to_string(packet.dport) + " proto " + std::to_string(packet.proto) + "): " + what + "\n" +
                   print(device);
    }
    return "";
}

}  // namespace

TEST_CASE("the compiled tracer answers as the plain one on random devices") {
    const std::uint64_t only = from_environment("EGRESSLINT_SEED", 0);
    const std::uint64_t count = only ? 1 : from_environment("EGRESSLINT_DEVICES", 2000);
    for (std::uint64_t n = 0; n < count; ++n) {
        const std::uint64_t seed = only ? only : 1 + n;
        // Short chains are walked, long ones have an index.
        const std::uint32_t most_rules = seed % 3 == 0 ? 6 : seed % 3 == 1 ? 40 : 160;
        INFO("seed " << seed);
        const std::string wrong = check_device(seed, most_rules, 20);
        REQUIRE(wrong == "");
    }
}
