// SPDX-License-Identifier: Apache-2.0
#include "report/matrix.hpp"

#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/json_values.hpp"
#include "report/words.hpp"

namespace egresslint::report {
namespace {

constexpr std::size_t shown_ranges = 4, shown_unknowns = 8;

Json addresses_json(const base::IntervalSet& set, base::Family family) {
    Json out = Json::array();
    for (const base::Prefix& p : base::to_prefixes(set, family))
        out.push_back(p.length == base::address_bits(family) ? base::to_string(p.base) : base::to_string(p));
    return out;
}

std::string_view family_name(base::Family family) { return family == base::Family::v4 ? "IPv4" : "IPv6"; }

/// The matrix proper first: it is what is read, the rest says what was asked.
void add_matrix(Json& out, const MatrixAnswer& answer) {
    const flow::Matrix& m = answer.matrix;
    out["device"] = answer.device;
    out["family"] = family_name(answer.family);
    out["path"] = answer.path;
    out["proto"] = answer.proto;
    out["sport"] = answer.sport;
    out["dport"] = m.dport;
    out["unknown"] = answer.unknown;
    Json classes = Json::array();
    for (const auto& c : m.classes) classes.push_back(Json{{"addresses", addresses_json(c, answer.family)}});
    out["classes"] = std::move(classes);
    Json edges = Json::array();
    for (const auto& [from, to] : m.edges) edges.push_back(Json::array({from, to}));
    out["edges"] = std::move(edges);
    Json untracked = Json::array();
    for (const auto& [sources, destinations] : m.untracked)
        untracked.push_back(Json{{"sources", addresses_json(sources, answer.family)},
                                 {"destinations", addresses_json(destinations, answer.family)}});
    out["untracked"] = std::move(untracked);
    out["depends_on"] = answer.depends_on;
}

/// "0-3, 7".
std::string numbers(const std::vector<std::uint32_t>& ascending, std::size_t of) {
    if (ascending.size() == of && of > 1) return "all";
    std::string out;
    for (std::size_t i = 0; i < ascending.size();) {
        std::size_t end = i + 1;
        while (end < ascending.size() && ascending[end] == ascending[end - 1] + 1) ++end;
        out += fmt::format("{}{}", out.empty() ? "" : ", ", ascending[i]);
        if (end > i + 1) out += fmt::format("{}{}", end > i + 2 ? "-" : ", ", ascending[end - 1]);
        i = end;
    }
    return out.empty() ? "none" : out;
}

std::string ranges(const base::IntervalSet& set, base::Family family) {
    return set.is_full(base::address_bits(family)) ? "every address"
                                                   : base::addresses_to_string(set, family, shown_ranges);
}

std::string size(const base::IntervalSet& set, base::Family family) {
    if (set.is_full(base::address_bits(family))) return family == base::Family::v4 ? "2^32" : "2^128";
    return base::to_decimal(set.size());
}

std::string one_text(const MatrixAnswer& answer, const Style& style) {
    const flow::Matrix& m = answer.matrix;
    const auto plural = [](std::size_t n, std::string_view one, std::string_view more) {
        return fmt::format("{} {}", n, n == 1 ? one : more);
    };
    std::string out =
        style.bold(fmt::format("{}, {}, {}, {} {} -> {}", escaped(answer.device), family_name(answer.family),
                               answer.path, answer.proto, answer.sport, m.dport));
    out += fmt::format(": {}, {}\n", plural(m.classes.size(), "class", "classes"),
                       plural(m.edges.size(), "edge", "edges"));
    std::vector<std::vector<std::string>> rows{{"class", "reaches", "size", "addresses"}};
    std::size_t edge = 0;
    for (std::uint32_t c = 0; c < m.classes.size(); ++c) {
        std::vector<std::uint32_t> reached;
        for (; edge < m.edges.size() && m.edges[edge].first == c; ++edge) reached.push_back(m.edges[edge].second);
        rows.push_back({fmt::format("{}", c), numbers(reached, m.classes.size()), size(m.classes[c], answer.family),
                        ranges(m.classes[c], answer.family)});
    }
    for (const std::string& line : aligned(rows)) out += fmt::format("  {}\n", line);
    for (const auto& [sources, destinations] : m.untracked)
        out += fmt::format("  untracked only: {} -> {}\n", ranges(sources, answer.family),
                           ranges(destinations, answer.family));
    if (!answer.depends_on.empty())
        out += fmt::format("  in doubt {}: {}\n", answer.unknown == "may" ? "allowed" : "denied",
                           joined(answer.depends_on, "; ", shown_unknowns));
    return out;
}

}  // namespace

std::string matrices_json(const std::vector<MatrixAnswer>& answers, std::string_view status) {
    Json out{{"schema", 1}, {"status", status}};
    if (answers.size() == 1) {
        add_matrix(out, answers.front());
    } else {
        Json list = Json::array();
        for (const MatrixAnswer& answer : answers) add_matrix(list.emplace_back(Json::object()), answer);
        out["matrices"] = std::move(list);
    }
    return dumped(out, 2);
}

std::string matrices_jsonl(const std::vector<MatrixAnswer>& answers) {
    std::string out;
    for (const MatrixAnswer& answer : answers) {
        Json one = Json::object();
        add_matrix(one, answer);
        out += dumped(one, -1);
    }
    return out;
}

std::string matrices_text(const std::vector<MatrixAnswer>& answers, const Style& style) {
    std::string out;
    for (const MatrixAnswer& answer : answers) out += (out.empty() ? "" : "\n") + one_text(answer, style);
    return out;
}

}  // namespace egresslint::report
