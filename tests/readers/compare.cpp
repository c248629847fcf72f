// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "dialects/nftables/read.hpp"
#include "flow/analysis.hpp"
#include "model/print.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"

namespace egresslint::readers {
namespace {

using base::Family;
using base::IntervalSet;
using model::Device;
using model::Field;

constexpr std::size_t most_boxes = 8'000;
constexpr std::size_t sampled_packets = 3'000;
constexpr flow::Budget budget{1'500'000, 30'000'000, 20'000};

std::string interface_text(const Device& device, std::uint32_t id) {
    const auto& interface = device.interfaces[id];
    return interface.name + (interface.representative ? "*" : "") + (interface.absent ? " (absent)" : "");
}

/// The interfaces of `b` by the ids of `a`; empty when they do not have the same ones.
std::vector<std::uint32_t> interfaces_of(const Device& a, const Device& b) {
    std::map<std::string, std::uint32_t> by_name;
    for (std::uint32_t id = 0; id < b.interfaces.size(); ++id) by_name[interface_text(b, id)] = id;
    std::vector<std::uint32_t> out;
    if (a.interfaces.size() != b.interfaces.size()) return {};
    for (std::uint32_t id = 0; id < a.interfaces.size(); ++id) {
        const auto at = by_name.find(interface_text(a, id));
        if (at == by_name.end()) return {};
        out.push_back(at->second);
    }
    return out;
}

std::string interface_list(const Device& device) {
    std::set<std::string> names;
    for (std::uint32_t id = 0; id < device.interfaces.size(); ++id) names.insert(interface_text(device, id));
    return fmt::format("{}", fmt::join(names, " "));
}

std::string rewritten(const Device& device, const flow::Rewritten& r, Field field, Family family) {
    using Form = flow::Rewritten::Form;
    const auto value = [&](base::u128 v) {
        return model::is_address(field) ? base::to_string(base::Address{family, v}) : base::to_decimal(v);
    };
    switch (r.form) {
        case Form::unchanged: return "";
        case Form::fixed: return fmt::format(" {}:={}", model::field_name(field), value(r.value));
        case Form::shifted: return fmt::format(" {}+={}", model::field_name(field), value(r.delta));
        case Form::chosen: break;
    }
    const auto& choice = device.choices[r.choice.index()];
    const auto& candidates = choice.candidates.of(field, family);
    return fmt::format(
        " {}:=one of {}{}{}{}", model::field_name(field),
        model::is_address(field) ? base::addresses_to_string(candidates, family) : base::numbers_to_string(candidates),
        choice.varies ? " (varying)" : "", r.keep_if_inside ? " (kept inside)" : "",
        r.delta != 0 ? " +" + value(r.delta) : "");
}

std::string end_of(const Device& device, const flow::Row& row, Family family) {
    std::string out = row.verdict == model::Verdict::accept ? "accept"
                      : row.verdict == model::Verdict::drop ? "drop"
                                                            : "reject";
    if (row.verdict == model::Verdict::accept) {
        out += " by " + interface_text(device, row.out_if);
        out += rewritten(device, row.src, Field::src, family) + rewritten(device, row.dst, Field::dst, family) +
               rewritten(device, row.sport, Field::sport, family) + rewritten(device, row.dport, Field::dport, family);
    }
    if (row.logged) out += ", logged";
    if (row.limited) out += ", limited";
    return out;
}

/// Names of unknowns say where they stand, "(edge.nft:3:1)"; the two texts stand in different files.
std::string without_place(std::string text) {
    for (auto open = text.find(" ("); open != std::string::npos;) {
        const auto close = text.find(')', open);
        if (close == std::string::npos) break;
        const bool place = text[close - 1] >= '0' && text[close - 1] <= '9' &&
                           text.substr(open, close - open).find(':') != std::string::npos;
        if (place) text.erase(open, close - open + 1);
        open = text.find(" (", place ? open : close);
    }
    return text;
}

struct Side {
    const Device& device;
    flow::Analysis analysis;
    std::map<std::string, flow::HeaderSet> ends;
    Side(const Device& d, Family family) : device(d), analysis(d, family, budget) {}

    /// Packets come in by interfaces that exist.
    [[nodiscard]] flow::HeaderSet possible() {
        std::vector<base::Interval> ids;
        for (std::uint32_t id = model::self_interface; id < device.interfaces.size(); ++id)
            if (!device.interfaces[id].absent) ids.push_back({id, id});
        return analysis.where(Field::in_if, IntervalSet(std::move(ids)));
    }
    [[nodiscard]] bool run(bool mail_only, Family family) {
        auto headers = analysis.meet(analysis.new_flows(), possible());
        if (mail_only) {
            const std::pair<Field, IntervalSet> mail[] = {{Field::proto, IntervalSet::single(6)},
                                                          {Field::dport, IntervalSet::single(25)}};
            headers = analysis.meet(headers, analysis.cube(mail));
        }
        const auto table = analysis.run(headers, flow::Detail::translations);
        if (!table) return false;
        ends.clear();
        std::map<std::string, std::vector<flow::HeaderSet>> parts;
        for (const auto& row : table->rows) parts[end_of(device, row, family)].push_back(row.headers);
        for (const auto& [end, sets] : parts) ends[end] = analysis.join_all(sets);
        return true;
    }
    [[nodiscard]] std::set<std::string> unknowns(const flow::HeaderSet& set) {
        std::set<std::string> out;
        for (const auto id : analysis.predicates_of(set)) out.insert(without_place(device.predicates[id.index()].text));
        return out;
    }
};

/// `set` of one analysis in the other; nullopt when it has too many boxes.
std::optional<flow::HeaderSet> carry(flow::Analysis& from, const flow::HeaderSet& set, Side& to,
                                     const std::vector<std::uint32_t>& interfaces) {
    std::vector<flow::HeaderSet> boxes;
    const bool complete = from.boxes(set, most_boxes, [&](const flow::Analysis::Box& box) {
        flow::Analysis::Box mapped;
        for (const auto& [field, values] : box) {
            if (!model::is_header(field)) continue;
            if (field != Field::in_if) {
                mapped.emplace_back(field, values);
                continue;
            }
            std::vector<base::Interval> ids;
            for (std::uint32_t id = 0; id < interfaces.size(); ++id)
                if (values.contains(id)) ids.push_back({interfaces[id], interfaces[id]});
            mapped.emplace_back(field, IntervalSet(std::move(ids)));
        }
        boxes.push_back(to.analysis.cube(mapped));
    });
    if (!complete) return std::nullopt;
    // A box that names no interface means every possible one.
    return to.analysis.meet(to.analysis.join_all(boxes), to.possible());
}

std::string packet_text(const Device& device, const flow::Packet& p) {
    return fmt::format("{} {} > {} proto {} {}>{} icmp {}/{}", interface_text(device, p.in_if),
                       base::to_string(base::Address{p.family, p.src}), base::to_string(base::Address{p.family, p.dst}),
                       p.proto, p.sport, p.dport, p.icmp_type, p.icmp_code);
}

enum class Result : std::uint8_t { same, differ, too_large };

Result compare_tables(Side& a, Side& b, bool mail_only, Family family, const std::vector<std::uint32_t>& interfaces,
                      Comparison& out) {
    if (!a.run(mail_only, family) || !b.run(mail_only, family)) return Result::too_large;
    std::set<std::string> ends;
    for (const auto& [end, set] : a.ends) ends.insert(end);
    for (const auto& [end, set] : b.ends) ends.insert(end);
    for (const auto& end : ends) {
        ++out.rows;
        const auto in_a = a.ends.contains(end) ? a.ends.at(end) : a.analysis.none();
        const auto in_b = b.ends.contains(end) ? b.ends.at(end) : b.analysis.none();
        for (const bool may : {true, false}) {
            const auto want = may ? a.analysis.may(in_a) : a.analysis.must(in_a);
            const auto have = may ? b.analysis.may(in_b) : b.analysis.must(in_b);
            const auto carried = carry(a.analysis, want, b, interfaces);
            if (!carried) return Result::too_large;
            if (*carried == have) continue;
            const auto only_a = b.analysis.minus(*carried, have);
            const auto only_b = b.analysis.minus(have, *carried);
            const auto witness = b.analysis.witness(only_a.empty() ? only_b : only_a);
            out.difference = fmt::format("{} `{}` {} only: {}", may ? "may" : "must", end,
                                         only_a.empty() ? "in the second" : "in the first",
                                         witness ? packet_text(b.device, witness->packet) : "?");
            return Result::differ;
        }
        const auto names_a = a.unknowns(in_a);
        const auto names_b = b.unknowns(in_b);
        if (names_a == names_b) continue;
        for (const auto& name : names_a)
            if (!names_b.contains(name))
                out.difference += fmt::format("`{}` hangs in the first only on `{}`; ", end, name);
        for (const auto& name : names_b)
            if (!names_a.contains(name))
                out.difference += fmt::format("`{}` hangs in the second only on `{}`; ", end, name);
        return Result::differ;
    }
    return Result::same;
}

/// Values that rules tell apart, and their neighbours.
std::vector<base::u128> constants_of(const Device& device, Field field, Family family) {
    std::set<base::u128> values{0};
    const auto add = [&](const model::SetId set) {
        const auto* literal = std::get_if<model::LiteralSet>(&device.sets[set.index()].is);
        if (literal == nullptr) return;
        const auto limit = base::low_mask(model::field_bits(field, family));
        for (const auto& i : literal->of(field, family).intervals()) {
            for (const auto v : {i.first, i.last}) values.insert({v & limit, (v + 1) & limit});
            if (i.first != 0) values.insert(i.first - 1);
        }
    };
    for (const auto& e : device.exprs) {
        if (const auto* in = std::get_if<model::In>(&e.is); in != nullptr && in->what.field == field) add(in->set);
        const auto* tuple = std::get_if<model::InTuple>(&e.is);
        if (tuple == nullptr) continue;
        const auto& relation = device.relations[tuple->relation.index()];
        for (std::size_t column = 0; column < relation.columns.size(); ++column)
            if (relation.columns[column].field == field)
                for (const auto& row : relation.rows) add(row[column]);
    }
    return {values.begin(), values.end()};
}

std::string ends_of(const Device& device, const flow::Trace& trace) {
    std::set<std::string> ends;
    for (const auto& branch : trace.branches) {
        std::string end = fmt::format("{}", static_cast<int>(branch.verdict));
        if (branch.verdict == model::Verdict::accept) {
            end += " " + interface_text(device, branch.out_if);
            for (const auto& i : {branch.src, branch.dst, branch.sport, branch.dport})
                end += " " + base::to_decimal(i.first) + "-" + base::to_decimal(i.last);
        }
        ends.insert(std::move(end));
    }
    return fmt::format("{}{}", fmt::join(ends, "; "), trace.truncated ? " …" : "");
}

void compare_packets(const Device& a, const Device& b, Family family, const std::vector<std::uint32_t>& interfaces,
                     Comparison& out) {
    std::mt19937_64 random(7);
    std::map<Field, std::vector<base::u128>> values;
    for (const Field field : {Field::src, Field::dst, Field::sport, Field::dport, Field::proto, Field::icmp_type})
        values[field] = constants_of(a, field, family);
    const auto draw = [&](Field field) { return values[field][random() % values[field].size()]; };
    for (std::size_t i = 0; i < sampled_packets; ++i) {
        flow::Packet packet;
        packet.family = family;
        packet.in_if = static_cast<std::uint32_t>(1 + random() % (a.interfaces.size() - 1));
        if (a.interfaces[packet.in_if].absent) continue;
        packet.src = draw(Field::src);
        packet.dst = draw(Field::dst);
        const auto kind = random() % 8;
        packet.proto = kind < 4 ? 6 : kind < 6 ? 17 : static_cast<std::uint8_t>(draw(Field::proto));
        if (packet.proto == 6) packet.tcp_flags = 2;
        if (packet.proto == 6 || packet.proto == 17) {
            packet.sport = static_cast<std::uint16_t>(random() % 4 != 0 ? 40000 : draw(Field::sport));
            packet.dport = static_cast<std::uint16_t>(random() % 4 != 0 ? draw(Field::dport) : 25);
        } else if (packet.proto == 1 || packet.proto == 58) {
            packet.icmp_type = static_cast<std::uint8_t>(draw(Field::icmp_type));
        }
        auto other = packet;
        other.in_if = interfaces[packet.in_if];
        const auto end_a = ends_of(a, flow::trace(a, packet));
        const auto end_b = ends_of(b, flow::trace(b, other));
        ++out.packets;
        if (end_a == end_b) continue;
        out.difference = fmt::format("{}: {} against {}", packet_text(a, packet), end_a, end_b);
        return;
    }
}

}  // namespace

std::unique_ptr<Reading> read(const std::string& path, std::string text) {
    auto reading = std::make_unique<Reading>();
    const auto file = reading->sources.add(path, std::move(text));
    base::Diagnostics diagnostics;
    auto devices = dialects::nftables::read(reading->sources, {{file, path, true}}, diagnostics).devices;
    for (const auto& d : diagnostics) {
        const std::string where = reading->sources.where(d.span);
        if (d.kind == base::Diagnostic::Kind::fatal && reading->refused.empty())
            reading->refused = where + ": " + d.message;
        if (d.kind != base::Diagnostic::Kind::lint) reading->remarks.push_back(d.code + " " + d.message);
    }
    if (!reading->refused.empty()) return reading;
    if (devices.size() != 1) {
        reading->refused = "not one device";
        return reading;
    }
    reading->device = std::move(devices.front());
    base::Diagnostics later;
    model::resolve(reading->device, later);
    if (const auto violations = model::validate(reading->device); !violations.empty())
        reading->refused = "invalid model: " + violations.front();
    return reading;
}

Comparison compare(const Device& a, const Device& b) {
    Comparison out;
    const auto interfaces = interfaces_of(a, b);
    if (interfaces.empty()) {
        out.difference = "interfaces: " + interface_list(a) + " against " + interface_list(b);
        return out;
    }
    for (const Family family : {Family::v4, Family::v6}) {
        Result result = Result::too_large;
        auto scope = Comparison::Scope::all;
        for (const bool mail_only : {false, true}) {
            Side left(a, family);
            Side right(b, family);
            result = compare_tables(left, right, mail_only, family, interfaces, out);
            if (result != Result::too_large) break;
            scope = mail_only ? Comparison::Scope::packets : Comparison::Scope::mail;
        }
        out.scope = std::max(out.scope, scope);
        if (result == Result::too_large) compare_packets(a, b, family, interfaces, out);
        if (!out.difference.empty()) {
            out.difference = fmt::format("IPv{}: {}", family == Family::v4 ? 4 : 6, out.difference);
            return out;
        }
    }
    return out;
}

}  // namespace egresslint::readers
