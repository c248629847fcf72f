// SPDX-License-Identifier: Apache-2.0
// Firewall policies top down, the source translation that they ask for, central SNAT, local-in policies and what the
// device sends itself.
//
//   stage policy            in_if=lan out_if=wan1 src=10.0.0.25 vip=0 dport=25   nat<-11; accept    ; policy 11
//                           else drop
//   stage source-nat        nat=11                                               goto nat of policy 11
//   chain nat of policy 11                                                       jump sources of VIPs (nat-source-vip)
//                                                                                accept src:=pool, or jump sources of
//                                                                                VIPs accept src:=address(out_if)
#pragma once

#include <set>

#include "dialects/fortios/vips.hpp"

namespace egresslint::dialects::fortios {

class Policies {
public:
    Policies(const Context& context, Objects& objects, Network& network, Vips& vips)
        : c_(context), objects_(objects), network_(network), vips_(vips) {}

    /// Finds the tables, the mode of NAT and the VIPs in use. First of all.
    void collect();
    [[nodiscard]] bool central() const { return central_; }
    [[nodiscard]] const std::set<std::pair<std::string, Family>>& used_vips() const { return used_vips_; }

    /// Stages behind routing, in their order.
    void local_in();
    void filter();
    void source_nat();
    void local_out();

private:
    struct Listed {
        const Entry* entry = nullptr;
        std::string_view table;
        bool v4 = false, v6 = false;
        std::string_view src4 = "srcaddr", dst4 = "dstaddr", src6 = "srcaddr6", dst6 = "dstaddr6";
        std::uint32_t number = 0;  ///< value of the register
        bool nat = false;
    };
    struct Matched {
        ExprId match;
        std::vector<model::ObjectId> uses;
    };
    void collect_table(std::string_view path, bool v4, bool v6);
    [[nodiscard]] bool accepts(const Entry& e) const;
    Matched match(const Listed& p);
    ExprId destination(const Listed& p, Family family, std::vector<model::ObjectId>& uses);
    ExprId source(const Listed& p, Family family, std::vector<model::ObjectId>& uses);
    ExprId internet_services(const Entry& e, bool source, Family family);
    void conditions(const Listed& p, std::vector<ExprId>& all);
    ExprId open(const Entry& e, std::string_view setting, PredicateKind kind, std::string what);
    ExprId absent(const Entry& e, std::string_view setting);
    void rule(model::ChainId chain, const Listed& p);
    void local_rules(model::ChainId chain, std::string_view path, Family family);
    void services_of_device(model::ChainId chain);
    std::string text(const Listed& p) const;
    [[nodiscard]] bool matches_vips(const Entry& e, ExprId& doubt);

    // nat.cpp
    void policy_nat(const Listed& p, model::ChainId entry);
    void central_nat();
    void central_rule(model::ChainId chain, const Entry& e, Family family);
    std::optional<std::vector<model::Translate>> pool(const std::vector<Word>& names, Family family, const Entry& by,
                                                      ExprId& limited, bool& ports_kept,
                                                      std::vector<model::ObjectId>& uses);
    model::Translate source_port();

    const Context& c_;
    Objects& objects_;
    Network& network_;
    Vips& vips_;
    std::vector<Listed> policies_;
    std::set<std::pair<std::string, Family>> used_vips_;
    bool central_ = false, by_profile_ = true, reject_tcp_ = false;
    model::RegisterId nat_;
    model::ChoiceId source_port_;
    model::ChainId from_vips_first_, from_vips_last_;
};

}  // namespace egresslint::dialects::fortios
