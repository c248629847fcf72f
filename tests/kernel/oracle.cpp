// SPDX-License-Identifier: Apache-2.0
// See oracle.hpp.
#include "oracle.hpp"

#include <fmt/format.h>

#include <array>

#include "dialects/dialect.hpp"
#include "dialects/iproute/read.hpp"
#include "model/print.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"

namespace egresslint::kernel {
namespace {

flow::Packet to_packet(const model::Device& device, const Probe& probe) {
    flow::Packet packet;
    packet.family = probe.dst.family;
    packet.in_if = model::no_interface;
    if (probe.in.empty()) {
        packet.in_if = model::self_interface;
    } else {
        for (std::uint32_t id = model::first_interface; id < device.interfaces.size(); ++id) {
            if (device.interfaces[id].name == probe.in) packet.in_if = id;
        }
    }
    packet.src = probe.src.bits;
    packet.dst = probe.dst.bits;
    packet.proto = probe.proto;
    const bool ports = probe.proto == proto_tcp || probe.proto == proto_udp;
    packet.sport = ports ? probe.sport : std::uint16_t{0};
    packet.dport = ports ? probe.dport : std::uint16_t{0};
    packet.icmp_type = probe.icmp_type;
    packet.icmp_code = probe.icmp_code;
    packet.tcp_flags = probe.proto == proto_tcp ? probe.tcp_flags : std::uint8_t{0};
    packet.mark = probe.mark;
    return packet;
}

bool inside(base::u128 value, const base::Interval& interval) {
    return value >= interval.first && value <= interval.last;
}

bool is_to_itself(const Probe& probe, const Seen& seen) {
    return probe.in.empty() && seen.what == Seen::What::delivered;
}

bool agrees(const model::Device& device, const flow::Outcome& branch, const Probe& probe, const Seen& seen) {
    if (seen.copies > 1) return false;
    if (branch.verdict != model::Verdict::accept) {
        // The answer to a rejected packet passes the ruleset too and may be dropped there; a plain drop has none.
        return seen.what == Seen::What::nothing && !(branch.verdict == model::Verdict::drop && seen.answered);
    }
    if (seen.what == Seen::What::nothing) return false;
    if (is_to_itself(probe, seen)) return branch.out_if == model::self_interface;
    const bool ports = probe.proto == proto_tcp || probe.proto == proto_udp;
    return model::interface_name(device, branch.out_if) == seen.out && inside(seen.src.bits, branch.src) &&
           inside(seen.dst.bits, branch.dst) &&
           (!ports || (inside(seen.sport, branch.sport) && inside(seen.dport, branch.dport)));
}

std::string range(const base::Interval& interval, base::Family family) {
    const std::string first = base::to_string(base::Address{family, interval.first});
    return interval.first == interval.last ? first
                                           : first + "-" + base::to_string(base::Address{family, interval.last});
}

bool same_end(const flow::Outcome& a, const flow::Outcome& b) {
    return a.verdict == b.verdict &&
           (a.verdict != model::Verdict::accept ||
            (a.out_if == b.out_if && a.src == b.src && a.dst == b.dst && a.sport == b.sport && a.dport == b.dport));
}

std::string to_string(const model::Device& device, const flow::Outcome& outcome, base::Family family,
                      bool steps = true) {
    std::string text;
    switch (outcome.verdict) {
        case model::Verdict::drop: text = "drop"; break;
        case model::Verdict::reject: text = "reject"; break;
        case model::Verdict::accept:
            text = fmt::format("{} {}:{}-{} > {}:{}-{}", model::interface_name(device, outcome.out_if),
                               range(outcome.src, family), base::to_decimal(outcome.sport.first),
                               base::to_decimal(outcome.sport.last), range(outcome.dst, family),
                               base::to_decimal(outcome.dport.first), base::to_decimal(outcome.dport.last));
            break;
    }
    if (!steps) return text;
    for (const flow::Step& step : outcome.steps) {
        text += fmt::format("\n      {}{}: {}", device.pipeline[step.stage.index()].name, step.uncertain ? "?" : "",
                            step.effect);
    }
    return text;
}

}  // namespace

Read read_model(const Ruleset& ruleset, const Lab& lab) {
    Read read;
    base::Sources sources;
    base::Diagnostics diagnostics;
    std::vector<dialects::Input> inputs;
    const bool nft = !ruleset.parts.empty() && ruleset.parts.front().loader == Ruleset::Loader::nft;
    for (const Ruleset::Part& part : ruleset.parts) {
        const std::string path = fmt::format("part{}", inputs.size());
        inputs.push_back({sources.add(path, part.text), path, false});
    }
    const dialects::Dialect* dialect = dialects::find(nft ? "nftables" : "iptables");
    if (dialect == nullptr) {
        read.problems = "the dialect is not registered";
        return read;
    }
    dialects::Read result = dialect->read(sources, inputs, diagnostics);
    if (result.devices.size() != 1) {
        read.problems = fmt::format("{} devices", result.devices.size());
    } else {
        read.device = std::move(result.devices.front());
        dialects::iproute::read_addresses(sources, sources.add("addresses", lab.addresses()), read.device, diagnostics);
        dialects::iproute::read_routes(sources, sources.add("routes", lab.routes()), read.device, diagnostics);
        dialects::iproute::read_rules(sources, sources.add("rules", lab.rules()), read.device, diagnostics);
        model::resolve(read.device, diagnostics);
        for (const std::string& broken : model::validate(read.device)) read.problems += broken + "\n";
    }
    for (const base::Diagnostic& diagnostic : diagnostics) {
        const std::string line = sources.where(diagnostic.span) + ": " + diagnostic.message + "\n";
        (diagnostic.kind == base::Diagnostic::Kind::fatal ? read.problems : read.remarks) += line;
    }
    return read;
}

namespace {

Verdict judge(const model::Device& device, const flow::Trace& trace, const Probe& probe, const Seen& seen) {
    Verdict verdict;
    verdict.to_itself = is_to_itself(probe, seen);
    verdict.decided = trace.answer != flow::Answer::unknown && !trace.truncated && !trace.branches.empty();
    for (const flow::Outcome& branch : trace.branches) {
        if (agrees(device, branch, probe, seen)) verdict.agrees = true;
        if (!same_end(branch, trace.branches.front())) verdict.decided = false;
    }
    // More branches than the limit: nothing was claimed, so nothing can be wrong.
    if (trace.truncated) verdict.agrees = true;
    if (verdict.agrees) return verdict;
    std::string said;
    for (const flow::Outcome& branch : trace.branches) {
        if (to_string(device, branch, probe.dst.family, false) == said) continue;
        said = to_string(device, branch, probe.dst.family, false);
        verdict.model += (verdict.model.empty() ? "" : "\n   or ") + to_string(device, branch, probe.dst.family);
    }
    return verdict;
}

using model::Field;

/// One translated field of a row, of a branch of the tracer, and as the kernel sent it.
struct Rewrite {
    Field field;
    const flow::Rewritten& row;
    base::u128 before;
    base::Interval branch;
    base::u128 seen;
    bool visible;  ///< the packet has that field
};
std::array<Rewrite, 4> rewrites(const flow::Row& row, const flow::Packet& packet, const flow::Outcome& branch,
                                const Seen& seen) {
    const bool ports = packet.proto == proto_tcp || packet.proto == proto_udp;
    return {{{Field::src, row.src, packet.src, branch.src, seen.src.bits, true},
             {Field::dst, row.dst, packet.dst, branch.dst, seen.dst.bits, true},
             {Field::sport, row.sport, packet.sport, branch.sport, seen.sport, ports},
             {Field::dport, row.dport, packet.dport, branch.dport, seen.dport, ports}}};
}

class RowCheck {
public:
    RowCheck(const model::Device& device, flow::Analysis& analysis, const flow::FlowTable& rows,
             const flow::Packet& packet)
        : device_(device), analysis_(analysis), rows_(rows), packet_(packet) {}

    /// The one row that holds the packet; nullptr and a complaint otherwise.
    const flow::Row* find(const flow::Valuation& valuation, std::string& complaint) {
        const flow::Row* found = nullptr;
        unsigned count = 0;
        for (const flow::Row& row : rows_.rows) {
            if (!analysis_.contains(row.headers, packet_, valuation)) continue;
            found = &row;
            ++count;
        }
        if (count != 1) complaint = fmt::format("{} rows of the flow table hold the packet", count);
        return count == 1 ? found : nullptr;
    }

    /// Row against branch.
    std::string against(const flow::Row& row, const flow::Outcome& branch) const {
        if (row.verdict != branch.verdict) return "the row has another verdict than the trace";
        if (row.verdict != model::Verdict::accept) return {};
        if (row.out_if != branch.out_if) return "the row leaves by " + model::interface_name(device_, row.out_if);
        for (const Rewrite& r : rewrites(row, packet_, branch, {})) {
            const auto value = fixed_value(r);
            if (value && base::Interval{*value, *value} != r.branch)
                return fmt::format("the row says {} = {}", model::field_name(r.field), base::to_decimal(*value));
            if (value) continue;
            const auto& values = candidates(r);
            const auto lowest = values.lowest();
            if (!lowest) return "the row chooses from nothing";
            // The branch may know less than all candidates, never others.
            if (!values.contains(minus(r, r.branch.first)) || !values.contains(minus(r, r.branch.last)))
                return fmt::format("the row chooses {} elsewhere", model::field_name(r.field));
        }
        return {};
    }

    /// Row against kernel.
    std::string against(const flow::Row& row, const flow::Outcome& branch, const Seen& seen) const {
        const bool came = seen.what != Seen::What::nothing;
        if (came != (row.verdict == model::Verdict::accept)) return "the row has another verdict than the kernel";
        if (!came)
            return row.verdict == model::Verdict::drop && seen.answered ? "the row drops, the kernel answered" : "";
        if (model::interface_name(device_, row.out_if) != seen.out)
            return "the row leaves by " + model::interface_name(device_, row.out_if);
        for (const Rewrite& r : rewrites(row, packet_, branch, seen)) {
            if (!r.visible) continue;
            const auto value = fixed_value(r);
            if (value ? *value != r.seen : !candidates(r).contains(minus(r, r.seen)))
                return fmt::format("the row has another {} than the kernel", model::field_name(r.field));
        }
        return {};
    }

    /// What the kernel chose, where the row leaves a choice.
    flow::Valuation chosen(const flow::Row& row, const flow::Outcome& branch, const Seen& seen) const {
        flow::Valuation valuation = branch.taken;
        if (seen.what == Seen::What::nothing) return valuation;
        for (const Rewrite& r : rewrites(row, packet_, branch, seen))
            if (r.visible && !fixed_value(r)) valuation.choices[r.row.choice.value] = minus(r, r.seen);
        return valuation;
    }

private:
    [[nodiscard]] base::u128 mask(Field field) const {
        return base::low_mask(model::field_bits(field, packet_.family));
    }
    [[nodiscard]] base::u128 minus(const Rewrite& r, base::u128 value) const {
        return (value - r.row.delta) & mask(r.field);
    }
    [[nodiscard]] const base::IntervalSet& candidates(const Rewrite& r) const {
        const auto& choice = device_.choices[r.row.choice.index()];
        return choice.candidates.of(choice.field, packet_.family);
    }
    /// nullopt: chosen.
    [[nodiscard]] std::optional<base::u128> fixed_value(const Rewrite& r) const {
        using Form = flow::Rewritten::Form;
        switch (r.row.form) {
            case Form::unchanged: return r.before;
            case Form::fixed: return r.row.value;
            case Form::shifted: return (r.before + r.row.delta) & mask(r.field);
            case Form::chosen: break;
        }
        if (r.row.keep_if_inside && candidates(r).contains(r.before)) return r.before;
        return std::nullopt;
    }

    const model::Device& device_;
    flow::Analysis& analysis_;
    const flow::FlowTable& rows_;
    const flow::Packet& packet_;
};

}  // namespace

Verdict compare(const model::Device& device, const Probe& probe, const Seen& seen) {
    return judge(device, flow::trace(device, to_packet(device, probe)), probe, seen);
}

Tables::Table* Tables::table(base::Family family) {
    auto& slot = family == base::Family::v6 ? v6_ : v4_;
    if (!slot) {
        slot.emplace();
        flow::Budget budget;
        budget.max_nodes = 1'000'000;
        budget.max_rows = 20'000;
        slot->analysis = std::make_unique<flow::Analysis>(device_, family, budget);
        slot->asked = slot->analysis->new_flows();
        if (auto rows = slot->analysis->run(slot->asked, flow::Detail::verdicts)) {
            slot->rows = std::move(*rows);
        } else {
            too_large_ = true;
            slot->asked = slot->analysis->none();
        }
    }
    return slot->asked.empty() ? nullptr : &*slot;
}

std::string Tables::check(Table& table, const flow::Packet& packet, const flow::Trace& trace, const Probe& probe,
                          const Seen& seen) {
    RowCheck rows(device_, *table.analysis, table.rows, packet);
    std::string complaint, against_kernel = "no branch of the trace agrees";
    constexpr std::size_t most = 16;
    std::size_t looked_at = 0;
    for (const flow::Outcome& branch : trace.branches) {
        const bool agrees_with_kernel = agrees(device_, branch, probe, seen);
        if (++looked_at > most && !(agrees_with_kernel && !against_kernel.empty())) continue;
        const flow::Row* row = rows.find(branch.taken, complaint);
        if (row == nullptr) return complaint;
        if (complaint = rows.against(*row, branch); !complaint.empty()) return complaint;
        if (!agrees_with_kernel || against_kernel.empty()) continue;
        row = rows.find(rows.chosen(*row, branch, seen), against_kernel);
        if (row != nullptr) against_kernel = rows.against(*row, branch, seen);
    }
    return against_kernel;
}

Verdict Tables::compare(const Probe& probe, const Seen& seen) {
    const flow::Packet packet = to_packet(device_, probe);
    const flow::Trace trace = flow::trace(device_, packet);
    Verdict verdict = judge(device_, trace, probe, seen);
    // The table is for packets without a mark.
    if (!verdict.agrees || trace.truncated || probe.mark != 0 || verdict.to_itself) return verdict;
    Table* rows = table(packet.family);
    if (rows == nullptr || !rows->analysis->contains(rows->asked, packet, {})) return verdict;
    verdict.in_table = true;
    const std::string complaint = check(*rows, packet, trace, probe, seen);
    if (complaint.empty()) return verdict;
    verdict.agrees = false;
    verdict.model = "flow table: " + complaint;
    for (const flow::Outcome& branch : trace.branches)
        verdict.model += "\n   trace: " + to_string(device_, branch, probe.dst.family);
    return verdict;
}

}  // namespace egresslint::kernel
