// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_batch.hpp"

#include <algorithm>
#include <charconv>

#include "lint/prepare.hpp"
#include "model/print.hpp"

namespace egresslint::cli {

using base::u128;
using flow::Answer;

namespace {

constexpr std::string_view rules_key = "\"rules\":[";

void append_number(std::string& out, std::uint64_t value) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_address(std::string& out, base::Family family, u128 bits) {
    if (family == base::Family::v6) {
        out += base::to_string(base::Address{family, bits});
        return;
    }
    const auto quad = static_cast<std::uint32_t>(bits);
    for (unsigned shift = 32; shift != 0; shift -= 8) {
        if (shift != 32) out += '.';
        append_number(out, quad >> (shift - 8) & 0xff);
    }
}

void append_range(std::string& out, base::Family family, const base::Interval& range) {
    append_address(out, family, range.first);
    if (range.first == range.last) return;
    out += '-';
    append_address(out, family, range.last);
}

/// As JSON: a number, or text where the port is open.
void append_ports(std::string& out, const base::Interval& range) {
    if (range.first == range.last) return append_number(out, static_cast<std::uint64_t>(range.first));
    out += '"';
    append_number(out, static_cast<std::uint64_t>(range.first));
    out += '-';
    append_number(out, static_cast<std::uint64_t>(range.last));
    out += '"';
}

std::string ports_text(const base::Interval& range) {
    std::string out;
    append_ports(out, range);
    std::erase(out, '"');
    return out;
}

std::uint64_t key_of(const flow::BriefStep& step) {
    return std::uint64_t{step.stage.value} << 33 | std::uint64_t{step.rule.value} << 1 | (step.uncertain ? 1 : 0);
}

/// One settled branch that is like the brief answer.
flow::Trace settled(const flow::BriefTrace& brief) {
    flow::Trace out;
    out.answer = brief.answer;
    out.outcome.verdict = brief.verdict;
    out.outcome.out_if = brief.out_if;
    out.outcome.src = brief.src;
    out.outcome.dst = brief.dst;
    out.outcome.sport = brief.sport;
    out.outcome.dport = brief.dport;
    out.outcome.logged = brief.logged;
    out.outcome.limited = brief.limited;
    out.outcome.inspected = brief.inspected;
    out.branches.push_back(out.outcome);
    return out;
}

flow::Outcome with_step(const model::Device& device, const flow::BriefStep& step) {
    model::Rule fallthrough;
    if (!step.rule.valid()) fallthrough.control = device.pipeline[step.stage.index()].fallthrough;
    const model::Rule& rule = step.rule.valid() ? device.rules[step.rule.index()] : fallthrough;
    flow::Outcome out;
    out.steps.push_back({step.stage, step.chain, step.rule, model::print_action(device, rule), step.uncertain});
    return out;
}

}  // namespace

flow::CompiledTracer& DeviceTracers::of(base::Family family) {
    auto& tracer = family == base::Family::v4 ? v4_ : v6_;
    if (!tracer) tracer = std::make_unique<flow::CompiledTracer>(device_, family);
    return *tracer;
}

report::TracedPacket traced_packet(const model::Device& device, const flow::Packet& packet, const flow::Trace& trace) {
    report::TracedPacket out;
    out.packet = lint::packet_text(device, packet);
    out.outcome = lint::outcome_text(device, packet, trace);
    out.alternatives = lint::alternatives(device, packet, trace);
    out.steps = lint::trace_steps(device, out.alternatives.empty() ? trace.outcome : lint::common_steps(trace));
    for (const model::PredicateId predicate : trace.depends_on)
        out.depends_on.push_back(device.predicates[predicate.index()].text);
    return out;
}

// -- lines

/// The frame of an answer: the line of traced_jsonl with marks in place of the values. An outcome that says something
/// else than the values of the answer (nothing, for a dropped packet) is part of the frame.
TraceLines::Frame TraceLines::make_frame(const flow::Packet& packet, const flow::BriefTrace& brief) const {
    report::TracedPacket traced = traced_packet(device_, packet, settled(brief));
    traced.steps.clear();
    Frame frame;
    std::vector<std::pair<std::string, Hole>> marks;
    const auto mark = [&](std::string& text, const std::string& value, const char* name, Hole hole) {
        if (text.empty()) return true;
        if (text != value) return false;
        text = name;
        // A port stands without quotes.
        marks.emplace_back('"' + text + '"', hole);
        return true;
    };
    std::string src, dst;
    append_range(src, packet.family, brief.src);
    append_range(dst, packet.family, brief.dst);
    if (!mark(traced.outcome.src, src, "<src>", Hole::src) || !mark(traced.outcome.dst, dst, "<dst>", Hole::dst) ||
        !mark(traced.outcome.sport, ports_text(brief.sport), "<sport>", Hole::sport) ||
        !mark(traced.outcome.dport, ports_text(brief.dport), "<dport>", Hole::dport))
        return frame;
    const std::string line = report::traced_jsonl(traced, sources_);
    std::size_t at = 0;
    for (const auto& [text, hole] : marks) {
        const std::size_t found = line.find(text, at);
        if (found == std::string::npos) return frame;
        const bool quoted = hole == Hole::src || hole == Hole::dst;
        frame.before.emplace_back(line.substr(at, found - at) + (quoted ? "\"" : ""), hole);
        at = found + text.size() - (quoted ? 1 : 0);
    }
    const std::size_t rules = line.find(rules_key, at);
    if (rules == std::string::npos || line[rules + rules_key.size()] != ']') return frame;
    frame.between = line.substr(at, rules + rules_key.size() - at);
    frame.after = line.substr(rules + rules_key.size());
    frame.usable = true;
    return frame;
}

/// The step as an element of the list, or "" if people are not shown it.
std::string TraceLines::make_step(const flow::BriefStep& step) const {
    report::TracedPacket traced;
    const std::string without = report::traced_jsonl(traced, sources_);
    traced.steps = lint::trace_steps(device_, with_step(device_, step));
    const std::string with = report::traced_jsonl(traced, sources_);
    const std::size_t rules = without.find(rules_key);
    if (rules == std::string::npos) return "";
    return with.substr(rules + rules_key.size(), with.size() - without.size());
}

const std::string& TraceLines::step(const flow::BriefStep& step) {
    const auto [known, fresh] = steps_.try_emplace(key_of(step));
    if (fresh) known->second = make_step(step);
    return known->second;
}

void TraceLines::append(flow::CompiledTracer& tracer, const flow::Packet& packet, std::string& out) {
    const flow::BriefTrace& brief = tracer.run(packet);
    const auto ranges = [](const base::Interval& i) { return i.first == i.last ? 0u : 1u; };
    const std::uint64_t key = std::uint64_t{brief.out_if} << 32 | std::uint64_t{packet.proto} << 16 |
                              static_cast<std::uint64_t>(brief.answer) << 8 | (brief.logged ? 128u : 0u) |
                              (packet.family == base::Family::v6 ? 64u : 0u) |
                              static_cast<unsigned>(brief.verdict) << 4 | ranges(brief.src) << 3 |
                              ranges(brief.dst) << 2 | ranges(brief.sport) << 1 | ranges(brief.dport);
    const bool is_settled = brief.answer != Answer::unknown && brief.depends_on.empty();
    Frame* frame = nullptr;
    if (is_settled) {
        const auto [known, fresh] = frames_.try_emplace(key);
        if (fresh) known->second = make_frame(packet, brief);
        frame = &known->second;
    }
    if (frame == nullptr || !frame->usable) {
        out += report::traced_jsonl(traced_packet(device_, packet, tracer.trace(packet)), sources_);
        return;
    }
    for (const auto& [text, hole] : frame->before) {
        out += text;
        switch (hole) {
            case Hole::src: append_range(out, packet.family, brief.src); break;
            case Hole::dst: append_range(out, packet.family, brief.dst); break;
            case Hole::sport: append_ports(out, brief.sport); break;
            case Hole::dport: append_ports(out, brief.dport); break;
        }
    }
    out += frame->between;
    bool first = true;
    for (const flow::BriefStep& s : brief.steps) {
        const std::string& text = step(s);
        if (text.empty()) continue;
        if (!first) out += ',';
        first = false;
        out += text;
    }
    out += frame->after;
}

// -- counts

TraceCounts::TraceCounts(const model::Device& device) : device_(device), out_(device.interfaces.size()) {}

void TraceCounts::add(const flow::BriefTrace& brief) {
    ++packets_;
    ++answers_[static_cast<std::size_t>(brief.answer)];
    if (brief.answer == Answer::accept) ++out_[brief.out_if < out_.size() ? brief.out_if : model::no_interface];
    for (flow::BriefStep step : brief.steps) {
        step.uncertain = false;
        ++steps_[key_of(step)];
    }
}

report::TraceSummary TraceCounts::summary() const {
    report::TraceSummary out;
    out.packets = packets_;
    out.accepted = answers_[static_cast<std::size_t>(Answer::accept)];
    out.dropped = answers_[static_cast<std::size_t>(Answer::drop)];
    out.rejected = answers_[static_cast<std::size_t>(Answer::reject)];
    out.unknown = answers_[static_cast<std::size_t>(Answer::unknown)];
    for (std::size_t i = 0; i < out_.size(); ++i) {
        if (out_[i] == 0) continue;
        const auto id = static_cast<std::uint32_t>(i);
        out.out.push_back({id == model::self_interface ? "(self)"
                           : id == model::no_interface ? ""
                                                       : model::interface_name(device_, id),
                           out_[i]});
    }
    for (const auto& [key, packets] : steps_) {
        flow::BriefStep step;
        step.stage = model::StageId(key >> 33);
        step.rule.value = static_cast<std::uint32_t>(key >> 1);
        for (lint::TraceStep& s : lint::trace_steps(device_, with_step(device_, step)))
            out.rules.push_back({std::move(s), packets});
    }
    std::sort(out.rules.begin(), out.rules.end(), [](const auto& a, const auto& b) {
        const base::Span &x = a.step.span, &y = b.step.span;
        return std::tie(x.file.value, x.begin, x.end, a.step.stage, a.step.effect) <
               std::tie(y.file.value, y.begin, y.end, b.step.stage, b.step.effect);
    });
    return out;
}

}  // namespace egresslint::cli
