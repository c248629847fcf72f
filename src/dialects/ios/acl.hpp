// SPDX-License-Identifier: Apache-2.0
// Access lists: an entry as it is written, and as a rule.
//
//   access-list 101 permit tcp host 10.0.0.25 any eq smtp     chain "access-list 101":
//                                                               src=10.0.0.25 proto=tcp dport=25   accept
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dialects/ios/names.hpp"

namespace egresslint::dialects::ios {

struct Entry {
    bool understood = false;
    bool permit = true;
    bool logs = false;
    bool standard = false;
    bool never = false;             ///< of fragments that are not the first
    bool established = false;       ///< `evaluate`: answers of what `reflect` saw
    std::vector<Service> services;  ///< alternatives, ports of the line included
    Addresses src, dst;
    std::vector<IntervalSet> flags;  ///< of the TCP header, each a condition
    std::vector<Doubt> doubts;       ///< one more condition each
    std::string time_range;
    std::vector<model::ObjectId> uses;
    const Statement* statement = nullptr;
};

class Lists {
public:
    explicit Lists(Names& names) : n_(names), x_(names.context()) {}

    /// The chain of an access list; written when it is first asked for. Invalid: there is no such list or it is empty,
    /// so that it permits everything.
    model::ChainId chain(std::string_view list, const Statement& where, Family family);
    /// Packets that a whole list permits. `destinations`: what a standard list names is where packets go.
    model::ExprId permitted(std::string_view list, const Statement& where, Family family = Family::v4,
                            bool destinations = false);

private:
    model::ExprId sum(std::string_view list, const Statement& where, Family family, bool destinations);
    const std::vector<Entry>* entries(std::string_view list, Family family);
    Entry entry(const AclLine& line, AccessList::Kind kind);
    bool body(const Statement& s, std::size_t& at, Family family, Entry& e);
    bool options(const Statement& s, std::size_t at, Entry& e);
    bool flags(const Statement& s, std::size_t& at, Entry& e);
    model::ExprId match(const Entry& e, Family family, bool destinations = false);
    void rule(model::ChainId chain, const Entry& e, std::string name, Family family);

    Names& n_;
    Context& x_;
    std::map<std::string, model::ChainId, std::less<>> chains_;
    std::map<std::string, model::ExprId, std::less<>> sums_;
    std::map<std::string, std::vector<Entry>, std::less<>> entries_;
};

}  // namespace egresslint::dialects::ios
