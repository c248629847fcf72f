// SPDX-License-Identifier: Apache-2.0
// What names stand for: network objects, groups in groups, services, and addresses as they stand in a line.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dialects/asa/config.hpp"

namespace egresslint::dialects::asa {

struct Item {
    Family family = Family::v4;
    u128 first = 0, last = 0;
    friend bool operator==(const Item&, const Item&) = default;
};
/// What a part of an address stands for that no range of numbers says.
struct Doubt {
    std::string text;  ///< "an address of mail.example.com"
    model::PredicateKind kind = model::PredicateKind::opaque;
    base::Span span;
    bool missing = false;  ///< EL903: resolved elsewhere, not misunderstood
    friend bool operator==(const Doubt& a, const Doubt& b) { return a.text == b.text && a.kind == b.kind; }
};
struct Addresses {
    bool any = false;                     ///< of both families
    std::vector<Item> items;              ///< in order as written: static translation maps by position
    std::vector<std::string> interfaces;  ///< whatever address they have
    std::vector<Doubt> doubts;
    std::vector<model::ObjectId> uses;
    model::ObjectId object;  ///< the name it was written as, if any

    [[nodiscard]] IntervalSet of(Family family) const;
    [[nodiscard]] bool has(Family family) const;
    [[nodiscard]] u128 size() const;  ///< saturating
    /// Nothing but ranges.
    [[nodiscard]] bool plain() const { return !any && interfaces.empty() && doubts.empty() && !items.empty(); }
    [[nodiscard]] bool same(const Addresses& other) const {
        return any == other.any && items == other.items && interfaces == other.interfaces && doubts == other.doubts;
    }
};

struct Service {
    IntervalSet protocols;  ///< empty: any
    std::optional<IntervalSet> sport, dport, icmp_type, icmp_code;
};

class Names {
public:
    Names(Context& context, const Config& config) : x_(context), c_(config) {}

    /// An address at word `at`, which moves on behind it: any, host X, X MASK, object X, object-group X, interface X,
    /// X/LENGTH. nullopt: none.
    std::optional<Addresses> address(const Statement& s, std::size_t& at, bool v6 = false);
    /// A network object or a group of them, whichever has the name; or an address as it stands, or `any`.
    std::optional<Addresses> named(const Statement& s, std::string_view name);
    Addresses object(std::string_view name, base::Span where);
    Addresses group(std::string_view name, base::Span where, unsigned depth = 0);
    /// Alternatives; nullopt: undefined or not understood.
    std::optional<std::vector<Service>> service_object(std::string_view name, base::Span where,
                                                       std::vector<model::ObjectId>& uses);
    std::optional<std::vector<Service>> service_group(std::string_view name, base::Span where,
                                                      std::vector<model::ObjectId>& uses, unsigned depth = 0);
    /// eq, neq, lt, gt, range; nullopt: none at this word. `good` is false where a port is not known.
    std::optional<IntervalSet> ports(const Statement& s, std::size_t& at, bool& good);
    /// "tcp", "ip" (every protocol: empty set), "tcp-udp", "50".
    static std::optional<IntervalSet> protocols(std::string_view word);
    [[nodiscard]] std::optional<base::Address> number(std::string_view word, base::Span where,
                                                      std::vector<model::ObjectId>* uses = nullptr);

    model::ExprId match(model::FieldRef field, const Addresses& addresses);
    /// The view is that of the destination port.
    model::ExprId match(const Service& service, model::View view = model::View::current);
    model::ExprId match(const std::vector<Service>& services, model::View view = model::View::current);
    /// The predicate of a doubt, reported once.
    model::ExprId doubt(const Doubt& doubt, model::Field beside, bool reads);

    [[nodiscard]] const Config& config() const { return c_; }
    [[nodiscard]] Context& context() { return x_; }

private:
    Addresses read_object(std::string_view name, base::Span where);
    Addresses read_group(std::string_view name, base::Span where, unsigned depth);
    std::optional<std::vector<Service>> read_service(const Statement& s, std::size_t at,
                                                     std::vector<model::ObjectId>& uses);

    Context& x_;
    const Config& c_;
    std::map<std::string, Addresses, std::less<>> objects_, groups_;
    std::map<std::string, std::optional<std::vector<Service>>, std::less<>> services_;
    std::set<std::string, std::less<>> open_;
    std::set<std::uint32_t> reported_;
};

}  // namespace egresslint::dialects::asa
