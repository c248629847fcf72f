// SPDX-License-Identifier: Apache-2.0
// The diagram kernel against functions written out point by point, over universes small enough to list.
#include "flow/space.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <random>
#include <set>

using namespace egresslint::flow;

namespace {

/// A function from every point of the universe to a small number.
using Table = std::vector<std::uint32_t>;

struct Universe {
    std::vector<std::uint32_t> maxima;
    std::unique_ptr<Space, void (*)(Space*)> space;

    explicit Universe(std::vector<std::uint32_t> m)
        : maxima(m), space(new Space(m, Budget{}), [](Space* s) { s->abandon(); }) {
        space->adopt();
    }
    [[nodiscard]] std::size_t points() const {
        std::size_t n = 1;
        for (const auto m : maxima) n *= m + 1;
        return n;
    }
    [[nodiscard]] std::vector<std::uint32_t> point(std::size_t index) const {
        std::vector<std::uint32_t> out(maxima.size());
        for (std::size_t l = maxima.size(); l-- > 0; index /= maxima[l] + 1)
            out[l] = static_cast<std::uint32_t>(index % (maxima[l] + 1));
        return out;
    }
    NodeId build(const Table& table) const {
        const std::function<NodeId(std::size_t, std::size_t)> from = [&](std::size_t level, std::size_t index) {
            if (level == maxima.size()) return terminal(table[index]);
            std::vector<Space::Edge> edges;
            for (std::uint32_t v = 0; v <= maxima[level]; ++v)
                edges.push_back({v, from(level + 1, index * (maxima[level] + 1) + v)});
            return space->make(static_cast<std::uint32_t>(level), edges);
        };
        return from(0, 0);
    }
    [[nodiscard]] Table read(NodeId id) const {
        Table out(points());
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = space->evaluate(id, point(i));
        return out;
    }
};

Table random_table(std::mt19937& rng, std::size_t points, std::uint32_t values) {
    Table t(points);
    const bool blocks = rng() % 2;
    std::uint32_t now = 0;
    for (auto& x : t) {
        if (!blocks || rng() % 3 == 0) now = static_cast<std::uint32_t>(rng() % values);
        x = now;
    }
    return t;
}

}  // namespace

TEST_CASE("every function of a tiny universe has one diagram, and the diagram is the function") {
    const Universe u({1, 2});
    std::set<NodeId> ids;
    std::size_t functions = 0;
    Table t(u.points());
    const std::function<void(std::size_t)> all = [&](std::size_t at) {
        if (at == t.size()) {
            const NodeId id = u.build(t);
            REQUIRE(u.read(id) == t);
            REQUIRE(u.build(t) == id);
            ids.insert(id);
            ++functions;
            return;
        }
        for (std::uint32_t v = 0; v < 3; ++v) {
            t[at] = v;
            all(at + 1);
        }
    };
    all(0);
    REQUIRE(functions == 729);
    REQUIRE(ids.size() == functions);
}

TEST_CASE("all pairs of sets of a tiny universe: the set operations are those of naive sets") {
    const Universe u({1, 1, 1});
    std::vector<std::pair<NodeId, Table>> sets;
    for (std::uint32_t bits = 0; bits < 256; ++bits) {
        Table t(8);
        for (std::uint32_t i = 0; i < 8; ++i) t[i] = bits >> i & 1;
        sets.emplace_back(u.build(t), t);
    }
    for (std::uint32_t i = 0; i < 256; ++i)
        for (std::uint32_t j = 0; j < 256; ++j) {
            const NodeId a = sets[i].first, b = sets[j].first;
            REQUIRE(u.space->meet(a, b) == sets[i & j].first);
            REQUIRE(u.space->overlay(a, b) == sets[i | j].first);
            REQUIRE(u.space->minus(a, b) == sets[i & ~j & 255].first);
            REQUIRE(u.space->disjoint(a, b) == ((i & j) == 0));
            REQUIRE(u.space->subset(a, b) == ((i & ~j) == 0));
        }
}

TEST_CASE("operations with many terminals agree with the functions written out") {
    std::mt19937 rng(20261123);
    for (int round = 0; round < 400; ++round) {
        const Universe u({static_cast<std::uint32_t>(rng() % 4 + 1), static_cast<std::uint32_t>(rng() % 3 + 1),
                          static_cast<std::uint32_t>(rng() % 5 + 1)});
        const std::size_t n = u.points();
        const Table a = random_table(rng, n, 4), b = random_table(rng, n, 4), s = random_table(rng, n, 2);
        const NodeId x = u.build(a), y = u.build(b), set = u.build(s);
        Table gate(n), over(n), less(n), mapped(n);
        for (std::size_t i = 0; i < n; ++i) {
            gate[i] = s[i] ? a[i] : 0;
            over[i] = a[i] ? a[i] : b[i];
            less[i] = s[i] ? 0 : a[i];
            mapped[i] = (a[i] * 7 + 1) % 5;
        }
        REQUIRE(u.space->gate(set, x) == u.build(gate));
        REQUIRE(u.space->overlay(x, y) == u.build(over));
        REQUIRE(u.space->minus(x, set) == u.build(less));
        REQUIRE(u.space->map(x, u.space->new_code(), [](std::uint32_t v) { return terminal((v * 7 + 1) % 5); }) ==
                u.build(mapped));

        std::set<std::uint32_t> values(a.begin(), a.end());
        REQUIRE(u.space->terminals(x) == std::vector<std::uint32_t>(values.begin(), values.end()));
        const auto parts = u.space->partition(x);
        values.erase(0);
        REQUIRE(parts.size() == values.size());
        for (const auto& [value, where] : parts) {
            Table expected(n);
            for (std::size_t i = 0; i < n; ++i) expected[i] = a[i] == value;
            REQUIRE(where == u.build(expected));
        }
        // Quantifiers over the middle level.
        using Q = Space::Quantify;
        Table some(n), every(n);
        for (std::size_t i = 0; i < n; ++i) {
            const auto p = u.point(i);
            bool e = false, f = true;
            for (std::size_t j = 0; j < n; ++j) {
                const auto q = u.point(j);
                if (p[0] != q[0] || p[2] != q[2]) continue;
                e = e || s[j];
                f = f && s[j];
            }
            some[i] = e;
            every[i] = f;
        }
        REQUIRE(u.space->quantify(set, {Q::keep, Q::exists, Q::keep}, u.space->new_code()) == u.build(some));
        REQUIRE(u.space->quantify(set, {Q::keep, Q::forall, Q::keep}, u.space->new_code()) == u.build(every));
    }
}

TEST_CASE("a collection keeps what handles reach and frees the rest") {
    std::mt19937 rng(7);
    const Universe u({5, 6, 7});
    std::vector<Table> tables;
    std::vector<HeaderSet> kept;
    for (int i = 0; i < 50; ++i) {
        tables.push_back(random_table(rng, u.points(), 2));
        kept.push_back(u.space->handle(u.build(tables.back())));
        u.build(random_table(rng, u.points(), 3));
    }
    const auto before = u.space->node_count();
    u.space->collect();
    REQUIRE(u.space->node_count() < before);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        REQUIRE(u.read(u.space->id(kept[i])) == tables[i]);
        REQUIRE(u.build(tables[i]) == u.space->id(kept[i]));  // still hash-consed
    }
    const auto live = u.space->node_count();
    kept.clear();
    u.space->collect();
    REQUIRE(live > 0);
    REQUIRE(u.space->node_count() == 0);
}

TEST_CASE("a handle may outlive the owner of its space") {
    HeaderSet set;
    {
        const Universe u({1});
        set = u.space->handle(u.build({0, 1}));
    }
    REQUIRE_FALSE(set.empty());
}

TEST_CASE("more nodes than the budget allows is an answer, not a crash") {
    auto* space = new Space({255, 255, 255, 255}, Budget{10, 100, 10});
    space->adopt();
    bool refused = false;
    try {
        for (std::uint32_t i = 0; i < 50; ++i) {
            const Space::Edge edges[] = {{i, nowhere}, {255, everywhere}};
            static_cast<void>(space->make(i % 4, edges));
        }
    } catch (const BudgetExceeded&) {
        refused = true;
    }
    REQUIRE(refused);
    space->abandon();
}
