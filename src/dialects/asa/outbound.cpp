// SPDX-License-Identifier: Apache-2.0
// PIX 6: `outbound LIST permit|deny|except ADDRESS [MASK [PORT[-PORT] [PROTOCOL]]]` and `apply (IF) LIST outgoing_src|
// outgoing_dest`: who may open connections to lower levels, by source or by destination. What no entry matches passes;
// sources and destinations are judged one after the other, and either may deny. Source: PIX Firewall Command Reference
// 6, "outbound" and "apply": of all entries that match, the narrowest decides; `except` names the other side of the
// connection, which a deny then does not hold for. The reference was not at hand for more: an entry is taken for the
// narrower one only where it lies within the other in address, ports and protocols. Where two entries overlap
// otherwise, an `except` stands beside permits, several lists hold for one side of an interface, or lists stand beside
// an access list, both outcomes are followed.
#include <algorithm>
#include <map>
#include <tuple>

#include "dialects/asa/lower.hpp"
#include "dialects/asa/surroundings.hpp"
#include "dialects/asa/words.hpp"

namespace egresslint::dialects::asa {
namespace {

using base::Influence;
using model::Decide;
using model::ExprId;
using model::Field;
using model::PredicateKind;
using model::Verdict;

struct OutboundEntry {
    enum class Action : std::uint8_t { permit, deny, except } action = Action::permit;
    Item address;
    std::optional<base::Interval> ports;
    IntervalSet protocols;
    const Statement* statement = nullptr;

    [[nodiscard]] std::tuple<u128, u128, std::size_t> width() const {
        return {address.last - address.first, ports ? ports->last - ports->first : 65536,
                protocols.empty() ? 256 : static_cast<std::size_t>(protocols.size())};
    }
    [[nodiscard]] base::Interval all_ports() const { return ports.value_or(base::Interval{0, 65535}); }
    [[nodiscard]] IntervalSet all_protocols() const {
        if (!protocols.empty()) return protocols;
        return ports ? IntervalSet{{6, 6}, {17, 17}} : IntervalSet::range(0, 255);
    }
    [[nodiscard]] bool overlaps(const OutboundEntry& o) const {
        const base::Interval mine = all_ports(), theirs = o.all_ports();
        return address.first <= o.address.last && o.address.first <= address.last && mine.first <= theirs.last &&
               theirs.first <= mine.last && all_protocols().intersects(o.all_protocols());
    }
    [[nodiscard]] bool within(const OutboundEntry& o) const {
        const base::Interval mine = all_ports(), theirs = o.all_ports();
        return address.first >= o.address.first && address.last <= o.address.last && mine.first >= theirs.first &&
               mine.last <= theirs.last && o.all_protocols().contains_all(all_protocols());
    }
};

class Outbound {
public:
    Outbound(Names& names, Surroundings& around)
        : n_(names), c_(names.config()), x_(names.context()), b_(x_.b), around_(around) {}

    void run(const std::vector<std::string>& with_list) {
        std::map<std::string, std::vector<OutboundEntry>> lists;
        for (const Statement* s : c_.outbounds) {
            const std::string name(s->word(1));
            if (!lists.contains(name)) (void)b_.define("outbound", name, s->span);
            auto& list = lists[name];
            if (auto entry = read(*s)) list.push_back(*entry);
        }
        /// Lists by interface and side.
        std::map<std::pair<std::string, bool>, std::map<std::string, std::vector<OutboundEntry>>> sides;
        for (const Statement* s : c_.applies) {
            const std::size_t at = s->word(1).starts_with('(') ? 1 : 0;
            const std::string_view interface = at == 1 ? s->word(1).substr(1, s->word(1).size() - 2) : "";
            const std::string_view side = s->word(at + 2);
            if (c_.interface(interface) == nullptr || (side != "outgoing_src" && side != "outgoing_dest")) {
                unknown(*s, interface);
                continue;
            }
            const std::string name(s->word(at + 1));
            (void)b_.use("outbound", name, s->span);
            // What a list that nobody defined does is not known: EL206 names it, and no verdict is without it.
            if (const auto found = lists.find(name); found == lists.end())
                unknown(*s, interface);
            else
                sides[{std::string(interface), side == "outgoing_dest"}][name] = found->second;
        }
        for (auto& [side, of_side] : sides)
            for (auto& [name, entries] : of_side)
                stage(side.first, side.second, of_side.size() > 1 ? name : "", std::move(entries), with_list);
    }

private:
    /// A line that may deny anything.
    void unknown(const Statement& s, std::string_view interface) {
        const auto chain = b_.chain("outbound lists");
        const auto which = b_.opaque_rule(chain, around_.in(interface), b_.origin(s.span, s.text()));
        x_.unread(s.span, "`" + s.text() + "` is not analysed: it may deny anything", Influence::filter, which);
        b_.stage("outbound lists", model::Label::filter, around_.forwarded(), chain);
    }

    std::optional<OutboundEntry> read(const Statement& s) {
        OutboundEntry out;
        out.statement = &s;
        const std::string_view action = s.word(2);
        const auto zero = [](std::string_view word) { return word == "0" ? std::string_view("0.0.0.0") : word; };
        const auto address = n_.number(zero(s.word(3)), s.span);
        const auto mask = s.word(4).empty() ? std::optional<base::Address>(base::Address{Family::v4, 0xffffffffu})
                                            : n_.number(zero(s.word(4)), s.span);
        const bool known = action == "permit" || action == "deny" || action == "except";
        // "java" and "activex" stand for what a page holds, which keeps no connection from coming about.
        if (known && (s.word(5) == "java" || s.word(5) == "activex")) return std::nullopt;
        std::optional<base::Interval> ports;
        bool good = known && address && mask && address->family == Family::v4;
        if (const std::string_view text = s.word(5); good && !text.empty() && text != "0") {
            const std::size_t dash = text.find('-');
            const auto first = words::port(text.substr(0, dash));
            const auto last = dash == std::string_view::npos ? first : words::port(text.substr(dash + 1));
            good = first && last && *first <= *last;
            if (good) ports = base::Interval{*first, *last};
        }
        if (!s.word(6).empty() && good) {
            const auto protocols = Names::protocols(s.word(6));
            good = protocols.has_value();
            if (good) out.protocols = *protocols;
        }
        // Ports of a protocol that has none: nobody knows what the device makes of that.
        if (good && ports && !out.protocols.empty() && !out.protocols.intersects(IntervalSet{{6, 6}, {17, 17}}))
            good = false;
        // Only masks whose ones come first are a range.
        const u128 holes = mask ? 0xffffffffu & ~mask->bits : 0;
        if (!good || (holes & (holes + 1)) != 0) {
            unknown(s, "");
            return std::nullopt;
        }
        out.action = action == "permit" ? OutboundEntry::Action::permit
                     : action == "deny" ? OutboundEntry::Action::deny
                                        : OutboundEntry::Action::except;
        out.address = {Family::v4, address->bits & mask->bits, (address->bits & mask->bits) | holes};
        out.ports = ports;
        return out;
    }

    ExprId match(const OutboundEntry& e, Field side) {
        std::vector<ExprId> all{b_.address(side, Family::v4, IntervalSet::range(e.address.first, e.address.last))};
        IntervalSet protocols = e.protocols;
        if (e.ports) {
            const IntervalSet with_ports{{6, 6}, {17, 17}};
            protocols = protocols.empty() ? with_ports : protocols.intersect(with_ports);
            all.push_back(b_.dport(IntervalSet::range(e.ports->first, e.ports->last)));
        }
        if (!protocols.empty()) all.push_back(b_.in(Field::proto, protocols));
        return b_.all(all);
    }

    void rule(model::ChainId chain, const OutboundEntry& e, ExprId when, bool permit) {
        model::Rule r;
        r.match = when;
        r.control = Decide{permit ? Verdict::accept : Verdict::drop, {}, true};
        r.name = "outbound " + std::string(e.statement->word(1));
        b_.rule(chain, std::move(r), e.statement->span, e.statement->text());
    }

    /// `one_of`: the list's name where the side has several, of which nobody knows whether they are joined.
    void stage(const std::string& interface, bool by_destination, const std::string& one_of,
               std::vector<OutboundEntry> entries, const std::vector<std::string>& with_list) {
        using Action = OutboundEntry::Action;
        const Field near = by_destination ? Field::dst : Field::src, far = by_destination ? Field::src : Field::dst;
        const std::string name = "outbound " + (one_of.empty() ? "lists" : "list " + one_of) + " on " + interface +
                                 (by_destination ? ", destinations" : ", sources");
        const auto chain = b_.chain(name);
        const auto open = [&](const std::string& what) {
            return b_.unknown(b_.predicate(name + ": " + what, PredicateKind::ambiguity, near));
        };
        std::stable_sort(entries.begin(), entries.end(), [](const OutboundEntry& a, const OutboundEntry& b) {
            return std::tuple(a.action != Action::except, a.width()) <
                   std::tuple(b.action != Action::except, b.width());
        });
        const bool permits = std::any_of(entries.begin(), entries.end(),
                                         [](const OutboundEntry& e) { return e.action == Action::permit; });
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const OutboundEntry& e = entries[i];
            if (e.action == Action::except) {
                const ExprId exempt = match(e, far);
                rule(chain, e, permits ? b_.all({exempt, open("whether except outweighs permit")}) : exempt, true);
                continue;
            }
            const ExprId here = match(e, near);
            rule(chain, e, tied(i, entries) ? b_.all({here, open("whether it decides: " + e.statement->text())}) : here,
                 e.action == Action::permit);
        }
        std::vector<ExprId> when{around_.in(interface), around_.forwarded(), lower(interface)};
        if (std::find(with_list.begin(), with_list.end(), interface) != with_list.end())
            when.push_back(open("whether they count beside an access list"));
        if (!one_of.empty()) when.push_back(open("whether it counts beside the other lists"));
        b_.stage(name, model::Label::filter, b_.all(when), chain);
    }
    /// A later entry of another action shares packets with it, and it does not lie within that one.
    static bool tied(std::size_t at, const std::vector<OutboundEntry>& entries) {
        const OutboundEntry& e = entries[at];
        return std::any_of(entries.begin() + static_cast<std::ptrdiff_t>(at), entries.end(),
                           [&](const OutboundEntry& o) {
                               return o.action != OutboundEntry::Action::except && o.action != e.action &&
                                      e.overlaps(o) && (!e.within(o) || o.within(e));
                           });
    }

    /// To an interface of a lower level.
    ExprId lower(const std::string& interface) {
        std::vector<std::string> names;
        for (const std::string& other : around_.names())
            if (around_.level(other) < around_.level(interface)) names.push_back(other);
        return names.empty() ? b_.no() : b_.interface_names(Field::out_if, std::move(names));
    }

    Names& n_;
    const Config& c_;
    Context& x_;
    model::Builder& b_;
    Surroundings& around_;
};

}  // namespace

void outbound_stages(Names& names, Surroundings& around, const std::vector<std::string>& with_list) {
    Outbound(names, around).run(with_list);
}

}  // namespace egresslint::dialects::asa
