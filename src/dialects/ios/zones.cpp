// SPDX-License-Identifier: Apache-2.0
// Sources: Cisco, "Understand the Zone-Based Policy Firewall Design" (rules for interfaces in zones, the self zone,
// class-default drops); Security Command Reference, "class-map type inspect", "policy-map type inspect", "ip inspect
// name" (smtp, esmtp: illegal commands are altered), "ip port-map".
#include <algorithm>

#include "dialects/ios/lower.hpp"
#include "dialects/ios/words.hpp"

namespace egresslint::dialects::ios {
namespace {

using base::Influence;
using model::ExprId;
using model::Field;
using model::Verdict;

constexpr unsigned deepest = 32;

class Zones {
public:
    explicit Zones(Around& around)
        : around_(around), c_(around.config()), x_(around.context()), b_(around.context().b) {}

    void zones() {
        for (const Interface* i : around_.interfaces()) {
            if (!i->zone.empty()) (void)b_.use("zone", i->zone, i->span);
            members_[i->zone].push_back(i->name);
        }
        if (members_.size() == members_.count("")) return;  // nothing is in a zone
        const auto chain = b_.chain("zones");
        for (const ZonePair& pair : c_.zone_pairs) {
            model::Rule r;
            r.match = b_.all({in_zone(pair.from, Field::in_if), in_zone(pair.to, Field::out_if)});
            for (const std::string& zone : {pair.from, pair.to})
                if (zone != "self" && zone != "default") (void)b_.use("zone", zone, pair.statement->span);
            if (pair.from == "default" || pair.to == "default") x_.unread(*pair.statement, Influence::filter);
            if (pair.policy) {
                r.control = model::Goto{policy(pair.policy)};
                b_.rule(chain, std::move(r), pair.statement->span, pair.statement->text());
            } else {
                // Without a policy nothing passes, but to and from the device itself everything does.
                const bool self = pair.from == "self" || pair.to == "self";
                r.control = model::Decide{self ? Verdict::accept : Verdict::drop, {}, true};
                b_.rule(chain, std::move(r), pair.statement->span, pair.statement->text());
            }
        }
        // Within a zone, between interfaces without one, and to and from the device itself: passes.
        std::vector<ExprId> free{around_.from_self(), around_.to_self()};
        for (const auto& [zone, names] : members_)
            free.push_back(b_.all({b_.interface_names(Field::in_if, names), b_.interface_names(Field::out_if, names)}));
        model::Rule r;
        r.match = b_.either(free);
        r.control = model::Decide{Verdict::accept, {}, true};
        r.origin = b_.origin(c_.start, "within a zone, or to or from the device itself", true);
        b_.rule(chain, std::move(r));
        b_.stage("zones", model::Label::filter, b_.yes(), chain, Verdict::drop,
                 b_.origin(c_.start, "no zone-pair permits it", true));
    }

    void inspect() {
        const auto chain = b_.chain("inspect smtp");
        for (const Interface* i : around_.interfaces())
            for (const Binding* bound : {&i->inspect_in, &i->inspect_out}) {
                if (!*bound) continue;
                (void)b_.use("ip inspect", bound->name, bound->statement->span);
                const auto lines = c_.inspections.find(bound->name);
                if (lines == c_.inspections.end()) continue;
                for (const Statement* line : lines->second) {
                    if (line->word(4) != "smtp" && line->word(4) != "esmtp") continue;
                    model::Rule r;
                    r.match = b_.all({bound == &i->inspect_in ? around_.in(i->name) : around_.out(i->name),
                                      application("smtp", *line)});
                    r.effects.emplace_back(model::Inspected{});
                    b_.rule(chain, std::move(r), line->span, line->text());
                    break;
                }
            }
        if (!b_.device().chains[chain.index()].rules.empty())
            b_.stage("inspect smtp", model::Label::classify, around_.forwarded(), chain);
    }

private:
    ExprId in_zone(const std::string& zone, Field field) {
        const auto [at, fresh] = sides_.try_emplace({zone, field});
        if (fresh) at->second = side(zone, field);
        return at->second;
    }
    ExprId side(const std::string& zone, Field field) {
        if (zone == "self") return field == Field::in_if ? around_.from_self() : around_.to_self();
        const auto names = members_.find(zone == "default" ? "" : zone);
        return names == members_.end() ? b_.no() : b_.interface_names(field, names->second);
    }

    model::ChainId policy(const Binding& binding) {
        (void)b_.use("policy-map", binding.name, binding.statement->span);
        if (const auto known = policies_.find(binding.name); known != policies_.end()) return known->second;
        const auto map = c_.policy_maps.find(binding.name);
        const auto chain = b_.chain("policy-map " + binding.name);
        policies_.emplace(binding.name, chain);
        if (map == c_.policy_maps.end()) {
            const auto which =
                b_.opaque_rule(chain, b_.yes(), b_.origin(binding.statement->span, binding.statement->text()));
            x_.incomplete(binding.statement->span, "policy-map " + binding.name + " is not defined here",
                          Influence::filter, which);
        } else {
            for (std::size_t i = 0; i < map->second->block.size(); ++i) {
                const Statement& line = map->second->block[i];
                if (line.words[0] == "class") one_class(chain, *map->second, i);
            }
        }
        model::Rule r;
        r.control = model::Decide{Verdict::drop, {}, true};
        r.origin = b_.origin(binding.statement->span, "class class-default of policy-map " + binding.name, true);
        b_.rule(chain, std::move(r));
        return chain;
    }

    /// `class type inspect C` with its action, which stands on the lines up to the next class.
    void one_class(model::ChainId chain, const Statement& map, std::size_t at) {
        const Statement& head = map.block[at];
        const std::string_view name = head.words.back();
        const Statement* action = nullptr;
        const Statement* unknown = nullptr;
        for (std::size_t i = at + 1; i < map.block.size() && map.block[i].words[0] != "class"; ++i) {
            const Statement& line = map.block[i];
            if (families::cisco::one_of(line.words[0], " inspect pass drop "))
                action = &line;
            else if (!families::cisco::one_of(line.words[0], " police service-policy description urlfilter "))
                unknown = &line;
        }
        if (name == "class-default" && action == nullptr && unknown == nullptr) return;
        bool smtp = false;
        const auto match = name == "class-default" ? b_.yes() : of_class(name, head, smtp, 0);
        if (unknown != nullptr) {
            const auto which = b_.opaque_rule(chain, match, b_.origin(unknown->span, unknown->text()));
            x_.unread(*unknown, Influence::filter, which);
            if (action == nullptr) return;
        }
        model::Rule r;
        r.match = match;
        const bool passes = action != nullptr && action->words[0] != "drop";
        if (action != nullptr && action->word(1) == "log") r.effects.emplace_back(model::Log{});
        if (passes && smtp && action->words[0] == "inspect") {
            model::Rule engine;
            engine.match = b_.all({match, application("smtp", head)});
            engine.effects.emplace_back(model::Inspected{});
            engine.origin = b_.origin(action->span, action->text());
            b_.device().origins[engine.origin.index()].element = true;
            b_.rule(chain, std::move(engine));
        }
        r.control = model::Decide{passes ? Verdict::accept : Verdict::drop, {}, true};
        r.name = "class " + std::string(name);
        const Statement& where = name == "class-default" && action != nullptr ? *action : head;
        b_.rule(chain, std::move(r), where.span, where.text());
    }

    ExprId of_class(std::string_view name, const Statement& where, bool& smtp, unsigned depth) {
        (void)b_.use("class-map", name, where.span);
        if (const auto known = classes_.find(name); known != classes_.end()) {
            smtp = smtp || known->second.second;
            return known->second.first;
        }
        const auto doubt = [&](std::string text, base::Span span, bool missing) {
            return around_.names().doubt({std::move(text), model::PredicateKind::opaque, span, missing});
        };
        const auto map = c_.class_maps.find(name);
        if (map == c_.class_maps.end())
            return doubt("packet is of class-map " + std::string(name) + ", which is not defined here", where.span,
                         true);
        if (depth > deepest)
            return doubt("packet is of class-map " + std::string(name) + ", which is too deep", where.span, false);
        const bool any = map->second->word(3) == "match-any";
        bool inner = false;
        std::vector<ExprId> parts;
        for (const Statement& line : map->second->block) {
            if (line.words[0] != "match") continue;
            if (line.word(1) == "access-group") {
                const std::string_view list = line.word(2) == "name" ? line.word(3) : line.word(2);
                // One name may be of an IPv4 and of an IPv6 list.
                if (c_.lists6.contains(list) && !c_.lists.contains(list))
                    parts.push_back(around_.lists().permitted(list, line, Family::v6));
                else
                    parts.push_back(around_.lists().permitted(list, line));
            } else if (line.word(1) == "protocol") {
                inner = inner || line.word(2) == "smtp" || line.word(2) == "esmtp";
                parts.push_back(application(line.word(2), line));
            } else if (line.word(1) == "class-map") {
                parts.push_back(of_class(line.words.back(), line, inner, depth + 1));
            } else {
                parts.push_back(doubt("packet is meant by `" + line.text() + "`", line.span, false));
            }
        }
        smtp = smtp || inner;
        const auto out = any ? b_.either(parts) : b_.all(parts);
        classes_.emplace(std::string(name), std::pair(out, inner));
        return out;
    }

    ExprId application(std::string_view name, const Statement& where) {
        const auto known = words::application(name);
        IntervalSet tcp, udp;
        const auto add = [](IntervalSet& to, std::optional<std::uint16_t> port) {
            to = port ? to.unite(IntervalSet::single(*port)) : IntervalSet::full(16);
        };
        if (known && known->tcp) add(tcp, known->port);
        if (known && known->udp) add(udp, known->port);
        for (const Statement* map : c_.port_maps) {
            if (map->word(2) != name) continue;
            for (std::size_t i = 5; i < map->words.size(); ++i)
                if (const auto port = words::port(map->words[i])) add(map->word(4) == "udp" ? udp : tcp, port);
        }
        if (!known && tcp.empty() && udp.empty())
            return around_.names().doubt(
                {"packet is of protocol " + std::string(name), model::PredicateKind::opaque, where.span, false});
        std::vector<ExprId> any;
        if (known && known->icmp) any.push_back(b_.in(Field::proto, IntervalSet{{1, 1}, {58, 58}}));
        const auto on = [&](std::uint8_t protocol, const IntervalSet& ports) {
            if (ports.empty()) return;
            any.push_back(ports.is_full(16) ? b_.proto(protocol) : b_.all({b_.proto(protocol), b_.dport(ports)}));
        };
        on(6, tcp);
        on(17, udp);
        return b_.either(any);
    }

    Around& around_;
    const Config& c_;
    Context& x_;
    model::Builder& b_;
    std::map<std::string, std::vector<std::string>, std::less<>> members_;
    std::map<std::string, model::ChainId, std::less<>> policies_;
    std::map<std::pair<std::string, Field>, ExprId> sides_;
    std::map<std::string, std::pair<ExprId, bool>, std::less<>> classes_;
};

}  // namespace

void zone_stage(Around& around) { Zones(around).zones(); }
void inspect_stage(Around& around) { Zones(around).inspect(); }

}  // namespace egresslint::dialects::ios
