// SPDX-License-Identifier: Apache-2.0
#include "flow/difference.hpp"

#include <algorithm>

namespace egresslint::flow {
namespace {

bool accepts(const Row& row) { return row.verdict == model::Verdict::accept; }

bool alike(const Row& a, const Row& b) {
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
        while (at < out.size() && !alike(out[at], row)) ++at;
        if (at == out.size()) {
            out.push_back(row);
            parts.emplace_back();
        }
        parts[at].push_back(row.headers);
    }
    for (std::size_t i = 0; i < out.size(); ++i) out[i].headers = analysis.join_all(parts[i]);
    return out;
}

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
    std::vector<Difference> out;
    for (const Row& a : old_ends) {
        HeaderSet rest = a.headers;
        for (const Row& b : new_ends)
            if (alike(a, b)) rest = analysis.minus(rest, b.headers);
        if (rest.empty()) continue;
        for (const Row& b : new_ends) {
            if (alike(a, b)) continue;
            Difference d;
            d.headers = analysis.meet(rest, b.headers);
            if (d.headers.empty()) continue;
            d.before = a;
            d.after = b;
            d.accepted = !accepts(a) && accepts(b);
            d.blocked = accepts(a) && !accepts(b);
            if (accepts(a) && accepts(b)) {
                d.source = !(a.src == b.src);
                d.destination = !(a.dst == b.dst) || !(a.dport == b.dport);
                d.way = a.out_if != b.out_if;
            }
            d.otherwise = !d.accepted && !d.blocked && !d.source && !d.destination && !d.way;
            out.push_back(std::move(d));
        }
    }
    return out;
}

}  // namespace egresslint::flow
