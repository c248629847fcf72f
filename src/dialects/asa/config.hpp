// SPDX-License-Identifier: Apache-2.0
// What a configuration says, before it means anything: commands gathered by kind, names resolved on demand. Shared by
// ASA 8.3 and later and by what came before (PIX, FWSM, ASA up to 8.2), which lower it in different orders.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "dialects/asa/text.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::asa {

using base::Family;
using base::IntervalSet;
using base::u128;

struct Version {
    enum class Product : std::uint8_t { unknown, asa, pix, fwsm } product = Product::unknown;
    unsigned major = 0, minor = 0, build = 0;
    base::Span span;
    [[nodiscard]] bool at_least(unsigned a, unsigned b, unsigned c = 0) const {
        return std::tuple(major, minor, build) >= std::tuple(a, b, c);
    }
};

struct Interface {
    std::string name;      ///< what `nameif` calls it; "": passes nothing
    std::string hardware;  ///< "GigabitEthernet0/1"
    int level = -1;        ///< security level; -1: the default
    std::vector<model::InterfaceAddress> addresses;
    bool ipv6 = false;            ///< forwards IPv6: an address of it, or `ipv6 enable`
    bool learns_address = false;  ///< dhcp, pppoe, autoconfiguration
    bool learns_route = false;    ///< setroute
    bool shutdown = false, management_only = false;
    base::Span span;
    base::Span level_span;
    [[nodiscard]] int security() const { return level >= 0 ? level : name == "inside" ? 100 : 0; }
};

struct AccessGroup {
    std::string list, interface;  ///< interface "": global
    enum class Where : std::uint8_t { in, out, global, control_plane } where = Where::in;
    bool per_user = false, ipv6 = false;
    const Statement* statement = nullptr;
};

/// A command of a block with the name that the block's head gives.
struct Named {
    std::string name;
    const Statement* statement = nullptr;
};
struct Group {
    std::string kind;      ///< "network", "service", "protocol", "icmp-type", "user", "security"
    std::string protocol;  ///< of a service group: "tcp", "udp", "tcp-udp", ""
    base::Span span;
    std::vector<const Statement*> members;
};
struct ObjectDefinition {
    base::Span span;
    const Statement* content = nullptr;  ///< host, subnet, range, fqdn; service
};

struct Config {
    Version version;
    std::string hostname;
    base::Span start;
    std::map<std::string, base::Address, std::less<>> names;
    std::vector<Interface> interfaces;
    bool interfaces_stated = false;
    std::map<std::string, ObjectDefinition, std::less<>> network_objects, service_objects;
    std::map<std::string, Group, std::less<>> groups;
    std::map<std::string, std::vector<const Statement*>, std::less<>> lists;  ///< access-list NAME …, in order
    std::set<std::string, std::less<>> lists6;                                ///< of `ipv6 access-list`
    std::vector<AccessGroup> access_groups;
    std::vector<const Statement*> twice_nat;                     ///< nat (a,b) source …
    std::vector<Named> object_nat;                               ///< of `object network NAME`
    std::vector<const Statement*> statics, nats, globals;        ///< before 8.3
    std::vector<const Statement*> conduits, outbounds, applies;  ///< PIX 6
    std::vector<const Statement*> routes, routes6, crypto;
    std::vector<const Statement*> reverse_path;  ///< ip verify reverse-path
    std::map<std::string, const Statement*, std::less<>> policy_maps, class_maps;
    std::vector<const Statement*> service_policies, fixups;
    std::set<std::string, std::less<>> time_ranges;
    bool inter_interface = false, intra_interface = false;
    bool nat_control = false;
    bool permit_vpn = true;                             ///< what came out of a tunnel passes by the access lists
    std::set<std::string, std::less<>> vpn_interfaces;  ///< where tunnels end
    bool dynamic_routing = false;
    bool logging = false, transparent = false;

    [[nodiscard]] const Interface* interface(std::string_view name) const;
};

/// Everything a lowering needs at hand.
struct Context {
    const base::Sources& sources;
    base::Diagnostics& diagnostics;
    model::Builder& b;

    /// EL901 for a construct; with a predicate, what hangs on it is known.
    void unread(base::Span span, std::string message, base::Influence influence,
                std::optional<model::PredicateId> predicate = {});
    void incomplete(base::Span span, std::string message, base::Influence influence,
                    std::optional<model::PredicateId> predicate = {});
};

/// Gathers; what no command of the table knows is an EL901 at once. `config` points into `part`.
void gather(const Part& part, Context& context, Config& config);

}  // namespace egresslint::dialects::asa
