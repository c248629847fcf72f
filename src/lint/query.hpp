// SPDX-License-Identifier: Apache-2.0
// The query language as a tree. Grammar: grammars/query.hpp; meaning: query_eval.hpp; manual: rules/README.md.
//
//   forbid src in 10.20.7.0/24 and accepted and to internet
//   for each mail server m: from m and tcp dport in smtp.ports and accepted and leaves as not in m.outbound
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/address.hpp"
#include "base/interval_set.hpp"

namespace egresslint::lint {
struct QueryError;
}

namespace egresslint::lint::query {

/// What a comparison reads: header fields as the device received them, nat_ ones as they leave.
enum class Target : std::uint8_t {
    src,
    dst,
    sport,
    dport,
    proto,
    family,
    in,
    out,
    in_zone,
    out_zone,
    nat_src,
    nat_dst,
    nat_sport,
    nat_dport
};

/// One alternative on the right of a comparison.
struct Value {
    enum class Kind : std::uint8_t {
        addresses,  ///< `family`, `first`-`last`
        numbers,    ///< first-last: ports, protocols
        text,       ///< an interface, zone or protocol by name
        set,        ///< a set of the configuration
        mail_servers,
        internal,
        own,
        global,
        smtp_ports,
        smtp_allowed,
        server_address,
        server_outbound,
        server_published,
        interface_address,  ///< what masquerade takes on an external interface
        internet,           ///< global addresses that are neither inside nor the device's own
        original,           ///< the same field as the packet came: `nat src != src`
    };
    Kind kind = Kind::text;
    base::Family family = base::Family::v4;
    base::u128 first = 0, last = 0;
    std::string text;
    std::size_t begin = 0, end = 0;  ///< in the query's text
};

enum class Fact : std::uint8_t {
    any,
    accepted,
    blocked,
    dropped,
    rejected,
    logged,
    limited,
    inspected,
    forwarded,
    from_device,
    to_device,
    from_internet,
    to_internet,
    from_inside,
    from_server,  ///< from m
    outbound_known,
    outbound_declared,
    published_known,
    inside_known,  ///< the inside networks of this IP version are known, not presumed
};

/// How a packet was decided.
enum class PathTest : std::uint8_t {
    rule_text,   ///< by a rule whose name, or text as written, holds this
    rule_at,     ///< by the rule at FILE:LINE
    rule_chain,  ///< by a rule of this chain
    policy,      ///< no rule of a filter decided
    through,     ///< this stage of the pipeline saw it
};

struct Node {
    /// never: for no state of limiters, schedules and balancing.
    enum class Kind : std::uint8_t { all_of, any_of, negate, never, compare, fact, path } kind = Kind::fact;
    std::vector<Node> children;
    Target target = Target::src;  ///< compare
    bool negated = false;         ///< compare: not in
    std::vector<Value> values;    ///< compare
    Fact fact = Fact::any;
    PathTest path = PathTest::policy;
    std::string text;  ///< path: the name
    std::size_t begin = 0, end = 0;
};

enum class Mode : std::uint8_t { none, forbid, require };

struct Query {
    Mode mode = Mode::none;
    bool each_server = false;
    std::string variable;  ///< "m"
    Node root;
};

/// An address, a prefix or a range, as queries write them.
struct AddressRange {
    base::Family family = base::Family::v4;
    base::u128 first = 0, last = 0;
};
[[nodiscard]] std::optional<AddressRange> address_range(std::string_view text);

inline constexpr std::size_t max_query_length = 16384;

[[nodiscard]] tl::expected<Query, QueryError> parse(std::string_view text);

}  // namespace egresslint::lint::query
