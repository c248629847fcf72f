// SPDX-License-Identifier: Apache-2.0
// From a match expression and an execution state to the set of original headers that it selects.
//
// A match on a rewritten field is answered by substitution: fixed to a value -> a constant; shifted -> the match,
// shifted back, on the original field; chosen -> a match on the level of the choice. A question is usually about a
// small part of all headers, so everything is computed relative to a *box* (an interval set a field) around that part:
// conditions that hold in the whole box vanish, rules that cannot match in it are recognised by a glance, before any
// diagram work. Results say nothing about headers outside the box.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "flow/layout.hpp"
#include "flow/outcome.hpp"
#include "flow/space.hpp"
#include "model/device.hpp"

namespace egresslint::flow {

struct Box {
    std::array<base::IntervalSet, model::field_count> values;
    std::array<bool, model::field_count> full{};
    friend bool operator==(const Box&, const Box&) = default;
};
/// No restriction at all.
[[nodiscard]] Box whole_box(base::Family family);
/// The smallest box around a set.
[[nodiscard]] Box box_around(const Space& space, const Layout& layout, NodeId set);

enum class Truth : std::uint8_t { never = 1, maybe = 2, always = 3 };

class Matcher {
public:
    Matcher(const model::Device& device, Space& space, const Layout& layout, const Reach& reach, Terminals& terminals,
            Box box);

    [[nodiscard]] const Box& box() const { return box_; }
    /// Cheap answer for the whole box, whatever the execution state.
    Truth glance(model::ExprId expr);
    /// Cheap answer for one execution state.
    Truth glance(model::ExprId expr, const Execution& execution);
    /// Exact answer, as a set.
    NodeId select(model::ExprId expr, const Execution& execution);
    /// Headers whose field (current view) is in `values`.
    NodeId select(model::Field field, const base::IntervalSet& values, const Execution& execution);

    /// Forms that a translation gives its field: id of Terminals::rewritten plus one; 0 where it writes nothing.
    NodeId rewrite(const model::Translate& translate, const Execution& execution);

private:
    [[nodiscard]] const base::IntervalSet& literal(model::SetId set, model::Field field) const;
    [[nodiscard]] bool plain(const model::FieldRef& ref, const Execution* execution) const;
    [[nodiscard]] Truth in_box(model::Field field, const base::IntervalSet& values) const;
    Truth glance(const model::In& in, const Execution* execution);
    Truth glance_children(const std::vector<model::ExprId>& e, bool conjunction, const Execution* execution);
    NodeId original(model::Field field, const base::IntervalSet& values);
    NodeId choice(model::ChoiceId id, const base::IntervalSet& values, unsigned bits);
    NodeId select(const model::In& in, const Execution& execution);
    NodeId select(const model::InTuple& tuple, const Execution& execution);
    NodeId conjunction(const std::vector<model::ExprId>& e, const Execution& execution);
    [[nodiscard]] base::IntervalSet masked(const model::In& in, const base::IntervalSet& values) const;
    std::uint32_t interface_address(std::uint32_t interface, std::uint32_t alternative, model::RegisterId gateway,
                                    const Execution& execution);
    NodeId shift(const model::Translate& t, const model::Shift& s, const Execution& execution);
    NodeId pick(const model::Translate& t, const model::Pick& p, const Execution& execution);
    [[nodiscard]] const base::IntervalSet& candidates(model::ChoiceId id) const;

    const model::Device& device_;
    Space& space_;
    const Layout& layout_;
    const Reach& reach_;
    Terminals& terminals_;
    Box box_;
    base::Family family_;
    std::vector<std::uint8_t> glances_;                   ///< by expression; 0: not looked at yet
    std::unordered_map<std::uint64_t, NodeId> selected_;  ///< by expression and projected state
};

}  // namespace egresslint::flow
