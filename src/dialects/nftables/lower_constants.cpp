// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/lower_constants.hpp"

#include <algorithm>

namespace egresslint::dialects::nftables {
namespace {

using base::Interval;
using base::IntervalSet;
using base::u128;

constexpr std::size_t most_intervals = 65536;

std::optional<u128> symbol(const std::string& text, Value type) {
    if (type == Value::ipv4 || type == Value::ipv6) {
        const auto family = type == Value::ipv4 ? base::Family::v4 : base::Family::v6;
        if (const auto address = base::parse_address(text)) {
            if (address->family == family) return address->bits;
            return std::nullopt;
        }
    }
    auto value = number(text);
    if (!value) {
        if (const auto named = named_constant(type, text)) value = *named;
    }
    if (value && *value > base::low_mask(value_bits(type))) return std::nullopt;
    return value;
}

}  // namespace

unsigned value_bits(Value value) {
    switch (value) {
        case Value::ipv4: return 32;
        case Value::ipv6: return 128;
        case Value::port:
        case Value::ether_type: return 16;
        case Value::protocol:
        case Value::direction:
        case Value::family:
        case Value::tcp_flags:
        case Value::icmp_type:
        case Value::icmp_code:
        case Value::icmpv6_type:
        case Value::icmpv6_code: return 8;
        case Value::interface:
        case Value::mark:
        case Value::state:
        case Value::status:
        case Value::address_type:
        case Value::other: return 32;
    }
    return 32;
}

std::optional<u128> constant(const Expression& e, Value type) {
    if (const auto* s = std::get_if<Symbol>(&e.is)) return symbol(s->text, type);
    if (const auto* list = std::get_if<FlagList>(&e.is)) {
        if (list->mask) return std::nullopt;
        u128 all = 0;
        for (const auto& part : list->parts) {
            const auto value = part ? constant(*part, type) : std::nullopt;
            if (!value) return std::nullopt;
            all |= *value;
        }
        return all;
    }
    if (const auto* b = std::get_if<BinaryOperation>(&e.is)) {
        if (!b->left || !b->right) return std::nullopt;
        const auto left = constant(*b->left, type);
        const auto right = constant(*b->right, type);
        if (!left || !right) return std::nullopt;
        const auto full = base::low_mask(value_bits(type));
        if (b->op == "&") return *left & *right;
        if (b->op == "|") return *left | *right;
        if (b->op == "^") return *left ^ *right;
        if (*right >= 128) return u128{0};
        if (b->op == "<<") return (*left << static_cast<unsigned>(*right)) & full;
        if (b->op == ">>") return *left >> static_cast<unsigned>(*right);
    }
    return std::nullopt;
}

void Constants::add(const Expression& e) {
    auto give_up = [&] {
        if (!unresolved_.empty()) return;
        if (const auto* s = std::get_if<Symbol>(&e.is))
            unresolved_ = s->text;
        else if (const auto* u = std::get_if<UnknownExpression>(&e.is))
            unresolved_ = u->text;
        else
            unresolved_ = "value";
    };
    if (std::holds_alternative<Wildcard>(e.is)) {
        wildcard_ = true;
        return;
    }
    if (const auto* set = std::get_if<AnonymousSet>(&e.is)) {
        for (const auto& element : set->elements)
            if (element.key) add(*element.key);
        return;
    }
    if (type_ == Value::interface) {
        const auto* s = std::get_if<Symbol>(&e.is);
        // A number is an interface index, which only the running device can name.
        if (s == nullptr || s->text.empty() || (!s->quoted && number(s->text))) return give_up();
        names_.push_back(s->text);
        return;
    }
    if (const auto* p = std::get_if<PrefixExpression>(&e.is)) {
        const auto bits = value_bits(type_);
        const auto address = p->address ? constant(*p->address, type_) : std::nullopt;
        if (!address || p->length > bits) return give_up();
        const auto host = base::low_mask(bits - p->length);
        intervals_.push_back({*address & ~host & base::low_mask(bits), *address | host});
        return;
    }
    if (const auto* r = std::get_if<Range>(&e.is)) {
        const auto first = r->first ? constant(*r->first, type_) : std::nullopt;
        const auto last = r->last ? constant(*r->last, type_) : std::nullopt;
        if (!first || !last || *first > *last) return give_up();
        intervals_.push_back({*first, *last});
        return;
    }
    if (const auto value = constant(e, type_)) {
        intervals_.push_back({*value, *value});
        return;
    }
    // A prefix that a reader left as one symbol.
    if (const auto* s = std::get_if<Symbol>(&e.is); s != nullptr && (type_ == Value::ipv4 || type_ == Value::ipv6)) {
        const auto prefix = base::parse_prefix(s->text);
        if (prefix && base::address_bits(prefix->base.family) == value_bits(type_)) {
            intervals_.push_back({prefix->first(), prefix->last()});
            return;
        }
    }
    give_up();
}

namespace {

/// An aligned block: all values that agree with `start` above the lowest `free` bits.
struct Block {
    u128 start = 0;
    unsigned free = 0;
};

/// Cuts a set into aligned blocks, the fewest for each interval.
std::optional<std::vector<Block>> blocks(const IntervalSet& set, unsigned bits) {
    std::vector<Block> out;
    for (const auto& interval : set.intervals()) {
        u128 at = interval.first;
        for (;;) {
            unsigned free = 0;
            while (free < bits && (at & base::low_mask(free + 1)) == 0 &&
                   base::low_mask(free + 1) <= interval.last - at)
                ++free;
            out.push_back({at, free});
            if (out.size() > most_intervals) return std::nullopt;
            const auto last = at | base::low_mask(free);
            if (last >= interval.last) break;
            at = last + 1;
        }
    }
    return out;
}

/// x with (x & mask) in the block: bits outside the mask may be anything.
bool undo_and(const Block& block, u128 mask, unsigned bits, std::vector<Interval>& out) {
    const auto low = base::low_mask(block.free);
    const auto full = base::low_mask(bits);
    if ((block.start & ~low & ~mask & full) != 0) return true;  // a bit that the mask clears would have to be set
    // Low bits: any x there gives something inside the block. Above: masked bits are fixed, the others free.
    std::vector<unsigned> open;
    unsigned run = block.free;
    while (run < bits && (mask >> run & 1) == 0) ++run;
    for (unsigned bit = run; bit < bits; ++bit)
        if ((mask >> bit & 1) == 0) open.push_back(bit);
    if (open.size() > 16) return false;
    const auto tail = base::low_mask(run);
    for (std::size_t choice = 0; choice < (std::size_t{1} << open.size()); ++choice) {
        u128 start = block.start & ~tail;
        for (std::size_t i = 0; i < open.size(); ++i)
            if ((choice >> i & 1) != 0) start |= u128{1} << open[i];
        out.push_back({start, start | tail});
        if (out.size() > most_intervals) return false;
    }
    return true;
}

}  // namespace

base::u128 image(u128 x, const std::vector<BitStep>& steps) {
    for (const auto& step : steps) {
        const auto shift = static_cast<unsigned>(std::min<u128>(step.value, 127));
        switch (step.op) {
            case BitStep::Op::bit_and: x &= step.value; break;
            case BitStep::Op::bit_xor: x ^= step.value; break;
            case BitStep::Op::right: x >>= shift; break;
            case BitStep::Op::left: x <<= shift; break;
        }
    }
    return x;
}

std::optional<IntervalSet> preimage(IntervalSet values, const std::vector<BitStep>& steps, unsigned bits) {
    const auto full = IntervalSet::full(bits);
    values = values.intersect(full);
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        std::vector<Interval> out;
        if (step->op == BitStep::Op::right) {
            const auto shift = static_cast<unsigned>(std::min<u128>(step->value, bits));
            const auto reachable = values.intersect(IntervalSet::full(bits - shift));
            for (const auto& i : reachable.intervals())
                out.push_back({shift >= 128 ? 0 : i.first << shift,
                               shift >= 128 ? base::low_mask(bits) : (i.last << shift) | base::low_mask(shift)});
        } else if (step->op == BitStep::Op::left) {
            // (x << s) keeps the low bits - s bits of x: the step before it is then a mask.
            const auto shift = static_cast<unsigned>(std::min<u128>(step->value, bits));
            const auto cut = blocks(values, bits);
            if (!cut) return std::nullopt;
            for (const auto& b : *cut) {
                Block moved{shift >= 128 ? 0 : b.start >> shift, b.free > shift ? b.free - shift : 0};
                if (b.free < shift && (b.start & base::low_mask(shift)) != 0) continue;
                if (!undo_and(moved, base::low_mask(bits - shift), bits, out)) return std::nullopt;
            }
        } else {
            const auto cut = blocks(values, bits);
            if (!cut) return std::nullopt;
            for (const auto& b : *cut) {
                if (step->op == BitStep::Op::bit_xor) {
                    const auto start = (b.start ^ step->value) & ~base::low_mask(b.free) & base::low_mask(bits);
                    out.push_back({start, start | base::low_mask(b.free)});
                } else if (!undo_and(b, step->value, bits, out)) {
                    return std::nullopt;
                }
            }
        }
        values = IntervalSet(std::move(out));
    }
    return values;
}

}  // namespace egresslint::dialects::nftables
