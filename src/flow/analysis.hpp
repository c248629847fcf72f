// SPDX-License-Identifier: Apache-2.0
// Exact packet-set computation through the whole pipeline of a resolved device, for one IP version.
//
// A HeaderSet is a set of *original* headers (see model/field.hpp) together with values of the unknown predicates and
// choices. `run` pushes a set through the pipeline and returns rows that partition it: all headers of a row share
// verdict, out interface and the form of every translation. Queries restrict first: hand `run` the smallest set that
// the question needs. Nothing here throws on input; what exceeds the budget is TooLarge.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "flow/trace.hpp"
#include "model/device.hpp"

namespace egresslint::flow {

struct Budget {
    std::size_t max_nodes = 20'000'000;
    std::size_t max_edges = 400'000'000;
    std::size_t max_rows = 200'000;
};
struct TooLarge {
    std::string what;
};
template <class T>
using Expected = tl::expected<T, TooLarge>;

class Space;  // the diagram kernel
class Analysis;

/// Handle to a diagram; copyable; keeps its diagram alive; belongs to one Analysis.
class HeaderSet {
public:
    HeaderSet() = default;
    HeaderSet(const HeaderSet&);
    HeaderSet(HeaderSet&&) noexcept;
    HeaderSet& operator=(const HeaderSet&);
    HeaderSet& operator=(HeaderSet&&) noexcept;
    ~HeaderSet();
    [[nodiscard]] bool empty() const;
    friend bool operator==(const HeaderSet&, const HeaderSet&);  ///< same set

private:
    friend class Analysis;
    friend class Space;
    Space* space_ = nullptr;
    std::uint32_t slot_ = 0;
};

/// The value of src, dst, sport or dport after the pipeline.
struct Rewritten {
    enum class Form : std::uint8_t { unchanged, fixed, shifted, chosen } form = Form::unchanged;
    base::u128 value = 0;         ///< fixed
    base::u128 delta = 0;         ///< shifted: original + delta modulo 2^bits
    model::ChoiceId choice;       ///< chosen
    bool keep_if_inside = false;  ///< chosen, but an original value among the candidates stays (source ports)
    friend bool operator==(const Rewritten&, const Rewritten&) = default;
};

/// Which rule decided a stage. Rule invalid: the stage's default.
struct Decision {
    model::StageId stage;
    model::RuleId rule;
    friend bool operator==(const Decision&, const Decision&) = default;
};

struct Row {
    HeaderSet headers;
    model::Verdict verdict = model::Verdict::accept;
    std::uint32_t out_if = model::no_interface;
    Rewritten src, dst, sport, dport;
    bool logged = false;
    bool limited = false;
    bool inspected = false;
    /// With Detail::rules: the deciding rule of each stage the packets went through, in order. With
    /// Detail::translations: only stages that rewrote something or ended the packet by a rewrite-carrying decision.
    std::vector<Decision> decisions;
};
struct FlowTable {
    std::vector<Row> rows;
};

/// How finely rows are split by provenance; less detail, fewer and larger rows.
enum class Detail : std::uint8_t { verdicts, translations, rules };

/// What a caller does not care for: lets `run` drop work early. Unset = everything.
struct Interest {
    /// Only rows whose verdict is accept are wanted (blocked headers are simply absent from the table).
    bool accepted_only = false;
    /// Only rows that may leave with a source inside this set are wanted (translations and routing are run first, the
    /// filters only on what is left). Their headers are cut down to those that do, choices included; implies
    /// accepted_only.
    std::optional<model::LiteralSet> leaves_with_source;
    std::optional<std::vector<std::uint32_t>> leaves_by;  ///< only rows leaving by one of these interfaces
    /// Registers that begin with another value than their initial one.
    std::vector<std::pair<model::RegisterId, std::uint32_t>> start;
};

class Analysis {
public:
    /// `device` must be resolved and outlive the analysis.
    Analysis(const model::Device& device, base::Family family, Budget budget = {});
    ~Analysis();
    Analysis(const Analysis&) = delete;
    Analysis& operator=(const Analysis&) = delete;

    [[nodiscard]] const model::Device& device() const;
    [[nodiscard]] base::Family family() const;

    // -- sets of original headers
    [[nodiscard]] HeaderSet all();
    [[nodiscard]] HeaderSet none();
    [[nodiscard]] HeaderSet where(model::Field field, const base::IntervalSet& values);
    /// Conjunction of several field constraints, built in one go.
    [[nodiscard]] HeaderSet cube(std::span<const std::pair<model::Field, base::IntervalSet>> constraints);
    [[nodiscard]] HeaderSet predicate(model::PredicateId which, std::uint16_t value);
    [[nodiscard]] HeaderSet meet(const HeaderSet& a, const HeaderSet& b);
    [[nodiscard]] HeaderSet join(const HeaderSet& a, const HeaderSet& b);
    [[nodiscard]] HeaderSet minus(const HeaderSet& a, const HeaderSet& b);
    /// Balanced union of many.
    [[nodiscard]] HeaderSet join_all(std::span<const HeaderSet> sets);
    [[nodiscard]] bool disjoint(const HeaderSet& a, const HeaderSet& b);
    [[nodiscard]] bool subset(const HeaderSet& a, const HeaderSet& b);

    /// First packets of new flows: UDP, TCP with SYN set and ACK, RST, FIN clear, ICMP … ; fields that a protocol does
    /// not have are 0. Every question starts inside this set.
    [[nodiscard]] HeaderSet new_flows();

    // -- unknowns
    /// Headers for which the set can hold: exists over all predicates and choices. Result has no unknown levels.
    [[nodiscard]] HeaderSet may(const HeaderSet& set);
    /// Headers for which the set surely holds: for all predicates and fixed-but-unknown choices, exists over those that
    /// occur both ways (rate, time, balance) and over varying choices. Result has no unknown levels.
    [[nodiscard]] HeaderSet must(const HeaderSet& set);
    /// Headers, and values of what is merely not known, for which the set holds for some value of what occurs both
    /// ways.
    [[nodiscard]] HeaderSet at_times(const HeaderSet& set);
    /// Predicates and choices the set really depends on.
    [[nodiscard]] std::vector<model::PredicateId> predicates_of(const HeaderSet& set);
    [[nodiscard]] std::vector<model::ChoiceId> choices_of(const HeaderSet& set);

    // -- the pipeline
    [[nodiscard]] Expected<FlowTable> run(const HeaderSet& headers, Detail detail, const Interest& interest = {},
                                          model::ConnectionState state = model::ConnectionState::fresh);
    /// Headers of a row whose field has, after all translations, a value in `values`.
    [[nodiscard]] HeaderSet where_after(const Row& row, model::Field field, const base::IntervalSet& values);
    /// Values that a field takes after all translations over the row (over-approximated to all candidates of a choice).
    [[nodiscard]] base::IntervalSet values_after(const Row& row, model::Field field);
    /// What a model expression selects, evaluated on original headers with registers at their initial values.
    [[nodiscard]] HeaderSet select(model::ExprId expr);

    // -- results
    /// All values of one header field that occur in the set.
    [[nodiscard]] base::IntervalSet project(const HeaderSet& set, model::Field field);
    /// A packet of the set with the values of the unknowns it needs. `prefer` lists sets to meet in order as long as
    /// the result stays non-empty ("destination 198.18.0.9", "source port 40000").
    struct Witness {
        Packet packet;
        Valuation valuation;
    };
    [[nodiscard]] std::optional<Witness> witness(const HeaderSet& set, std::span<const HeaderSet> prefer = {});
    [[nodiscard]] bool contains(const HeaderSet& set, const Packet& packet, const Valuation& valuation);
    /// Boxes that partition `may(set)`, at most `limit`; false if there were more.
    using Box = std::vector<std::pair<model::Field, base::IntervalSet>>;
    bool boxes(const HeaderSet& set, std::size_t limit, const std::function<void(const Box&)>& visit);
    /// Diagram size, for budgets and benchmarks.
    [[nodiscard]] std::size_t node_count() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace egresslint::flow
