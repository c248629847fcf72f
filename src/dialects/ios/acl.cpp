// SPDX-License-Identifier: Apache-2.0
// Sources: Cisco IOS Security Command Reference, "access-list (IP extended)", "access-list (IP standard)", "permit
// (IP)", "evaluate", "dynamic", "ipv6 access-list" (neighbour discovery is permitted before the implicit deny), "ip
// access-group" (a list that does not exist passes all packets).
#include "dialects/ios/acl.hpp"

#include <algorithm>

#include "dialects/ios/words.hpp"

namespace egresslint::dialects::ios {
namespace {

using base::Influence;
using model::Field;

/// More changes between permit and deny than this in a list of which only the sum is asked: a predicate.
constexpr std::size_t most_turns = 500;

std::optional<unsigned> flag_bit(std::string_view word) {
    constexpr std::string_view names[] = {"fin", "syn", "rst", "psh", "ack", "urg"};
    for (unsigned i = 0; i < std::size(names); ++i)
        if (word == names[i]) return 1u << i;
    return std::nullopt;
}
/// Octets of which some bit of `set` is one, or some bit of `clear` is zero.
IntervalSet octets(unsigned set, unsigned clear) {
    std::vector<base::Interval> out;
    for (unsigned octet = 0; octet < 256; ++octet)
        if ((octet & set) != 0 || (~octet & clear) != 0) out.push_back({octet, octet});
    return IntervalSet(std::move(out));
}

}  // namespace

bool Lists::body(const Statement& s, std::size_t& at, Family family, Entry& e) {
    bool icmp = false;
    const bool v6 = family == Family::v6;
    if (s.word(at) == "object-group") {
        const auto services = n_.service_group(s.word(at + 1), s.span, e.uses);
        if (!services) return false;
        e.services = *services;
        at += 2;
    } else if (s.word(at) == "ip" || s.word(at) == "ipv6") {
        e.services = {Service{}};
        ++at;
    } else {
        const auto protocol = words::protocol(s.word(at), v6);
        if (!protocol) return false;
        icmp = *protocol == (v6 ? 58 : 1);
        e.services = {Service{IntervalSet::single(*protocol), {}, {}, {}, {}}};
        ++at;
    }
    bool good = true;
    auto src = n_.address(s, at, family);
    if (!src) return false;
    const auto sport = Names::ports(s, at, good);
    auto dst = good ? n_.address(s, at, family) : std::nullopt;
    if (!dst) return false;
    const auto dport = Names::ports(s, at, good);
    if (!good) return false;
    for (Service& x : e.services) {
        if (sport) x.sport = sport;
        if (dport) x.dport = dport;
    }
    if (icmp && at < s.words.size())
        if (const auto type = words::icmp(s.word(at), v6)) {
            ++at;
            Service& x = e.services.front();
            x.icmp_type = IntervalSet::single(type->type);
            if (type->code) x.icmp_code = IntervalSet::single(*type->code);
            if (const auto code = words::number(s.word(at), 255)) {
                x.icmp_code = IntervalSet::single(*code);
                ++at;
            }
        }
    for (const Addresses* a : {&*src, &*dst}) e.uses.insert(e.uses.end(), a->uses.begin(), a->uses.end());
    e.src = std::move(*src);
    e.dst = std::move(*dst);
    return true;
}

/// `established`, `syn`, `match-any +syn -ack`, `match-all +syn -ack`
bool Lists::flags(const Statement& s, std::size_t& at, Entry& e) {
    if (s.word(at) == "established") {
        e.flags.push_back(octets(0x14, 0));
        ++at;
        return true;
    }
    unsigned set = 0, clear = 0;
    if (s.word(at) == "match-any" || s.word(at) == "match-all") {
        const bool all = s.word(at++) == "match-all";
        while (s.word(at).starts_with('+') || s.word(at).starts_with('-')) {
            const auto bit = flag_bit(s.word(at).substr(1));
            if (!bit) return false;
            (s.word(at)[0] == '+' ? set : clear) |= *bit;
            if (all) e.flags.push_back(s.word(at)[0] == '+' ? octets(*bit, 0) : octets(0, *bit));
            ++at;
        }
        if (!all) e.flags.push_back(octets(set, clear));
        return (set | clear) != 0;
    }
    while (const auto bit = flag_bit(s.word(at))) {
        set |= *bit;
        ++at;
    }
    e.flags.push_back(octets(set, 0));
    return set != 0;
}

bool Lists::options(const Statement& s, std::size_t at, Entry& e) {
    const auto packet = [&](std::size_t words) {
        std::string text;
        for (std::size_t i = at; i < at + words && i < s.words.size(); ++i)
            text += (text.empty() ? "" : " ") + std::string(s.words[i]);
        e.doubts.push_back({text, model::PredicateKind::packet, s.span, false});
        at += words;
    };
    while (at < s.words.size()) {
        const std::string_view word = s.words[at];
        if (word == "log" || word == "log-input") {
            e.logs = true;
            // An optional word of the administrator's comes along with the message.
            if (at + 2 == s.words.size() && s.word(at + 1) != "time-range") ++at;
            ++at;
        } else if (word == "established" || word == "match-any" || word == "match-all" || flag_bit(word)) {
            if (!flags(s, at, e)) return false;
        } else if (word == "time-range" && at + 1 < s.words.size()) {
            e.time_range = std::string(s.words[at + 1]);
            e.uses.push_back(x_.b.use("time-range", e.time_range, s.span));
            at += 2;
        } else if (word == "fragments") {
            // Packets of the analysis are first packets of a connection, and whole ones.
            e.never = true;
            ++at;
        } else if (word == "reflect" && at + 1 < s.words.size()) {
            (void)x_.b.define("reflexive list", s.words[at + 1], s.span);
            at += s.word(at + 2) == "timeout" ? 4 : 2;
        } else if (word == "tos" || word == "precedence" || word == "dscp" || word == "option" ||
                   word == "flow-label" || word == "dest-option-type" || word == "mobility-type" ||
                   word == "routing-type") {
            packet(2);
        } else if (word == "ttl") {
            packet(s.word(at + 1) == "range" ? 4 : 3);
        } else if (word == "routing" || word == "hbh" || word == "dest-option" || word == "mobility" ||
                   word == "auth" || word == "undetermined-transport") {
            packet(1);
        } else if (word == "sequence" && at + 2 == s.words.size()) {
            at += 2;
        } else if (word.starts_with("(") || word == "interval") {
            return at + 1 <= s.words.size();  // counts of `show access-lists`
        } else {
            return false;
        }
    }
    return true;
}

Entry Lists::entry(const AclLine& line, AccessList::Kind kind) {
    const Statement& s = *line.statement;
    std::size_t at = line.at;
    const Family family = kind == AccessList::Kind::ipv6 ? Family::v6 : Family::v4;
    Entry e;
    e.statement = &s;
    if (s.word(at) == "evaluate") {
        e.established = e.understood = true;
        e.services = {Service{}};
        e.src.any = e.dst.any = true;
        e.uses.push_back(x_.b.use("reflexive list", s.word(at + 1), s.span));
        return e;
    }
    if (s.word(at) == "dynamic") {
        e.doubts.push_back({"packet is of a user who has opened dynamic " + std::string(s.word(at + 1)),
                            model::PredicateKind::user, s.span, true});
        at += s.word(at + 2) == "timeout" ? 4 : 2;
    }
    if (s.word(at) != "permit" && s.word(at) != "deny") return e;
    e.permit = s.word(at++) == "permit";
    if (kind == AccessList::Kind::standard) {
        auto src = n_.address(s, at, family);
        if (!src) return e;
        e.uses.insert(e.uses.end(), src->uses.begin(), src->uses.end());
        e.src = std::move(*src);
        e.dst.any = e.standard = true;
        e.services = {Service{}};
        // "wildcard bits 0.0.0.255" of `show access-lists` is not an option.
    } else if (!body(s, at, family, e)) {
        return e;
    }
    e.understood = options(s, at, e);
    return e;
}

const std::vector<Entry>* Lists::entries(std::string_view list, Family family) {
    const std::string key = (family == Family::v4 ? "4 " : "6 ") + std::string(list);
    if (const auto known = entries_.find(key); known != entries_.end()) return &known->second;
    const auto& lists = family == Family::v4 ? n_.config().lists : n_.config().lists6;
    const auto at = lists.find(list);
    if (at == lists.end()) return nullptr;
    std::vector<Entry> out;
    for (const AclLine& line : at->second.lines) out.push_back(entry(line, at->second.kind));
    return &entries_.emplace(key, std::move(out)).first->second;
}

model::ExprId Lists::match(const Entry& e, Family family, bool destinations) {
    auto& b = x_.b;
    if (e.never) return b.no();
    std::vector<model::ExprId> parts;
    parts.push_back(n_.match(destinations && e.standard ? Field::dst : Field::src, e.src, family));
    parts.push_back(n_.match(Field::dst, e.dst, family));
    parts.push_back(n_.match(e.services));
    for (const IntervalSet& f : e.flags) parts.push_back(b.in(Field::tcp_flags, f));
    if (e.established)
        parts.push_back(b.in(Field::ct_state,
                             IntervalSet::single(static_cast<std::uint32_t>(model::ConnectionState::established))));
    for (const Doubt& d : e.doubts) parts.push_back(n_.doubt(d));
    if (!e.time_range.empty())
        parts.push_back(n_.doubt({"time-range " + e.time_range, model::PredicateKind::time, e.statement->span, false}));
    return b.all(parts);
}

void Lists::rule(model::ChainId chain, const Entry& e, std::string name, Family family) {
    auto& b = x_.b;
    if (!e.understood) {
        const auto which = b.opaque_rule(chain, b.yes(), b.origin(e.statement->span, e.statement->text()));
        x_.unread(e.statement->span, "`" + e.statement->text() + "` is not analysed: it may permit or deny anything",
                  Influence::filter, which);
        return;
    }
    model::Rule r;
    r.match = match(e, family);
    if (e.logs) r.effects.emplace_back(model::Log{});
    r.control = model::Decide{e.permit ? model::Verdict::accept : model::Verdict::drop, {}, true};
    r.name = std::move(name);
    r.uses = e.uses;
    if (e.never) {
        // Not a fault of the list: it is for what a first packet is not.
        r.origin = b.origin(e.statement->span, e.statement->text(), true);
        b.rule(chain, std::move(r));
        return;
    }
    b.rule(chain, std::move(r), e.statement->span, e.statement->text());
}

model::ChainId Lists::chain(std::string_view list, const Statement& where, Family family) {
    auto& b = x_.b;
    const std::string kind = family == Family::v4 ? "access-list " : "ipv6 access-list ";
    const std::string key = kind + std::string(list);
    (void)b.use(kind.substr(0, kind.size() - 1), list, where.span);
    if (const auto known = chains_.find(key); known != chains_.end()) return known->second;
    const auto* all = entries(list, family);
    if (all == nullptr || all->empty()) return {};
    const auto chain = b.chain(key, b.origin(all->front().statement->span, key));
    chains_.emplace(key, chain);
    std::size_t number = 0;
    for (const Entry& e : *all) rule(chain, e, std::string(list) + " line " + std::to_string(++number), family);
    if (family == Family::v6) {
        model::Rule r;
        r.match = b.all({b.proto(58), b.in(Field::icmp_type, IntervalSet::range(135, 136))});
        r.control = model::Decide{model::Verdict::accept, {}, true};
        r.origin = b.origin(where.span, "neighbour discovery, at the end of every IPv6 access list", true);
        b.rule(chain, std::move(r));
    }
    return chain;
}

model::ExprId Lists::permitted(std::string_view list, const Statement& where, Family family, bool destinations) {
    const std::string key =
        (family == Family::v4 ? "4" : "6") + std::string(destinations ? "d " : "s ") + std::string(list);
    (void)x_.b.use(family == Family::v4 ? "access-list" : "ipv6 access-list", list, where.span);
    if (const auto known = sums_.find(key); known != sums_.end()) return known->second;
    return sums_.emplace(key, sum(list, where, family, destinations)).first->second;
}

model::ExprId Lists::sum(std::string_view list, const Statement& where, Family family, bool destinations) {
    auto& b = x_.b;
    const auto* all = entries(list, family);
    const auto unknown = [&](const char* why, bool missing) {
        return n_.doubt({"packet is permitted by access-list " + std::string(list) + why, model::PredicateKind::opaque,
                         where.span, missing});
    };
    if (all == nullptr || all->empty()) return unknown(", which is not defined here", true);
    std::size_t turns = 0;
    for (std::size_t i = 1; i < all->size(); ++i) turns += (*all)[i].permit != (*all)[i - 1].permit;
    if (turns > most_turns) return unknown(", which is too long to spell out", false);
    // From the last entry to the first, runs of one kind at once: an entry decides before those behind it.
    model::ExprId out = b.no();
    for (std::size_t end = all->size(); end > 0;) {
        const bool permit = (*all)[end - 1].permit;
        std::vector<model::ExprId> run;
        while (end > 0 && (*all)[end - 1].permit == permit) {
            const Entry& e = (*all)[--end];
            run.push_back(e.understood ? match(e, family, destinations)
                                       : n_.doubt({"packet is meant by `" + e.statement->text() + "`",
                                                   model::PredicateKind::opaque, e.statement->span, false}));
        }
        const auto any = b.either(run);
        out = permit ? b.either({any, out}) : b.all({b.negate(any), out});
    }
    return b.all({b.family(family), out});
}

}  // namespace egresslint::dialects::ios
