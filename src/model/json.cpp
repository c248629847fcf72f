// SPDX-License-Identifier: Apache-2.0
// The whole model as JSON: every table with ids as they stand, so that a script can follow any reference, plus the
// printed text of matches and actions for those who only want to read. Addresses are text; intervals are [first, last].
#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/print.hpp"
#include "model/words.hpp"

namespace egresslint::model {
namespace {

using Json = nlohmann::json;

class JsonWriter {
public:
    JsonWriter(const Device& device, const base::Sources& sources) : d_(device), sources_(sources) {}

    Json run() const {
        return Json{{"name", d_.name},
                    {"pipeline", list(d_.pipeline, &JsonWriter::stage)},
                    {"chains", list(d_.chains, &JsonWriter::chain)},
                    {"rules", list(d_.rules, &JsonWriter::rule)},
                    {"expressions", list(d_.exprs, &JsonWriter::expr)},
                    {"sets", list(d_.sets, &JsonWriter::set)},
                    {"relations", list(d_.relations, &JsonWriter::relation)},
                    {"predicates", list(d_.predicates, &JsonWriter::predicate)},
                    {"choices", list(d_.choices, &JsonWriter::choice)},
                    {"registers", list(d_.registers, &JsonWriter::reg)},
                    {"interfaces", list(d_.interfaces, &JsonWriter::interface)},
                    {"objects", list(d_.objects, &JsonWriter::object)},
                    {"routes", list(d_.routes, &JsonWriter::route)},
                    {"routing_rules", list(d_.routing_rules, &JsonWriter::routing_rule)},
                    {"interfaces_known", d_.interfaces_known},
                    {"addresses_known", d_.addresses_known},
                    {"routes_known", d_.routes_known},
                    {"filters_v4", d_.filters_v4},
                    {"filters_v6", d_.filters_v6},
                    {"gateway_register", id(d_.gateway_register)},
                    {"resolved", d_.resolved}};
    }

private:
    template <class T>
    Json list(const std::vector<T>& table, Json (JsonWriter::*item)(const T&) const) const {
        Json out = Json::array();
        for (const auto& row : table) out.push_back((this->*item)(row));
        return out;
    }

    template <class Tag>
    static Json id(Id<Tag> which) {
        return which.valid() ? Json(which.value) : Json(nullptr);
    }
    template <class Tag>
    static Json ids(const std::vector<Id<Tag>>& which) {
        Json out = Json::array();
        for (const auto i : which) out.push_back(id(i));
        return out;
    }
    static Json number(base::u128 value) {
        if (value >> 64) return base::to_decimal(value);
        return static_cast<std::uint64_t>(value);
    }
    Json place(const Span& span) const {
        if (!span.valid() || span.file.index() >= sources_.size()) return nullptr;
        const auto begin = sources_.begin(span);
        const auto end = sources_.end(span);
        return {{"file", sources_.file(span.file).path},
                {"line", begin.line},
                {"column", begin.column},
                {"end_line", end.line},
                {"end_column", end.column}};
    }
    Json origin(OriginId which) const {
        if (!which.valid() || which.index() >= d_.origins.size()) return nullptr;
        const auto& o = d_.origins[which.index()];
        return {{"text", o.text}, {"synthetic", o.synthetic}, {"element", o.element}, {"where", place(o.span)}};
    }
    static Json address_text(Family family, base::u128 bits) { return base::to_string(Address{family, bits}); }

    static Json intervals(const IntervalSet& set) {
        Json out = Json::array();
        for (const auto& i : set.intervals()) out.push_back({number(i.first), number(i.last)});
        return out;
    }
    static Json literal(const LiteralSet& set) {
        Json out{{"values", intervals(set.values)}};
        if (!set.values6.empty()) {
            Json six = Json::array();
            for (const auto& i : set.values6.intervals())
                six.push_back({address_text(Family::v6, i.first), address_text(Family::v6, i.last)});
            out["values6"] = std::move(six);
        }
        return out;
    }
    Json set(const Set& s) const {
        Json out;
        if (const auto* l = std::get_if<LiteralSet>(&s.is)) {
            out = literal(*l);
        } else if (const auto* n = std::get_if<InterfaceNames>(&s.is)) {
            out["interface_names"] = n->patterns;
        } else if (const auto* a = std::get_if<InterfaceAddresses>(&s.is)) {
            out[a->network ? "interface_networks" : "interface_addresses"] = a->interface;
        } else {
            out[std::holds_alternative<DeviceAddresses>(s.is) ? "device_addresses" : "device_broadcasts"] = true;
        }
        out["object"] = id(s.object);
        return out;
    }
    Json field(const FieldRef& ref) const {
        Json out{{"field", std::string(field_name(ref.field))},
                 {"view", ref.view == View::original ? "original" : "current"}};
        if (ref.field == Field::reg) out["register"] = id(ref.reg);
        return out;
    }
    Json relation(const Relation& r) const {
        Json columns = Json::array();
        for (const auto& c : r.columns) columns.push_back(field(c));
        Json rows = Json::array();
        for (const auto& row : r.rows) rows.push_back(ids(row));
        return {{"columns", columns}, {"rows", rows}, {"object", id(r.object)}};
    }
    Json expr(const Expr& e) const {
        struct Visitor {
            const JsonWriter& w;
            Json operator()(bool b) const { return {{"constant", b}}; }
            Json operator()(const In& in) const {
                Json out = w.field(in.what);
                out["set"] = id(in.set);
                if (in.mask != 0xffffffffu) out["mask"] = in.mask;
                return {{"in", out}};
            }
            Json operator()(const InTuple& t) const { return {{"in_tuple", id(t.relation)}}; }
            Json operator()(const Unknown& u) const {
                return {{"unknown", {{"predicate", id(u.which)}, {"value", u.value}}}};
            }
            Json operator()(const Not& n) const { return {{"not", id(n.e)}}; }
            Json operator()(const And& a) const { return {{"and", ids(a.e)}}; }
            Json operator()(const Or& o) const { return {{"or", ids(o.e)}}; }
        };
        return std::visit(Visitor{*this}, e.is);
    }
    Json translate(const Translate& t) const {
        struct Visitor {
            const Translate& t;
            Json value(base::u128 v) const {
                if (!is_address(t.field)) return number(v);
                return address_text(t.family.value_or(v >> 32 ? Family::v6 : Family::v4), v);
            }
            Json operator()(const Keep&) const { return "keep"; }
            Json operator()(const Fixed& f) const { return {{"fixed", value(f.value)}}; }
            Json operator()(const Pick& p) const {
                return {{"pick", id(p.choice)}, {"keep_if_inside", p.keep_if_inside}};
            }
            Json operator()(const OutInterfaceAddress&) const { return "out_interface_address"; }
            Json operator()(const InInterfaceAddress&) const { return "in_interface_address"; }
            Json operator()(const Shift& s) const {
                return {{"shift", {{"from", value(s.from)}, {"to", value(s.to)}, {"prefix_length", s.prefix_length}}}};
            }
        };
        Json out{{"field", std::string(field_name(t.field))}, {"to", std::visit(Visitor{t}, t.to)}};
        if (t.family) out["family"] = static_cast<int>(*t.family);
        return out;
    }
    Json effect(const Effect& e) const {
        if (const auto* t = std::get_if<Translate>(&e)) return {{"translate", translate(*t)}};
        if (const auto* a = std::get_if<Assign>(&e))
            return {{"assign",
                     {{"to", field(a->to)},
                      {"a", id(a->a)},
                      {"and_a", a->and_a},
                      {"b", id(a->b)},
                      {"and_b", a->and_b},
                      {"value", a->value}}}};
        return std::holds_alternative<Log>(e) ? "log" : std::holds_alternative<Limited>(e) ? "limited" : "inspected";
    }
    Json decide(const Decide& d) const {
        Json then = Json::array();
        for (const auto& t : d.then) then.push_back(translate(t));
        return {{"verdict", std::string(verdict_name(d.verdict))}, {"then", then}, {"final", d.final}};
    }
    Json control(const Control& c) const {
        struct Visitor {
            const JsonWriter& w;
            Json operator()(const Continue&) const { return "continue"; }
            Json operator()(const Return&) const { return "return"; }
            Json operator()(const Settle&) const { return "settle"; }
            Json operator()(const Jump& j) const { return {{"jump", id(j.to)}}; }
            Json operator()(const Goto& g) const { return {{"goto", id(g.to)}}; }
            Json operator()(const Decide& d) const { return {{"decide", w.decide(d)}}; }
        };
        return std::visit(Visitor{*this}, c);
    }
    Json rule(const Rule& r) const {
        Json effects = Json::array();
        for (const auto& e : r.effects) effects.push_back(effect(e));
        return {{"match", id(r.match)},
                {"match_text", print_expr(d_, r.match)},
                {"effects", effects},
                {"control", control(r.control)},
                {"action_text", print_action(d_, r)},
                {"name", r.name},
                {"uses", ids(r.uses)},
                {"active", r.active},
                {"origin", origin(r.origin)}};
    }
    Json chain(const Chain& c) const {
        return {{"name", c.name}, {"rules", ids(c.rules)}, {"routing", c.routing}, {"origin", origin(c.origin)}};
    }
    Json stage(const Stage& s) const {
        return {{"name", s.name},
                {"label", std::string(label_name(s.label))},
                {"when", id(s.when)},
                {"when_text", print_expr(d_, s.when)},
                {"chain", id(s.entry)},
                {"else", decide(s.fallthrough)},
                {"origin", origin(s.origin)}};
    }
    Json predicate(const Predicate& p) const {
        return {{"text", p.text},
                {"kind", std::string(predicate_kind_name(p.kind))},
                {"choices", p.choices},
                {"beside", std::string(field_name(p.beside))},
                {"origin", origin(p.origin)}};
    }
    Json choice(const Choice& c) const {
        return {{"text", c.text},
                {"field", std::string(field_name(c.field))},
                {"candidates", literal(c.candidates)},
                {"varies", c.varies},
                {"origin", origin(c.origin)}};
    }
    Json reg(const Register& r) const {
        return {{"name", r.name}, {"initial", r.initial}, {"from_packet_mark", r.from_packet_mark}};
    }
    Json interface(const Interface& i) const {
        Json addresses = Json::array();
        for (const auto& a : i.addresses)
            addresses.push_back({{"address", base::to_string(a.address)},
                                 {"length", a.length},
                                 {"secondary", a.secondary},
                                 {"global", a.global}});
        return {{"name", i.name},
                {"zone", i.zone},
                {"representative", i.representative},
                {"addresses", addresses},
                {"role", std::string(role_name(i.role))},
                {"unknown_address4", id(i.unknown_address4)},
                {"unknown_address6", id(i.unknown_address6)},
                {"where", place(i.span)}};
    }
    Json object(const Object& o) const {
        static constexpr const char* states[] = {"defined", "undefined", "empty", "duplicate"};
        Json used = Json::array();
        for (const auto& s : o.used) used.push_back(place(s));
        return {{"kind", o.kind},
                {"name", o.name},
                {"defined", place(o.defined)},
                {"used", used},
                {"state", states[static_cast<std::size_t>(o.state)]}};
    }
    Json route(const Route& r) const {
        Json hops = Json::array();
        for (const auto& h : r.next_hops)
            hops.push_back({{"gateway", h.gateway ? Json(base::to_string(*h.gateway)) : Json(nullptr)},
                            {"interface", h.interface}});
        return {{"destination", base::to_string(r.destination)},
                {"next_hops", hops},
                {"type", std::string(route_type_name(r.type))},
                {"table", r.table},
                {"metric", r.metric},
                {"assumed", r.assumed},
                {"where", place(r.span)}};
    }
    Json routing_rule(const RoutingRule& r) const {
        return {{"priority", r.priority},
                {"match", id(r.match)},
                {"match_text", r.match.valid() ? print_expr(d_, r.match) : "any"},
                {"table", r.table},
                {"action", r.action ? Json(std::string(route_type_name(*r.action))) : Json(nullptr)},
                {"suppress_prefix_length", r.suppress_prefix_length},
                {"unsupported", r.unsupported},
                {"where", place(r.span)}};
    }

    const Device& d_;
    const base::Sources& sources_;
};

}  // namespace

nlohmann::json to_json(const Device& device, const base::Sources& sources) { return JsonWriter(device, sources).run(); }

}  // namespace egresslint::model
