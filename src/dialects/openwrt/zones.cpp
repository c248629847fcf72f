// SPDX-License-Identifier: Apache-2.0
#include "dialects/openwrt/zones.hpp"

#include <fmt/format.h>

namespace egresslint::dialects::openwrt {

using namespace egresslint::model;

namespace {
/// Words may be short and in capitals: "ACC" is accept.
std::string word_of(const std::string& text, std::initializer_list<const char*> choices) {
    const std::string low = lower_case(text);
    if (!low.empty())
        for (const char* choice : choices)
            if (std::string_view(choice).starts_with(low)) return choice;
    return "";
}
/// A number of bits: 1 logs what the filter refuses.
static bool filter_log(const Section& s) {
    const std::string v = s.value("log");
    const auto n = Matcher::number(v, 0xffffff);
    return n ? (*n & 1) != 0 : s.flag("log", false);
}
}  // namespace

Verdict verdict_of(const std::string& text, Verdict otherwise) {
    const std::string word = word_of(text, {"accept", "reject", "drop"});
    if (word == "accept") return Verdict::accept;
    if (word == "reject") return Verdict::reject;
    if (word == "drop") return Verdict::drop;
    return otherwise;
}
std::string target_of(const Section& s, const char* otherwise) {
    const std::string text = s.value("target");
    if (text.empty()) return otherwise;
    return word_of(text,
                   {"accept", "reject", "drop", "notrack", "helper", "mark", "dscp", "dnat", "snat", "masquerade"});
}
bool snat_redirect(const Section& s) { return target_of(s, "dnat") == "snat"; }
bool is(const Section& s, const char* type) { return s.package == "firewall" && s.type == type; }

std::string pattern_of(std::string device) {
    if (!device.empty() && device.back() == '+') device.back() = '*';
    return device;
}
bool enabled(const Section& s) { return s.flag("enabled", true); }

Zones::Zones(const base::Sources& sources, const Uci& sections, std::string name, base::Diagnostics& found)
    : uci(sections),
      diagnostics(found),
      b(std::move(name)),
      netfilter(b),
      matcher(b, netfilter, sources, sections, found),
      network(b, sections, found) {}

void Zones::read() {
    network.read();
    for (const Section& s : uci.sections) {
        if (!is(s, "defaults")) continue;
        defaults[0] = verdict_of(s.value("input"), defaults[0]);
        defaults[1] = verdict_of(s.value("output"), defaults[1]);
        defaults[2] = verdict_of(s.value("forward"), defaults[2]);
    }
    for (const Section& s : uci.sections)
        if (is(s, "zone") && enabled(s)) zone(s);
    for (const Section& s : uci.sections) {
        if (!is(s, "redirect") || !enabled(s) || snat_redirect(s)) continue;
        for (Zone& z : all)
            z.mapped |= z.name == s.value("src") || (z.name == dest_of(s) && s.flag("reflection", true));
    }
}

void Zones::zone(const Section& s) {
    Zone z;
    z.section = &s;
    z.name = s.value("name");
    for (const Value& n : s.words("network")) {
        z.networks.push_back(n.text);
        z.devices.push_back(network.device_of(n.text));
    }
    for (const Value& n : s.words("device")) {
        std::string pattern = n.text;
        if (pattern.starts_with('!')) {
            not_understood(diagnostics, n.span, "zones of all devices but one are not modelled");
            continue;
        }
        if (!pattern.empty() && pattern.back() == '+') pattern.back() = '*';
        z.devices.push_back(std::move(pattern));
    }
    z.input = verdict_of(s.value("input"), defaults[0]);
    z.output = verdict_of(s.value("output"), defaults[1]);
    z.forward = verdict_of(s.value("forward"), defaults[2]);
    z.masq = s.flag("masq", false);
    z.masq6 = s.flag("masq6", false);
    z.log = filter_log(s);
    b.define("zone", z.name, s.span);
    for (const std::string& device : z.devices)
        if (device.find('*') == std::string::npos) b.device().interfaces[b.interface(device).index()].zone = z.name;
    z.family = matcher.family(s).value_or(0);
    z.subnets_in = matcher.address(s, "subnet", Field::src);
    z.subnets_out = matcher.address(s, "subnet", Field::dst);
    if (const bool six = z.subnets_in.has(1); z.subnets_in.has(0) != six) {
        // fw4 leaves out a zone whose subnets are all of the other IP version.
        if (z.family != 0 && z.family != (six ? 6 : 4)) return;
        z.family = six ? 6 : 4;
    }
    matcher.rest(s,
                 {"name",        "network", "device",        "input",     "output",    "forward", "masq",
                  "masq6",       "log",     "enabled",       "masq_src",  "masq_dest", "mtu_fix", "masq_allow_invalid",
                  "auto_helper", "helper",  "custom_chains", "log_limit", "counter",   "family",  "subnet"});
    all.push_back(std::move(z));
}

std::string Zones::dest_of(const Section& redirect) const {
    if (const std::string stated = redirect.value("dest"); !stated.empty()) return stated;
    const auto to = base::parse_address(redirect.value("dest_ip"));
    for (const Zone& z : all)
        for (const InterfaceAddress& a : network.addresses_of(z.networks))
            if (to && a.address.family == to->family &&
                base::make_prefix(a.address, a.length) == base::make_prefix(*to, a.length))
                return z.name;
    return "";
}

const Zone* Zones::find(const std::string& name) const {
    for (const Zone& z : all)
        if (z.name == name) return &z;
    return nullptr;
}

OriginId Zones::origin(const Section& s) {
    std::string text = s.type;
    for (const auto& [key, values] : s.options)
        for (const Value& v : values) text += fmt::format(" {}='{}'", key, v.text);
    return b.origin(s.span, text.size() > 300 ? text.substr(0, 300) : text);
}

ExprId Zones::in(const Zone& z, Field field) {
    const Matcher::Split& subnets = field == Field::in_if ? z.subnets_in : z.subnets_out;
    const bool split = subnets.has(0) || subnets.has(1);
    if (z.devices.empty() && !split) return b.no();
    const ExprId device = z.devices.empty() ? b.yes() : b.interface_names(field, z.devices);
    if (!split) return z.family == 0 ? device : b.all({device, b.family(z.family == 4 ? Family::v4 : Family::v6)});
    std::vector<ExprId> any;
    for (const Family f : {Family::v4, Family::v6}) {
        const bool six = f == Family::v6;
        if (!subnets.has(six) || (z.family != 0 && (z.family == 6) != six)) continue;
        std::vector<ExprId> parts{device, b.family(f)};
        if (!subnets.any[six].empty()) parts.push_back(b.either(subnets.any[six]));
        if (!subnets.none[six].empty()) parts.push_back(b.negate(b.either(subnets.none[six])));
        any.push_back(b.all(parts));
    }
    return any.empty() ? b.no() : b.either(any);
}
std::optional<std::optional<int>> Zones::family(const Section& s, std::initializer_list<const Zone*> of,
                                                std::optional<int> otherwise) {
    std::optional<int> out = matcher.family(s);
    if (!out) out = otherwise;
    for (const Zone* z : of) {
        if (z == nullptr || z->family == 0) continue;
        if (!out || *out == 0)
            out = z->family;
        else if (*out != z->family)
            return std::nullopt;
    }
    return std::optional<std::optional<int>>(std::in_place, out);
}

Rule plain(ExprId match, std::vector<Effect> effects, Control control) {
    Rule r;
    r.match = match;
    r.effects = std::move(effects);
    r.control = std::move(control);
    return r;
}
void Zones::add(ChainId chain, ExprId match, Control control, OriginId o, std::vector<ObjectId> uses,
                std::vector<Effect> effects) {
    Rule r = plain(match, std::move(effects), std::move(control));
    r.origin = o;
    r.uses = std::move(uses);
    b.rule(chain, std::move(r));
}

}  // namespace egresslint::dialects::openwrt
