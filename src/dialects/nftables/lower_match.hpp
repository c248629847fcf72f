// SPDX-License-Identifier: Apache-2.0
// Matches: the left side of a comparison as an operand (a field of the model, a register, or an unknown predicate), and
// comparisons of operands with constants, sets and concatenations.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "dialects/nftables/lower_constants.hpp"
#include "dialects/nftables/lower_context.hpp"

namespace egresslint::dialects::nftables {

struct Operand {
    enum class Is : std::uint8_t {
        field,         ///< ref, possibly through `steps`
        state,         ///< ct state: bits on the nft side, one value in the model
        direction,     ///< ct direction
        status,        ///< ct status bits
        address_type,  ///< fib type
        concatenation,
        generator,  ///< numgen, jhash, symhash
        unknown,
    };
    Is is = Is::unknown;
    model::FieldRef ref;
    Value value = Value::other;
    unsigned bits = 32;
    model::ExprId guard;  ///< what must hold for the operand to exist
    std::vector<BitStep> steps;
    std::vector<Operand> parts;
    // How to say it as a predicate.
    std::string text;
    model::PredicateKind kind = model::PredicateKind::packet;
    model::Field beside = model::Field::proto;
    Sharing sharing = Sharing::packet;
    model::FieldMask reads = 0;  ///< of src, dst, sport, dport: what its value hangs on
    bool moves = false;          ///< hangs on the way out
    bool next_header = false;    ///< the field of the IPv6 header, which names an extension header where there is one
    bool port_bytes = false;     ///< a port where the protocol has ports, elsewhere whatever bytes stand there
    /// As a predicate of that sharing, or of a wider one.
    [[nodiscard]] Shared shared(Sharing at_least) const { return {std::max(sharing, at_least), reads, moves}; }
    [[nodiscard]] Shared shared() const { return {sharing, reads, moves}; }
};

[[nodiscard]] Operand operand(Context& c, const Expression& e);
/// `@nh,…` as one IP version has it, for tables of both.
[[nodiscard]] Operand network_operand(Context& c, const Expression& e, const RawPayload& raw, std::uint8_t family);
/// The whole match, guard included.
[[nodiscard]] model::ExprId match(Context& c, const Match& m);
/// Operand equals the key of one element of a map; no guard.
[[nodiscard]] model::ExprId element_key(Context& c, const Operand& left, const Expression& key);
/// Operand is a member of the set; no guard.
[[nodiscard]] model::ExprId member(Context& c, const Operand& left, const Expression& set);
/// A name for what the operand is compared with that is not constant or not modelled.
[[nodiscard]] model::ExprId as_predicate(Context& c, const Operand& left, const std::string& op,
                                         const std::string& right);

}  // namespace egresslint::dialects::nftables
