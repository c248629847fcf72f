// SPDX-License-Identifier: Apache-2.0
// Amendments as text: what is written, in the file's own style.
#include <catch2/catch.hpp>

#include "tests/dialects/fortios/support.hpp"

namespace egresslint::test::fortios {
namespace {

using model::Amendment;
using model::NewRule;

const std::string text = office() +
                         "config firewall policy\n"
                         "    edit 2\n"
                         "        set name \"internet\"\n"
                         "        set srcintf \"lan\"\n"
                         "        set dstintf \"wan1\"\n"
                         "        set action accept\n"
                         "        set srcaddr \"office\"\n"
                         "        set dstaddr \"all\"\n"
                         "        set schedule \"always\"\n"
                         "        set service \"ALL\"\n"
                         "        set nat enable\n"
                         "    next\n"
                         "    # the rest\n"
                         "    edit 7\n"
                         "        set srcintf \"lan\"\n"
                         "        set dstintf \"wan1\"\n"
                         "        set srcaddr \"all\"\n"
                         "        set dstaddr \"all\"\n"
                         "        set schedule \"always\"\n"
                         "        set service \"ALL\"\n"
                         "    next\n"
                         "end\n";

model::RuleId rule_named(const model::Device& d, std::string_view name) {
    for (std::size_t i = 0; i < d.rules.size(); ++i)
        if (d.rules[i].name == name) return model::RuleId(i);
    return {};
}

/// What the text is afterwards, from its policies on; "nothing" when it cannot be said.
std::string after(const Amendment& amendment, std::string_view from = "config firewall policy") {
    auto r = read(text);
    REQUIRE(r.devices.size() == 1);
    const auto edits = dialects::fortios::write(r.sources, r.devices[0], amendment);
    if (!edits) return "nothing";
    const auto out = base::apply_edits(text, base::FileId(0), *edits);
    if (!out) return "overlap";
    const auto at = out->find(from);
    return at == std::string::npos ? *out : out->substr(at);
}

Amendment before(std::string_view policy, NewRule add) {
    Amendment a;
    a.rule = rule_named(read(text).devices[0], policy);
    a.add = std::move(add);
    return a;
}

bool contains(const std::string& whole, std::string_view part) { return whole.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("FortiOS: a policy with a pool of its own", "[fortios][write]") {
    NewRule add;
    add.family = base::Family::v4;
    add.src = {base::parse_prefix("10.0.0.25").value()};
    add.out = "wan1";
    add.action = NewRule::Action::translate_source;
    add.to = base::parse_address("203.0.113.25").value();
    const auto out = after(before("2", add), "config firewall ippool");
    CHECK(
        out.starts_with("config firewall ippool\n"
                        "    edit \"203.0.113.25\"\n"
                        "        set startip 203.0.113.25\n"
                        "        set endip 203.0.113.25\n"
                        "    next\n"
                        "end\n"
                        "config firewall policy\n"
                        "    edit 0\n"
                        "        set srcintf \"lan\"\n"
                        "        set dstintf \"wan1\"\n"
                        "        set action accept\n"
                        "        set srcaddr \"mailserver\"\n"
                        "        set dstaddr \"all\"\n"
                        "        set schedule \"always\"\n"
                        "        set service \"ALL\"\n"
                        "        set nat enable\n"
                        "        set ippool enable\n"
                        "        set poolname \"203.0.113.25\"\n"
                        "    next\n"
                        "    edit 2\n"));
}

TEST_CASE("FortiOS: SMTP is accepted from one and denied to others", "[fortios][write]") {
    NewRule add;
    add.family = base::Family::v4;
    add.src = {base::parse_prefix("10.0.0.25").value()};
    add.tcp_dports = {25};
    CHECK(contains(after(before("2", add)),
                   "    edit 0\n"
                   "        set srcintf \"lan\"\n"
                   "        set dstintf \"wan1\"\n"
                   "        set action accept\n"
                   "        set srcaddr \"mailserver\"\n"
                   "        set dstaddr \"all\"\n"
                   "        set schedule \"always\"\n"
                   "        set service \"SMTP\"\n"
                   "        set nat enable\n"
                   "    next\n"
                   "    edit 2\n"));
    NewRule deny;
    deny.out = "wan1";
    deny.tcp_dports = {25};
    deny.action = NewRule::Action::reject;
    CHECK(contains(after(before("2", deny)),
                   "    edit 0\n"
                   "        set srcintf \"any\"\n"
                   "        set dstintf \"wan1\"\n"
                   "        set srcaddr \"all\"\n"
                   "        set dstaddr \"all\"\n"
                   "        set schedule \"always\"\n"
                   "        set service \"SMTP\"\n"
                   "        set logtraffic all\n"
                   "        set send-deny-packet enable\n"
                   "    next\n"
                   "    edit 2\n"));
}

TEST_CASE("FortiOS: a zone is written once", "[fortios][write]") {
    const std::string zoned = office() + "config system zone\nedit out\nset interface wan1 wan2\nnext\nend\n" +
                              "config firewall policy\nedit 1\nset srcintf lan\nset dstintf out\nset srcaddr all\nset "
                              "dstaddr all\nset schedule always\nset service ALL\nset action accept\nnext\nend\n";
    auto r = read(zoned);
    Amendment a;
    a.rule = rule_named(r.devices.at(0), "1");
    a.add.action = NewRule::Action::reject;
    a.add.out = "wan1";
    auto edits = dialects::fortios::write(r.sources, r.devices[0], a);
    REQUIRE(edits);
    REQUIRE(edits->size() == 1);
    CHECK(contains(edits->front().replacement, "set dstintf \"out\"\n"));
    a.add.out = "wan2";
    edits = dialects::fortios::write(r.sources, r.devices[0], a);
    CHECK((edits && edits->empty()));
}

TEST_CASE("FortiOS: move, remove, log, limit", "[fortios][write]") {
    const auto device = read(text).devices[0];
    Amendment a;
    a.kind = Amendment::Kind::move_before;
    a.rule = rule_named(device, "7");
    a.other = rule_named(device, "2");
    CHECK(after(a).starts_with("config firewall policy\n    # the rest\n    edit 7\n"));
    a.kind = Amendment::Kind::remove;
    CHECK(!contains(after(a), "edit 7"));
    a.kind = Amendment::Kind::log_too;
    CHECK(contains(after(a), "        set service \"ALL\"\n        set logtraffic all\n    next\nend"));
    a.kind = Amendment::Kind::limit_source;
    a.rule = rule_named(device, "2");
    a.source = base::parse_prefix("10.0.0.25").value();
    CHECK(contains(after(a), "        set srcaddr \"mailserver\"\n"));
    a.source = base::parse_prefix("10.0.0.128/25").value();
    CHECK(contains(after(a, "config firewall address\n    edit \"10"),
                   "        set subnet 10.0.0.128 255.255.255.128\n"));
}

}  // namespace egresslint::test::fortios
