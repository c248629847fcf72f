// SPDX-License-Identifier: Apache-2.0
// The public face of the room: handles in, handles out; budgets become TooLarge; garbage is collected between calls.
#include "flow/analysis.hpp"

#include <algorithm>

#include "flow/execute.hpp"

namespace egresslint::flow {

using base::Family;
using base::IntervalSet;
using base::u128;
using model::Field;

namespace {

constexpr std::size_t collect_above_nodes = 1u << 20;
constexpr std::size_t collect_above_edges = 1u << 25;

model::LiteralSet device_addresses(const model::Device& device) {
    std::vector<base::Interval> v4{{0x7f000000u, 0x7fffffffu}}, v6{{1, 1}};
    for (const auto& i : device.interfaces)
        for (const auto& a : i.addresses)
            (a.address.family == Family::v6 ? v6 : v4).push_back({a.address.bits, a.address.bits});
    return {IntervalSet(std::move(v4)), IntervalSet(std::move(v6))};
}

}  // namespace

struct Analysis::Impl {
    const model::Device& device;
    Family family;
    Budget budget;
    Reach reach;
    Layout layout;
    Space* space;
    Terminals terminals;
    Executor executor;
    std::unique_ptr<Matcher> whole;
    HeaderSet all, flows;
    bool have_flows = false;
    std::size_t collect_nodes = collect_above_nodes, collect_edges = collect_above_edges;
    std::uint32_t may_code, varying_code, fixed_code;
    std::vector<Space::Quantify> may_modes, varying_modes, fixed_modes;

    Impl(const model::Device& d, Family f, Budget b)
        : device(d),
          family(f),
          budget(b),
          reach(d, f),
          layout(d, f, reach),
          space(new Space(layout.maxima(), b)),
          executor(d, *space, layout, reach, terminals),
          may_code(space->new_code()),
          varying_code(space->new_code()),
          fixed_code(space->new_code()) {
        space->adopt();
        space->enforce_budget(false);
        using Q = Space::Quantify;
        may_modes.assign(space->level_count(), Q::keep);
        varying_modes = fixed_modes = may_modes;
        for (const auto& block : layout.blocks()) {
            if (block.kind == Block::Kind::field) continue;
            const bool varies = block.kind == Block::Kind::predicate
                                    ? model::occurs_both_ways(device.predicates[block.id].kind)
                                    : device.choices[block.id].varies;
            for (std::uint32_t l = block.first; l < block.first + block.count; ++l) {
                may_modes[l] = Q::exists;
                (varies ? varying_modes : fixed_modes)[l] = varies ? Q::exists : Q::forall;
            }
        }
        std::vector<NodeId> parts;
        parts.push_back(cube({{Field::in_if, interfaces()}}));
        std::vector<std::pair<Field, IntervalSet>> own{{Field::in_if, IntervalSet::single(model::self_interface)}};
        if (device.addresses_known) own.emplace_back(Field::src, device_addresses(device).of(Field::src, family));
        parts.push_back(cube(own));
        all = space->handle(space->overlay_all(parts));
    }
    ~Impl() {
        all = HeaderSet();
        flows = HeaderSet();
        space->abandon();
    }

    NodeId cube(std::span<const std::pair<Field, IntervalSet>> conditions) {
        std::vector<Constraint> list;
        std::vector<IntervalSet> own;
        own.reserve(conditions.size());
        for (const auto& [field, values] : conditions) {
            if (!model::is_header(field)) {
                if (field == Field::family && !values.contains(static_cast<u128>(family))) return nowhere;
                continue;
            }
            const BlockId block = layout.block(field);
            const auto same = std::find_if(list.begin(), list.end(), [&](const auto& c) { return c.block == block; });
            if (same == list.end())
                list.push_back({block, &values});
            else
                same->values = &own.emplace_back(same->values->intersect(values));
        }
        return make_cube(*space, layout, list);
    }
    NodeId cube(std::initializer_list<std::pair<Field, IntervalSet>> c) {
        return cube(std::span<const std::pair<Field, IntervalSet>>(c.begin(), c.size()));
    }

    /// What a forwarded or received packet can come in by.
    [[nodiscard]] IntervalSet interfaces() const {
        std::vector<base::Interval> out;
        for (std::size_t n = model::first_interface; n < device.interfaces.size(); ++n)
            if (!device.interfaces[n].absent) out.push_back({n, n});
        return IntervalSet(std::move(out));
    }

    /// Only where no raw id is held: at the start of a public call.
    void tidy(bool now = false) {
        if (!now && space->node_count() < collect_nodes && space->edge_count() < collect_edges) return;
        executor.forget();
        whole.reset();
        space->collect();
        collect_nodes = std::max(collect_above_nodes, space->node_count() * 2);
        collect_edges = std::max(collect_above_edges, space->edge_count() * 2);
    }
    Matcher& matcher() {
        if (!whole) whole = std::make_unique<Matcher>(device, *space, layout, reach, terminals, whole_box(family));
        return *whole;
    }
    Execution execution_of(const Row& row) {
        Execution e = executor.initial(model::ConnectionState::fresh);
        e.slots[out_if_slot] = row.out_if;
        e.slots[rewrite_slot(Field::src)] = terminals.rewritten(row.src);
        e.slots[rewrite_slot(Field::dst)] = terminals.rewritten(row.dst);
        e.slots[rewrite_slot(Field::sport)] = terminals.rewritten(row.sport);
        e.slots[rewrite_slot(Field::dport)] = terminals.rewritten(row.dport);
        return e;
    }
    /// One number a level, for a packet and the values of unknowns (absent: 0).
    std::vector<std::uint32_t> point(const Packet& p, const Valuation& valuation) const;
};

namespace {
u128 field_of(const Packet& p, Field field) {
    switch (field) {
        case Field::in_if: return p.in_if;
        case Field::src: return p.src;
        case Field::dst: return p.dst;
        case Field::proto: return p.proto;
        case Field::sport: return p.sport;
        case Field::dport: return p.dport;
        case Field::icmp_type: return p.icmp_type;
        case Field::icmp_code: return p.icmp_code;
        case Field::tcp_flags: return p.tcp_flags;
        default: return 0;
    }
}
void set_field(Packet& p, Field field, u128 v) {
    switch (field) {
        case Field::in_if: p.in_if = static_cast<std::uint32_t>(v); break;
        case Field::src: p.src = v; break;
        case Field::dst: p.dst = v; break;
        case Field::proto: p.proto = static_cast<std::uint8_t>(v); break;
        case Field::sport: p.sport = static_cast<std::uint16_t>(v); break;
        case Field::dport: p.dport = static_cast<std::uint16_t>(v); break;
        case Field::icmp_type: p.icmp_type = static_cast<std::uint8_t>(v); break;
        case Field::icmp_code: p.icmp_code = static_cast<std::uint8_t>(v); break;
        case Field::tcp_flags: p.tcp_flags = static_cast<std::uint8_t>(v); break;
        default: break;
    }
}
}  // namespace

std::vector<std::uint32_t> Analysis::Impl::point(const Packet& p, const Valuation& valuation) const {
    std::vector<std::uint32_t> out;
    for (const auto& block : layout.blocks()) {
        u128 v = 0;
        if (block.kind == Block::Kind::field) {
            v = field_of(p, static_cast<Field>(block.id));
        } else if (block.kind == Block::Kind::predicate) {
            if (const auto it = valuation.predicates.find(block.id); it != valuation.predicates.end()) v = it->second;
        } else if (const auto it = valuation.choices.find(block.id); it != valuation.choices.end()) {
            v = it->second;
        }
        for (std::uint32_t k = block.count; k-- > 0;) out.push_back(static_cast<std::uint32_t>(v >> (32 * k)));
    }
    return out;
}

Analysis::Analysis(const model::Device& device, Family family, Budget budget)
    : impl_(std::make_unique<Impl>(device, family, budget)) {}
Analysis::~Analysis() = default;

const model::Device& Analysis::device() const { return impl_->device; }
Family Analysis::family() const { return impl_->family; }
std::size_t Analysis::node_count() const { return impl_->space->node_count(); }

HeaderSet Analysis::all() { return impl_->all; }
HeaderSet Analysis::none() { return impl_->space->handle(nowhere); }
HeaderSet Analysis::where(Field field, const IntervalSet& values) {
    impl_->tidy();
    return impl_->space->handle(impl_->cube({{field, values}}));
}
HeaderSet Analysis::cube(std::span<const std::pair<Field, IntervalSet>> constraints) {
    impl_->tidy();
    return impl_->space->handle(impl_->cube(constraints));
}
HeaderSet Analysis::predicate(model::PredicateId which, std::uint16_t value) {
    const auto block = impl_->layout.block(which);
    if (!block) return impl_->all;  // decides nothing, so either value will do
    const IntervalSet v = IntervalSet::single(value);
    const Constraint c{*block, &v};
    return impl_->space->handle(make_cube(*impl_->space, impl_->layout, {&c, 1}));
}
HeaderSet Analysis::meet(const HeaderSet& a, const HeaderSet& b) {
    impl_->tidy();
    return impl_->space->handle(impl_->space->meet(impl_->space->id(a), impl_->space->id(b)));
}
HeaderSet Analysis::join(const HeaderSet& a, const HeaderSet& b) {
    impl_->tidy();
    return impl_->space->handle(impl_->space->overlay(impl_->space->id(a), impl_->space->id(b)));
}
HeaderSet Analysis::minus(const HeaderSet& a, const HeaderSet& b) {
    impl_->tidy();
    return impl_->space->handle(impl_->space->minus(impl_->space->id(a), impl_->space->id(b)));
}
HeaderSet Analysis::join_all(std::span<const HeaderSet> sets) {
    impl_->tidy();
    std::vector<NodeId> ids;
    for (const auto& s : sets)
        if (!s.empty()) ids.push_back(impl_->space->id(s));
    return impl_->space->handle(impl_->space->overlay_all(ids));
}
bool Analysis::disjoint(const HeaderSet& a, const HeaderSet& b) {
    return impl_->space->disjoint(impl_->space->id(a), impl_->space->id(b));
}
bool Analysis::subset(const HeaderSet& a, const HeaderSet& b) {
    return impl_->space->subset(impl_->space->id(a), impl_->space->id(b));
}

HeaderSet Analysis::new_flows() {
    Impl& i = *impl_;
    if (i.have_flows) return i.flows;
    i.tidy();
    const auto zero = IntervalSet::single(0);
    const u128 icmp = i.family == Family::v6 ? 58 : 1;
    std::vector<base::Interval> syn;
    for (u128 flags = 0; flags < 256; ++flags)
        if ((flags & 0x17) == 2) syn.push_back({flags, flags});
    const IntervalSet datagrams{{17, 17}, {33, 33}, {132, 132}, {136, 136}};
    const IntervalSet rest = datagrams.unite(IntervalSet{{6, 6}, {icmp, icmp}}).complement(8);
    std::vector<NodeId> parts{
        i.cube({{Field::proto, IntervalSet::single(6)},
                {Field::tcp_flags, IntervalSet(std::move(syn))},
                {Field::icmp_type, zero},
                {Field::icmp_code, zero}}),
        i.cube(
            {{Field::proto, datagrams}, {Field::tcp_flags, zero}, {Field::icmp_type, zero}, {Field::icmp_code, zero}}),
        i.cube({{Field::proto, IntervalSet::single(icmp)},
                {Field::tcp_flags, zero},
                {Field::sport, zero},
                {Field::dport, zero}}),
        i.cube({{Field::proto, rest},
                {Field::tcp_flags, zero},
                {Field::sport, zero},
                {Field::dport, zero},
                {Field::icmp_type, zero},
                {Field::icmp_code, zero}})};
    i.flows = i.space->handle(i.space->meet(i.space->overlay_all(parts), i.space->id(i.all)));
    i.have_flows = true;
    return i.flows;
}

// -- unknowns -------------------------------------------------------------------------------------------------------

HeaderSet Analysis::may(const HeaderSet& set) {
    impl_->tidy();
    return impl_->space->handle(impl_->space->quantify(impl_->space->id(set), impl_->may_modes, impl_->may_code));
}
HeaderSet Analysis::at_times(const HeaderSet& set) {
    impl_->tidy();
    return impl_->space->handle(
        impl_->space->quantify(impl_->space->id(set), impl_->varying_modes, impl_->varying_code));
}
HeaderSet Analysis::must(const HeaderSet& set) {
    impl_->tidy();
    // What occurs both ways may be chosen last, for each value of what is merely not known.
    const NodeId some = impl_->space->quantify(impl_->space->id(set), impl_->varying_modes, impl_->varying_code);
    return impl_->space->handle(impl_->space->quantify(some, impl_->fixed_modes, impl_->fixed_code));
}
std::vector<model::PredicateId> Analysis::predicates_of(const HeaderSet& set) {
    std::vector<model::PredicateId> out;
    for (const auto level : impl_->space->levels(impl_->space->id(set))) {
        const Block& b = impl_->layout.blocks()[impl_->layout.block_of_level(level)];
        if (b.kind == Block::Kind::predicate) out.emplace_back(b.id);
    }
    std::sort(out.begin(), out.end());
    return out;
}
std::vector<model::ChoiceId> Analysis::choices_of(const HeaderSet& set) {
    std::vector<model::ChoiceId> out;
    for (const auto level : impl_->space->levels(impl_->space->id(set))) {
        const Block& b = impl_->layout.blocks()[impl_->layout.block_of_level(level)];
        if (b.kind == Block::Kind::choice && (out.empty() || out.back().value != b.id)) out.emplace_back(b.id);
    }
    std::sort(out.begin(), out.end());
    return out;
}

// -- the pipeline ---------------------------------------------------------------------------------------------------

Expected<FlowTable> Analysis::run(const HeaderSet& headers, Detail detail, const Interest& interest,
                                  model::ConnectionState state) {
    Impl& i = *impl_;
    i.tidy();
    std::vector<Ending> endings;
    i.space->enforce_budget(true);
    try {
        const NodeId set = i.space->meet(i.space->id(headers), i.space->id(i.all));
        endings = i.executor.run(set, detail, interest, state, i.budget.max_rows);
    } catch (const BudgetExceeded& e) {
        i.space->enforce_budget(false);
        i.space->reset_scratch();
        i.tidy(true);
        return tl::unexpected(TooLarge{std::string("the analysis needs more ") + e.what + " than its budget allows"});
    }
    i.space->enforce_budget(false);
    FlowTable table;
    table.rows.reserve(endings.size());
    for (auto& e : endings) {
        Row row;
        row.headers = i.space->handle(e.headers);
        row.verdict = e.state.verdict;
        row.out_if = e.state.slots[out_if_slot];
        row.src = i.terminals.rewritten(e.state.slots[rewrite_slot(Field::src)]);
        row.dst = i.terminals.rewritten(e.state.slots[rewrite_slot(Field::dst)]);
        row.sport = i.terminals.rewritten(e.state.slots[rewrite_slot(Field::sport)]);
        row.dport = i.terminals.rewritten(e.state.slots[rewrite_slot(Field::dport)]);
        row.logged = e.state.logged;
        row.limited = e.state.limited;
        row.inspected = e.state.inspected;
        row.decisions = std::move(e.state.trail);
        table.rows.push_back(std::move(row));
    }
    return table;
}

HeaderSet Analysis::where_after(const Row& row, Field field, const IntervalSet& values) {
    Impl& i = *impl_;
    i.tidy();
    if (field == Field::out_if) return values.contains(row.out_if) ? row.headers : none();
    if (field == Field::family) return values.contains(static_cast<u128>(i.family)) ? row.headers : none();
    if (!model::is_header(field)) return none();
    const NodeId inside = i.matcher().select(field, values, i.execution_of(row));
    return i.space->handle(i.space->meet(i.space->id(row.headers), inside));
}

IntervalSet Analysis::values_after(const Row& row, Field field) {
    Impl& i = *impl_;
    if (field == Field::out_if) return IntervalSet::single(row.out_if);
    if (field == Field::family) return IntervalSet::single(static_cast<u128>(i.family));
    if (row.headers.empty()) return {};
    if (!has_rewrite_slot(field)) return project(row.headers, field);
    const unsigned bits = model::field_bits(field, i.family);
    const Rewritten& form = field == Field::src     ? row.src
                            : field == Field::dst   ? row.dst
                            : field == Field::sport ? row.sport
                                                    : row.dport;
    switch (form.form) {
        case Rewritten::Form::unchanged: return project(row.headers, field);
        case Rewritten::Form::fixed: return IntervalSet::single(form.value);
        case Rewritten::Form::shifted: return project(row.headers, field).shifted(form.delta, bits);
        case Rewritten::Form::chosen: break;
    }
    const auto& choice = i.device.choices[form.choice.index()];
    const auto& candidates = choice.candidates.of(choice.field, i.family);
    return form.delta == 0 ? candidates : candidates.shifted(form.delta, bits);
}

HeaderSet Analysis::select(model::ExprId expr) {
    Impl& i = *impl_;
    i.tidy();
    const NodeId set = i.matcher().select(expr, i.executor.initial(model::ConnectionState::fresh));
    return i.space->handle(i.space->meet(set, i.space->id(i.all)));
}

// -- results --------------------------------------------------------------------------------------------------------

IntervalSet Analysis::project(const HeaderSet& set, Field field) {
    if (!model::is_header(field) || set.empty()) return {};
    return flow::project(*impl_->space, impl_->layout, impl_->space->id(set), impl_->layout.block(field));
}

std::optional<Analysis::Witness> Analysis::witness(const HeaderSet& set, std::span<const HeaderSet> prefer) {
    Impl& i = *impl_;
    if (set.empty()) return std::nullopt;
    i.tidy();
    NodeId at = i.space->id(set);
    for (const auto& p : prefer)
        if (const NodeId narrower = i.space->meet(at, i.space->id(p)); narrower != nowhere) at = narrower;

    Packet defaults;
    defaults.family = i.family;
    defaults.in_if = static_cast<std::uint32_t>(i.interfaces().lowest().value_or(model::self_interface));
    defaults.sport = 40000;
    std::vector<std::uint32_t> levels = i.point(defaults, {});
    std::vector<bool> tested(levels.size());
    for (const auto& [level, range] : i.space->path(at)) {
        const Block& b = i.layout.blocks()[i.layout.block_of_level(level)];
        std::uint32_t v = range.first;
        if (b.kind == Block::Kind::field) {
            const auto field = static_cast<Field>(b.id);
            // A host rather than the network's own address; a source port as clients use them.
            if (model::is_address(field) && level + 1 == b.first + b.count && (v & 0xff) == 0 && v < range.second) ++v;
            if (field == Field::sport && range.first <= 40000 && range.second >= 40000) v = 40000;
        }
        levels[level] = v;
        tested[level] = true;
    }
    Witness w;
    w.packet = defaults;
    for (const auto& b : i.layout.blocks()) {
        u128 v = 0;
        bool used = false;
        for (std::uint32_t l = b.first; l < b.first + b.count; ++l) {
            v = v << 32 | levels[l];
            used = used || tested[l];
        }
        if (b.kind == Block::Kind::field) {
            set_field(w.packet, static_cast<Field>(b.id), v);
        } else if (used && b.kind == Block::Kind::predicate) {
            w.valuation.predicates[b.id] = static_cast<std::uint16_t>(v);
        } else if (used) {
            const auto& c = i.device.choices[b.id];
            w.valuation.choices[b.id] = clamp(v, c.candidates.of(c.field, i.family));
        }
    }
    if (w.packet.proto != 6 && !tested[i.layout.blocks()[i.layout.block(Field::tcp_flags)].first])
        w.packet.tcp_flags = 0;
    else if (w.packet.proto == 6 && !tested[i.layout.blocks()[i.layout.block(Field::tcp_flags)].first])
        w.packet.tcp_flags = 2;
    return w;
}

bool Analysis::contains(const HeaderSet& set, const Packet& packet, const Valuation& valuation) {
    if (packet.family != impl_->family) return false;
    const auto point = impl_->point(packet, valuation);
    return impl_->space->evaluate(impl_->space->id(set), point) != 0;
}

bool Analysis::boxes(const HeaderSet& set, std::size_t limit, const std::function<void(const Box&)>& visit) {
    Impl& i = *impl_;
    const HeaderSet plain = may(set);
    const IntervalSet interfaces = i.interfaces().unite(IntervalSet::single(model::self_interface));
    std::size_t seen = 0;
    Box box;
    const auto walk = [&](auto&& self, NodeId at) -> bool {
        if (at == nowhere) return true;
        if (is_terminal(at)) {
            if (seen == limit) return false;
            ++seen;
            visit(box);
            return true;
        }
        const BlockId block = i.layout.block_of_level(i.space->level(at));
        const auto parts = split(*i.space, i.layout, at, block, std::max<std::size_t>(limit, 64) * 64);
        if (!parts) return false;
        const auto field = static_cast<Field>(i.layout.blocks()[block].id);
        for (const auto& [values, next] : *parts) {
            const bool says_something = field != Field::in_if || !values.contains_all(interfaces);
            if (says_something) box.emplace_back(field, values);
            const bool fits = self(self, next);
            if (says_something) box.pop_back();
            if (!fits) return false;
        }
        return true;
    };
    return walk(walk, i.space->id(plain));
}

}  // namespace egresslint::flow
