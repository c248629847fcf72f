// SPDX-License-Identifier: Apache-2.0
// Addresses and their groups. Services and schedules: services.cpp.
#include "dialects/fortios/objects.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dialects/fortios/factory.hpp"

namespace egresslint::dialects::fortios {
namespace {

constexpr unsigned most_group_depth = 64;  ///< the product allows fewer
constexpr unsigned most_wildcard_bits = 12;

constexpr std::string_view address_table(Family f) {
    return f == Family::v4 ? "firewall address" : "firewall address6";
}
constexpr std::string_view group_table(Family f) { return f == Family::v4 ? "firewall addrgrp" : "firewall addrgrp6"; }
constexpr std::string_view vip_table(Family f) { return f == Family::v4 ? "firewall vip" : "firewall vip6"; }
constexpr std::string_view vip_group_table(Family f) {
    return f == Family::v4 ? "firewall vipgrp" : "firewall vipgrp6";
}

const Entry* entry_of(const Context& c, std::string_view table, const std::string& name) {
    const auto* t = c.root().table(table);
    return t == nullptr ? nullptr : t->find(name);
}

std::string_view object_kind(const Context& c, const std::string& name, Family f) {
    const bool v4 = f == Family::v4;
    // Addresses and VIPs share their names; what the factory took stays taken.
    if (is_factory_address(name)) return v4 ? "address" : "IPv6 address";
    if (entry_of(c, vip_table(f), name) != nullptr) return v4 ? "virtual IP" : "IPv6 virtual IP";
    if (entry_of(c, vip_group_table(f), name) != nullptr) return v4 ? "virtual IP group" : "IPv6 virtual IP group";
    if (entry_of(c, group_table(f), name) != nullptr) return v4 ? "address group" : "IPv6 address group";
    return v4 ? "address" : "IPv6 address";
}
bool is_vip(std::string_view kind) { return kind.find("virtual") != std::string_view::npos; }

}  // namespace

void Objects::define_all() {
    const auto define = [&](std::string_view table, std::string_view kind, bool (*factory)(std::string_view)) {
        if (const auto* t = c_.root().table(table))
            for (const auto& e : t->entries)
                if (!factory(e.key.text)) {
                    const auto object = c_.b.define(kind, e.key.text, e.key.span);
                    if (kind.ends_with("address")) name_host(e, object);
                }
    };
    const auto service = [](std::string_view n) { return factory_service(n) != nullptr || is_factory_group(n); };
    const auto none = [](std::string_view) { return false; };
    const auto schedule = [](std::string_view n) {
        return n == "always" || n == "none" || n == "default-darrp-optimize";
    };
    for (const Family f : {Family::v4, Family::v6}) {
        const bool v4 = f == Family::v4;
        define(address_table(f), v4 ? "address" : "IPv6 address", is_factory_address);
        define(group_table(f), v4 ? "address group" : "IPv6 address group", is_factory_group);
        define(vip_table(f), v4 ? "virtual IP" : "IPv6 virtual IP", none);
        define(vip_group_table(f), v4 ? "virtual IP group" : "IPv6 virtual IP group", none);
    }
    define("firewall service custom", "service", service);
    define("firewall service group", "service group", service);
    define("firewall ippool", "IP pool", none);
    define("firewall ippool6", "IPv6 pool", none);
    for (const std::string_view t :
         {"firewall schedule recurring", "firewall schedule onetime", "firewall schedule group"})
        define(t, "schedule", schedule);
    // What groups hold is used by them.
    const auto members = [&](std::string_view table, auto kind_of) {
        if (const auto* t = c_.root().table(table))
            for (const auto& e : t->entries)
                for (const std::string_view list : {"member", "exclude-member"})
                    for (const auto& w : e.values(list))
                        if (const std::string_view kind = kind_of(w.text); !kind.empty())
                            (void)c_.b.use(kind, w.text, w.span);
    };
    for (const Family f : {Family::v4, Family::v6}) {
        const auto kind_of = [&](const std::string& n) -> std::string_view {
            return is_factory_address(n) || is_factory_group(n) ? "" : object_kind(c_, n, f);
        };
        members(group_table(f), kind_of);
        members(vip_group_table(f), kind_of);
    }
    members("firewall service group", [&](const std::string& n) -> std::string_view {
        if (factory_service(n) != nullptr || is_factory_group(n)) return "";
        return entry_of(c_, "firewall service group", n) != nullptr ? "service group" : "service";
    });
}

/// A set for a plain address, used or not: hosts are called by the names that the text gives them.
void Objects::name_host(const Entry& e, model::ObjectId object) {
    const auto setting = std::find_if(e.settings.begin(), e.settings.end(),
                                      [](const Setting& s) { return s.name == "subnet" || s.name == "ip6"; });
    if (setting == e.settings.end()) return;
    const auto net = subnet_of(setting->values);
    if (!net) return;
    auto set = IntervalSet::prefix(base::make_prefix(net->address, net->length));
    (void)(net->address.family == Family::v4 ? c_.b.addresses(std::move(set), {}, object)
                                             : c_.b.addresses({}, std::move(set), object));
}

Objects::Kind Objects::kind(const std::string& name, Family family) const {
    const auto k = object_kind(c_, name, family);
    if (is_vip(k)) return Kind::vip;
    if (k.ends_with("address group") || is_factory_address(name) ||
        entry_of(c_, address_table(family), name) != nullptr)
        return Kind::address;
    return Kind::undefined;
}

std::vector<std::string> Objects::vips_of(const std::string& name, Family family) const {
    if (entry_of(c_, vip_table(family), name) != nullptr) return {name};
    std::vector<std::string> out;
    if (const auto* group = entry_of(c_, vip_group_table(family), name))
        for (const auto& w : group->values("member")) out.push_back(w.text);
    return out;
}

Objects::Resolved Objects::wildcard(const Entry& entry) {
    Resolved out;
    const auto& v = entry.values("wildcard");
    const auto address = v.empty() ? std::nullopt : base::parse_ipv4(v[0].text);
    const auto mask = v.size() < 2 ? std::nullopt : base::parse_ipv4(v[1].text);
    const std::string text = fmt::format("address \"{}\"", entry.key.text);
    if (!address || !mask) {
        out.open.insert({text, PredicateKind::opaque, entry.span_of("wildcard"), 1});
        return out;
    }
    // Set bits of the mask are compared: free bits at the low end make a block, the others one block for each value.
    const auto compared = static_cast<std::uint32_t>(mask->bits);
    unsigned low = 0;
    while (low < 32 && (compared >> low & 1u) == 0) ++low;
    std::vector<unsigned> spread;
    for (unsigned bit = low; bit < 32; ++bit)
        if ((compared >> bit & 1u) == 0) spread.push_back(bit);
    if (spread.size() > most_wildcard_bits) {
        out.open.insert(
            {text + " (wildcard with too many free bits)", PredicateKind::opaque, entry.span_of("wildcard"), 1});
        return out;
    }
    std::vector<Interval> blocks;
    const auto first = static_cast<std::uint32_t>(address->bits) & compared;
    for (std::uint32_t n = 0; n < 1u << spread.size(); ++n) {
        std::uint32_t value = first;
        for (std::size_t i = 0; i < spread.size(); ++i)
            if ((n >> i & 1u) != 0) value |= 1u << spread[i];
        blocks.push_back({value, base::u128{value} + base::low_mask(low)});
    }
    out.set = IntervalSet(std::move(blocks));
    return out;
}

Objects::Resolved Objects::address(const Entry& entry, Family family) {
    Resolved out;
    entry.read = true;
    std::string type(entry.value("type"));
    const std::string text = fmt::format("address \"{}\"", entry.key.text);
    const auto open = [&](PredicateKind kind, std::string_view why, int report = 0) {
        out.open.insert({fmt::format("{} ({})", text, why), kind, entry.span, report});
        return out;
    };
    const auto bad = [&](std::string_view setting) {
        out.open.insert({fmt::format("{} (its {} cannot be read)", text, setting), PredicateKind::opaque,
                         entry.span_of(setting), 1});
        return out;
    };
    if (type.empty()) type = family == Family::v4 ? "ipmask" : "ipprefix";
    if (type == "ipmask" || type == "ipprefix" || type == "interface-subnet") {
        const std::string_view setting = family == Family::v4 ? "subnet" : "ip6";
        const auto& v = entry.values(setting);
        if (type == "interface-subnet" && v.empty()) return open(PredicateKind::name, "network of an interface");
        if (v.empty()) {
            // The default: 0.0.0.0/0, or ::/0 for `all`; the template of IPv6 addresses needs `ip6`.
            out.set = IntervalSet::full(base::address_bits(family));
            return out;
        }
        const auto net = subnet_of(v);
        if (!net || net->address.family != family) return bad(setting);
        out.set = IntervalSet::prefix(base::make_prefix(net->address, net->length));
        return out;
    }
    if (type == "iprange") {
        const auto first = base::parse_address(entry.value("start-ip"));
        // "start-ip" alone is one address in old releases.
        const auto last = entry.find("end-ip") == nullptr ? first : base::parse_address(entry.value("end-ip"));
        if (!first || !last || first->family != family || last->family != family || last->bits < first->bits)
            return bad("start-ip");
        out.set = IntervalSet::range(first->bits, last->bits);
        return out;
    }
    if (type == "wildcard") return wildcard(entry);
    if (type == "fqdn" || type == "wildcard-fqdn" || type == "template")
        return open(PredicateKind::name, fmt::format("{} {}", type, entry.value(type)));
    if (type == "geography") return open(PredicateKind::name, fmt::format("country {}", entry.value("country")));
    if (type == "mac") return open(PredicateKind::packet, "MAC address");
    if (type == "dynamic" || type == "sdn") return open(PredicateKind::dynamic_set, "filled by a connector");
    if (type == "device" || type == "route-tag") return open(PredicateKind::dynamic_set, type);
    return open(PredicateKind::opaque, fmt::format("type {}", type), 1);
}

Objects::Resolved Objects::group(const Entry& entry, Family family, unsigned depth) {
    Resolved out;
    entry.read = true;
    for (const auto& w : entry.values("member")) {
        const auto& m = resolve(w.text, family, depth + 1);
        out.set = out.set.unite(m.set);
        out.open.insert(m.open.begin(), m.open.end());
    }
    if (!entry.enabled("exclude")) return out;
    bool exact = out.open.empty();
    for (const auto& w : entry.values("exclude-member")) {
        const auto& m = resolve(w.text, family, depth + 1);
        exact = exact && m.open.empty();
        out.set = out.set.minus(m.set);
    }
    if (!exact) {
        // Part of what is left may be excluded as well: nothing but the whole is open.
        out.set = {};
        out.open = {{fmt::format("address group \"{}\" (with exclusions that are not literal)", entry.key.text),
                     PredicateKind::name, entry.span, 0}};
    }
    return out;
}

const Objects::Resolved& Objects::resolve(const std::string& name, Family family, unsigned depth) {
    const auto key = std::pair{name, family};
    if (const auto known = resolved_.find(key); known != resolved_.end()) return known->second;
    static const Resolved nothing;
    Resolved out;
    const auto* a = entry_of(c_, address_table(family), name);
    const auto* g = entry_of(c_, group_table(family), name);
    if (depth > most_group_depth || !resolving_.insert(key).second) {
        const auto* at = g != nullptr ? g : a;
        if (at != nullptr)
            not_understood(c_.diagnostics, at->span,
                           fmt::format("the address group \"{}\" contains itself or is nested too deep", name));
        return nothing;
    }
    if (g != nullptr) {
        out = group(*g, family, depth);
    } else if (a != nullptr) {
        out = address(*a, family);
    } else if (name == "all") {
        out.set = IntervalSet::full(base::address_bits(family));
    } else if (name == "SSLVPN_TUNNEL_ADDR1" && family == Family::v4) {
        out.set =
            IntervalSet::range(base::parse_ipv4("10.212.134.200")->bits, base::parse_ipv4("10.212.134.210")->bits);
    } else if (name == "none" || is_vip(object_kind(c_, name, family))) {
        // 0.0.0.0/32 or ::/128 is nobody; of a VIP the policy asks in another way, see Vips.
    } else {
        out.open.insert({fmt::format("address \"{}\" (not in this text)", name), PredicateKind::name, {}, 2});
    }
    resolving_.erase(key);
    return resolved_.emplace(key, std::move(out)).first->second;
}

std::optional<IntervalSet> Objects::literal(const std::string& name, Family family) {
    const auto& r = resolve(name, family);
    return r.open.empty() ? std::optional(r.set) : std::nullopt;
}

ExprId Objects::open(const Resolved::Open& open, Field field, model::View view) {
    const std::string text = fmt::format("{} in {}",
                                         field == Field::src             ? "source"
                                         : view == model::View::original ? "original destination"
                                                                         : "destination",
                                         open.text);
    const auto known = c_.b.device().predicates.size();
    const auto which = c_.b.predicate(text, open.kind, field, c_.b.origin(open.span, open.text));
    c_.b.depends(which, model::field_bit(field));
    if (which.index() == known && open.why == 1)
        c_.unknown(which, open.span, open.text + " is not analysed; both outcomes are considered",
                   base::Influence::everything);
    if (which.index() == known && open.why == 2)
        c_.incomplete(which, open.span, open.text + "; both outcomes are considered", base::Influence::everything);
    return c_.b.unknown(which);
}

ExprId Objects::addresses(const std::vector<Word>& names, Field field, Family family,
                          std::vector<model::ObjectId>& uses, model::View view) {
    IntervalSet set;
    std::set<Resolved::Open> opens;
    model::ObjectId only;
    bool some = false;
    for (const auto& w : names) {
        const auto kind = object_kind(c_, w.text, family);
        if (!is_factory_address(w.text) && !is_factory_group(w.text)) {
            const auto object = c_.b.use(kind, w.text, w.span);
            uses.push_back(object);
            only = object;
        }
        if (is_vip(kind)) continue;
        some = true;
        const auto& r = resolve(w.text, family);
        set = set.unite(r.set);
        opens.insert(r.open.begin(), r.open.end());
    }
    if (!some) return c_.b.no();
    std::vector<ExprId> any;
    const auto object = names.size() == 1 ? only : model::ObjectId{};
    if (set.is_full(base::address_bits(family))) return c_.b.yes();
    if (!set.empty()) {
        const auto id = family == Family::v4 ? c_.b.addresses(std::move(set), {}, object)
                                             : c_.b.addresses({}, std::move(set), object);
        any.push_back(c_.b.in(model::FieldRef{field, view, {}}, id));
    }
    for (const auto& o : opens) any.push_back(open(o, field, view));
    return c_.b.either(any);
}

}  // namespace egresslint::dialects::fortios
