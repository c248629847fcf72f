// SPDX-License-Identifier: Apache-2.0
// What two versions of a device do differently with the first packets of new flows, exactly: both pipelines run on the
// same diagrams (model/combine.hpp), so a difference is a set of packets, and no difference is a proof.
#pragma once

#include <vector>

#include "flow/analysis.hpp"
#include "model/combine.hpp"

namespace egresslint::flow {

/// One kind of change: packets that end as `before` in the first version and as `after` in the second. What counts is
/// the outcome and not the way to it: a translation to the address that the packet has already changes nothing, and one
/// pool is as good as another of the same addresses. The rows' `headers` are those of their tables, larger than the
/// difference.
struct Difference {
    HeaderSet headers;  ///< may depend on unknowns, which are the same on both sides
    Row before, after;
    bool accepted = false;     ///< newly accepted
    bool blocked = false;      ///< newly blocked
    bool source = false;       ///< accepted both times, each packet with another source address
    bool destination = false;  ///< … with another destination address or port
    bool way = false;          ///< … by another interface
    bool port = false;         ///< … with another source port
    bool otherwise = false;  ///< none of the first five: logged, limited, inspected, rejected instead of dropped, port
    /// Only differs in what is merely remarked: logged or not.
    [[nodiscard]] bool only_logged() const {
        return otherwise && !port && before.limited == after.limited && before.inspected == after.inspected &&
               before.verdict == after.verdict;
    }
};

/// The differences inside `headers`; empty: the versions treat them alike. They are disjoint. `analysis` is of
/// `combined.device`.
[[nodiscard]] Expected<std::vector<Difference>> differences(Analysis& analysis, const model::Combined& combined,
                                                            const HeaderSet& headers);

}  // namespace egresslint::flow
