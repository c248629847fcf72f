// SPDX-License-Identifier: Apache-2.0
// What flow/shadow claims, held against the tracer. On random devices with every construct of the model: a dead rule is
// never hit, and without the dead and the redundant rules every packet fares as before. On small devices that only
// filter, where every packet and every answer to the unknowns can be tried: standing and redundancy are exactly what
// trying shows. EGRESSLINT_SEED replays one device, EGRESSLINT_DEVICES sets how many are tried.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>

#include "flow/shadow.hpp"
#include "model/print.hpp"
#include "random_device.hpp"

using namespace egresslint;
using namespace egresslint::model;
using namespace egresslint::flow;
using egresslint::testing::RandomDevice;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string name(Standing s) {
    static const char* names[] = {"live", "depends", "covered", "never", "unreached", "inactive", "open"};
    return names[static_cast<int>(s)];
}

bool same_fate(const Outcome& a, const Outcome& b) {
    if (a.verdict != b.verdict) return false;
    if (a.verdict == Verdict::accept && (a.out_if != b.out_if || !(a.src == b.src) || !(a.dst == b.dst) ||
                                         !(a.sport == b.sport) || !(a.dport == b.dport)))
        return false;
    return a.logged == b.logged && a.limited == b.limited && a.inspected == b.inspected;
}

struct Counts {
    std::size_t rules = 0, dead = 0, redundant = 0, live = 0, confirmed = 0, hits = 0, too_careful = 0, open = 0;
};

/// "" when nothing contradicts.
std::string check_any(std::uint64_t seed, unsigned packets, Counts& counts) {
    RandomDevice random(seed);
    const Device device = random.make();
    Shadow shadow(device);
    const auto fail = [&](const std::string& what) { return what + "\n" + print(device); };
    Device cleaned = device;
    for (std::size_t r = 0; r < device.rules.size(); ++r) {
        const auto& s = shadow.of(RuleId(r));
        ++counts.rules;
        counts.dead += is_dead(s.standing);
        counts.redundant += s.redundant;
        if (is_dead(s.standing) || s.redundant) cleaned.rules[r].active = false;
        counts.open += s.standing == Standing::open;
        if ((s.standing == Standing::covered) != !s.cover.empty()) return fail("cover and standing disagree");
        if (s.standing != Standing::live) continue;
        ++counts.live;
        counts.confirmed += shadow.witness(RuleId(r)).has_value();
    }
    for (unsigned n = 0; n < packets; ++n) {
        const auto family = n % 3 == 0 ? Family::v6 : Family::v4;
        auto p = random.packet(family);
        if (p.in_if != 1 && p.in_if > 4) continue;
        p.state = static_cast<ConnectionState>(random.one_in(2) ? 1 : random.below(5));
        const auto v = random.valuation(device, family);
        const auto before = trace(device, p, v), after = trace(cleaned, p, v);
        for (const auto& step : before.branches.front().steps) {
            if (!step.rule.valid()) continue;
            ++counts.hits;
            const auto standing = shadow.of(step.rule).standing;
            if (is_dead(standing) || standing == Standing::inactive)
                return fail("rule " + std::to_string(step.rule.value) + " is " + name(standing) +
                            ", but a packet hits it");
        }
        if (!same_fate(before.branches.front(), after.branches.front()))
            return fail("a packet fares otherwise without the dead and redundant rules");
    }
    return "";
}

// -- small filters, tried completely --------------------------------------------------------------------------------

class SmallFilter {
public:
    explicit SmallFilter(std::uint64_t seed) : random_(seed), b_("small") {}

    Device make() {
        b_.interface("a");
        b_.interface("b");
        for (unsigned n = 0, count = below(3); n < count; ++n)
            b_.predicate("p" + std::to_string(n), one_in(3) ? PredicateKind::rate : PredicateKind::packet,
                         one_in(2) ? Field::src : Field::proto);
        const auto chains = 1 + below(4);
        for (std::uint32_t c = 0; c < chains; ++c) b_.chain("chain" + std::to_string(c));
        for (std::uint32_t c = 0; c < chains; ++c)
            for (auto rules = 1 + below(6); rules > 0; --rules) b_.rule(ChainId(c), rule(c, chains));
        for (auto stages = 1 + below(2); stages > 0; --stages)
            b_.stage("stage", Label::filter, one_in(3) ? expr(1) : b_.yes(), ChainId(one_in(2) ? 0 : below(chains)),
                     verdict());
        b_.device().resolved = true;
        return std::move(b_).finish();
    }

    template <class F>
    static void each(const Device& d, const F& visit) {
        Packet p;
        for (std::uint32_t in = 1; in <= 3; ++in)
            for (std::uint32_t src = 0; src < 5; ++src)
                for (std::uint16_t port = 0; port < 4; ++port)
                    for (const auto state : {ConnectionState::fresh, ConnectionState::established})
                        for (std::uint32_t v = 0; v < 1u << d.predicates.size(); ++v) {
                            p.in_if = in;
                            p.src = 0x0a000000u + src;
                            p.dst = 0x0a000000u;
                            p.proto = 6;
                            p.dport = port;
                            p.state = state;
                            Valuation valuation;
                            for (std::uint32_t k = 0; k < d.predicates.size(); ++k)
                                valuation.predicates[k] = v >> k & 1;
                            visit(p, valuation);
                        }
    }

private:
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
    bool one_in(std::uint32_t n) { return below(n) == 0; }
    Verdict verdict() { return one_in(2) ? Verdict::drop : Verdict::accept; }

    ExprId one() {
        const auto kind = below(b_.device().predicates.empty() ? 6 : 8);
        auto set = [&](std::uint32_t base, std::uint32_t count) {
            std::vector<base::Interval> out;
            for (std::uint32_t i = 0; i < count; ++i)
                if (one_in(2)) out.push_back({base + i, base + i});
            return IntervalSet(std::move(out));
        };
        // Every value outside counts as 10.0.0.4 and port 3.
        auto open_set = [&](std::uint32_t base, std::uint32_t count) {
            auto s = set(base, count - 1);
            return one_in(3) ? s.unite(IntervalSet::range(base + count - 1, base == 0 ? 65535u : 0xffffffffu)) : s;
        };
        switch (kind) {
            case 0:
            case 1: return b_.address(Field::src, Family::v4, open_set(0x0a000000u, 5));
            case 2:
            case 3: return b_.dport(open_set(0, 4));
            case 4: return b_.in(Field::in_if, set(1, 3));
            case 5: return b_.in(Field::ct_state, one_in(2) ? IntervalSet::single(1) : IntervalSet::single(2));
            default: {
                const auto p = PredicateId(below(static_cast<std::uint32_t>(b_.device().predicates.size())));
                return b_.unknown(p, static_cast<std::uint16_t>(below(2)));
            }
        }
    }
    ExprId expr(unsigned depth) {
        const auto kind = below(depth ? 10 : 6);
        if (kind == 0) return b_.yes();
        if (kind < 5) return one();
        if (kind == 5) {
            Relation r;
            r.columns = {{Field::src, View::current, {}}, {Field::dport, View::current, {}}};
            for (auto n = 1 + below(2); n > 0; --n)
                r.rows.push_back({b_.addresses(IntervalSet::single(0x0a000000u + below(4)), {}),
                                  b_.numbers(IntervalSet::single(below(3)))});
            return b_.in_tuple(std::move(r));
        }
        std::vector<ExprId> parts{expr(depth - 1), expr(depth - 1)};
        if (kind == 6) return b_.negate(parts.front());
        return kind == 7 ? b_.either(std::move(parts)) : b_.all(std::move(parts));
    }
    Rule rule(std::uint32_t chain, std::uint32_t chains) {
        Rule r;
        r.match = expr(2);
        const auto kind = below(10);
        const auto to = chain + 1 < chains ? chain + 1 + below(chains - chain - 1) : 0;
        if (kind < 3 && to)
            r.control = Jump{ChainId(to)};
        else if (kind == 3 && to)
            r.control = Goto{ChainId(to)};
        else if (kind == 4)
            r.control = Return{};
        else
            r.control = Decide{verdict(), {}, true};
        return r;
    }

    std::mt19937_64 random_;
    Builder b_;
};

/// The stages' guards keep out what is not tried.
std::string check_small(std::uint64_t seed, Counts& counts) {
    Device device = SmallFilter(seed).make();
    {
        Builder b(std::move(device));
        for (auto& stage : b.device().pipeline)
            stage.when =
                b.all({b.in(Field::family, IntervalSet::single(4)), b.in(Field::in_if, IntervalSet::range(1, 3)),
                       b.proto(6), b.address(Field::src, Family::v4, IntervalSet::range(0x0a000000u, 0xffffffffu)),
                       b.in(Field::ct_state, IntervalSet::range(1, 2)), stage.when});
        device = std::move(b).finish();
    }
    Shadow shadow(device);
    const auto fail = [&](std::size_t r, const std::string& what) {
        std::string all;
        for (std::size_t k = 0; k < device.rules.size(); ++k) {
            const auto& one = shadow.of(RuleId(k));
            all += "\n" + std::to_string(k) + " in chain" + std::to_string(one.chain.value) + " " + name(one.standing);
            for (const auto c : one.cover) all += " " + std::to_string(c.value);
            if (one.redundant) all += " redundant";
        }
        return "rule " + std::to_string(r) + " " + what + "\n" + print(device) + all;
    };
    // Every rule's packets; and those for which it is hit whatever the unknowns that do not vary are.
    using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint16_t, int, std::uint32_t>;
    std::vector<std::map<Key, unsigned>> hits(device.rules.size());
    std::uint32_t varying = 0;
    for (std::uint32_t k = 0; k < device.predicates.size(); ++k)
        if (occurs_both_ways(device.predicates[k].kind)) varying |= 1u << k;
    const auto fixed_count = 1u << (device.predicates.size() - static_cast<unsigned>(__builtin_popcount(varying)));
    SmallFilter::each(device, [&](const Packet& p, const Valuation& v) {
        std::uint32_t chosen = 0;
        for (const auto& [k, value] : v.predicates) chosen |= (value && (varying >> k & 1)) ? 1u << k : 0;
        const Key key{p.in_if, static_cast<std::uint32_t>(p.src), p.dport, static_cast<int>(p.state), chosen};
        std::set<std::uint32_t> seen;
        const auto outcome = trace(device, p, v).branches.front();
        for (const auto& step : outcome.steps)
            if (step.rule.valid() && seen.insert(step.rule.value).second) ++hits[step.rule.index()][key];
    });
    for (std::size_t r = 0; r < device.rules.size(); ++r) {
        const auto s = shadow.of(RuleId(r)).standing;
        const bool hit = !hits[r].empty();
        const bool sure = std::any_of(hits[r].begin(), hits[r].end(), [&](auto& h) { return h.second == fixed_count; });
        ++counts.rules;
        counts.dead += is_dead(s);
        // A first stage may keep packets from the second, which the analysis does not look at.
        if (device.pipeline.size() > 1 && !hit) continue;
        if (hit == is_dead(s)) return fail(r, "is " + name(s) + (hit ? ", but is hit" : ", but nothing hits it"));
        if (device.pipeline.size() > 1 || !hit) continue;
        if (s == Standing::open) return fail(r, "is not decided");
        if (!sure && s == Standing::live) return fail(r, "is live, but hit for some answers only");
        // Live only by several calls together, or behind a call that contradicts itself in an unknown.
        counts.too_careful += sure && s == Standing::depends;
        const auto w = shadow.witness(RuleId(r));
        if (!w) return fail(r, "has no witness");
        bool there = false;
        for (const auto& b : trace(device, w->packet, w->valuation).branches)
            for (const auto& step : b.steps) there = there || step.rule == RuleId(r);
        if (!there) return fail(r, "is not hit by its witness");
    }
    // Redundancy: the same order, one rule at a time.
    std::vector<Outcome> outcomes;
    SmallFilter::each(
        device, [&](const Packet& p, const Valuation& v) { outcomes.push_back(trace(device, p, v).branches.front()); });
    Device cleaned = device;
    for (std::size_t r = 0; r < device.rules.size(); ++r)
        if (is_dead(shadow.of(RuleId(r)).standing)) cleaned.rules[r].active = false;
    for (std::size_t r = device.rules.size(); r-- > 0;) {
        const auto& s = shadow.of(RuleId(r));
        if (is_dead(s.standing)) continue;
        const bool decides = std::holds_alternative<Decide>(device.rules[r].control);
        cleaned.rules[r].active = false;
        std::size_t n = 0;
        bool same = true;
        SmallFilter::each(device, [&](const Packet& p, const Valuation& v) {
            same = same && outcomes[n].verdict == trace(cleaned, p, v).branches.front().verdict;
            ++n;
        });
        counts.redundant += s.redundant;
        if (s.redundant && !same) return fail(r, "is called redundant, but it matters");
        if (device.pipeline.size() == 1 && decides && same && !s.redundant)
            return fail(r, "is redundant, but not called so");
        if (!s.redundant) cleaned.rules[r].active = true;
    }
    return "";
}

// -- long chains: indexes, large unions, relations of many rows -----------------------------------------------------

Device long_chains(std::uint64_t seed) {
    RandomDevice random(seed);
    Builder b("long");
    const auto main = b.chain("main"), other = b.chain("other");
    const auto address = [&] { return 0x0a000000u + random.below(512); };
    const auto one = [&](Field f) {
        return b.prefix(f, base::make_prefix({Family::v4, address()}, 22 + random.below(11)));
    };
    const auto ports = [&] {
        const auto first = random.below(300);
        return IntervalSet::range(first, first + (random.one_in(3) ? random.below(300) : random.below(3)));
    };
    const auto match = [&] {
        std::vector<ExprId> all;
        if (random.one_in(2)) all.push_back(one(Field::src));
        if (random.one_in(2)) all.push_back(one(Field::dst));
        if (all.empty() || random.one_in(2)) all.push_back(b.dport(ports()));
        if (random.one_in(4)) all.push_back(b.proto(random.one_in(2) ? 6 : 17));
        if (random.one_in(20)) {
            Relation r;
            r.columns = {{Field::dport, View::current, {}}, {Field::src, View::current, {}}};
            for (auto n = 1 + random.below(300); n > 0; --n)
                r.rows.push_back({b.numbers(ports()), b.addresses(IntervalSet::single(address()), {})});
            all = {b.in_tuple(std::move(r))};
            if (random.one_in(3)) all.front() = b.negate(all.front());
        }
        return b.all(std::move(all));
    };
    // Single ports first, so that ranges further on are taken by hundreds of rules.
    for (std::uint32_t port = 0; port < 300; ++port) {
        Rule r;
        r.match = b.all({b.proto(17), b.dport(IntervalSet::single(port))});
        r.control = Decide{random.one_in(2) ? Verdict::drop : Verdict::accept, {}, true};
        if (seed % 3 == 0 || !random.one_in(4)) b.rule(main, std::move(r));
    }
    for (unsigned n = 0; n < 500; ++n) {
        Rule r;
        r.match = match();
        const auto kind = random.below(40);
        if (kind == 0) {
            r.control = Return{};
        } else if (kind == 1 && n % 2 == 0) {
            r.control = Jump{other};
        } else {
            r.control = Decide{random.one_in(2) ? Verdict::drop : Verdict::accept, {}, true};
        }
        b.rule(n % 2 ? other : main, std::move(r));
    }
    Rule last;
    last.match = b.all({b.proto(17), b.dport(IntervalSet::range(0, 299))});
    last.control = Decide{Verdict::accept, {}, true};
    b.rule(main, std::move(last));
    b.stage("stage", Label::filter, b.yes(), main, Verdict::drop);
    b.interface("a");
    b.device().resolved = true;
    return std::move(b).finish();
}

std::string check_long(std::uint64_t seed, Counts& counts) {
    const Device device = long_chains(seed);
    Shadow shadow(device);
    Device cleaned = device;
    const auto fail = [&](std::size_t r, const std::string& what) {
        return "rule " + std::to_string(r) + " (" + print_expr(device, device.rules[r].match) + ") " + what;
    };
    for (std::size_t r = 0; r < device.rules.size(); ++r) {
        const auto& s = shadow.of(RuleId(r));
        ++counts.rules;
        counts.dead += is_dead(s.standing);
        counts.redundant += s.redundant;
        counts.open += s.standing == Standing::open;
        if (is_dead(s.standing) || s.redundant) cleaned.rules[r].active = false;
        if (s.standing == Standing::live && !shadow.witness(RuleId(r))) return fail(r, "is live, but has no witness");
    }
    RandomDevice random(seed + 1);
    for (unsigned n = 0; n < 3000; ++n) {
        Packet p;
        p.in_if = 1 + random.below(2);
        p.src = 0x0a000000u + random.below(520);
        p.dst = 0x0a000000u + random.below(520);
        p.proto = random.one_in(2) ? 6 : 17;
        p.dport = static_cast<std::uint16_t>(random.below(620));
        const auto before = trace(device, p), after = trace(cleaned, p);
        for (const auto& step : before.branches.front().steps)
            if (step.rule.valid() && is_dead(shadow.of(step.rule).standing))
                return fail(step.rule.index(), "is dead, but a packet hits it");
        if (before.answer != after.answer) return fail(0, "matters: a packet fares otherwise without what could go");
    }
    return "";
}

template <class F>
void check_many(std::uint64_t first, std::uint64_t count, const F& check) {
    if (const auto one = from_environment("EGRESSLINT_SEED", 0)) {
        INFO("seed " << one);
        CHECK(check(one) == "");
        return;
    }
    unsigned failures = 0;
    for (std::uint64_t i = 0; i < count && failures < 3; ++i) {
        const auto wrong = check(first + i);
        INFO("replay with EGRESSLINT_SEED=" << first + i);
        CHECK(wrong == "");
        failures += !wrong.empty();
    }
}

}  // namespace

TEST_CASE("dead rules are never hit, and nothing changes without dead and redundant rules") {
    Counts counts;
    check_many(20261124, from_environment("EGRESSLINT_DEVICES", 2500),
               [&](std::uint64_t seed) { return check_any(seed, 60, counts); });
    CAPTURE(counts.rules, counts.dead, counts.redundant, counts.live, counts.confirmed, counts.hits, counts.open);
    if (!std::getenv("EGRESSLINT_SEED")) {
        CHECK(counts.dead * 20 > counts.rules);
        CHECK(counts.redundant > 0);
        CHECK(counts.open * 200 < counts.rules);  // calls into chains that write what they read
        CHECK(counts.confirmed * 2 > counts.live);
    }
}

TEST_CASE("standing and redundancy are what trying every packet shows") {
    Counts counts;
    check_many(4711, from_environment("EGRESSLINT_DEVICES", 2500),
               [&](std::uint64_t seed) { return check_small(seed, counts); });
    CAPTURE(counts.rules, counts.dead, counts.redundant, counts.too_careful);
    if (!std::getenv("EGRESSLINT_SEED")) {
        CHECK(counts.dead * 10 > counts.rules);
        CHECK(counts.redundant * 20 > counts.rules);
        CHECK(counts.too_careful * 100 < counts.rules);
    }
}

TEST_CASE("seeds that once found something") {
    Counts counts;
    for (const std::uint64_t seed : {20262672, 20262785, 20263095}) {
        INFO(seed);
        CHECK(check_any(seed, 400, counts) == "");
    }
    for (const std::uint64_t seed : {6040, 8157, 9701}) {
        INFO(seed);
        CHECK(check_small(seed, counts) == "");
    }
}

TEST_CASE("long chains: what is dead is never hit, what lives has a witness") {
    Counts counts;
    check_many(99, std::min<std::uint64_t>(from_environment("EGRESSLINT_DEVICES", 6), 400),
               [&](std::uint64_t seed) { return check_long(seed, counts); });
    CAPTURE(counts.rules, counts.dead, counts.redundant, counts.open);
    if (!std::getenv("EGRESSLINT_SEED")) {
        CHECK(counts.dead * 10 > counts.rules);
        CHECK(counts.redundant > 0);
        CHECK(counts.open == 0);
    }
}
