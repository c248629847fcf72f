// SPDX-License-Identifier: Apache-2.0
// Services, their groups, and schedules.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/fortios/factory.hpp"
#include "dialects/fortios/objects.hpp"

namespace egresslint::dialects::fortios {
namespace {

constexpr unsigned most_group_depth = 64;

std::vector<Word> words_of(std::string_view text) {
    std::vector<Word> out;
    while (!text.empty()) {
        const std::size_t blank = text.find(' ');
        out.push_back({std::string(text.substr(0, blank)), {}});
        text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
    }
    return out;
}

}  // namespace

/// DESTINATION or DESTINATION:SOURCE, each a port or a range.
ExprId Objects::ports(std::uint8_t protocol, const std::vector<Word>& ranges, const Entry& entry) {
    auto& b = c_.b;
    std::vector<Interval> plain;
    std::vector<ExprId> any;
    for (const auto& w : ranges) {
        const std::size_t colon = w.text.find(':');
        const std::string_view text = w.text;
        const auto to = numbers_of(text.substr(0, colon));
        const auto from =
            colon == std::string::npos ? std::optional(Interval{0, 65535}) : numbers_of(text.substr(colon + 1));
        if (!to || !from) {
            const auto which = b.predicate(fmt::format("service \"{}\": ports {}", entry.key.text, w.text),
                                           PredicateKind::opaque, Field::dport, b.origin(entry.span, w.text));
            c_.unknown(which, w.span,
                       fmt::format("the port range \"{}\" cannot be read; both outcomes are considered", w.text),
                       base::Influence::everything);
            any.push_back(b.unknown(which));
            continue;
        }
        if (from->first <= 1 && from->last == 65535)
            plain.push_back(*to);
        else
            any.push_back(b.all({b.dport(IntervalSet{*to}), b.sport(IntervalSet{*from})}));
    }
    if (!plain.empty()) {
        IntervalSet set(std::move(plain));
        // 1-65535 and 0-65535 are every port.
        any.push_back(set.contains_all(IntervalSet::range(1, 65535)) ? b.yes() : b.dport(std::move(set)));
    }
    return b.all({b.proto(protocol), b.either(any)});
}

ExprId Objects::custom_service(const Entry& e) {
    auto& b = c_.b;
    e.read = true;
    std::string protocol(e.value("protocol"));
    const auto opaque = [&](std::string text, PredicateKind kind, Span span, bool report) {
        const auto which =
            b.predicate(fmt::format("service \"{}\" ({})", e.key.text, text), kind, Field::dport, b.origin(span, text));
        if (report)
            c_.unknown(
                which, span,
                fmt::format("{} of service \"{}\" is not analysed; both outcomes are considered", text, e.key.text),
                base::Influence::everything);
        return b.unknown(which);
    };
    if (e.enabled("explicit-proxy") || e.enabled("proxy")) return b.no();  // for the web proxy alone
    ExprId match = b.no();
    if (protocol == "IP") {
        const auto number = e.value("protocol-number").empty() ? std::optional(Interval{0, 0})
                                                               : numbers_of(e.value("protocol-number"), 255);
        if (!number)
            match = opaque("protocol-number", PredicateKind::opaque, e.span_of("protocol-number"), true);
        else
            match = number->first == 0 ? b.yes() : b.proto(static_cast<std::uint8_t>(number->first));
    } else if (protocol == "ICMP" || protocol == "ICMP6") {
        std::vector<ExprId> parts{b.proto(protocol == "ICMP" ? 1 : 58)};
        for (const auto& [setting, field] :
             {std::pair{"icmptype", Field::icmp_type}, std::pair{"icmpcode", Field::icmp_code}}) {
            if (e.value(setting).empty()) continue;
            const auto n = numbers_of(e.value(setting), 255);
            parts.push_back(n ? b.in_interval(field, *n)
                              : opaque(setting, PredicateKind::opaque, e.span_of(setting), true));
        }
        match = b.all(parts);
    } else if (protocol.empty() || protocol.starts_with("TCP") || protocol == "ALL" || protocol == "HTTP") {
        std::vector<ExprId> any;
        for (const auto& [setting, number] : {std::pair{"tcp-portrange", 6}, std::pair{"udp-portrange", 17},
                                              std::pair{"sctp-portrange", 132}, std::pair{"udplite-portrange", 136}})
            if (const auto& v = e.values(setting); !v.empty() && v[0].text != "0:0")
                any.push_back(ports(static_cast<std::uint8_t>(number), v, e));
        if (any.empty() && protocol == "ALL") any.push_back(b.yes());
        match = b.either(any);
    } else {
        match = opaque("protocol " + protocol, PredicateKind::opaque, e.span_of("protocol"), true);
    }
    // Destinations that the service itself names.
    if (const auto text = e.value("iprange"); !text.empty() && text != "0.0.0.0") {
        const auto range = range_of(text);
        match = b.all({match, range ? b.address(Field::dst, range->first, IntervalSet{range->second})
                                    : opaque("iprange", PredicateKind::opaque, e.span_of("iprange"), true)});
    }
    if (!e.value("fqdn").empty()) match = b.all({match, opaque("fqdn", PredicateKind::name, e.span_of("fqdn"), false)});
    if (!e.values("application").empty() || !e.values("app-category").empty() ||
        (e.find("app-service-type") != nullptr && e.value("app-service-type") != "disable"))
        match = b.all({match, opaque("application", PredicateKind::user, e.span_of("app-service-type"), false)});
    return match;
}

ExprId Objects::service(const std::string& name, Span where, std::vector<model::ObjectId>& uses, unsigned depth) {
    auto& b = c_.b;
    const auto* custom = c_.root().table("firewall service custom");
    const auto* groups = c_.root().table("firewall service group");
    const auto* entry = custom == nullptr ? nullptr : custom->find(name);
    const auto* group = groups == nullptr ? nullptr : groups->find(name);
    const auto* factory = factory_service(name);
    if (depth == 0 && factory == nullptr && !is_factory_group(name))
        uses.push_back(b.use(group != nullptr ? "service group" : "service", name, where));
    if (const auto known = services_.find(name); known != services_.end()) return known->second;
    ExprId out = b.no();
    if (group != nullptr) {
        group->read = true;
        if (depth > most_group_depth || !in_service_.insert(name).second) {
            not_understood(c_.diagnostics, group->span,
                           fmt::format("the service group \"{}\" contains itself or is nested too deep", name));
            return b.no();
        }
        std::vector<ExprId> any;
        for (const auto& w : group->values("member")) any.push_back(service(w.text, w.span, uses, depth + 1));
        in_service_.erase(name);
        out = b.either(any);
    } else if (entry != nullptr) {
        out = custom_service(*entry);
    } else if (factory != nullptr) {
        static const Entry none;
        std::vector<ExprId> any;
        if (factory->protocol == 0) any.push_back(b.yes());
        if (factory->protocol > 0)
            any.push_back(factory->icmp_type < 0
                              ? b.proto(static_cast<std::uint8_t>(factory->protocol))
                              : b.all({b.proto(static_cast<std::uint8_t>(factory->protocol)),
                                       b.in(Field::icmp_type,
                                            IntervalSet::single(static_cast<base::u128>(factory->icmp_type)))}));
        if (!factory->tcp.empty()) any.push_back(ports(6, words_of(factory->tcp), none));
        if (!factory->udp.empty()) any.push_back(ports(17, words_of(factory->udp), none));
        out = b.either(any);
    } else {
        out = unnamed("service", name, where);
    }
    services_.emplace(name, out);
    return out;
}

ExprId Objects::unnamed(const std::string& what, const std::string& name, Span where) {
    const std::string text = fmt::format("{} \"{}\" (not in this text)", what, name);
    const auto known = c_.b.device().predicates.size();
    const auto which = c_.b.predicate(text, PredicateKind::name, Field::dport, c_.b.origin(where, text));
    if (which.index() == known)
        c_.incomplete(which, where, text + "; both outcomes are considered", base::Influence::everything);
    return c_.b.unknown(which);
}

ExprId Objects::services(const std::vector<Word>& names, std::vector<model::ObjectId>& uses) {
    std::vector<ExprId> any;
    for (const auto& w : names) any.push_back(service(w.text, w.span, uses, 0));
    return c_.b.either(any);
}

bool Objects::protocol_only(const std::vector<Word>& names) const {
    return std::all_of(names.begin(), names.end(), [](const Word& w) {
        return w.text == "ALL" || w.text == "ALL_TCP" || w.text == "ALL_UDP" || w.text == "ALL_ICMP" ||
               w.text == "ESP" || w.text == "GRE" || w.text == "AH";
    });
}

ExprId Objects::schedule(const Entry& rule, std::vector<model::ObjectId>& uses) {
    auto& b = c_.b;
    const auto* setting = rule.find("schedule");
    if (setting == nullptr || setting->values.empty()) return b.yes();
    const std::string& name = setting->values[0].text;
    const auto* recurring = c_.root().table("firewall schedule recurring");
    const auto* entry = recurring == nullptr ? nullptr : recurring->find(name);
    bool found = entry != nullptr;
    if (entry != nullptr) {
        entry->read = true;
        const auto& days = entry->values("day");
        const auto text = [&](std::string_view key) {
            const auto v = entry->value(key);
            return v.empty() ? std::string_view("00:00") : v;
        };
        const auto start = text("start"), end = text("end");
        if (name == "none" || (days.size() == 1 && days[0].text == "none")) return b.no();
        if (days.size() == 7 && start == end) return b.yes();
    }
    if (name == "always" && !found) return b.yes();
    if (name == "none" && !found) return b.no();
    for (const std::string_view other : {"firewall schedule onetime", "firewall schedule group"})
        if (const auto* t = c_.root().table(other))
            if (const auto* e = t->find(name)) {
                found = true;
                e->read = true;
                for (const std::string_view key : {"start", "end", "start-utc", "end-utc", "member", "expiration-days"})
                    (void)e->find(key);
            }
    if (name != "always") uses.push_back(b.use("schedule", name, setting->span));
    if (!found) return unnamed("schedule", name, setting->span);
    return b.unknown(b.predicate(fmt::format("schedule \"{}\"", name), PredicateKind::time, Field::proto,
                                 b.origin(setting->span, name)));
}

}  // namespace egresslint::dialects::fortios
