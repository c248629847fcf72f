// SPDX-License-Identifier: Apache-2.0
#include "lint/query_eval.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lint/address_space.hpp"
#include "lint/infer.hpp"
#include "lint/lint.hpp"
#include "lint/suggest.hpp"

namespace egresslint::lint::query {

using namespace model;
using base::Interval;
using flow::HeaderSet;

IntervalSet addresses_of(const std::vector<base::Prefix>& prefixes, base::Family family) {
    std::vector<Interval> list;
    for (const base::Prefix& p : prefixes)
        if (p.base.family == family) list.push_back({p.first(), p.last()});
    return IntervalSet(std::move(list));
}

Evaluation::Evaluation(const Prepared& prepared, const Intent& intent, base::Family family, flow::Budget budget)
    : prepared_(prepared), intent_(intent), analysis_(prepared.device, family, budget) {}

unsigned Evaluation::bits(Field field) const { return field_bits(field, family()); }

// -- values ----------------------------------------------------------------------------------------------------------

bool Evaluation::inside_known() const {
    return prepared_.network.inside_declared && !of(prepared_.network.inside, family()).empty();
}

IntervalSet Evaluation::sources_inside() const {
    const Network& n = prepared_.network;
    const IntervalSet& inside = of(n.inside, family());
    if (inside_known()) {
        IntervalSet sources = inside;
        for (const ServerView& v : n.mail_servers) sources = sources.unite(addresses_of(v.server.address, family()));
        return sources;
    }
    return of(minus(minus(all_addresses(), impossible_sources()), n.own), family());
}

IntervalSet Evaluation::values(const Node& node) const {
    const Network& n = prepared_.network;
    const Device& d = prepared_.device;
    std::vector<Interval> list;
    const auto take = [&](const IntervalSet& set) {
        list.insert(list.end(), set.intervals().begin(), set.intervals().end());
    };
    const Field field = field_of(node.target);
    for (const Value& v : node.values) {
        using Kind = Value::Kind;
        switch (v.kind) {
            case Kind::addresses:
                if (v.family == family()) list.push_back({v.first, v.last});
                break;
            case Kind::numbers: list.push_back({v.first, v.last}); break;
            case Kind::text:
                for (std::size_t i = self_interface; i < d.interfaces.size(); ++i) {
                    const bool zone = node.target == Target::in_zone || node.target == Target::out_zone;
                    if (zone ? d.interfaces[i].zone == v.text : matches_interface(d.interfaces[i], v.text))
                        list.push_back({i, i});
                }
                break;
            case Kind::set: {
                // The site's own name first: it says which one is meant.
                const auto mine = std::find_if(intent_.sets.begin(), intent_.sets.end(),
                                               [&](const NamedSet& s) { return s.name == v.text; });
                if (mine != intent_.sets.end()) {
                    if (is_address(field)) take(of(mine->addresses, family()));
                    if (field == Field::sport || field == Field::dport) take(mine->ports);
                    break;
                }
                for (const model::Set& set : d.sets) {
                    if (!set.object.valid() || !matches_object(d.objects[set.object.index()].name, v.text)) continue;
                    if (const auto* literal = std::get_if<LiteralSet>(&set.is)) take(literal->of(field, family()));
                }
                break;
            }
            case Kind::mail_servers:
                for (const ServerView& s : n.mail_servers) take(addresses_of(s.server.address, family()));
                break;
            case Kind::internal: take(of(n.inside, family())); break;
            case Kind::own: take(of(n.own, family())); break;
            case Kind::global: take(of(global_addresses(), family())); break;
            case Kind::smtp_ports:
                for (const std::uint16_t p : intent_.smtp_ports) list.push_back({p, p});
                break;
            case Kind::smtp_allowed: take(addresses_of(intent_.smtp_allowed, family())); break;
            case Kind::server_address:
                if (server_ != nullptr) take(addresses_of(server_->server.address, family()));
                break;
            case Kind::server_outbound:
                if (server_ != nullptr) take(addresses_of(server_->server.outbound, family()));
                break;
            case Kind::server_published:
                if (server_published_ != nullptr) take(*server_published_);
                break;
            case Kind::interface_address: take(of(n.interface_addresses, family())); break;
            case Kind::internet: take(of(n.internet, family())); break;
            case Kind::original: break;  // no constant: see unchanged
        }
    }
    return IntervalSet(std::move(list));
}

bool Evaluation::names_interface_address(const Node& node) const {
    return std::any_of(node.values.begin(), node.values.end(),
                       [](const Value& v) { return v.kind == Value::Kind::interface_address; });
}
/// What an unstated interface address is presumed to be in: global, an interface's address, and no named set else.
bool Evaluation::presumed(const Node& node) const {
    return std::any_of(node.values.begin(), node.values.end(), [](const Value& v) {
        return v.kind == Value::Kind::interface_address || v.kind == Value::Kind::global;
    });
}

bool Evaluation::is_unstated_interface_address(const flow::Rewritten& value) const {
    if (value.form != flow::Rewritten::Form::chosen) return false;
    for (const Interface& f : prepared_.device.interfaces)
        if ((f.unknown_address4.valid() && f.unknown_address4 == value.choice) ||
            (f.unknown_address6.valid() && f.unknown_address6 == value.choice))
            return true;
    return false;
}

bool Evaluation::leads_outside(std::uint32_t out_if, bool accepted) const {
    if (out_if == no_interface) return !accepted;  // blocked before it was routed
    const auto& ext = prepared_.network.external;
    return std::find(ext.begin(), ext.end(), out_if) != ext.end();
}

HeaderSet Evaluation::not_own() {
    HeaderSet set = analysis_.all();
    for (const PredicateId p : prepared_.own_destination) set = analysis_.meet(set, analysis_.predicate(p, 0));
    return set;
}

HeaderSet Evaluation::surely(const HeaderSet& set) {
    if (set.empty()) return set;
    HeaderSet widened = set;
    for (const PredicateId p : prepared_.own_destination) widened = analysis_.join(widened, analysis_.predicate(p, 1));
    return analysis_.meet(analysis_.must(widened), analysis_.may(set));
}

// -- evaluation on rows ----------------------------------------------------------------------------------------------

bool Evaluation::header_only(const Node& node) const {
    switch (node.kind) {
        case Node::Kind::compare: return !is_outcome(node.target);
        case Node::Kind::path:
        case Node::Kind::never: return false;
        case Node::Kind::fact:
            switch (node.fact) {
                case Fact::any:
                case Fact::from_device:
                case Fact::from_internet:
                case Fact::from_inside:
                case Fact::from_server:
                case Fact::outbound_known:
                case Fact::outbound_declared:
                case Fact::inside_known:
                case Fact::published_known: return true;
                default: return false;
            }
        default:
            return std::all_of(node.children.begin(), node.children.end(),
                               [&](const Node& c) { return header_only(c); });
    }
}

/// Facts that are the same for every packet of a row.
bool Evaluation::constant(const Node& node, const flow::Row& row, bool& value) const {
    if (node.kind == Node::Kind::compare && (node.target == Target::out || node.target == Target::out_zone)) {
        value = values(node).contains(row.out_if) != node.negated;
        return true;
    }
    if (node.kind == Node::Kind::path) {
        value = decided_so(node, named(node), prepared_.device, row.decisions, row.verdict);
        return true;
    }
    if (node.kind != Node::Kind::fact) return false;
    switch (node.fact) {
        case Fact::accepted: value = row.verdict == Verdict::accept; return true;
        case Fact::blocked: value = row.verdict != Verdict::accept; return true;
        case Fact::dropped: value = row.verdict == Verdict::drop; return true;
        case Fact::rejected: value = row.verdict == Verdict::reject; return true;
        case Fact::logged: value = row.logged; return true;
        case Fact::limited: value = row.limited; return true;
        case Fact::inspected: value = row.inspected; return true;
        case Fact::to_device: value = row.out_if == self_interface; return true;
        default: return false;
    }
}

HeaderSet Evaluation::fact(Fact which, const flow::Row* row, bool positive) {
    const auto yes_or_no = [&](bool v) { return v == positive ? analysis_.all() : analysis_.none(); };
    HeaderSet set = analysis_.all();
    const Network& n = prepared_.network;
    switch (which) {
        case Fact::outbound_known:
            return yes_or_no(server_ != nullptr && !addresses_of(server_->server.outbound, family()).empty());
        case Fact::outbound_declared: return yes_or_no(server_ != nullptr && server_->outbound_declared);
        case Fact::published_known: return yes_or_no(server_published_ != nullptr && !server_published_->empty());
        case Fact::inside_known: return yes_or_no(inside_known());
        case Fact::any: return yes_or_no(true);
        case Fact::from_device:
        case Fact::from_internet:
        case Fact::from_inside:
        case Fact::from_server: {
            Node node;
            node.fact = which;
            const auto limits = box(node, true);
            if (which == Fact::from_server && server_ == nullptr) return yes_or_no(false);
            set = analysis_.cube(std::vector<std::pair<Field, IntervalSet>>(limits.begin(), limits.end()));
            break;
        }
        case Fact::forwarded:
            if (row->out_if == self_interface) return yes_or_no(false);
            set = analysis_.where(Field::in_if, IntervalSet::single(self_interface).complement(32));
            break;
        case Fact::to_internet:
            if (!leads_outside(row->out_if, row->verdict == Verdict::accept)) return yes_or_no(false);
            set = analysis_.meet(analysis_.where(Field::dst, of(n.internet, family())), not_own());
            break;
        default: break;
    }
    return positive ? set : analysis_.minus(analysis_.all(), set);
}

const std::vector<bool>& Evaluation::named(const Node& node) const {
    const auto at = named_.find(&node);
    return at != named_.end() ? at->second : named_.emplace(&node, named_by(node, prepared_)).first->second;
}

/// Headers of the row whose field leaves as it came.
HeaderSet Evaluation::unchanged(const flow::Row& row, Field field) {
    const flow::Rewritten& to = field == Field::src     ? row.src
                                : field == Field::dst   ? row.dst
                                : field == Field::sport ? row.sport
                                                        : row.dport;
    switch (to.form) {
        case flow::Rewritten::Form::unchanged: return row.headers;
        case flow::Rewritten::Form::fixed:
            return analysis_.meet(row.headers, analysis_.where(field, IntervalSet::single(to.value)));
        case flow::Rewritten::Form::shifted: return to.delta == 0 ? row.headers : analysis_.none();
        case flow::Rewritten::Form::chosen: break;
    }
    // A pick may by chance be what the packet has: value by value. An address that nobody stated is no packet's own.
    const IntervalSet candidates = analysis_.values_after(row, field).intersect(analysis_.project(row.headers, field));
    if (to.keep_if_inside) return analysis_.meet(row.headers, analysis_.where(field, candidates));
    std::vector<HeaderSet> same;
    if (candidates.size() <= 1024)
        for (const Interval& i : candidates.intervals())
            for (base::u128 n = 0; n <= i.last - i.first; ++n) {
                const IntervalSet one = IntervalSet::single(i.first + n);
                same.push_back(analysis_.meet(analysis_.where(field, one), analysis_.where_after(row, field, one)));
            }
    return analysis_.join_all(same);
}

/// Headers whose field is among the values, where that is more than a set of numbers.
HeaderSet Evaluation::among_values(const Node& node, const flow::Row* row) {
    const Field field = field_of(node.target);
    Node rest = node;
    std::erase_if(rest.values, [](const Value& v) { return v.kind == Value::Kind::internet; });
    const IntervalSet plain = values(rest);
    HeaderSet set = is_nat(node.target) ? analysis_.where_after(*row, field, plain) : analysis_.where(field, plain);
    if (rest.values.size() != node.values.size()) {
        const IntervalSet& net = of(prepared_.network.internet, family());
        // What may be an address of the device is not the internet.
        set = analysis_.join(set, is_nat(node.target)   ? analysis_.where_after(*row, field, net)
                                  : field == Field::dst ? analysis_.meet(analysis_.where(field, net), not_own())
                                                        : analysis_.where(field, net));
    }
    if (std::any_of(node.values.begin(), node.values.end(),
                    [](const Value& v) { return v.kind == Value::Kind::original; }))
        set = analysis_.join(set, unchanged(*row, field));
    return set;
}

HeaderSet Evaluation::compare(const Node& node, const flow::Row* row, bool positive) {
    const bool wanted = node.negated != positive;  // true: inside the values
    const Field field = field_of(node.target);
    if (node.target == Target::family)
        return values(node).contains(static_cast<unsigned>(family())) == wanted ? analysis_.all() : analysis_.none();
    if (std::any_of(node.values.begin(), node.values.end(), [](const Value& v) {
            return v.kind == Value::Kind::original || v.kind == Value::Kind::internet;
        })) {
        const HeaderSet inside = among_values(node, row);
        if (wanted) return inside;
        return analysis_.minus(row != nullptr && is_nat(node.target) ? row->headers : analysis_.all(), inside);
    }
    IntervalSet set = values(node);
    if (node.target == Target::nat_src && is_unstated_interface_address(row->src)) {
        if (names_interface_address(node)) return wanted ? analysis_.all() : analysis_.none();
        if (presume_) return presumed(node) == wanted ? analysis_.all() : analysis_.none();
    }
    if (!wanted) set = set.complement(bits(field));
    if (is_nat(node.target)) return analysis_.where_after(*row, field, set);
    return analysis_.where(field, set);
}

HeaderSet Evaluation::evaluate(const Node& node, const flow::Row* row, bool positive) {
    if (row != nullptr && header_only(node)) {
        const auto key = std::pair{&node, positive};
        const auto at = cache_.find(key);
        if (at != cache_.end()) return at->second;
        HeaderSet set = evaluate(node, nullptr, positive);
        cache_.emplace(key, set);
        return set;
    }
    bool value = false;
    if (row != nullptr && constant(node, *row, value)) return value == positive ? analysis_.all() : analysis_.none();
    switch (node.kind) {
        case Node::Kind::negate: return evaluate(node.children.front(), row, !positive);
        case Node::Kind::compare: return compare(node, row, positive);
        case Node::Kind::fact: return fact(node.fact, row, positive);
        case Node::Kind::path: return analysis_.none();  // constant for every row
        case Node::Kind::never: return positive ? never_.at(&node) : analysis_.minus(analysis_.all(), never_.at(&node));
        case Node::Kind::all_of:
        case Node::Kind::any_of: break;
    }
    const bool meet = (node.kind == Node::Kind::all_of) == positive;
    if (row != nullptr)
        for (const Node& child : node.children)
            if (constant(child, *row, value) && (value == positive) != meet)
                return meet ? analysis_.none() : analysis_.all();
    HeaderSet set = meet ? analysis_.all() : analysis_.none();
    for (const Node& child : node.children) {
        const HeaderSet one = evaluate(child, row, positive);
        set = meet ? analysis_.meet(set, one) : analysis_.join(set, one);
        if (meet && set.empty()) break;
    }
    return set;
}

/// `never X` is a fact about all rows at once: no state of what occurs both ways makes X true.
void Evaluation::prepare_nevers(const Node& node, const Table& table) {
    for (const Node& child : node.children) prepare_nevers(child, table);
    if (node.kind != Node::Kind::never) return;
    std::vector<HeaderSet> some;
    for (const flow::Row& row : table.flows.rows)
        some.push_back(analysis_.meet(row.headers, evaluate(node.children.front(), &row, true)));
    never_[&node] = analysis_.minus(analysis_.all(), analysis_.at_times(analysis_.join_all(some)));
}

flow::Expected<Answer> Evaluation::run(const Node& root, const ServerView* server, bool presume) {
    server_published_ = nullptr;
    if (server != nullptr) {
        const auto known = published_.find(server);
        if (known != published_.end()) server_published_ = &known->second;
    }
    const Slice slice = slice_of(root, server);
    const auto t = table(slice);
    if (!t) return tl::unexpected(t.error());
    server_ = server;
    presume_ = presume;
    cache_.clear();
    never_.clear();
    named_.clear();
    prepare_nevers(root, **t);
    Answer answer;
    std::vector<HeaderSet> sets;
    for (const flow::Row& row : (*t)->flows.rows) {
        const HeaderSet wanted = evaluate(root, &row, true);
        if (wanted.empty()) continue;
        HeaderSet part = analysis_.meet(row.headers, wanted);
        if (part.empty()) continue;
        sets.push_back(part);
        answer.parts.push_back({std::move(part), &row});
    }
    cache_.clear();
    never_.clear();
    named_.clear();
    answer.headers = analysis_.join_all(sets);
    return answer;
}

}  // namespace egresslint::lint::query
