// SPDX-License-Identifier: Apache-2.0
// What a query means: a set of original headers of one device and one IP version.
//
// A query is compiled in two halves. The comparisons of header fields give the *slice*: the smallest box that surely
// holds every packet of the answer; the pipeline runs on that slice only, once for every query that fits into it. Then
// the query is evaluated on each row of the resulting table: header comparisons are sets, facts about the outcome are
// constants of the row, comparisons of translated fields are asked of the row's rewrites. Unknown predicates stay in
// the sets as levels, so that certainty falls out at the end.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "flow/analysis.hpp"
#include "flow/trace.hpp"
#include "lint/intent.hpp"
#include "lint/prepare.hpp"
#include "lint/query.hpp"
#include "lint/query_words.hpp"

namespace egresslint::lint {
struct QueryError;
}

namespace egresslint::lint::query {

struct Slice {
    std::map<model::Field, base::IntervalSet> box;
    bool accepted_only = false;
    bool to_internet =
        false;  ///< predicates about the device's own addresses are fixed: the destination is not its own
    /// The question does not say where packets come in: inside sources then come from inside only.
    bool unspoofed = false;
    bool decisions = false;  ///< rows say which rule decided each stage
    std::optional<model::LiteralSet> leaves_with_source;
};

struct Table {
    Slice slice;
    flow::FlowTable flows;
};

/// A row with the part of it that answers the query.
struct Part {
    flow::HeaderSet headers;
    const flow::Row* row = nullptr;
};
struct Answer {
    flow::HeaderSet headers;
    std::vector<Part> parts;
};

class Evaluation {
public:
    Evaluation(const Prepared& prepared, const Intent& intent, base::Family family, flow::Budget budget);

    [[nodiscard]] flow::Analysis& analysis() { return analysis_; }
    [[nodiscard]] base::Family family() const { return analysis_.family(); }
    [[nodiscard]] const std::vector<std::unique_ptr<Table>>& tables() const { return tables_; }

    /// `presume`: an interface address that nobody stated is global and no mail server's own.
    [[nodiscard]] flow::Expected<Answer> run(const Node& root, const ServerView* server, bool presume);
    /// The table of a slice, or of a cached slice that holds it.
    [[nodiscard]] flow::Expected<const Table*> table(const Slice& slice);
    [[nodiscard]] Slice slice_of(const Node& root, const ServerView* server) const;

    /// Everything whose destination is not an address of the device, as far as that is unknown.
    [[nodiscard]] flow::HeaderSet not_own();
    /// Headers for which the answer holds whatever the unknowns are.
    [[nodiscard]] flow::HeaderSet surely(const flow::HeaderSet& set);
    /// The public addresses on which inbound SMTP reaches the server.
    [[nodiscard]] flow::Expected<base::IntervalSet> published(const ServerView& server);

    /// The same question asked of one packet and what the tracer says about it.
    [[nodiscard]] bool holds(const Node& root, const ServerView* server, bool presume, const flow::Packet& packet,
                             const flow::Outcome& outcome);

private:
    using Set = flow::HeaderSet;
    [[nodiscard]] bool header_only(const Node& node) const;
    [[nodiscard]] bool constant(const Node& node, const flow::Row& row, bool& value) const;
    [[nodiscard]] Set evaluate(const Node& node, const flow::Row* row, bool positive);
    [[nodiscard]] Set compare(const Node& node, const flow::Row* row, bool positive);
    [[nodiscard]] Set among_values(const Node& node, const flow::Row* row);
    [[nodiscard]] Set unchanged(const flow::Row& row, model::Field field);
    void prepare_nevers(const Node& node, const Table& table);
    [[nodiscard]] const std::vector<bool>& named(const Node& node) const;
    [[nodiscard]] Set fact(Fact fact, const flow::Row* row, bool positive);
    [[nodiscard]] std::map<model::Field, base::IntervalSet> box(const Node& node, bool positive) const;
    void narrow_by_outcome(const Node& node, Slice& slice) const;
    [[nodiscard]] base::IntervalSet values(const Node& node) const;
    [[nodiscard]] base::IntervalSet sources_inside() const;
    [[nodiscard]] bool inside_known() const;
    [[nodiscard]] Set plausible(const Slice& slice, Set headers);
    [[nodiscard]] bool names_interface_address(const Node& node) const;
    [[nodiscard]] bool is_unstated_interface_address(const flow::Rewritten& value) const;
    [[nodiscard]] unsigned bits(model::Field field) const;
    [[nodiscard]] bool leads_outside(std::uint32_t out_if, bool accepted) const;
    [[nodiscard]] bool value_in(const Node& node, const base::Interval& value, model::Field field,
                                base::u128 came) const;
    [[nodiscard]] bool may_be_own(const flow::Outcome& outcome) const;
    [[nodiscard]] bool presumed(const Node& node) const;

    const Prepared& prepared_;
    const Intent& intent_;
    flow::Analysis analysis_;
    std::vector<std::unique_ptr<Table>> tables_;
    std::map<const ServerView*, base::IntervalSet> published_;
    std::map<std::pair<const Node*, bool>, Set> cache_;       ///< of header-only nodes, for one run
    std::map<const Node*, Set> never_;                        ///< `never …`, for one run
    mutable std::map<const Node*, std::vector<bool>> named_;  ///< rules and stages that a path test names, for one run

    // of the current run
    const ServerView* server_ = nullptr;
    const base::IntervalSet* server_published_ = nullptr;
    bool presume_ = false;
};

/// Sets and interfaces that no device knows: the first one as an error.
[[nodiscard]] std::optional<QueryError> check_names(const Query& query, const std::vector<const Prepared*>& devices,
                                                    const Intent& intent);

[[nodiscard]] base::IntervalSet addresses_of(const std::vector<base::Prefix>& prefixes, base::Family family);

}  // namespace egresslint::lint::query
