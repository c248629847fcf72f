// SPDX-License-Identifier: Apache-2.0
#include "model/words.hpp"

namespace egresslint::model {

std::string_view verdict_name(Verdict verdict) {
    switch (verdict) {
        case Verdict::accept: return "accept";
        case Verdict::drop: return "drop";
        case Verdict::reject: return "reject";
    }
    return "?";
}

std::string_view predicate_kind_name(PredicateKind kind) {
    switch (kind) {
        case PredicateKind::rate: return "rate";
        case PredicateKind::time: return "time";
        case PredicateKind::balance: return "balance";
        case PredicateKind::packet: return "packet";
        case PredicateKind::user: return "user";
        case PredicateKind::name: return "name";
        case PredicateKind::dynamic_set: return "dynamic_set";
        case PredicateKind::ambiguity: return "ambiguity";
        case PredicateKind::opaque: return "opaque";
    }
    return "?";
}

std::string_view label_name(Label label) {
    switch (label) {
        case Label::filter: return "filter";
        case Label::source_translation: return "source_translation";
        case Label::destination_translation: return "destination_translation";
        case Label::routing: return "routing";
        case Label::classify: return "classify";
    }
    return "?";
}

std::string_view role_name(Role role) {
    switch (role) {
        case Role::unknown: return "unknown";
        case Role::internal: return "internal";
        case Role::external: return "external";
        case Role::loopback: return "loopback";
        case Role::tunnel: return "tunnel";
    }
    return "?";
}

std::string_view route_type_name(RouteType type) {
    switch (type) {
        case RouteType::unicast: return "unicast";
        case RouteType::local: return "local";
        case RouteType::broadcast: return "broadcast";
        case RouteType::multicast: return "multicast";
        case RouteType::blackhole: return "blackhole";
        case RouteType::unreachable: return "unreachable";
        case RouteType::prohibit: return "prohibit";
        case RouteType::throw_: return "throw";
    }
    return "?";
}

std::string protocol_name(std::uint8_t number) {
    switch (number) {
        case 1: return "icmp";
        case 2: return "igmp";
        case 6: return "tcp";
        case 17: return "udp";
        case 33: return "dccp";
        case 47: return "gre";
        case 50: return "esp";
        case 51: return "ah";
        case 58: return "icmpv6";
        case 132: return "sctp";
        case 136: return "udplite";
        default: return std::to_string(number);
    }
}

std::string connection_state_name(base::u128 state) {
    if (state > 4) return base::to_decimal(state);
    switch (static_cast<ConnectionState>(state)) {
        case ConnectionState::invalid: return "invalid";
        case ConnectionState::fresh: return "new";
        case ConnectionState::established: return "established";
        case ConnectionState::related: return "related";
        case ConnectionState::untracked: return "untracked";
    }
    return "?";
}

}  // namespace egresslint::model
