// SPDX-License-Identifier: Apache-2.0
// A folded rule, read again, is the rule that was read first, and folding changes nothing of the model. The texts hold
// what nft(8) allows in a rule; those that must not be folded say why.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "dialects/nftables/lower.hpp"
#include "dialects/nftables/parse.hpp"
#include "model/print.hpp"
#include "shape.hpp"

using namespace egresslint;
using namespace egresslint::dialects::nftables;

namespace {

constexpr const char* text = R"(define mx = 192.0.2.25
table inet t {
 set servers { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 }; }
 chain other { ip saddr 192.0.2.9 accept comment "nine"; tcp dport { 25, 465 } drop # handle 7
 }
 chain c {
  type filter hook forward priority 0; policy drop;
  ct state established,
    related accept
  ip saddr $mx tcp dport 25 accept
  ip daddr @servers tcp dport { 80,
    443 } counter packets 1 bytes 2 log prefix "web: " accept # handle 12
  tcp dport 25 jump other
  ip6 saddr ::1 drop
  meta mark set 7 accept
  tcp dport vmap { 22 : accept, 23 : drop }
  limit rate over 10/second drop
  tcp frob 1 accept
  tcp dport 26 jump { drop; }
  drop
 }
 chain n {
  type nat hook postrouting priority srcnat;
  oifname "wan0" ip saddr 10.0.0.0/8 snat ip to 198.51.100.2-198.51.100.9 random
  oifname "wan0" masquerade
 }
}
table bridge b { chain c { type filter hook forward priority 0; drop; } }
add rule inet t other udp dport 53 accept
add rule inet t other udp dport 55 accept
add rule inet t n udp dport 55 accept
add rule inet t other udp dport 56 jump other2
add rule inet t nowhere udp dport 57 drop
add rule inet t nowhere udp dport 58 drop
insert rule inet t other index 0 udp dport 54 accept
delete rule inet t c handle 12
)";

struct Read {
    explicit Read(bool fold) {
        const auto file = sources.add("a.nft", text);
        trees.push_back(parse(sources, file, {"", false, nullptr, fold}, diagnostics));
    }
    [[nodiscard]] std::vector<const RuleNode*> rules() const {
        std::vector<const RuleNode*> out;
        for (const auto& command : trees[0].commands) {
            for (const auto& chain : command.table_node.chains)
                for (const auto& rule : chain.rules) out.push_back(&rule);
            if (command.object == "rule" && command.verb != "delete") out.push_back(&command.rule_node);
            for (const auto& rule : command.more) out.push_back(&rule);
        }
        return out;
    }
    base::Sources sources;
    base::Diagnostics diagnostics;
    std::vector<Tree> trees;
};

}  // namespace

TEST_CASE("a folded rule is read again as it was", "[nftables][fold]") {
    const Read plain(false), folded(true);
    const auto expected = plain.rules(), rules = folded.rules();
    REQUIRE(rules.size() == expected.size());
    RuleNode scratch;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        CAPTURE(expected[i]->text);
        CHECK(expected[i]->folded == nullptr);
        const auto& rule = whole(*rules[i], scratch);
        CHECK(shape::of(rule) == shape::of(*expected[i]));
        CHECK(rule.text == expected[i]->text);
        CHECK(rule.comment == expected[i]->comment);
        CHECK(rule.span == expected[i]->span);
        CHECK(rule.handle == expected[i]->handle);
        CHECK(rules[i]->handle == expected[i]->handle);
        CHECK(rules[i]->index == expected[i]->index);
        REQUIRE(rule.statements.size() == expected[i]->statements.size());
        for (std::size_t s = 0; s < rule.statements.size(); ++s)
            CHECK(rule.statements[s].span == expected[i]->statements[s].span);
        // Variables, jumps, marks, maps and what could not be read concern more than their own rule.
        const bool stays = rule.text.find('$') != std::string::npos || rule.text.find("jump") != std::string::npos ||
                           rule.text.find("mark set") != std::string::npos ||
                           rule.text.find("vmap") != std::string::npos || rule.text.find("frob") != std::string::npos;
        CHECK((rules[i]->folded == nullptr) == stays);
        if (!stays) CHECK(rules[i]->statements.empty());
    }
}

TEST_CASE("folding changes nothing of the model", "[nftables][fold]") {
    const auto model = [](bool fold) {
        Read read(fold);
        const auto device = lower(read.trees, "a", read.sources, read.diagnostics);
        auto out = model::to_json(device, read.sources).dump(1);
        for (const auto& d : read.diagnostics)
            out += d.code + " " + read.sources.where(d.span) + " " + d.message + "\n";
        return out;
    };
    CHECK(model(true) == model(false));
}
