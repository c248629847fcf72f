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

namespace {

bool is_nat(Target t) {
    return t == Target::nat_src || t == Target::nat_dst || t == Target::nat_sport || t == Target::nat_dport;
}
bool is_outcome(Target t) { return is_nat(t) || t == Target::out || t == Target::out_zone; }

Field field_of(Target t) {
    switch (t) {
        case Target::src:
        case Target::nat_src: return Field::src;
        case Target::dst:
        case Target::nat_dst: return Field::dst;
        case Target::sport:
        case Target::nat_sport: return Field::sport;
        case Target::dport:
        case Target::nat_dport: return Field::dport;
        case Target::proto: return Field::proto;
        case Target::family: return Field::family;
        case Target::in:
        case Target::in_zone: return Field::in_if;
        case Target::out:
        case Target::out_zone: return Field::out_if;
    }
    return Field::src;
}

IntervalSet id_set(const std::vector<std::uint32_t>& ids) {
    std::vector<Interval> list;
    for (const std::uint32_t id : ids) list.push_back({id, id});
    return IntervalSet(std::move(list));
}

/// Dialects say where a set lives ("ip fw printers"); people may leave that out.
bool matches_object(std::string_view full, std::string_view asked) {
    return full == asked ||
           (full.size() > asked.size() && full.ends_with(asked) && full[full.size() - asked.size() - 1] == ' ');
}
std::string_view last_word(std::string_view full) { return full.substr(full.rfind(' ') + 1); }

bool matches_interface(const Interface& f, const std::string& name) {
    return f.name == name || (!f.representative && name_matches(name, f.name)) || (name == "self" && f.name == "self");
}

}  // namespace

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

IntervalSet Evaluation::sources_inside() const {
    const Network& n = prepared_.network;
    const IntervalSet& inside = of(n.inside, family());
    if (n.inside_declared && !inside.empty()) {
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
            case Kind::set:
                for (const model::Set& set : d.sets) {
                    if (!set.object.valid() || !matches_object(d.objects[set.object.index()].name, v.text)) continue;
                    if (const auto* literal = std::get_if<LiteralSet>(&set.is)) take(literal->of(field, family()));
                }
                break;
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
        case Node::Kind::compare: {
            const Field field = field_of(node.target);
            if (is_outcome(node.target) || field == Field::family) return out;
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
    } else if (node.kind == Node::Kind::compare && node.target == Target::nat_src && !node.negated &&
               !names_interface_address(node) && !slice.leaves_with_source) {
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
    return slice;
}

namespace {
bool holds_slice(const Slice& wide, const Slice& narrow) {
    if (wide.accepted_only && !narrow.accepted_only) return false;
    if (wide.to_internet && !narrow.to_internet) return false;
    if (wide.unspoofed && !narrow.unspoofed) return false;
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
        auto flows = analysis_.run(headers, flow::Detail::translations, interest);
        if (!flows) return tl::unexpected(flows.error());
        made->flows = std::move(*flows);
    }
    tables_.push_back(std::move(made));
    return tables_.back().get();
}

// -- evaluation on rows ----------------------------------------------------------------------------------------------

bool Evaluation::header_only(const Node& node) const {
    switch (node.kind) {
        case Node::Kind::compare: return !is_outcome(node.target);
        case Node::Kind::fact:
            switch (node.fact) {
                case Fact::any:
                case Fact::from_device:
                case Fact::from_internet:
                case Fact::from_inside:
                case Fact::from_server:
                case Fact::outbound_known:
                case Fact::outbound_declared:
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
    if (node.kind != Node::Kind::fact) return false;
    switch (node.fact) {
        case Fact::accepted: value = row.verdict == Verdict::accept; return true;
        case Fact::blocked: value = row.verdict != Verdict::accept; return true;
        case Fact::dropped: value = row.verdict == Verdict::drop; return true;
        case Fact::rejected: value = row.verdict == Verdict::reject; return true;
        case Fact::logged: value = row.logged; return true;
        case Fact::limited: value = row.limited; return true;
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

HeaderSet Evaluation::compare(const Node& node, const flow::Row* row, bool positive) {
    const bool wanted = node.negated != positive;  // true: inside the values
    const Field field = field_of(node.target);
    if (node.target == Target::family)
        return values(node).contains(static_cast<unsigned>(family())) == wanted ? analysis_.all() : analysis_.none();
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
    answer.headers = analysis_.join_all(sets);
    return answer;
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

// -- one packet ------------------------------------------------------------------------------------------------------

bool Evaluation::value_in(const Node& node, const Interval& value, Field field) const {
    IntervalSet set = values(node);
    if (node.negated) set = set.complement(bits(field));
    return set.intersects(IntervalSet{{value.first, value.last}});
}

bool Evaluation::holds(const Node& node, const ServerView* server, bool presume, const flow::Packet& packet,
                       const flow::Outcome& outcome) {
    server_ = server;
    presume_ = presume;
    const Network& n = prepared_.network;
    const auto among = [](const std::vector<std::uint32_t>& ids, std::uint32_t id) {
        return std::find(ids.begin(), ids.end(), id) != ids.end();
    };
    switch (node.kind) {
        case Node::Kind::negate: return !holds(node.children.front(), server, presume, packet, outcome);
        case Node::Kind::all_of:
            return std::all_of(node.children.begin(), node.children.end(),
                               [&](const Node& c) { return holds(c, server, presume, packet, outcome); });
        case Node::Kind::any_of:
            return std::any_of(node.children.begin(), node.children.end(),
                               [&](const Node& c) { return holds(c, server, presume, packet, outcome); });
        case Node::Kind::compare: {
            const Field field = field_of(node.target);
            const auto single = [&](base::u128 v) { return value_in(node, {v, v}, field); };
            switch (node.target) {
                case Target::src: return single(packet.src);
                case Target::dst: return single(packet.dst);
                case Target::sport: return single(packet.sport);
                case Target::dport: return single(packet.dport);
                case Target::proto: return single(packet.proto);
                case Target::family: return values(node).contains(static_cast<unsigned>(packet.family)) != node.negated;
                case Target::in:
                case Target::in_zone: return values(node).contains(packet.in_if) != node.negated;
                case Target::out:
                case Target::out_zone: return values(node).contains(outcome.out_if) != node.negated;
                case Target::nat_src: {
                    // An open range is an address that nobody stated: take the symbolic answer's view of it.
                    const bool open = outcome.src.first != outcome.src.last;
                    if (open && names_interface_address(node)) return !node.negated;
                    if (open && presume_) return presumed(node) != node.negated;
                    if (presume_ && names_interface_address(node) && !node.negated) return true;
                    return value_in(node, outcome.src, field);
                }
                case Target::nat_dst: return value_in(node, outcome.dst, field);
                case Target::nat_sport: return value_in(node, outcome.sport, field);
                case Target::nat_dport: return value_in(node, outcome.dport, field);
            }
            return false;
        }
        case Node::Kind::fact: break;
    }
    switch (node.fact) {
        case Fact::any: return true;
        case Fact::accepted: return outcome.verdict == Verdict::accept;
        case Fact::blocked: return outcome.verdict != Verdict::accept;
        case Fact::dropped: return outcome.verdict == Verdict::drop;
        case Fact::rejected: return outcome.verdict == Verdict::reject;
        case Fact::logged: return outcome.logged;
        case Fact::limited: return outcome.limited;
        case Fact::forwarded: return packet.in_if != self_interface && outcome.out_if != self_interface;
        case Fact::from_device: return packet.in_if == self_interface;
        case Fact::to_device: return outcome.out_if == self_interface;
        case Fact::from_internet: return among(n.external, packet.in_if);
        case Fact::to_internet:
            return of(n.internet, family()).contains(packet.dst) &&
                   leads_outside(outcome.out_if, outcome.verdict == Verdict::accept);
        case Fact::from_inside: return among(n.internal, packet.in_if) && sources_inside().contains(packet.src);
        case Fact::from_server:
            return server_ != nullptr && among(server_->in_interfaces, packet.in_if) &&
                   addresses_of(server_->server.address, family()).contains(packet.src);
        case Fact::outbound_known:
            return server_ != nullptr && !addresses_of(server_->server.outbound, family()).empty();
        case Fact::outbound_declared: return server_ != nullptr && server_->outbound_declared;
        case Fact::published_known: return server_published_ != nullptr && !server_published_->empty();
    }
    return false;
}

// -- names -----------------------------------------------------------------------------------------------------------

namespace {
std::optional<QueryError> check_node(const Node& node, const std::vector<const Prepared*>& devices) {
    for (const Node& child : node.children)
        if (auto error = check_node(child, devices)) return error;
    if (node.kind != Node::Kind::compare || devices.empty()) return std::nullopt;
    for (const Value& v : node.values) {
        std::vector<std::string_view> known;
        std::string what;
        bool found = false;
        for (const Prepared* p : devices) {
            if (v.kind == Value::Kind::set) {
                what = "set";
                for (const Object& o : p->device.objects)
                    if (o.kind != "chain")
                        known.push_back(last_word(o.name)), found = found || matches_object(o.name, v.text);
            } else if (v.kind == Value::Kind::text) {
                const bool zone = node.target == Target::in_zone || node.target == Target::out_zone;
                what = zone ? "zone" : "interface";
                for (std::size_t i = self_interface; i < p->device.interfaces.size(); ++i) {
                    const Interface& f = p->device.interfaces[i];
                    known.push_back(zone ? f.zone : f.name);
                    found = found || (zone ? f.zone == v.text : matches_interface(f, v.text));
                }
            } else {
                found = true;
            }
        }
        if (!found)
            return QueryError{
                fmt::format("no device has a{} {} named \"{}\"", what == "interface" ? "n" : "", what, v.text), v.begin,
                v.end, nearest(v.text, known), false};
    }
    return std::nullopt;
}
}  // namespace

std::optional<QueryError> check_names(const Query& query, const std::vector<const Prepared*>& devices) {
    return check_node(query.root, devices);
}

}  // namespace egresslint::lint::query
