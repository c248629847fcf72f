// SPDX-License-Identifier: Apache-2.0
#include "lint/guards.hpp"

#include <algorithm>
#include <map>

namespace egresslint::lint {

using namespace model;

namespace {

constexpr std::size_t max_depth = 200;

class Walk {
public:
    Walk(const Device& device, const std::function<void(const Way&)>& visit)
        : device_(device), visit_(visit), max_visits_(400'000 + 4 * device.rules.size()) {}

    void stage(StageId id) {
        const Stage& s = device_.pipeline[id.index()];
        if (!s.entry.valid()) return;
        way_ = Way{};
        way_.stage = id;
        if (s.when.valid()) way_.conditions.push_back(s.when);
        entered_.clear();
        chain(s.entry);
    }

private:
    // A chain that many rules call is visited along its first few ways only: evidence does not grow with the count.
    void chain(ChainId id) {
        if (way_.jumps.size() > max_depth || visits_ > max_visits_ || ++entered_[id.value] > 32) return;
        if (std::find(open_.begin(), open_.end(), id) != open_.end()) return;
        open_.push_back(id);
        for (const RuleId r : device_.chains[id.index()].rules) {
            if (++visits_ > max_visits_) break;
            const Rule& rule = device_.rules[r.index()];
            way_.chain = id;
            way_.rule = r;
            way_.conditions.push_back(rule.match);
            visit_(way_);
            ChainId to;
            if (const auto* jump = std::get_if<Jump>(&rule.control)) to = jump->to;
            if (const auto* go = std::get_if<Goto>(&rule.control)) to = go->to;
            if (to.valid()) {
                way_.jumps.push_back(r);
                chain(to);
                way_.jumps.pop_back();
            }
            way_.conditions.pop_back();
        }
        open_.pop_back();
    }

    const Device& device_;
    const std::function<void(const Way&)>& visit_;
    Way way_;
    std::vector<ChainId> open_;
    std::map<std::uint32_t, unsigned> entered_;
    std::size_t visits_ = 0;
    std::size_t max_visits_;
};

class Summary {
public:
    explicit Summary(const Device& device) : device_(device) {
        g.src = g.dst = {IntervalSet::full(32), IntervalSet::full(128)};
        g.proto = IntervalSet::full(8);
        g.sport = g.dport = IntervalSet::full(16);
    }

    void require(ExprId id, unsigned depth = 0) {
        if (!id.valid() || depth > 100) return;
        const auto& is = device_.exprs[id.index()].is;
        if (const auto* all = std::get_if<And>(&is)) {
            for (const ExprId e : all->e) require(e, depth + 1);
        } else if (const auto* in = std::get_if<In>(&is)) {
            limit(in->what, in->set);
        } else if (const auto* tuple = std::get_if<InTuple>(&is)) {
            const Relation& r = device_.relations[tuple->relation.index()];
            for (std::size_t c = 0; c < r.columns.size(); ++c) limit_column(r, c);
        } else if (const auto* any = std::get_if<Or>(&is)) {
            require_any(*any);
        } else if (const auto* no = std::get_if<Not>(&is)) {
            exclude(no->e);
        }
    }
    Guard g;

private:
    void limit(const FieldRef& what, SetId set_id) {
        if (what.field == Field::dst && what.view == View::original) g.dst_as_sent = true;
        const Set& set = device_.sets[set_id.index()];
        if (const auto* literal = std::get_if<LiteralSet>(&set.is)) {
            literals(what.field, *literal);
        } else if (const auto* names = std::get_if<InterfaceNames>(&set.is)) {
            if (what.field == Field::in_if) g.in_names = names->patterns;
            if (what.field == Field::out_if) g.out_names = names->patterns;
        } else if (what.field == Field::dst && !std::holds_alternative<DeviceBroadcasts>(set.is)) {
            const auto* addresses = std::get_if<InterfaceAddresses>(&set.is);
            if (addresses == nullptr || !addresses->network) g.dst_is_device = true;
        }
    }
    void literals(Field field, const LiteralSet& v) {
        switch (field) {
            case Field::src:
                narrow(g.src, v);
                g.src_limited = true;
                break;
            case Field::dst:
                narrow(g.dst, v);
                g.dst_limited = true;
                break;
            case Field::proto:
                g.proto = g.proto.intersect(v.values);
                g.proto_limited = true;
                break;
            case Field::sport: g.sport = g.sport.intersect(v.values); break;
            case Field::dport:
                g.dport = g.dport.intersect(v.values);
                g.dport_limited = true;
                break;
            case Field::family:
                g.sees_v4 = g.sees_v4 && v.values.contains(4);
                g.sees_v6 = g.sees_v6 && v.values.contains(6);
                break;
            case Field::in_if:
                if (v.values == IntervalSet::single(self_interface)) g.from_self = true;
                break;
            default: break;
        }
    }
    static void narrow(LiteralSet& to, const LiteralSet& by) {
        to.values = to.values.intersect(by.values);
        to.values6 = to.values6.intersect(by.values6);
    }
    void limit_column(const Relation& r, std::size_t column) {
        LiteralSet all;
        std::vector<std::string> names;
        for (const auto& row : r.rows) {
            const Set& set = device_.sets[row[column].index()];
            if (const auto* literal = std::get_if<LiteralSet>(&set.is)) {
                all.values = all.values.unite(literal->values);
                all.values6 = all.values6.unite(literal->values6);
            } else if (const auto* n = std::get_if<InterfaceNames>(&set.is)) {
                names.insert(names.end(), n->patterns.begin(), n->patterns.end());
            } else {
                return;
            }
        }
        const Field field = r.columns[column].field;
        if (field == Field::in_if)
            g.in_names = names;
        else if (field == Field::out_if)
            g.out_names = names;
        else
            literals(field, all);
    }
    /// `a or b` limits a field only when both do, and then to the union.
    void require_any(const Or& any) {
        if (any.e.empty() || any.e.size() > 64) return;
        Guard sum;
        bool first = true;
        for (const ExprId e : any.e) {
            Summary one(device_);
            one.require(e, 90);
            if (first) {
                sum = one.g;
                first = false;
                continue;
            }
            unite(sum.src, one.g.src, sum.src_limited, one.g.src_limited);
            unite(sum.dst, one.g.dst, sum.dst_limited, one.g.dst_limited);
            sum.proto = sum.proto.unite(one.g.proto);
            sum.proto_limited = sum.proto_limited && one.g.proto_limited;
            sum.sport = sum.sport.unite(one.g.sport);
            sum.dport = sum.dport.unite(one.g.dport);
            sum.dport_limited = sum.dport_limited && one.g.dport_limited;
            merge(sum.in_names, one.g.in_names);
            merge(sum.out_names, one.g.out_names);
            sum.dst_is_device = sum.dst_is_device && one.g.dst_is_device;
            sum.sees_v4 = sum.sees_v4 || one.g.sees_v4;
            sum.sees_v6 = sum.sees_v6 || one.g.sees_v6;
            sum.from_self = sum.from_self && one.g.from_self;
        }
        narrow(g.src, sum.src);
        narrow(g.dst, sum.dst);
        g.src_limited = g.src_limited || sum.src_limited;
        g.dst_limited = g.dst_limited || sum.dst_limited;
        g.proto = g.proto.intersect(sum.proto);
        g.proto_limited = g.proto_limited || sum.proto_limited;
        g.sport = g.sport.intersect(sum.sport);
        g.dport = g.dport.intersect(sum.dport);
        g.dport_limited = g.dport_limited || sum.dport_limited;
        if (!sum.in_names.empty()) g.in_names = sum.in_names;
        if (!sum.out_names.empty()) g.out_names = sum.out_names;
        g.dst_is_device = g.dst_is_device || sum.dst_is_device;
        g.sees_v4 = g.sees_v4 && sum.sees_v4;
        g.sees_v6 = g.sees_v6 && sum.sees_v6;
        g.from_self = g.from_self || sum.from_self;
    }
    static void unite(LiteralSet& to, const LiteralSet& by, bool& limited, bool by_limited) {
        to.values = to.values.unite(by.values);
        to.values6 = to.values6.unite(by.values6);
        limited = limited && by_limited;
    }
    static void merge(std::vector<std::string>& to, const std::vector<std::string>& from) {
        if (to.empty() || from.empty())
            to.clear();
        else
            to.insert(to.end(), from.begin(), from.end());
    }
    /// `not a` is read for plain literal comparisons only.
    void exclude(ExprId id) {
        const auto* in = std::get_if<In>(&device_.exprs[id.index()].is);
        if (in == nullptr) return;
        const auto* literal = std::get_if<LiteralSet>(&device_.sets[in->set.index()].is);
        if (literal == nullptr) return;
        if (in->what.field == Field::src) {
            g.src.values = g.src.values.minus(literal->values);
            g.src.values6 = g.src.values6.minus(literal->values6);
        } else if (in->what.field == Field::dst) {
            g.dst.values = g.dst.values.minus(literal->values);
            g.dst.values6 = g.dst.values6.minus(literal->values6);
        } else if (in->what.field == Field::dport) {
            g.dport = g.dport.minus(literal->values);
        } else if (in->what.field == Field::proto) {
            g.proto = g.proto.minus(literal->values);
        }
    }

    const Device& device_;
};

}  // namespace

void for_each_way(const Device& device, const std::function<void(const Way&)>& visit) {
    Walk walk(device, visit);
    for (std::size_t i = 0; i < device.pipeline.size(); ++i) walk.stage(StageId(i));
}

Guard guard_of(const Device& device, const std::vector<ExprId>& conditions) {
    Summary summary(device);
    for (const ExprId e : conditions) summary.require(e);
    return std::move(summary.g);
}

std::vector<Translate> translations(const Rule& rule) {
    std::vector<Translate> out;
    for (const Effect& effect : rule.effects)
        if (const auto* t = std::get_if<Translate>(&effect)) out.push_back(*t);
    if (const auto* decide = std::get_if<Decide>(&rule.control))
        out.insert(out.end(), decide->then.begin(), decide->then.end());
    return out;
}

}  // namespace egresslint::lint
