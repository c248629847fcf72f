// SPDX-License-Identifier: Apache-2.0
// Addresses, services and schedules by name, as expressions. Objects that a factory configuration holds (all, ALL, SMTP
// …) are known without being defined, since a fragment does not repeat them.
//
//   "MAILHOST"     src=10.0.0.25
//   "SMTP"         proto=tcp dport=25
//   "office-hours" `schedule "office-hours"`   (an unknown of kind time)
#pragma once

#include <map>
#include <set>

#include "dialects/fortios/context.hpp"

namespace egresslint::dialects::fortios {

class Objects {
public:
    explicit Objects(const Context& context) : c_(context) {}

    /// Makes every named object of the scope known to the model, for the rules about unused and undefined ones.
    void define_all();

    enum class Kind { address, vip, undefined };
    [[nodiscard]] Kind kind(const std::string& name, Family family) const;
    /// The VIPs that a name of a VIP or VIP group stands for.
    [[nodiscard]] std::vector<std::string> vips_of(const std::string& name, Family family) const;

    /// `field` (current or original view) is in one of the addresses. VIPs among them are left out. Objects used are
    /// added to `uses`. No family guard.
    ExprId addresses(const std::vector<Word>& names, Field field, Family family, std::vector<model::ObjectId>& uses,
                     model::View view = model::View::current);
    /// Literal part only, for routes; nullopt when the object holds anything that is not literal.
    std::optional<IntervalSet> literal(const std::string& name, Family family);

    ExprId services(const std::vector<Word>& names, std::vector<model::ObjectId>& uses);
    /// The services limit nothing but the protocol.
    [[nodiscard]] bool protocol_only(const std::vector<Word>& names) const;
    ExprId schedule(const Entry& rule, std::vector<model::ObjectId>& uses);

private:
    /// What an address object stands for.
    struct Resolved {
        IntervalSet set;
        struct Open {
            std::string text;
            PredicateKind kind = PredicateKind::name;
            Span span;
            int why = 0;  ///< 0: nothing to report, 1: EL901, 2: EL903
            friend bool operator<(const Open& a, const Open& b) { return a.text < b.text; }
        };
        std::set<Open> open;  ///< may hold more addresses, or not
    };
    void name_host(const Entry& entry, model::ObjectId object);
    const Resolved& resolve(const std::string& name, Family family, unsigned depth = 0);
    Resolved address(const Entry& entry, Family family);
    Resolved group(const Entry& entry, Family family, unsigned depth);
    Resolved wildcard(const Entry& entry);
    ExprId open(const Resolved::Open& open, Field field, model::View view);
    ExprId service(const std::string& name, Span where, std::vector<model::ObjectId>& uses, unsigned depth);
    ExprId custom_service(const Entry& entry);
    ExprId ports(std::uint8_t protocol, const std::vector<Word>& ranges, const Entry& entry);
    ExprId unnamed(const std::string& what, const std::string& name, Span where);

    const Context& c_;
    std::map<std::pair<std::string, Family>, Resolved> resolved_;
    std::set<std::pair<std::string, Family>> resolving_;
    std::map<std::string, ExprId> services_;
    std::set<std::string> in_service_;
    std::set<std::uint32_t> reported_;
};

}  // namespace egresslint::dialects::fortios
