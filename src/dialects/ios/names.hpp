// SPDX-License-Identifier: Apache-2.0
// What stands in a line for addresses, ports and protocols: wildcard masks, object groups.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dialects/ios/config.hpp"

namespace egresslint::dialects::ios {

/// What no range of numbers says.
struct Doubt {
    std::string text;
    model::PredicateKind kind = model::PredicateKind::opaque;
    base::Span span;
    bool missing = false;  ///< EL903: decided elsewhere, not misunderstood
    friend bool operator==(const Doubt& a, const Doubt& b) { return a.text == b.text && a.kind == b.kind; }
};
/// Addresses of one IP version, that of the list.
struct Addresses {
    bool any = false;
    std::vector<base::Interval> values;
    std::vector<Doubt> doubts;
    std::vector<model::ObjectId> uses;
    model::ObjectId object;  ///< the group it was written as, if any
};
struct Service {
    IntervalSet protocols;  ///< empty: any
    std::optional<IntervalSet> sport, dport, icmp_type, icmp_code;
};

/// The addresses that equal `address` wherever the wildcard mask has a zero bit; nullopt: too many pieces to spell out.
[[nodiscard]] std::optional<std::vector<base::Interval>> wildcard(std::uint32_t address, std::uint32_t mask);

class Names {
public:
    Names(Context& context, const Config& config) : x_(context), c_(config) {}

    /// An address at word `at`, which moves on behind it: any, host A, A WILDCARD, PREFIX, object-group G. nullopt:
    /// none.
    std::optional<Addresses> address(const Statement& s, std::size_t& at, Family family);
    /// eq (of one or more), neq, lt, gt, range; nullopt: none at this word. `good` is false where a port is not known.
    static std::optional<IntervalSet> ports(const Statement& s, std::size_t& at, bool& good);
    Addresses group(std::string_view name, base::Span where, Family family, unsigned depth = 0);
    /// Alternatives; nullopt: undefined or not understood.
    std::optional<std::vector<Service>> service_group(std::string_view name, base::Span where,
                                                      std::vector<model::ObjectId>& uses, unsigned depth = 0);

    model::ExprId match(model::Field field, const Addresses& addresses, Family family);
    model::ExprId match(const std::vector<Service>& services);
    /// The predicate of a doubt, reported once.
    model::ExprId doubt(const Doubt& doubt, model::Field beside = model::Field::proto);

    [[nodiscard]] const Config& config() const { return c_; }
    [[nodiscard]] Context& context() { return x_; }

private:
    Addresses read_group(std::string_view name, base::Span where, Family family, unsigned depth);
    static std::optional<std::vector<Service>> read_service(const Statement& s);

    Context& x_;
    const Config& c_;
    std::map<std::string, Addresses, std::less<>> groups_;
    std::map<std::string, std::optional<std::vector<Service>>, std::less<>> services_;
    std::set<std::string, std::less<>> open_;
    std::set<std::uint32_t> reported_;
    std::size_t pieces_ = 0;  ///< of wildcard masks so far
};

}  // namespace egresslint::dialects::ios
