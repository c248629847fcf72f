// SPDX-License-Identifier: Apache-2.0
#include "flow/difference.hpp"

#include <algorithm>
#include <optional>

namespace egresslint::flow {
namespace {

using base::IntervalSet;
using model::Field;

bool accepts(const Row& row) { return row.verdict == model::Verdict::accept; }

/// The rows say the same about every packet.
bool same_end(const Row& a, const Row& b) {
    if (a.verdict != b.verdict || a.logged != b.logged || a.limited != b.limited || a.inspected != b.inspected)
        return false;
    // What a packet that goes nowhere had become does not matter.
    return !accepts(a) ||
           (a.out_if == b.out_if && a.src == b.src && a.dst == b.dst && a.sport == b.sport && a.dport == b.dport);
}

/// Rows that say the same are one: the pairs below are of ends, not of rows.
std::vector<Row> ends(Analysis& analysis, const FlowTable& table) {
    std::vector<Row> out;
    std::vector<std::vector<HeaderSet>> parts;
    for (const Row& row : table.rows) {
        std::size_t at = 0;
        while (at < out.size() && !same_end(out[at], row)) ++at;
        if (at == out.size()) {
            out.push_back(row);
            parts.emplace_back();
        }
        parts[at].push_back(row.headers);
    }
    for (std::size_t i = 0; i < out.size(); ++i) out[i].headers = analysis.join_all(parts[i]);
    return out;
}

class Comparison {
public:
    Comparison(Analysis& analysis, const model::Device& device) : analysis_(analysis), device_(device) {}

    /// Splits the packets that end as `a` and as `b` by what differs, and leaves out those for which nothing does.
    void compare(const Row& a, const Row& b, std::vector<Difference>& out) {
        const HeaderSet both = analysis_.meet(a.headers, b.headers);
        if (both.empty()) return;
        Difference d;
        d.headers = both;
        d.before = a;
        d.after = b;
        d.accepted = !accepts(a) && accepts(b);
        d.blocked = accepts(a) && !accepts(b);
        std::vector<Difference> parts{std::move(d)};
        if (accepts(a) && accepts(b)) {
            parts.front().way = a.out_if != b.out_if;
            split(parts, Field::src, a.src, b.src, &Difference::source);
            split(parts, Field::dst, a.dst, b.dst, &Difference::destination);
            split(parts, Field::dport, a.dport, b.dport, &Difference::destination);
            split(parts, Field::sport, a.sport, b.sport, &Difference::port);
        }
        for (Difference& part : parts) {
            part.otherwise = !part.accepted && !part.blocked && !part.source && !part.destination && !part.way;
            const bool remarked =
                a.logged != b.logged || a.limited != b.limited || a.inspected != b.inspected || a.verdict != b.verdict;
            if (!part.otherwise || part.port || remarked) out.push_back(std::move(part));
        }
    }

private:
    void split(std::vector<Difference>& parts, Field field, const Rewritten& a, const Rewritten& b,
               bool Difference::*differs) {
        if (a == b) return;
        const std::optional<HeaderSet> same = same_value(field, a, b);
        std::vector<Difference> out;
        for (Difference& part : parts) {
            if (same) {
                Difference alike = part;
                alike.headers = analysis_.meet(part.headers, *same);
                part.headers = analysis_.minus(part.headers, *same);
                if (!alike.headers.empty()) out.push_back(std::move(alike));
            }
            if (part.headers.empty()) continue;
            part.*differs = true;
            out.push_back(std::move(part));
        }
        parts = std::move(out);
    }

    /// Packets of which the field has the same value after both rewrites; nullopt: none has.
    std::optional<HeaderSet> same_value(Field field, const Rewritten& a, const Rewritten& b) {
        using Form = Rewritten::Form;
        if (a.form > b.form) return same_value(field, b, a);
        const base::u128 mask = base::low_mask(model::field_bits(field, analysis_.family()));
        if (a.form == Form::unchanged && b.form == Form::fixed)
            return analysis_.where(field, IntervalSet::single(b.value));
        if (a.form == Form::fixed && b.form == Form::shifted)
            return analysis_.where(field, IntervalSet::single((a.value - b.delta) & mask));
        if (a.form == Form::unchanged && b.form == Form::chosen && b.keep_if_inside)
            return analysis_.where(field, candidates(field, b));
        if (a.form != Form::chosen || b.form != Form::chosen || a.keep_if_inside != b.keep_if_inside)
            return std::nullopt;
        // What the device picks anew for each flow is no difference where both may pick the same.
        const bool vary = device_.choices[a.choice.index()].varies && device_.choices[b.choice.index()].varies;
        if (a.choice == b.choice || (vary && candidates(field, a) == candidates(field, b))) return analysis_.all();
        if (!a.keep_if_inside) return std::nullopt;
        return analysis_.where(field, candidates(field, a).intersect(candidates(field, b)));
    }

    [[nodiscard]] const IntervalSet& candidates(Field field, const Rewritten& r) const {
        return device_.choices[r.choice.index()].candidates.of(field, analysis_.family());
    }

    Analysis& analysis_;
    const model::Device& device_;
};

}  // namespace

Expected<std::vector<Difference>> differences(Analysis& analysis, const model::Combined& combined,
                                              const HeaderSet& headers) {
    Interest first, second;
    first.start = {{combined.version, 0}};
    second.start = {{combined.version, 1}};
    const auto before = analysis.run(headers, Detail::verdicts, first);
    if (!before) return tl::unexpected(before.error());
    const auto after = analysis.run(headers, Detail::verdicts, second);
    if (!after) return tl::unexpected(after.error());
    const std::vector<Row> old_ends = ends(analysis, *before), new_ends = ends(analysis, *after);
    Comparison comparison(analysis, combined.device);
    std::vector<Difference> out;
    for (const Row& a : old_ends)
        for (const Row& b : new_ends)
            if (!same_end(a, b)) comparison.compare(a, b, out);
    return out;
}

}  // namespace egresslint::flow
