// SPDX-License-Identifier: Apache-2.0
#include "lint/address_space.hpp"

#include <initializer_list>
#include <string_view>

#include "base/check.hpp"

namespace egresslint::lint {

using base::Family;
using base::IntervalSet;
using model::LiteralSet;

namespace {
LiteralSet made_of(std::initializer_list<std::string_view> prefixes) {
    LiteralSet set;
    for (const std::string_view text : prefixes) {
        const auto prefix = base::parse_prefix(text);
        EGL_CHECK(prefix.has_value());
        add(set, *prefix);
    }
    return set;
}
}  // namespace

LiteralSet private_addresses() {
    return made_of(
        {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"});
}

LiteralSet global_addresses() {
    LiteralSet special = made_of({"0.0.0.0/8", "127.0.0.0/8", "192.0.0.0/24", "224.0.0.0/3", "2001:10::/28"});
    special = unite(special, private_addresses());
    LiteralSet all{IntervalSet::full(32), {}};
    add(all, *base::parse_prefix("2000::/3"));
    return minus(all, special);
}

LiteralSet impossible_sources() {
    return made_of({"0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/128", "::1/128", "ff00::/8"});
}

LiteralSet all_addresses() { return {IntervalSet::full(32), IntervalSet::full(128)}; }

LiteralSet unite(const LiteralSet& a, const LiteralSet& b) {
    return {a.values.unite(b.values), a.values6.unite(b.values6)};
}
LiteralSet minus(const LiteralSet& a, const LiteralSet& b) {
    return {a.values.minus(b.values), a.values6.minus(b.values6)};
}

void add(LiteralSet& to, const base::Prefix& prefix) {
    IntervalSet& values = prefix.base.family == Family::v4 ? to.values : to.values6;
    values = values.unite(IntervalSet::prefix(prefix));
}
const IntervalSet& of(const LiteralSet& set, Family family) { return family == Family::v4 ? set.values : set.values6; }
bool contains(const LiteralSet& set, const base::Address& address) {
    return of(set, address.family).contains(address.bits);
}
bool empty(const LiteralSet& set) { return set.values.empty() && set.values6.empty(); }

}  // namespace egresslint::lint
