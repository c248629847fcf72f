// SPDX-License-Identifier: Apache-2.0
// Sources: Cisco ASA Series Firewall CLI Configuration Guide 9.x, chapter "Network Address Translation (NAT)": NAT rule
// order, static NAT (one-to-many, many-to-one), dynamic PAT; Command Reference, "nat (global)" and "nat (object)".
#include "dialects/asa/nat.hpp"

#include <algorithm>

#include "dialects/asa/words.hpp"

namespace egresslint::dialects::asa {
namespace {

constexpr std::size_t most_pieces = 4096;

/// "(inside,outside)" into its halves; "any" becomes "".
bool pair(std::string_view word, std::string& real, std::string& mapped) {
    const std::size_t comma = word.find(',');
    if (word.size() < 3 || word.front() != '(' || word.back() != ')' || comma == std::string_view::npos) return false;
    const auto trimmed = [](std::string_view part) {
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        return std::string(part == "any" ? std::string_view() : part);
    };
    real = trimmed(word.substr(1, comma - 1));
    mapped = trimmed(word.substr(comma + 1, word.size() - comma - 2));
    return true;
}

class TableReader {
public:
    explicit TableReader(Names& names) : n_(names), c_(names.config()) {}

    std::vector<NatRule> run() {
        std::vector<NatRule> out;
        for (const Statement* s : c_.twice_nat) out.push_back(twice(*s));
        std::stable_sort(out.begin(), out.end(),
                         [](const NatRule& a, const NatRule& b) { return a.section < b.section; });
        std::vector<NatRule> objects;
        for (const Named& n : c_.object_nat) {
            // A later `nat` of the same object takes the place of the earlier one.
            std::erase_if(objects, [&](const NatRule& r) { return r.name == n.name; });
            objects.push_back(object(n));
        }
        std::stable_sort(objects.begin(), objects.end(), before);
        for (NatRule& r : objects) r.name = "section 2, " + r.name;
        const auto third = std::ranges::find_if(out, [](const NatRule& r) { return r.section == 3; });
        out.insert(third, std::make_move_iterator(objects.begin()), std::make_move_iterator(objects.end()));
        unsigned id = 0;
        for (NatRule& r : out) r.id = ++id;
        return out;
    }

private:
    /// Static before dynamic, fewer real addresses first, then the lower address, then the name.
    static bool before(const NatRule& a, const NatRule& b) {
        if (a.dynamic != b.dynamic) return b.dynamic;
        if (a.real.size() != b.real.size()) return a.real.size() < b.real.size();
        const auto lowest = [](const NatRule& r) {
            return r.real.items.empty() ? u128{0} : r.real.items.front().first;
        };
        if (lowest(a) != lowest(b)) return lowest(a) < lowest(b);
        return a.name < b.name;
    }

    std::optional<Addresses> named(const Statement& s, std::string_view word, NatRule& r) {
        if (word.empty()) return std::nullopt;
        auto out = n_.named(s, word);
        if (out) r.uses.insert(r.uses.end(), out->uses.begin(), out->uses.end());
        return out;
    }
    bool service(const Statement& s, std::string_view word, std::vector<Service>& to, NatRule& r) {
        const auto known = n_.service_object(word, s.span, r.uses);
        if (!known || known->size() != 1) return false;
        to = *known;
        return true;
    }
    /// Words behind the addresses; false at one that is not known.
    static bool flag(std::string_view word, NatRule& r) {
        if (word == "dns" || word == "no-proxy-arp" || word == "net-to-net") return true;
        if (word == "unidirectional")
            r.unidirectional = true;
        else if (word == "route-lookup")
            r.route_lookup = true;
        else if (word == "inactive")
            r.active = false;
        else
            return false;
        return true;
    }
    /// What a dynamic rule translates to: MAPPED, interface, pat-pool POOL and its options, with a fall-back.
    bool dynamic_mapped(const Statement& s, std::size_t& at, NatRule& r) {
        bool some = false;
        for (; at < s.words.size(); ++at) {
            const std::string_view word = s.words[at];
            if (word == "interface") {
                (some ? r.fallback_interface : r.mapped_interface) = true;
                some = true;
                if (s.word(at + 1) == "ipv6") ++at;
            } else if (word == "pat-pool") {
                auto pool = named(s, s.word(++at), r);
                if (!pool) return false;
                if (some && !r.mapped_interface) {
                    // Dynamic NAT first, the pool once that is used up.
                    r.mapped.items.insert(r.mapped.items.end(), pool->items.begin(), pool->items.end());
                    r.mapped.doubts.insert(r.mapped.doubts.end(), pool->doubts.begin(), pool->doubts.end());
                    r.mapped.object = {};
                } else {
                    r.mapped = std::move(*pool);
                }
                r.pool = some = true;
            } else if (word == "round-robin") {
                r.round_robin = true;
            } else if (word == "extended" || word == "flat" || word == "include-reserve" ||
                       word == "block-allocation") {
                // how ports are shared out
            } else if (!some) {
                auto mapped = named(s, word, r);
                if (!mapped) return false;
                r.mapped = std::move(*mapped);
                some = true;
            } else {
                break;
            }
        }
        return some && (r.mapped_interface || !r.mapped.items.empty() || !r.mapped.doubts.empty());
    }

    NatRule twice(const Statement& s) {
        NatRule r;
        r.statement = &s;
        r.real_if = r.mapped_if = "";
        std::size_t at = 1;
        if (s.word(at).starts_with('(')) {
            if (!pair(s.word(at), r.real_if, r.mapped_if)) return r;
            ++at;
        }
        if (words::number(s.word(at), 2147483647)) ++at;
        if (s.word(at) == "after-auto") {
            r.section = 3;
            ++at;
            if (words::number(s.word(at), 2147483647)) ++at;
        }
        r.name = "section " + std::to_string(r.section);
        if (s.word(at) != "source") return r;
        const std::string_view kind = s.word(at + 1);
        auto real = named(s, s.word(at + 2), r);
        if ((kind != "static" && kind != "dynamic") || !real) return r;
        r.dynamic = kind == "dynamic";
        r.real = std::move(*real);
        at += 3;
        if (r.dynamic) {
            if (!dynamic_mapped(s, at, r)) return r;
        } else if (s.word(at) == "interface") {
            r.mapped_interface = true;
            ++at;
            if (s.word(at) == "ipv6") ++at;
        } else {
            auto mapped = named(s, s.word(at++), r);
            if (!mapped) return r;
            r.mapped = std::move(*mapped);
        }
        while (at < s.words.size()) {
            const std::string_view word = s.words[at];
            if (word == "destination" && s.word(at + 1) == "static") {
                r.destination = true;
                at += 2;
                if (s.word(at) == "interface") {
                    r.dst_interface = true;
                    ++at;
                    if (s.word(at) == "ipv6") ++at;
                } else {
                    auto from = named(s, s.word(at++), r);
                    if (!from) return r;
                    r.dst_mapped = std::move(*from);
                }
                auto to = named(s, s.word(at++), r);
                if (!to) return r;
                r.dst_real = std::move(*to);
            } else if (word == "service") {
                r.service = true;
                if (s.word(at + 1) == "any" && s.word(at + 2) == "any") {
                    r.service = false;
                } else if (!service(s, s.word(at + 1), r.from, r) || !service(s, s.word(at + 2), r.to, r)) {
                    return r;
                }
                at += 3;
            } else if (word == "description") {
                break;
            } else if (flag(word, r)) {
                ++at;
            } else {
                return r;
            }
        }
        r.understood = true;
        return r;
    }

    NatRule object(const Named& n) {
        const Statement& s = *n.statement;
        NatRule r;
        r.section = 2;
        r.statement = &s;
        r.name = n.name;
        std::size_t at = 1;
        if (s.word(at).starts_with('(')) {
            if (!pair(s.word(at), r.real_if, r.mapped_if)) return r;
            ++at;
        }
        r.real = n_.object(n.name, s.span);
        r.uses.push_back(r.real.object);
        const std::string_view kind = s.word(at++);
        if (kind == "dynamic") {
            r.dynamic = true;
            if (!dynamic_mapped(s, at, r)) return r;
        } else if (kind == "static") {
            if (s.word(at) == "interface") {
                r.mapped_interface = true;
                ++at;
                if (s.word(at) == "ipv6") ++at;
            } else {
                const std::string_view word = s.word(at++);
                auto mapped = named(s, word, r);
                if (!mapped) return r;
                r.mapped = std::move(*mapped);
                // An address as it stands takes the mask of what it maps.
                if (base::parse_address(word) && r.real.plain() && r.real.items.size() == 1 &&
                    r.mapped.items.size() == 1) {
                    const Item& real = r.real.items.front();
                    const u128 more = real.last - real.first;
                    Item& mapped_item = r.mapped.items.front();
                    if ((more & (more + 1)) == 0) mapped_item.first &= ~more;
                    mapped_item.last = mapped_item.first + more;
                }
            }
        } else {
            return r;
        }
        while (at < s.words.size()) {
            if (s.words[at] == "service") {
                const auto protocol = Names::protocols(s.word(at + 1));
                const auto real = words::port(s.word(at + 2)), mapped = words::port(s.word(at + 3));
                if (!protocol || protocol->empty() || !real || !mapped) return r;
                r.service = true;
                r.from = {Service{*protocol, IntervalSet::single(*real), {}, {}, {}}};
                r.to = {Service{*protocol, IntervalSet::single(*mapped), {}, {}, {}}};
                at += 4;
            } else if (flag(s.words[at], r)) {
                ++at;
            } else {
                return r;
            }
        }
        r.understood = true;
        return r;
    }

    Names& n_;
    const Config& c_;
};

}  // namespace

std::vector<NatRule> nat_table(Names& names) { return TableReader(names).run(); }

std::optional<std::vector<Piece>> pieces(const Addresses& from, const Addresses& to, bool inverse) {
    if (!from.plain() || !to.plain()) return std::nullopt;
    const Family family = from.items.front().family;
    for (const auto* list : {&from.items, &to.items})
        for (const Item& i : *list)
            if (i.family != family) return std::nullopt;
    std::vector<Piece> out;
    // Walks over both lists side by side; the shorter one begins again. `longer` is what is walked once.
    const Addresses& key = inverse ? to : from;    // whose values are rewritten
    const Addresses& value = inverse ? from : to;  // what they become
    const u128 keys = key.size();
    if (value.size() == 1) {
        const u128 one = value.items.front().first;
        for (const Item& i : key.items) {
            out.push_back({family, i.first, i.last, one, true});
            if (out.size() > most_pieces) return std::nullopt;
        }
        return out;
    }
    // Where there are more real addresses than mapped ones, what a mapped one stands for is the first of them.
    std::size_t k = 0, v = 0;
    u128 in_key = 0, in_value = 0, done = 0;
    while (done < keys && k < key.items.size()) {
        const Item& a = key.items[k];
        const Item& b = value.items[v];
        const u128 run = std::min(a.last - a.first - in_key, b.last - b.first - in_value) + 1;
        out.push_back({family, a.first + in_key, a.first + in_key + run - 1, b.first + in_value, false});
        if (out.size() > most_pieces) return std::nullopt;
        done += run;
        in_key += run;
        in_value += run;
        if (a.first + in_key > a.last) ++k, in_key = 0;
        if (b.first + in_value > b.last) v = (v + 1) % value.items.size(), in_value = 0;
    }
    return out;
}

std::vector<Rewrite> rewrites(const Piece& p, model::Field field) {
    std::vector<Rewrite> out;
    const auto add = [&](u128 first, u128 last, decltype(model::Translate::to) to) {
        out.push_back({{first, last}, p.family, model::Translate{field, p.family, to}});
    };
    if (p.all_to_one || p.from == p.last) {
        if (p.to == p.from && p.from == p.last)
            add(p.from, p.last, model::Keep{});
        else
            add(p.from, p.last, model::Fixed{p.to});
    } else if (p.from == p.to) {
        add(p.from, p.last, model::Keep{});
    } else {
        for (const base::Prefix& part : base::to_prefixes(IntervalSet::range(p.from, p.last), p.family))
            add(part.first(), part.last(),
                part.first() == part.last()
                    ? decltype(model::Translate::to){model::Fixed{p.to + (part.first() - p.from)}}
                    : decltype(model::Translate::to){
                          model::Shift{part.first(), p.to + (part.first() - p.from), part.length}});
    }
    return out;
}

}  // namespace egresslint::dialects::asa
