// SPDX-License-Identifier: Apache-2.0
// Access lists: an entry as it is written, and as a rule.
//
//   access-list IN extended permit tcp object MAIL any eq smtp     chain "access-list IN":
//                                                                    src=10.0.0.25 proto=tcp dport=25   accept
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dialects/asa/names.hpp"

namespace egresslint::dialects::asa {

struct Entry {
    bool understood = false;
    bool permit = true;
    bool active = true;
    bool logs = false;
    bool standard = false;
    std::vector<Service> services;  ///< alternatives, ports of the line included
    Addresses src, dst;
    std::vector<Doubt> doubts;  ///< users, security groups: one more condition each
    std::string time_range;
    std::vector<model::ObjectId> uses;
    const Statement* statement = nullptr;
};

class Lists {
public:
    explicit Lists(Names& names) : n_(names), x_(names.context()) {}

    /// The chain of an access list; written when it is first asked for. One that is not defined may do anything.
    /// With View::original, destinations are those that packets were sent to, whatever they have become.
    model::ChainId chain(std::string_view list, const Statement& where, model::View view = model::View::current);
    /// Entries of a list, for what only asks which packets it means. Nothing: undefined.
    const std::vector<Entry>* entries(std::string_view list);
    /// `permit PROTOCOL SOURCE [PORTS] DESTINATION [PORTS] …` from word `at`; `conduit` names the destination first.
    Entry entry(const Statement& s, std::size_t at, bool v6, bool conduit = false);
    /// Packets that the entry is about, their destination in that view; with `reversed`, those of the other direction.
    model::ExprId match(const Entry& e, model::View view, bool reversed = false);
    /// Adds the entry as a rule; what was not understood may do anything to what `guard` lets there.
    void rule(model::ChainId chain, const Entry& e, std::string name, model::View view = model::View::current);
    /// Packets that a whole list permits, by its entries in order.
    model::ExprId permitted(std::string_view list, const Statement& where, model::View view);

private:
    bool options(const Statement& s, std::size_t at, Entry& e);
    bool body(const Statement& s, std::size_t& at, bool v6, bool conduit, Entry& e);

    Names& n_;
    Context& x_;
    std::map<std::string, model::ChainId, std::less<>> chains_;
    std::map<std::string, std::vector<Entry>, std::less<>> entries_;
};

}  // namespace egresslint::dialects::asa
