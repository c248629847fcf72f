// SPDX-License-Identifier: Apache-2.0
// What both generations share around access lists and translation: interfaces, routes, security levels, what comes
// through a tunnel, what is for the device itself.
#pragma once

#include <string>
#include <vector>

#include "dialects/asa/acl.hpp"

namespace egresslint::dialects::asa {

class Surroundings {
public:
    Surroundings(Names& names, Lists& lists) : n_(names), c_(names.config()), x_(names.context()), lists_(lists) {}

    /// Interfaces, their addresses and the routes, in the device.
    void fill();
    /// Drops what comes in by an interface that is down or for management, and sources that are not behind it where
    /// `ip verify reverse-path` stands.
    void entry_stages();
    /// Diverted packets pass where their interface has a route for them.
    void divert_stage();
    void routing_stage();
    /// Packets to the device itself.
    void own_stage();
    /// Interfaces that pass nothing on the way out; two interfaces of one level; one interface in and out.
    void level_stage();
    /// What an interface without an access list permits: lower levels, and to higher ones what `upward` permits.
    void default_stage(const std::vector<std::string>& with_list, model::ChainId upward = {});

    /// Packets that a crypto map means leave through the tunnel, not as they are.
    void tunnel_stage();
    /// Not out of a tunnel that ends at the interface, where such packets pass by access lists.
    [[nodiscard]] model::ExprId in_the_clear(const std::string& interface);

    [[nodiscard]] model::ExprId in(std::string_view interface);   ///< "" : any
    [[nodiscard]] model::ExprId out(std::string_view interface);  ///< "" : any
    [[nodiscard]] model::ExprId forwarded();
    [[nodiscard]] model::ExprId from_outside();            ///< not of the device itself
    [[nodiscard]] std::vector<std::string> names() const;  ///< of interfaces
    [[nodiscard]] int level(std::string_view interface) const;
    /// Access groups of a kind, the last one of each interface.
    [[nodiscard]] std::vector<const AccessGroup*> groups(AccessGroup::Where where) const;
    /// A stage for one access group: its list, then `behind`, else drop.
    void list_stage(const std::vector<const AccessGroup*>& groups, const AccessGroup* behind, model::ExprId when,
                    model::View view = model::View::current);

private:
    void route(const Statement& s);
    void route6(const Statement& s);
    void add_route(model::Route route);
    IntervalSet reached_by(const std::string& interface, Family family) const;

    Names& n_;
    const Config& c_;
    Context& x_;
    Lists& lists_;
};

}  // namespace egresslint::dialects::asa
