// SPDX-License-Identifier: Apache-2.0
#include "lint/chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lint/address_space.hpp"
#include "model/connect.hpp"
#include "model/print.hpp"
#include "model/validate.hpp"

namespace egresslint::lint {
namespace {

using namespace model;

/// The network that an address is configured with holds the other address.
bool in_network(const InterfaceAddress& mine, const Address& other) {
    return mine.address.family == other.family && base::make_prefix(mine.address, mine.length).contains(other);
}

struct Connection {
    std::vector<Link> links;
    Assumption how;
};

tl::expected<Connection, std::string> connection(const Prepared& first, const Prepared& second,
                                                 const DeviceIntent& intent) {
    const std::string &a = first.device.name, &b = second.device.name;
    Connection out;
    out.how.device = a + " -> " + b;
    const auto say = [&](const Link& link, std::string because, bool guessed) {
        out.links.push_back(link);
        out.how.what = fmt::format("{} leaves {} and comes in by {} of {}", interface_name(first.device, link.uplink),
                                   a, interface_name(second.device, link.downlink), b);
        out.how.because = std::move(because);
        out.how.guessed = guessed;
    };
    if (first.network.external.empty())
        return tl::unexpected(fmt::format("no interface of {} is known to lead to {}", a, b));
    if (!intent.upstream_interface.empty()) {
        for (std::uint32_t i = first_interface; i < second.device.interfaces.size(); ++i)
            if (second.device.interfaces[i].name == intent.upstream_interface)
                for (const std::uint32_t up : first.network.external)
                    say({up, i}, "upstream_interface of egresslint.toml says so", false);
        if (out.links.empty())
            return tl::unexpected(fmt::format("{} has no interface \"{}\"", b, intent.upstream_interface));
        return out;
    }
    for (const std::uint32_t up : first.network.external)
        for (const InterfaceAddress& mine : first.device.interfaces[up].addresses)
            for (std::uint32_t i = first_interface; i < second.device.interfaces.size(); ++i)
                for (const InterfaceAddress& theirs : second.device.interfaces[i].addresses)
                    if (in_network(theirs, mine.address) &&
                        std::none_of(out.links.begin(), out.links.end(),
                                     [&](const Link& l) { return l.uplink == up && l.downlink == i; }))
                        say({up, i},
                            fmt::format("{} is in the network of {}", base::to_string(mine.address),
                                        interface_name(second.device, i)),
                            false);
    if (!out.links.empty()) return out;
    if (second.network.internal.size() != 1)
        return tl::unexpected(fmt::format(
            "where {} is connected to {} is not known: give the addresses of both, or `upstream_interface`", a, b));
    for (const std::uint32_t up : first.network.external)
        say({up, second.network.internal.front()}, fmt::format("it is the only inside interface of {}", b), true);
    return out;
}

/// SMTP to `shown` that comes in by an uplink of the first device reaches the server.
bool leads_to(const Prepared& first, const Prefix& shown, const ServerView& server, const std::vector<Link>& links,
              std::uint16_t port) {
    for (const Link& link : links) {
        flow::Packet packet;
        packet.family = shown.base.family;
        packet.in_if = link.uplink;
        packet.src = base::parse_address(packet.family == Family::v4 ? "198.18.0.9" : "2001:db8:198:18::9")->bits;
        packet.dst = shown.base.bits;
        packet.sport = 40000;
        packet.dport = port;
        packet.tcp_flags = 2;
        for (const flow::Outcome& o : flow::trace(first.device, packet).branches)
            for (const Prefix& host : server.server.address)
                if (o.dst.first == o.dst.last && host.contains({packet.family, o.dst.first})) return true;
    }
    return false;
}

/// The public address of a server is where the second device publishes what the first one shows of it. Returns what the
/// second knows of it.
const ServerView* find_outbound(ServerView& server, const Prepared& first, const Prepared& second,
                                const std::vector<Link>& links, std::uint16_t port) {
    for (const ServerView& seen : second.network.mail_servers) {
        const bool same = std::any_of(seen.server.address.begin(), seen.server.address.end(), [&](const Prefix& shown) {
            return std::find(server.server.address.begin(), server.server.address.end(), shown) !=
                       server.server.address.end() ||
                   leads_to(first, shown, server, links, port);
        });
        if (!same) continue;
        if (server.outbound_declared) return &seen;
        server.server.outbound = seen.server.outbound;
        server.outbound_known = seen.outbound_known;
        server.outbound_declared = seen.outbound_declared;
        server.guessed = server.guessed || seen.guessed;
        server.publication = seen.publication;
        return &seen;
    }
    if (server.outbound_declared) return nullptr;
    // What the first device alone shows is no address of the internet.
    std::erase_if(server.server.outbound, [](const Prefix& p) { return !contains(global_addresses(), p.base); });
    server.outbound_known = server.outbound_known && !server.server.outbound.empty();
    return nullptr;
}

/// The host is directly connected to the second device, not behind the first.
bool beside_second(const ServerView& server, const Prepared& second, const std::vector<Link>& links) {
    for (std::uint32_t i = first_interface; i < second.device.interfaces.size(); ++i) {
        if (std::any_of(links.begin(), links.end(), [&](const Link& l) { return l.downlink == i; })) continue;
        for (const InterfaceAddress& a : second.device.interfaces[i].addresses)
            for (const Prefix& host : server.server.address)
                if (in_network(a, host.base)) return true;
    }
    return false;
}

}  // namespace

tl::expected<Chained, std::string> chain(const Prepared& first, const Prepared& second, const DeviceIntent& intent,
                                         std::uint16_t port, bool second_too) {
    auto connected = connection(first, second, intent);
    if (!connected) return tl::unexpected(connected.error());
    const std::vector<Link>& links = connected->links;
    Connected c = connect(first.device, second.device, links);
    Chained out;
    out.first = first.device.name;
    out.second = second.device.name;
    out.second_origins = c.second_origins;
    Prepared& p = out.prepared;
    p.device = std::move(c.device);
    p.dialect = first.dialect == second.dialect ? first.dialect : first.dialect + ", " + second.dialect;
    p.files = first.files;
    p.files.insert(p.files.end(), second.files.begin(), second.files.end());
    p.sources = first.sources;
    for (const auto& [from, ids] : {std::pair(&first, &c.first_predicates), std::pair(&second, &c.second_predicates)}) {
        for (base::Diagnostic d : from->diagnostics) {
            if (d.predicate >= 0) d.predicate = (*ids)[static_cast<std::size_t>(d.predicate)];
            p.diagnostics.push_back(std::move(d));
        }
        for (const PredicateId id : from->own_destination) p.own_destination.push_back(PredicateId((*ids)[id.index()]));
    }
    p.assumptions = {connected->how};
    p.violations = validate(p.device);

    Network& n = p.network;
    const auto mapped = [](const std::vector<std::uint32_t>& ids, const std::vector<std::uint32_t>& to) {
        std::vector<std::uint32_t> list;
        for (const std::uint32_t id : ids) list.push_back(to[id]);
        return list;
    };
    n.external = mapped(second.network.external, c.second_interfaces);
    n.internal = mapped(first.network.internal, c.first_interfaces);
    n.internal.push_back(c.first_itself);
    if (second_too)
        for (const std::uint32_t id : second.network.internal)
            if (std::none_of(links.begin(), links.end(), [&](const Link& l) { return l.downlink == id; }))
                n.internal.push_back(c.second_interfaces[id]);
    n.inside = unite(first.network.inside, second.network.inside);
    n.inside_declared = first.network.inside_declared && second.network.inside_declared;
    n.own = unite(first.network.own, second.network.own);
    n.interface_addresses = second.network.interface_addresses;
    n.internet = minus(second.network.internet, unite(first.network.inside, first.network.own));
    const auto same = [&](const ServerView& server) {
        return std::any_of(n.mail_servers.begin(), n.mail_servers.end(),
                           [&](const ServerView& other) { return other.server.address == server.server.address; });
    };
    std::vector<const ServerView*> seen;
    for (const ServerView& server : first.network.mail_servers) {
        if (beside_second(server, second, links)) continue;
        ServerView view = server;
        seen.push_back(find_outbound(view, first, second, links, port));
        view.in_interfaces = mapped(server.in_interfaces, c.first_interfaces);
        std::replace(view.in_interfaces.begin(), view.in_interfaces.end(), self_interface, c.first_itself);
        n.mail_servers.push_back(std::move(view));
    }
    for (const ServerView& server : second.network.mail_servers) {
        // What the second takes for a server on the link is the first's translation of one behind it.
        if (std::find(seen.begin(), seen.end(), &server) != seen.end()) continue;
        const bool on_link =
            std::all_of(server.in_interfaces.begin(), server.in_interfaces.end(), [&](std::uint32_t id) {
                return std::any_of(links.begin(), links.end(), [&](const Link& l) { return l.downlink == id; });
            });
        if (!second_too || on_link || same(server)) continue;
        ServerView view = server;
        view.in_interfaces = mapped(server.in_interfaces, c.second_interfaces);
        n.mail_servers.push_back(std::move(view));
    }
    return out;
}

std::vector<const DeviceIntent*> ways_of(const std::vector<std::string>& devices, const Intent& intent) {
    const auto here = [&](const std::string& name) {
        return std::find(devices.begin(), devices.end(), name) != devices.end();
    };
    std::vector<const DeviceIntent*> out;
    for (std::size_t before = intent.devices.size(); before != out.size();) {
        before = out.size();
        for (const DeviceIntent& block : intent.devices) {
            if (block.upstream.empty() || !here(block.name) || !here(block.upstream) ||
                std::find(out.begin(), out.end(), &block) != out.end())
                continue;
            const bool waits = std::any_of(intent.devices.begin(), intent.devices.end(), [&](const DeviceIntent& next) {
                return next.name == block.upstream && !next.upstream.empty() && here(next.upstream) &&
                       std::find(out.begin(), out.end(), &next) == out.end();
            });
            if (!waits) out.push_back(&block);
        }
    }
    return out;
}

std::vector<Prepared> prepare_all(std::vector<DeviceInput> devices, const Intent& intent,
                                  const base::Sources& sources) {
    std::vector<Prepared> out;
    std::vector<std::string> names;
    for (DeviceInput& device : devices) {
        names.push_back(device.device.name);
        out.push_back(prepare(std::move(device), intent, sources));
    }
    std::map<std::string, std::size_t> at;  // the way from a device to the internet, else the device
    for (std::size_t i = 0; i < names.size(); ++i) at[names[i]] = i;
    const std::map<std::string, std::size_t> alone = at;
    for (const DeviceIntent* way : ways_of(names, intent)) {
        auto chained =
            chain(out[alone.at(way->name)], out[at.at(way->upstream)], *way, intent.smtp_ports.front(), true);
        if (!chained) continue;  // check says why
        at[way->name] = out.size();
        out.push_back(std::move(chained->prepared));
    }
    return out;
}

}  // namespace egresslint::lint
