// SPDX-License-Identifier: Apache-2.0
#include "model/resolve.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "model/evaluations.hpp"
#include "model/resolve_routing.hpp"
#include "model/value_predicates.hpp"

namespace egresslint::model {
namespace {

constexpr std::string_view loopback = "lo";

bool is_wildcard(std::string_view pattern) { return !pattern.empty() && pattern.back() == '*'; }
std::string_view stem(std::string_view pattern) { return pattern.substr(0, pattern.size() - 1); }

class Resolver {
public:
    Resolver(Device device, base::Diagnostics& diagnostics)
        : b_(std::move(device)), predicates_(b_), diagnostics_(diagnostics) {}

    Device run() {
        make_universe();
        resolve_interface_sets();
        resolve_address_sets();
        rewrite_expressions();
        tell_evaluations_apart(b_, predicates_);
        add_unknown_addresses();
        const Surroundings surroundings{usable_, [this](const std::string& name) { return usable_named(name); },
                                        local_destination(), broadcast_destination()};
        write_routing(b_, predicates_, surroundings, diagnostics_);
        d().resolved = true;
        return std::move(b_).finish();
    }

private:
    Device& d() { return b_.device(); }

    // -- 1. interfaces

    void make_universe() {
        std::set<std::string, std::less<>> stems;
        std::set<std::string, std::less<>> on_routes;
        const auto take = [&](const std::string& pattern) {
            if (is_wildcard(pattern))
                stems.emplace(stem(pattern));
            else if (!pattern.empty() && pattern != loopback)
                b_.interface(pattern);
        };
        for (std::size_t i = 0; i < d().sets.size(); ++i) {
            // take() grows other tables than this one.
            const auto& is = d().sets[i].is;
            if (const auto* names = std::get_if<InterfaceNames>(&is))
                for (const auto& p : names->patterns) take(p);
            if (const auto* of = std::get_if<InterfaceAddresses>(&is)) take(of->interface);
        }
        for (const auto& r : d().routes)
            for (const auto& h : r.next_hops) {
                take(h.interface);
                if (!r.assumed) on_routes.insert(h.interface);
            }
        for (std::size_t i = first_interface; i < d().interfaces.size(); ++i) {
            auto& f = d().interfaces[i];
            if (f.name == loopback) f.role = Role::loopback;
            f.absent = d().interfaces_known && !f.span.valid() && f.addresses.empty() && f.role != Role::loopback &&
                       !on_routes.contains(f.name);
        }
        if (!d().interfaces_known) {
            stems.insert("");
            for (const auto& s : stems) {
                Interface f;
                f.name = s;
                f.representative = true;
                d().interfaces.push_back(std::move(f));
            }
        }
        for (std::uint32_t i = first_interface; i < d().interfaces.size(); ++i) {
            if (d().interfaces[i].absent) continue;
            if (d().interfaces[i].role != Role::loopback) usable_.push_back(i);
            by_name_.push_back(i);
        }
        std::stable_sort(by_name_.begin(), by_name_.end(), [this](std::uint32_t a, std::uint32_t b) {
            return d().interfaces[a].name < d().interfaces[b].name;
        });
        // Unknown routing numbers its cases by this order, which must not hang on the order of the text: two versions
        // of a device share their unknowns.
        std::stable_sort(usable_.begin(), usable_.end(), [this](std::uint32_t a, std::uint32_t b) {
            const Interface& x = d().interfaces[a];
            const Interface& y = d().interfaces[b];
            return std::tie(x.representative, x.name) < std::tie(y.representative, y.name);
        });
    }

    /// Interfaces that a name or wildcard means, loopback included, absent ones not.
    std::vector<std::uint32_t> named(std::string_view pattern) {
        std::vector<std::uint32_t> out;
        const bool wildcard = is_wildcard(pattern);
        const auto wanted = wildcard ? stem(pattern) : pattern;
        // Names that begin alike stand side by side.
        auto at =
            std::lower_bound(by_name_.begin(), by_name_.end(), wanted,
                             [this](std::uint32_t i, std::string_view name) { return d().interfaces[i].name < name; });
        for (; at != by_name_.end() && d().interfaces[*at].name.starts_with(wanted); ++at)
            if (wildcard || (d().interfaces[*at].name == wanted && !d().interfaces[*at].representative))
                out.push_back(*at);
            else if (!wildcard && d().interfaces[*at].name != wanted)
                break;
        std::sort(out.begin(), out.end());
        return out;
    }
    std::vector<std::uint32_t> usable_named(std::string_view pattern) {
        auto out = named(pattern);
        std::erase_if(out, [&](std::uint32_t i) { return d().interfaces[i].role == Role::loopback; });
        return out;
    }

    // -- 2. interface names

    void resolve_interface_sets() {
        const auto count = d().sets.size();
        for (std::size_t i = 0; i < count; ++i) {
            const auto* names = std::get_if<InterfaceNames>(&d().sets[i].is);
            if (!names) continue;
            std::vector<base::Interval> ids;
            bool with_loopback = false;
            for (const auto& p : names->patterns) {
                for (const auto id : named(p)) ids.push_back({id, id});
                with_loopback = with_loopback || (is_wildcard(p) ? loopback.starts_with(stem(p)) : p == loopback);
            }
            d().sets[i].is = LiteralSet{IntervalSet(ids), {}};
            if (with_loopback) {
                ids.push_back({self_interface, self_interface});
                leaving_[static_cast<std::uint32_t>(i)] =
                    b_.set(Set{LiteralSet{IntervalSet(std::move(ids)), {}}, d().sets[i].object});
            }
        }
    }

    // -- 3. addresses

    struct Open {
        std::string after;  ///< " is an address of this device"
        bool own = false;   ///< whether an own address certainly is in the set
    };

    static LiteralSet unite(const LiteralSet& a, const LiteralSet& b) {
        return {a.values.unite(b.values), a.values6.unite(b.values6)};
    }
    static void add(std::vector<Prefix>& to, const Address& a) { to.push_back(make_prefix(a, 128)); }
    static LiteralSet literal(const std::vector<Prefix>& prefixes) {
        std::vector<base::Interval> v4, v6;
        for (const auto& p : prefixes) (p.base.family == Family::v4 ? v4 : v6).push_back({p.first(), p.last()});
        return {IntervalSet(std::move(v4)), IntervalSet(std::move(v6))};
    }

    LiteralSet own_addresses() {
        std::vector<Prefix> out{*base::parse_prefix("127.0.0.0/8"), *base::parse_prefix("::1/128")};
        for (const auto& f : d().interfaces)
            for (const auto& a : f.addresses) add(out, a.address);
        for (const auto& r : d().routes)
            if (r.type == RouteType::local) out.push_back(r.destination);
        return literal(out);
    }
    LiteralSet own_broadcasts() {
        std::vector<Prefix> out{*base::parse_prefix("255.255.255.255/32")};
        for (const auto& f : d().interfaces)
            for (const auto& a : f.addresses)
                if (a.address.family == Family::v4 && a.length < 31)
                    add(out, Address{Family::v4, make_prefix(a.address, a.length).last()});
        for (const auto& r : d().routes)
            if (r.type == RouteType::broadcast) out.push_back(r.destination);
        return literal(out);
    }
    bool addresses_complete() {
        if (d().addresses_known) return true;
        // The intent file lists interfaces by hand where there is no dump: complete once it has every one that rules
        // and routes name.
        std::size_t listed = 0, named_ones = 0;
        for (const auto i : usable_)
            if (!d().interfaces[i].representative) ++named_ones, listed += !d().interfaces[i].addresses.empty();
        if (listed > 0 && listed == named_ones) return true;
        // A dump of the local table names every address as well.
        return d().routes_known && std::any_of(d().routes.begin(), d().routes.end(), [](const Route& r) {
                   return r.type == RouteType::local && !r.assumed &&
                          !base::parse_prefix("127.0.0.0/8")->contains(r.destination.base) &&
                          r.destination.base != Address{Family::v6, 1};
               });
    }

    void resolve_address_sets() {
        const bool complete = addresses_complete();
        const auto count = d().sets.size();
        for (std::size_t i = 0; i < count; ++i) {
            auto& is = d().sets[i].is;
            const auto id = static_cast<std::uint32_t>(i);
            if (std::holds_alternative<DeviceAddresses>(is)) {
                is = own_addresses();
                if (!complete) open_[id] = {" is an address of this device", true};
            } else if (std::holds_alternative<DeviceBroadcasts>(is)) {
                is = own_broadcasts();
                if (!complete) open_[id] = {" is a broadcast address of this device", false};
            } else if (const auto* of = std::get_if<InterfaceAddresses>(&is)) {
                const auto name = of->interface;
                const bool network = of->network;
                std::vector<Prefix> out;
                bool known = d().addresses_known;
                for (const auto& f : d().interfaces) {
                    if (f.name != name || f.representative) continue;
                    known = known || !f.addresses.empty();
                    for (const auto& a : f.addresses)
                        if (network)
                            out.push_back(make_prefix(a.address, a.length));
                        else
                            add(out, a.address);
                }
                is = literal(out);
                if (!known) open_[id] = {(network ? " is in a network of " : " is an address of ") + name, false};
            }
        }
    }

    ExprId maybe_in(const FieldRef& what, SetId known, const Open& open) {
        std::vector<PredicateId> made;
        ValuePredicates::Query query{"whether ", open.after, PredicateKind::ambiguity, 2, {}};
        if (open.own) query.if_own = true;
        const auto guess = predicates_.test(what.field, what.view, query, 1, &made);
        for (const auto p : made) incomplete(p);
        return b_.either({b_.in(what, known), guess});
    }

    void incomplete(PredicateId which) {
        base::Diagnostic diagnostic;
        diagnostic.kind = base::Diagnostic::Kind::incomplete;
        diagnostic.code = "EL903";
        diagnostic.message =
            "the addresses of this device are not known; give the output of `ip -j addr`, or [[device.interface]] in "
            "the intent file";
        diagnostic.influence = base::Influence::everything;
        diagnostic.predicate = which.value;
        diagnostics_.push_back(std::move(diagnostic));
    }

    ExprId local_destination() { return device_set(own_addresses(), {" is an address of this device", true}); }
    ExprId broadcast_destination() {
        // Whether an unknown address is a broadcast decides nothing that "an address of this device" does not.
        return b_.in(Field::dst, b_.set(Set{own_broadcasts(), {}}));
    }
    ExprId device_set(LiteralSet known, const Open& open) {
        const auto set = b_.set(Set{std::move(known), {}});
        const FieldRef what{Field::dst, View::current, {}};
        return addresses_complete() ? b_.in(what, set) : maybe_in(what, set, open);
    }

    // -- rewriting what mentions the sets

    ExprId element(const FieldRef& what, SetId set, std::uint32_t mask) {
        if (what.field == Field::out_if)
            if (const auto it = leaving_.find(set.value); it != leaving_.end()) return b_.in(what, it->second, mask);
        if (is_address(what.field))
            if (const auto it = open_.find(set.value); it != open_.end()) return maybe_in(what, set, it->second);
        return b_.in(what, set, mask);
    }

    ExprId tuple(const InTuple& t, ExprId unchanged) {
        const auto relation = d().relations[t.relation.index()];  // a copy: the builder may grow tables
        bool open = false;
        for (const auto& row : relation.rows)
            for (std::size_t c = 0; c < row.size(); ++c)
                open = open || (is_address(relation.columns[c].field) && open_.contains(row[c].value));
        if (open) {
            std::vector<ExprId> rows;
            for (const auto& row : relation.rows) {
                std::vector<ExprId> all;
                for (std::size_t c = 0; c < row.size(); ++c)
                    all.push_back(element(relation.columns[c], row[c], 0xffffffffu));
                rows.push_back(b_.all(std::move(all)));
            }
            return b_.either(std::move(rows));
        }
        auto& rows = d().relations[t.relation.index()].rows;
        for (auto& row : rows)
            for (std::size_t c = 0; c < row.size(); ++c)
                if (relation.columns[c].field == Field::out_if)
                    if (const auto it = leaving_.find(row[c].value); it != leaving_.end()) row[c] = it->second;
        return unchanged;
    }

    /// Children of an expression of the builder come before it, so one pass in order suffices.
    void rewrite_expressions() {
        if (leaving_.empty() && open_.empty()) return;
        const auto count = d().exprs.size();
        std::vector<ExprId> map(count);
        for (std::size_t i = 0; i < count; ++i) {
            const auto e = d().exprs[i];  // a copy: interning grows the table
            map[i] = ExprId(i);
            const auto changed = [&](const std::vector<ExprId>& parts) {
                return std::any_of(parts.begin(), parts.end(), [&](ExprId p) { return map[p.index()] != p; });
            };
            const auto mapped = [&](const std::vector<ExprId>& parts) {
                std::vector<ExprId> out;
                out.reserve(parts.size());
                for (const auto p : parts) out.push_back(map[p.index()]);
                return out;
            };
            if (const auto* in = std::get_if<In>(&e.is)) {
                const bool touched = (in->what.field == Field::out_if && leaving_.contains(in->set.value)) ||
                                     (is_address(in->what.field) && open_.contains(in->set.value));
                if (touched) map[i] = element(in->what, in->set, in->mask);
            } else if (const auto* t = std::get_if<InTuple>(&e.is)) {
                map[i] = tuple(*t, ExprId(i));
            } else if (const auto* n = std::get_if<Not>(&e.is)) {
                if (map[n->e.index()] != n->e) map[i] = b_.negate(map[n->e.index()]);
            } else if (const auto* a = std::get_if<And>(&e.is)) {
                if (changed(a->e)) map[i] = b_.all(mapped(a->e));
            } else if (const auto* o = std::get_if<Or>(&e.is)) {
                if (changed(o->e)) map[i] = b_.either(mapped(o->e));
            }
        }
        const auto follow = [&](ExprId& e) {
            if (e.valid() && e.index() < count) e = map[e.index()];
        };
        for (auto& r : d().rules) follow(r.match);
        for (auto& s : d().pipeline) follow(s.when);
        for (auto& r : d().routing_rules) follow(r.match);
    }

    // -- 4. addresses that nobody told us

    void add_unknown_addresses() {
        for (const auto i : usable_)
            for (const auto family : {Family::v4, Family::v6}) {
                const auto& addresses = d().interfaces[i].addresses;
                const auto of_family = [&](const InterfaceAddress& a) { return a.address.family == family; };
                if (std::any_of(addresses.begin(), addresses.end(), of_family)) continue;
                Choice c;
                c.field = Field::src;
                c.varies = false;
                auto& candidates = family == Family::v4 ? c.candidates.values : c.candidates.values6;
                const auto name =
                    d().interfaces[i].representative ? d().interfaces[i].name + "*" : d().interfaces[i].name;
                c.text = (family == Family::v4 ? "address of " : "IPv6 address of ") + name;
                if (!d().addresses_known) {
                    candidates = IntervalSet::full(base::address_bits(family));
                } else {
                    // inet_select_addr borrows a global address of another interface; IPv6 does not.
                    if (family == Family::v6) continue;
                    std::vector<base::Interval> others;
                    for (const auto& f : d().interfaces)
                        for (const auto& a : f.addresses)
                            if (of_family(a) && a.global && !a.secondary)
                                others.push_back({a.address.bits, a.address.bits});
                    candidates = IntervalSet(std::move(others));
                    if (candidates.empty()) continue;
                }
                const auto id = b_.choice(std::move(c));
                auto& f = d().interfaces[i];
                (family == Family::v4 ? f.unknown_address4 : f.unknown_address6) = id;
            }
    }

    Builder b_;
    ValuePredicates predicates_;
    base::Diagnostics& diagnostics_;
    std::vector<std::uint32_t> usable_;
    std::vector<std::uint32_t> by_name_;      ///< interfaces that are not absent
    std::map<std::uint32_t, SetId> leaving_;  ///< sets with "lo", as they are for out_if
    std::map<std::uint32_t, Open> open_;      ///< address sets whose contents are only partly known
};

}  // namespace

void resolve(Device& device, base::Diagnostics& diagnostics) {
    if (device.resolved) return;
    device = Resolver(std::move(device), diagnostics).run();
}

}  // namespace egresslint::model
