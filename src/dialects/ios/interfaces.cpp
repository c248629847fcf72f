// SPDX-License-Identifier: Apache-2.0
// Sources: Cisco IOS Interface and Hardware Component Command Reference; IP Addressing Services Command Reference, "ip
// address", "ip nat"; Security Command Reference, "ip access-group", "ip inspect", "zone-member security".
#include <algorithm>

#include "dialects/ios/config.hpp"
#include "dialects/ios/words.hpp"

namespace egresslint::dialects::ios {
namespace {

using base::Influence;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// "GigabitEthernet 0/0" and "gi0/0" as letters and numbers.
struct Parts {
    std::string letters, numbers;
};
Parts parts_of(std::string_view name) {
    Parts out;
    std::size_t at = 0;
    for (; at < name.size() && (name[at] < '0' || name[at] > '9'); ++at)
        if (name[at] != ' ') out.letters += lower(name[at]);
    out.numbers = std::string(name.substr(at));
    return out;
}

class Block {
public:
    Block(Interface& i, Context& x) : i_(i), x_(x) {}

    void line(const Statement& s) {
        const bool no = s.words[0] == "no";
        const std::size_t at = no ? 1 : 0;
        const std::string_view word = s.word(at);
        if (no && word == "shutdown") {
            i_.shutdown = false;
        } else if (word == "shutdown") {
            i_.shutdown = true;
        } else if (no) {
            undo(s);
        } else if (word == "ip") {
            ip(s);
        } else if (word == "ipv6") {
            ipv6(s);
        } else if (word == "description") {
            i_.description = s.text_from(1);
        } else if (word == "zone-member") {
            i_.zone = std::string(s.word(2));
            i_.routed = true;
        } else if (word == "vrf" && s.word(1) == "forwarding") {
            vrf(s, s.word(2));
        } else if (one_of_redundancy(word)) {
            virtual_address(s);
        } else if (word == "ppp" && s.word(1) == "ipcp" && s.word(2) == "route") {
            i_.learns_route = true;
        } else if (word == "crypto" && s.word(1) == "map") {
            i_.crypto = {std::string(s.word(2)), &s};
        } else if (word == "switchport") {
            switched_ = switched_ != nullptr ? switched_ : &s;
        } else if (word == "bridge-group" && !s.word(1).empty()) {
            bridged_ = bridged_ != nullptr ? bridged_ : &s;
        } else if (!inert_in_interface(s)) {
            x_.unread(s);
        }
    }
    /// What filters on a port of a bridge or a switch acts between the ports as well.
    void finish() {
        // A translation is of the global table unless it names a VRF.
        if (!i_.vrf.empty() && i_.nat != Interface::Nat::none && i_.nat_statement != nullptr)
            x_.unread(*i_.nat_statement, Influence::source | Influence::destination);
        for (const Statement* s : {bridged_, switched_})
            if (s != nullptr && (i_.in || i_.out || i_.inspect_in || i_.inspect_out)) x_.unread(*s);
    }

private:
    static bool one_of_redundancy(std::string_view word) {
        return families::cisco::one_of(word, " standby vrrp glbp ");
    }

    /// `no …` takes back what stands above it in the same text.
    void undo(const Statement& s) {
        if (s.word(1) == "ip" && s.word(2) == "address") {
            const auto one = base::parse_ipv4(s.word(3));
            std::erase_if(i_.addresses, [&](const model::InterfaceAddress& a) {
                return a.address.family == Family::v4 && (!one || a.address == *one);
            });
            if (!one) i_.learns_address = false;
        } else if (s.word(1) == "ip" && s.word(2) == "unnumbered") {
            i_.unnumbered.clear();
        } else if (one_of_redundancy(s.word(1))) {
            if (!i_.addresses.empty()) x_.unread(s);
        } else if (s.word(1) == "ip" && s.word(2) == "access-group") {
            (s.word(4) == "out" ? i_.out : i_.in) = Binding();
        } else if (s.word(1) == "ip" && s.word(2) == "nat") {
            i_.nat = Interface::Nat::none;
        } else if (s.word(1) == "ip" && s.word(2) == "inspect") {
            (s.word(4) == "out" ? i_.inspect_out : i_.inspect_in) = Binding();
        } else if (s.word(1) == "ip" && s.word(2) == "policy") {
            i_.policy = Binding();
        } else if (s.word(1) == "ip" && s.word(2) == "verify") {
            i_.reverse_path = nullptr;
        } else if (s.word(1) == "ipv6" && (s.word(2) == "address" || s.word(2) == "enable")) {
            i_.ipv6 = false;
            std::erase_if(i_.addresses,
                          [](const model::InterfaceAddress& a) { return a.address.family == Family::v6; });
        } else if ((s.word(1) == "vrf" || s.word(2) == "vrf") && !i_.vrf.empty()) {
            i_.vrf.clear();
        } else if (s.word(1) == "ipv6" && s.word(2) == "traffic-filter") {
            (s.word(4) == "out" ? i_.out6 : i_.in6) = Binding();
        } else if (s.word(1) == "switchport") {
            switched_ = nullptr;
        } else if (s.word(1) == "crypto") {
            i_.crypto = Binding();
        } else if (s.word(1) == "zone-member") {
            i_.zone.clear();
        }
    }

    void vrf(const Statement& s, std::string_view name) {
        i_.vrf = std::string(name);
        i_.routed = true;
        (void)s;
    }

    void ip(const Statement& s) {
        const std::string_view what = s.word(1);
        if (what == "address") {
            address(s);
        } else if (what == "unnumbered") {
            i_.unnumbered = s.text_from(2);
            i_.routed = true;
        } else if (what == "access-group" && s.words.size() >= 3) {
            bind(s, i_.in, i_.out);
        } else if (what == "nat") {
            i_.routed = true;
            i_.nat_statement = &s;
            if (s.word(2) == "inside")
                i_.nat = Interface::Nat::inside;
            else if (s.word(2) == "outside")
                i_.nat = Interface::Nat::outside;
            else if (s.word(2) == "enable")
                i_.nat = Interface::Nat::enabled;
            else if (s.word(2) != "allow-static-host")
                x_.unread(s, Influence::source | Influence::destination);
        } else if (what == "inspect" && s.words.size() == 4) {
            bind(s, i_.inspect_in, i_.inspect_out);
        } else if (what == "policy" && s.word(2) == "route-map") {
            i_.policy = {std::string(s.word(3)), &s};
            (void)x_.b.use("route-map", s.word(3), s.span);
        } else if (what == "vrf" && (s.word(2) == "forwarding" || s.word(2) == "sitemap")) {
            vrf(s, s.word(3));
        } else if (what == "verify" && s.word(2) == "unicast") {
            i_.reverse_path = &s;
        } else if (what == "dhcp" && s.word(2) == "client" && s.word(3) == "default-router") {
            x_.unread(s, Influence::routing);
        } else if (!inert_in_interface(s)) {
            x_.unread(s);
        }
    }
    void bind(const Statement& s, Binding& in, Binding& out) {
        i_.routed = true;
        const Binding b{std::string(s.word(2)), &s};
        if (s.word(3) == "out")
            out = b;
        else if (s.word(3) == "in" || s.words.size() == 3)
            // Without a direction, releases before 12.4 took `out`.
            in = b;
        else
            x_.unread(s, Influence::filter);
        if (s.words.size() == 3 || s.words.size() > 4) x_.unread(s, Influence::filter);
    }

    /// ip address A M [secondary], ip address dhcp, ip address negotiated
    void address(const Statement& s) {
        i_.routed = true;
        if (s.word(2) == "dhcp" || s.word(2) == "negotiated" || s.word(2) == "pool") {
            i_.learns_address = true;
            i_.learns_route |= s.word(2) == "dhcp";
            return;
        }
        const auto slash = s.word(2).find('/');
        const auto own = base::parse_ipv4(s.word(2).substr(0, slash));
        std::optional<unsigned> length;
        if (slash != std::string_view::npos) {
            length = words::number(s.word(2).substr(slash + 1), 32);
        } else if (const auto mask = base::parse_ipv4(s.word(3))) {
            length = base::mask_length(Family::v4, mask->bits);
        }
        if (!own || !length) {
            x_.unread(s);
            return;
        }
        const bool secondary = s.words.back() == "secondary";
        // Another first address takes the place of the one before it.
        if (!secondary)
            std::erase_if(i_.addresses, [](const model::InterfaceAddress& a) {
                return !a.secondary && a.address.family == Family::v4;
            });
        i_.addresses.push_back({*own, static_cast<std::uint8_t>(*length), secondary, true});
    }
    /// standby 1 ip A [secondary], vrrp 1 ip A, glbp 1 ip A: an address that the device answers to while it is active.
    void virtual_address(const Statement& s) {
        for (std::size_t i = 1; i + 1 < s.words.size(); ++i)
            if (s.words[i] == "ip" || s.words[i] == "ipv6")
                if (const auto own = base::parse_address(s.words[i + 1]))
                    i_.addresses.push_back(
                        {*own, static_cast<std::uint8_t>(base::address_bits(own->family)), true, true});
    }

    void ipv6(const Statement& s) {
        const std::string_view what = s.word(1);
        if (what == "address") {
            i_.ipv6 = i_.routed = true;
            const std::string_view text = s.word(2);
            if (text == "autoconfig" || text == "dhcp") {
                i_.learns_address = true;
                i_.learns_route |= s.words.back() == "default";
                return;
            }
            const std::size_t slash = text.find('/');
            const auto own = base::parse_ipv6(text.substr(0, slash));
            const auto length =
                slash == std::string_view::npos ? std::nullopt : words::number(text.substr(slash + 1), 128);
            if (!own) {
                // A general prefix by name.
                i_.learns_address = true;
                return;
            }
            if ((own->bits >> 118) == (u128{0xfe80} >> 6)) return;
            if (s.words.back() == "eui-64") {
                i_.learns_address = true;
                return;
            }
            i_.addresses.push_back({*own, static_cast<std::uint8_t>(length.value_or(128)), false, true});
        } else if (what == "enable") {
            i_.ipv6 = i_.routed = true;
        } else if (what == "traffic-filter" && s.words.size() == 4) {
            i_.routed = true;
            (s.word(3) == "out" ? i_.out6 : i_.in6) = Binding{std::string(s.word(2)), &s};
        } else if (what == "verify") {
            i_.reverse_path = &s;
        } else if (what == "policy") {
            x_.unread(s, Influence::routing);
        } else if (what == "nat" || what == "inspect") {
            x_.unread(s);
        }
        // nd, ospf, eigrp, dhcp, mtu, rip, address of neighbours: nothing that decides
    }

    Interface& i_;
    Context& x_;
    const Statement* bridged_ = nullptr;
    const Statement* switched_ = nullptr;
};

}  // namespace

Interface& Config::add_interface(const std::string& name, base::Span span) {
    const auto [at, fresh] = by_name_.try_emplace(name, interfaces.size());
    if (!fresh) return interfaces[at->second];
    by_numbers_[parts_of(name).numbers].push_back(interfaces.size());
    interfaces.emplace_back();
    interfaces.back().name = name;
    interfaces.back().span = span;
    return interfaces.back();
}

const Interface* Config::interface(std::string_view name) const {
    if (const auto at = by_name_.find(name); at != by_name_.end()) return &interfaces[at->second];
    const Parts wanted = parts_of(name);
    const auto some = by_numbers_.find(wanted.numbers);
    // More kinds of interfaces than this have no abbreviation that a reader could tell.
    if (some == by_numbers_.end() || some->second.size() > 256 || wanted.letters.empty()) return nullptr;
    for (const std::size_t i : some->second)
        if (parts_of(interfaces[i].name).letters.starts_with(wanted.letters)) return &interfaces[i];
    return nullptr;
}

std::string Config::full_name(std::string_view name) const {
    const Interface* i = interface(name);
    if (i != nullptr) return i->name;
    std::string out;
    for (const char ch : name)
        if (ch != ' ') out += ch;
    return out;
}

std::string interface_at(const Statement& s, std::size_t& at) {
    std::string out(s.word(at++));
    const std::string_view next = s.word(at);
    // A number of its own, and no address.
    if (out.find_first_of("0123456789") == std::string::npos && !next.empty() && next[0] >= '0' && next[0] <= '9' &&
        !base::parse_ipv4(next)) {
        out += next;
        ++at;
    }
    return out;
}

void gather_interface(const Statement& s, Context& context, Config& config) {
    std::string name;
    for (std::size_t i = 1; i < s.words.size(); ++i)
        // `interface Serial0/0 point-to-point` says what kind it is.
        if (!families::cisco::one_of(s.words[i], " point-to-point multipoint type tunnel l2transport "))
            name += s.words[i];
    if (name.empty() || s.word(1) == "range") {
        context.unread(s);
        return;
    }
    Block block(config.add_interface(name, s.span), context);
    for (const Statement& line : s.block) block.line(line);
    block.finish();
}

}  // namespace egresslint::dialects::ios
