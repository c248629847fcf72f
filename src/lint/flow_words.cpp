// SPDX-License-Identifier: Apache-2.0
#include "lint/flow_words.hpp"

#include <algorithm>

#include "model/print.hpp"

namespace egresslint::lint {

using namespace model;
using flow::HeaderSet;

namespace {

constexpr std::size_t most_prefixes = 256;

std::string field_words(const Device& d, Field field, const IntervalSet& values, Family family) {
    if (is_address(field))
        return values.is_full(base::address_bits(family)) ? "any" : base::addresses_to_string(values, family, 16);
    if (field == Field::in_if) {
        std::string text;
        for (std::size_t i = self_interface; i < d.interfaces.size(); ++i)
            if (values.contains(i))
                text +=
                    (text.empty() ? "" : ", ") +
                    (i == self_interface ? std::string("(self)") : interface_name(d, static_cast<std::uint32_t>(i)));
        return text;
    }
    if (values.is_full(field_bits(field, family))) return "any";
    if (field == Field::proto) {
        if (values == IntervalSet::single(6)) return "tcp";
        if (values == IntervalSet::single(17)) return "udp";
    }
    return base::numbers_to_string(values);
}

void prefix_texts(const IntervalSet& set, Family family, std::vector<std::string>& to) {
    for (const Prefix& x : to_prefixes(set, family)) {
        if (to.size() == most_prefixes) return;
        to.push_back(x.length == base::address_bits(family) ? base::to_string(x.base) : base::to_string(x));
    }
}

}  // namespace

FlowWords flow_words(flow::Analysis& a, const HeaderSet& headers, std::size_t most_boxes) {
    FlowWords out;
    const Family family = a.family();
    prefix_texts(a.project(headers, Field::src), family, out.sources);
    prefix_texts(a.project(headers, Field::dst), family, out.destinations);
    const IntervalSet ports = a.project(headers, Field::dport);
    out.ports = ports.is_full(16) ? "any" : base::numbers_to_string(ports);
    out.complete = a.boxes(a.may(headers), most_boxes, [&](const flow::Analysis::Box& box) {
        std::vector<std::pair<std::string, std::string>> words;
        for (const auto& [field, values] : box)
            if (!values.is_full(field_bits(field, family)) && field != Field::tcp_flags)
                words.emplace_back(field == Field::in_if ? "in" : std::string(field_name(field)),
                                   field_words(a.device(), field, values, family));
        out.boxes.push_back(std::move(words));
    });
    return out;
}

// -- services --------------------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t most_parts = 4'096;

const IntervalSet* value_of(const flow::Analysis::Box& box, Field field) {
    for (const auto& [f, values] : box)
        if (f == field) return &values;
    return nullptr;
}

/// "any but 10.0.0.0/8" where that is shorter.
std::string hosts(const IntervalSet* values, Family family) {
    const unsigned bits = base::address_bits(family);
    if (values == nullptr || values->is_full(bits)) return "any";
    const IntervalSet rest = values->complement(bits);
    if (rest.intervals().size() <= values->intervals().size() && rest.size() < values->size())
        return "any but " + base::addresses_to_string(rest, family, 8);
    return base::addresses_to_string(*values, family, 6);
}

std::string protocols(const IntervalSet& set) {
    static constexpr std::pair<unsigned, std::string_view> names[] = {
        {6, "tcp"}, {17, "udp"}, {1, "icmp"}, {58, "icmpv6"}, {47, "gre"}, {50, "esp"}, {51, "ah"}, {132, "sctp"}};
    if (set.is_full(8)) return "";
    const IntervalSet rest = set.complement(8);
    const bool most = rest.size() < 16 && rest.size() < set.size();
    std::string out = most ? "any protocol but " : "";
    IntervalSet left = most ? rest : set;
    bool first = true;
    const auto also = [&](std::string_view word) {
        out += (first ? "" : ", ") + std::string(word);
        first = false;
    };
    for (const auto& [number, name] : names) {
        if (!left.contains(number)) continue;
        also(name);
        left = left.minus(IntervalSet::single(number));
    }
    if (!left.empty()) also("protocol " + base::numbers_to_string(left));
    return out;
}

bool restricts(const IntervalSet* values, unsigned bits) { return values != nullptr && !values->is_full(bits); }

/// One line of a service: protocols with the same ports or types.
struct Service {
    std::string limits;  ///< " port 25", " type 8"
    IntervalSet protocols;
};

}  // namespace

FlowWords service_words(flow::Analysis& a, const HeaderSet& headers, std::size_t most_boxes) {
    FlowWords out;
    const Family family = a.family();
    prefix_texts(a.project(headers, Field::src), family, out.sources);
    prefix_texts(a.project(headers, Field::dst), family, out.destinations);
    struct Group {
        std::string in, src, dst;
        std::vector<Service> services;
    };
    std::vector<Group> groups;
    out.complete = a.boxes(a.may(headers), most_parts, [&](const flow::Analysis::Box& box) {
        const IntervalSet* proto = value_of(box, Field::proto);
        const IntervalSet all = proto != nullptr ? *proto : IntervalSet::full(8);
        const IntervalSet* in = value_of(box, Field::in_if);
        const std::string in_words = in == nullptr ? "" : field_words(a.device(), Field::in_if, *in, family);
        const std::string src = hosts(value_of(box, Field::src), family),
                          dst = hosts(value_of(box, Field::dst), family);
        auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const Group& g) { return g.in == in_words && g.src == src && g.dst == dst; });
        if (group == groups.end()) group = groups.insert(groups.end(), {in_words, src, dst, {}});
        std::string limits;
        const bool ports = all.intersects(protocols_with_ports());
        if (ports && restricts(value_of(box, Field::sport), 16))
            limits += " from port " + base::numbers_to_string(*value_of(box, Field::sport));
        if (ports && restricts(value_of(box, Field::dport), 16))
            limits += " port " + base::numbers_to_string(*value_of(box, Field::dport));
        if (all.contains(family == Family::v4 ? 1 : 58)) {
            if (restricts(value_of(box, Field::icmp_type), 8))
                limits += " type " + base::numbers_to_string(*value_of(box, Field::icmp_type));
            if (restricts(value_of(box, Field::icmp_code), 8))
                limits += " code " + base::numbers_to_string(*value_of(box, Field::icmp_code));
        }
        auto service = std::find_if(group->services.begin(), group->services.end(),
                                    [&](const Service& s) { return s.limits == limits; });
        if (service == group->services.end())
            group->services.push_back({limits, all});
        else
            service->protocols = service->protocols.unite(all);
    });
    for (const Group& g : groups) {
        if (out.boxes.size() == most_boxes) {
            out.complete = false;
            break;
        }
        std::string services;
        for (const Service& s : g.services) {
            std::string words = protocols(s.protocols);
            if (words.empty() && !s.limits.empty()) words = "any protocol";
            words += s.limits;
            if (!words.empty()) services += (services.empty() ? "" : "; ") + words;
        }
        std::vector<std::pair<std::string, std::string>> box;
        if (!g.in.empty()) box.emplace_back("in", g.in);
        if (g.src != "any") box.emplace_back("src", g.src);
        if (g.dst != "any") box.emplace_back("dst", g.dst);
        if (!services.empty()) box.emplace_back("service", services);
        out.boxes.push_back(std::move(box));
    }
    return out;
}

}  // namespace egresslint::lint
