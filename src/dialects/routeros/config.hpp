// SPDX-License-Identifier: Apache-2.0
// What rules refer to: lists of addresses and of interfaces, bridges, IPsec policies; and the device's surroundings.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "dialects/routeros/text.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::routeros {

using base::Address;
using base::Family;
using base::Interval;
using base::IntervalSet;
using base::Prefix;
using model::Builder;
using model::ExprId;
using model::Field;
using model::PredicateKind;

struct AddressList {
    IntervalSet values;
    bool names = false;    ///< holds DNS names, which resolve at run time
    bool written = false;  ///< rules add to it
    Span span;
};

struct InterfaceList {
    std::vector<std::string> members, include, exclude;
    Span span;
};

struct IpsecPolicy {
    Family family = Family::v4;
    IntervalSet src, dst;
    bool unknown = false;  ///< a template or a policy made at run time: anything may be covered
};

struct Config {
    std::map<std::string, AddressList> lists4, lists6;
    std::map<std::string, InterfaceList> interface_lists;
    std::map<std::string, std::string> bridge_of;          ///< by port
    std::map<std::string, std::set<std::string>> of_kind;  ///< "ppp": names of interfaces that the text makes
    std::vector<IpsecPolicy> policies;
    std::map<std::string, std::uint32_t> routing_marks, connection_marks, packet_marks;  ///< numbers by name

    [[nodiscard]] const std::map<std::string, AddressList>& lists(Family f) const {
        return f == Family::v4 ? lists4 : lists6;
    }
    /// Members with those of included lists, without those of excluded ones.
    [[nodiscard]] std::set<std::string> members(const std::string& list) const;
};

/// "10.0.0.1", "10.0.0.0/24", "10.0.0.1-10.0.0.9"; nullopt: something else, such as a name.
[[nodiscard]] std::optional<std::pair<Family, Interval>> addresses_of(std::string_view text);
/// "25,465,587-588"; nullopt: something else.
[[nodiscard]] std::optional<IntervalSet> numbers_of(std::string_view text, std::uint32_t most);
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
/// The number of a mark, which counts from 1.
[[nodiscard]] std::uint32_t mark_of(std::map<std::string, std::uint32_t>& marks, const std::string& name);

/// Lists, bridges, policies, marks; defines objects in the builder.
[[nodiscard]] Config gather(Builder& b, const std::vector<const Statement*>& statements,
                            base::Diagnostics& diagnostics);
/// Interfaces, addresses and routes. `whole`: the text is an export of everything. `mark`: the register of routing
/// marks.
void surroundings(Builder& b, const std::vector<const Statement*>& statements, Config& config, bool whole,
                  model::RegisterId mark, base::Diagnostics& diagnostics);
/// Reports every statement that nothing has read, unless its menu decides no packet.
void report_unread(const std::vector<const Statement*>& statements, base::Diagnostics& diagnostics);

}  // namespace egresslint::dialects::routeros
