// SPDX-License-Identifier: Apache-2.0
// What a configuration says, before it means anything: commands gathered by kind; names are resolved on demand.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "dialects/ios/text.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::ios {

using base::Family;
using base::IntervalSet;
using base::u128;

/// A name that an interface binds (an access list, a route map, an inspection), with the line that does.
struct Binding {
    std::string name;
    const Statement* statement = nullptr;
    explicit operator bool() const { return statement != nullptr; }
};

struct Interface {
    std::string name;  ///< "GigabitEthernet0/0.10"
    std::string description;
    std::vector<model::InterfaceAddress> addresses;
    std::string unnumbered;  ///< the interface whose address it uses
    std::string zone, vrf;
    Binding in, out, in6, out6, policy, inspect_in, inspect_out, crypto;
    const Statement* reverse_path = nullptr;
    const Statement* nat_statement = nullptr;
    enum class Nat : std::uint8_t { none, inside, outside, enabled } nat = Nat::none;
    bool learns_address = false;  ///< dhcp, negotiated, autoconfiguration
    bool learns_route = false;
    bool ipv6 = false;
    bool shutdown = false;
    bool routed = false;  ///< says anything about layer 3
    base::Span span;
};

/// One line of an access list; `at` is the word behind the sequence number.
struct AclLine {
    const Statement* statement = nullptr;
    std::size_t at = 0;
    std::uint64_t sequence = 0;
};
struct AccessList {
    enum class Kind : std::uint8_t { standard, extended, ipv6 } kind = Kind::extended;
    base::Span span;
    std::vector<AclLine> lines;
};
struct Pool {
    bool understood = false;
    bool rotary = false;
    std::vector<base::Interval> ranges;
    const Statement* statement = nullptr;
};
struct Clause {
    bool permit = true;
    std::uint32_t sequence = 0;
    const Statement* statement = nullptr;
};
struct Group {
    bool network = true;
    base::Span span;
    std::vector<const Statement*> members;
};
struct ZonePair {
    std::string from, to;
    Binding policy;
    const Statement* statement = nullptr;
};

struct Config {
    std::string hostname;
    base::Span start;
    bool headed = false;  ///< has a version line: the text is meant to be all of it
    std::vector<Interface> interfaces;
    std::map<std::string, AccessList, std::less<>> lists, lists6;
    std::map<std::string, Pool, std::less<>> pools;
    std::map<std::string, std::vector<Clause>, std::less<>> route_maps;
    std::map<std::string, Group, std::less<>> groups;
    std::map<std::string, const Statement*, std::less<>> class_maps, policy_maps;   ///< of type inspect
    std::map<std::string, std::vector<const Statement*>, std::less<>> inspections;  ///< ip inspect name N …
    std::map<std::string, base::Span, std::less<>> zones;
    std::vector<ZonePair> zone_pairs;
    std::map<std::string, std::vector<const Statement*>, std::less<>> crypto_maps;  ///< entries with their blocks
    std::vector<const Statement*> nats;  ///< ip nat inside|outside|source …
    std::vector<const Statement*> routes, routes6;
    std::vector<const Statement*> port_maps;  ///< ip port-map APPLICATION port tcp N
    Binding local_policy;
    bool dynamic_routing = false, ipv6_routing = false;

    /// Goes on with an interface of that name, or begins one.
    Interface& add_interface(const std::string& name, base::Span span);
    /// By its name or an abbreviation of it ("Gi0/0").
    [[nodiscard]] const Interface* interface(std::string_view name) const;
    /// The name as the interface's own command writes it; what no interface has stays as it is.
    [[nodiscard]] std::string full_name(std::string_view name) const;

private:
    std::map<std::string, std::size_t, std::less<>> by_name_;
    std::map<std::string, std::vector<std::size_t>, std::less<>> by_numbers_;  ///< "0/0": abbreviations keep them
};

/// An interface at word `at`, which moves on behind it: "Dialer1", "Dialer 1".
[[nodiscard]] std::string interface_at(const Statement& s, std::size_t& at);

/// Everything a lowering needs at hand.
struct Context {
    const base::Sources& sources;
    base::Diagnostics& diagnostics;
    model::Builder& b;

    /// EL901 for a construct; with a predicate, what hangs on it is known.
    void unread(base::Span span, std::string message, base::Influence influence,
                std::optional<model::PredicateId> predicate = {});
    void unread(const Statement& s, base::Influence influence = base::Influence::everything,
                std::optional<model::PredicateId> predicate = {});
    void incomplete(base::Span span, std::string message, base::Influence influence,
                    std::optional<model::PredicateId> predicate = {});
};

/// Gathers; what no command of the tables knows is an EL901 at once. `config` points into `statements`.
void gather(const std::vector<Statement>& statements, Context& context, Config& config);
/// The block of `interface X` into an interface of the configuration.
void gather_interface(const Statement& s, Context& context, Config& config);

/// True for commands that decide no packet's way (inert.cpp).
[[nodiscard]] bool inert_command(const Statement& s);
[[nodiscard]] bool inert_in_interface(const Statement& s);

}  // namespace egresslint::dialects::ios
