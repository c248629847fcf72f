// SPDX-License-Identifier: Apache-2.0
// The slice of a query, the smallest box that surely holds its answer, and the pipeline's table of that slice.
#include "lint/query_eval.hpp"

#include <algorithm>

#include "lint/address_space.hpp"
#include "lint/query_words.hpp"

namespace egresslint::lint::query {

using namespace model;
using base::Interval;
using flow::HeaderSet;

// -- the slice -------------------------------------------------------------------------------------------------------

std::map<Field, IntervalSet> Evaluation::box(const Node& node, bool positive) const {
    std::map<Field, IntervalSet> out;
    const auto limit = [&](Field field, IntervalSet set) {
        const auto at = out.find(field);
        if (at == out.end())
            out.emplace(field, std::move(set));
        else
            at->second = at->second.intersect(set);
    };
    switch (node.kind) {
        case Node::Kind::negate: return box(node.children.front(), !positive);
        case Node::Kind::never: return positive ? box(node.children.front(), false) : out;
        case Node::Kind::path: return out;
        case Node::Kind::compare: {
            const Field field = field_of(node.target);
            if (is_outcome(node.target) || field == Field::family) return out;
            const bool internet = std::any_of(node.values.begin(), node.values.end(),
                                              [](const Value& v) { return v.kind == Value::Kind::internet; });
            // Outside of the internet is, besides, what is an address of the device: no plain set.
            if (internet && node.negated == positive) return out;
            IntervalSet set = values(node);
            if (node.negated == positive) set = set.complement(bits(field));
            limit(field, std::move(set));
            return out;
        }
        case Node::Kind::fact: {
            if (!positive) return out;
            const Network& n = prepared_.network;
            switch (node.fact) {
                case Fact::from_device: limit(Field::in_if, IntervalSet::single(self_interface)); break;
                case Fact::forwarded: limit(Field::in_if, IntervalSet::single(self_interface).complement(32)); break;
                case Fact::from_internet:
                    limit(Field::in_if, id_set(n.external));
                    limit(Field::src, of(minus(all_addresses(), unite(n.inside, impossible_sources())), family()));
                    break;
                case Fact::from_inside:
                    limit(Field::in_if, id_set(n.internal));
                    limit(Field::src, sources_inside());
                    break;
                case Fact::from_server:
                    if (server_ == nullptr) break;
                    limit(Field::in_if, id_set(server_->in_interfaces));
                    limit(Field::src, addresses_of(server_->server.address, family()));
                    break;
                case Fact::to_internet: limit(Field::dst, of(n.internet, family())); break;
                default: break;
            }
            return out;
        }
        case Node::Kind::all_of:
        case Node::Kind::any_of: break;
    }
    const bool meet = (node.kind == Node::Kind::all_of) == positive;
    bool first = true;
    for (const Node& child : node.children) {
        auto one = box(child, positive);
        if (meet) {
            for (auto& [field, set] : one) limit(field, std::move(set));
        } else if (first) {
            out = std::move(one);
        } else {
            for (auto at = out.begin(); at != out.end();) {
                const auto same = one.find(at->first);
                if (same == one.end()) {
                    at = out.erase(at);
                } else {
                    at->second = at->second.unite(same->second);
                    ++at;
                }
            }
        }
        first = false;
    }
    return out;
}

/// What every packet of the answer must come to, as far as it stands in the top conjunction.
void Evaluation::narrow_by_outcome(const Node& node, Slice& slice) const {
    if (node.kind == Node::Kind::all_of) {
        for (const Node& child : node.children) narrow_by_outcome(child, slice);
    } else if (node.kind == Node::Kind::fact) {
        if (node.fact == Fact::accepted) slice.accepted_only = true;
        if (node.fact == Fact::to_internet) slice.to_internet = true;
    } else if (node.kind == Node::Kind::compare && node.target == Target::dst && !node.negated &&
               node.values.size() == 1 && node.values.front().kind == Value::Kind::internet) {
        slice.to_internet = true;
    } else if (node.kind == Node::Kind::compare && node.target == Target::nat_src && !node.negated &&
               !names_interface_address(node) && !slice.leaves_with_source &&
               std::none_of(node.values.begin(), node.values.end(),
                            [](const Value& v) { return v.kind == Value::Kind::original; })) {
        const IntervalSet set = values(node);
        slice.leaves_with_source = family() == base::Family::v4 ? LiteralSet{set, {}} : LiteralSet{{}, set};
    }
}

namespace {
bool says_where(const Node& node) {
    if (node.kind == Node::Kind::compare) return node.target == Target::in || node.target == Target::in_zone;
    if (node.kind == Node::Kind::fact)
        return node.fact == Fact::from_device || node.fact == Fact::from_internet || node.fact == Fact::from_inside ||
               node.fact == Fact::from_server;
    return std::any_of(node.children.begin(), node.children.end(), says_where);
}
}  // namespace

/// The device never sends with the address of an inside host. Whether one comes in from outside is a question of its
/// own: only who names the interface asks it.
HeaderSet Evaluation::plausible(const Slice& slice, HeaderSet headers) {
    const Network& n = prepared_.network;
    IntervalSet inside = of(n.inside, family());
    if (slice.unspoofed) {
        const std::vector<std::pair<Field, IntervalSet>> spoofed{{Field::in_if, id_set(n.external)},
                                                                 {Field::src, inside}};
        headers = analysis_.minus(headers, analysis_.cube(spoofed));
    }
    std::vector<Interval> mine;
    for (const Interface& f : prepared_.device.interfaces)
        for (const InterfaceAddress& a : f.addresses)
            if (a.address.family == family()) mine.push_back({a.address.bits, a.address.bits});
    inside = inside.minus(IntervalSet(std::move(mine)));
    const std::vector<std::pair<Field, IntervalSet>> foreign{{Field::in_if, IntervalSet::single(self_interface)},
                                                             {Field::src, inside}};
    return analysis_.minus(headers, analysis_.cube(foreign));
}

Slice Evaluation::slice_of(const Node& root, const ServerView* server) const {
    auto* self = const_cast<Evaluation*>(this);
    self->server_ = server;
    Slice slice;
    slice.box = box(root, true);
    narrow_by_outcome(root, slice);
    slice.unspoofed = !says_where(root);
    slice.decisions = contains_path(root);
    if (contains_never(root)) {
        // It looks at every row that the same headers can get into.
        slice.accepted_only = false;
        slice.leaves_with_source.reset();
    }
    return slice;
}

namespace {
bool holds_slice(const Slice& wide, const Slice& narrow) {
    if (wide.accepted_only && !narrow.accepted_only) return false;
    if (wide.to_internet && !narrow.to_internet) return false;
    if (wide.unspoofed && !narrow.unspoofed) return false;
    if (narrow.decisions && !wide.decisions) return false;
    if (wide.leaves_with_source && wide.leaves_with_source != narrow.leaves_with_source) return false;
    return std::all_of(wide.box.begin(), wide.box.end(), [&](const auto& limit) {
        const auto at = narrow.box.find(limit.first);
        return at != narrow.box.end() && limit.second.contains_all(at->second);
    });
}
}  // namespace

flow::Expected<const Table*> Evaluation::table(const Slice& slice) {
    for (const auto& t : tables_)
        if (holds_slice(t->slice, slice)) return t.get();
    std::vector<std::pair<Field, IntervalSet>> limits(slice.box.begin(), slice.box.end());
    HeaderSet headers = analysis_.meet(analysis_.new_flows(), analysis_.cube(limits));
    if (slice.to_internet) headers = analysis_.meet(headers, not_own());
    headers = plausible(slice, headers);
    flow::Interest interest;
    interest.accepted_only = slice.accepted_only;
    interest.leaves_with_source = slice.leaves_with_source;
    auto made = std::make_unique<Table>();
    made->slice = slice;
    if (!headers.empty()) {
        auto flows =
            analysis_.run(headers, slice.decisions ? flow::Detail::rules : flow::Detail::translations, interest);
        if (!flows) return tl::unexpected(flows.error());
        made->flows = std::move(*flows);
    }
    tables_.push_back(std::move(made));
    return tables_.back().get();
}

flow::Expected<IntervalSet> Evaluation::published(const ServerView& server) {
    const auto known = published_.find(&server);
    if (known != published_.end()) return known->second;
    Slice slice;
    slice.box[Field::in_if] = id_set(prepared_.network.external);
    slice.box[Field::proto] = IntervalSet::single(6);
    std::vector<Interval> ports;
    for (const std::uint16_t p : intent_.smtp_ports) ports.push_back({p, p});
    slice.box[Field::dport] = IntervalSet(std::move(ports));
    slice.box[Field::dst] = of(global_addresses(), family());
    slice.accepted_only = true;
    const auto t = table(slice);
    if (!t) return tl::unexpected(t.error());
    const IntervalSet hosts = addresses_of(server.server.address, family());
    IntervalSet found;
    for (const flow::Row& row : (*t)->flows.rows) {
        if (row.verdict != Verdict::accept || row.out_if == self_interface) continue;
        const HeaderSet reached = analysis_.meet(row.headers, analysis_.where_after(row, Field::dst, hosts));
        if (!reached.empty()) found = found.unite(analysis_.project(reached, Field::dst));
    }
    return published_.emplace(&server, std::move(found)).first->second;
}

}  // namespace egresslint::lint::query
