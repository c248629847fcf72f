// SPDX-License-Identifier: Apache-2.0
// Linear in the size of the device, so that a model of a hundred thousand rules prints at once. Elides what a reader of
// rules takes for granted: the family guard beside an address, masks of all ones.
#include "model/print.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "model/words.hpp"

namespace egresslint::model {
namespace {

constexpr std::size_t list_limit = 8;
constexpr unsigned max_depth = 200;
constexpr std::size_t match_column = 48;

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out + "\"";
}

std::string register_name(const Device& device, RegisterId id) {
    if (!id.valid() || id.index() >= device.registers.size()) return "register?";
    std::string name = device.registers[id.index()].name;
    std::replace(name.begin(), name.end(), ' ', '_');
    return name;
}

std::string number(base::u128 value) {
    if (value < 10 || value >> 64) return base::to_decimal(value);
    return fmt::format("0x{:x}", static_cast<std::uint64_t>(value));
}

std::string field_text(const Device& device, const FieldRef& ref) {
    std::string out = ref.field == Field::reg ? register_name(device, ref.reg) : std::string(field_name(ref.field));
    if (ref.view == View::original) out += "@o";
    return out;
}

std::string named_values(const IntervalSet& set, const auto& name) {
    std::string out;
    std::size_t count = 0;
    for (const auto& i : set.intervals()) {
        if (!out.empty()) out += ", ";
        if (count++ == list_limit) return out + fmt::format("and {} more", set.intervals().size() - list_limit);
        if (i.last - i.first < list_limit) {
            for (auto v = i.first; v <= i.last; ++v) {
                if (v != i.first) out += ", ";
                out += name(v);
            }
        } else {
            out += name(i.first) + "-" + name(i.last);
        }
    }
    return out;
}

std::string literal_text(const Device& device, Field field, const LiteralSet& set) {
    if (is_address(field)) {
        std::string out = base::addresses_to_string(set.values, Family::v4, list_limit);
        if (!set.values.empty() && !set.values6.empty()) out += ", ";
        return out + base::addresses_to_string(set.values6, Family::v6, list_limit);
    }
    switch (field) {
        case Field::in_if:
        case Field::out_if:
            return named_values(set.values,
                                [&](base::u128 v) { return interface_name(device, static_cast<std::uint32_t>(v)); });
        case Field::proto:
            return named_values(set.values, [](base::u128 v) { return protocol_name(static_cast<std::uint8_t>(v)); });
        case Field::ct_state: return named_values(set.values, [](base::u128 v) { return connection_state_name(v); });
        case Field::reg: return named_values(set.values, number);
        default: return base::numbers_to_string(set.values, list_limit);
    }
}

std::string join(const std::vector<std::string>& parts) {
    std::string out;
    for (const auto& p : parts) out += (out.empty() ? "" : ", ") + p;
    return out;
}

std::string set_text(const Device& device, Field field, SetId id) {
    if (!id.valid() || id.index() >= device.sets.size()) return "set?";
    const auto& set = device.sets[id.index()];
    std::string out;
    bool several = false;
    if (const auto* literal = std::get_if<LiteralSet>(&set.is)) {
        out = literal_text(device, field, *literal);
        several = out.empty() || out.find(", ") != std::string::npos;
    } else if (const auto* names = std::get_if<InterfaceNames>(&set.is)) {
        out = join(names->patterns);
        several = names->patterns.size() != 1;
    } else if (const auto* of = std::get_if<InterfaceAddresses>(&set.is)) {
        out = (of->network ? "networks(" : "addresses(") + of->interface + ")";
    } else {
        out = std::holds_alternative<DeviceAddresses>(set.is) ? "local" : "broadcast";
    }
    if (set.object.valid() && set.object.index() < device.objects.size())
        return "@" + device.objects[set.object.index()].name + "{" + out + "}";
    return several ? "{" + out + "}" : out;
}

/// The family that an expression's address literal confines it to, if any.
std::optional<Family> implied_family(const Device& device, ExprId id) {
    const auto* in = std::get_if<In>(&device.exprs[id.index()].is);
    if (!in || !is_address(in->what.field)) return std::nullopt;
    const auto* literal = std::get_if<LiteralSet>(&device.sets[in->set.index()].is);
    if (!literal || literal->values.empty() == literal->values6.empty()) return std::nullopt;
    return literal->values.empty() ? Family::v6 : Family::v4;
}

std::optional<Family> family_guard(const Device& device, ExprId id) {
    const auto* in = std::get_if<In>(&device.exprs[id.index()].is);
    if (!in || in->what.field != Field::family) return std::nullopt;
    const auto* literal = std::get_if<LiteralSet>(&device.sets[in->set.index()].is);
    if (!literal || !literal->values.single_value()) return std::nullopt;
    return static_cast<Family>(*literal->values.single_value());
}

class Writer {
public:
    explicit Writer(const Device& device) : device_(device) {}

    std::string expr(ExprId id, unsigned depth = 0) const {
        if (!id.valid() || id.index() >= device_.exprs.size()) return "expr?";
        if (depth > max_depth) return "…";
        return std::visit([&](const auto& e) { return text(e, depth); }, device_.exprs[id.index()].is);
    }

private:
    std::string text(bool b, unsigned) const { return b ? "any" : "none"; }
    std::string text(const In& in, unsigned, const char* relation = "=") const {
        std::string out = field_text(device_, in.what);
        if (in.mask != 0xffffffffu) out += fmt::format("&0x{:x}", in.mask);
        return out + relation + set_text(device_, in.what.field, in.set);
    }
    std::string text(const InTuple& t, unsigned) const {
        if (!t.relation.valid() || t.relation.index() >= device_.relations.size()) return "relation?";
        const auto& relation = device_.relations[t.relation.index()];
        std::string out = "(";
        for (std::size_t c = 0; c < relation.columns.size(); ++c)
            out += (c ? " . " : "") + field_text(device_, relation.columns[c]);
        out += ")=";
        if (relation.object.valid() && relation.object.index() < device_.objects.size())
            out += "@" + device_.objects[relation.object.index()].name;
        out += "{";
        for (std::size_t r = 0; r < relation.rows.size(); ++r) {
            if (r) out += ", ";
            if (r == list_limit) {
                out += fmt::format("and {} more", relation.rows.size() - list_limit);
                break;
            }
            for (std::size_t c = 0; c < relation.columns.size() && c < relation.rows[r].size(); ++c)
                out += (c ? " . " : "") + set_text(device_, relation.columns[c].field, relation.rows[r][c]);
        }
        return out + "}";
    }
    std::string text(const Unknown& u, unsigned) const {
        if (!u.which.valid() || u.which.index() >= device_.predicates.size()) return "predicate?";
        const auto& predicate = device_.predicates[u.which.index()];
        std::string out = (predicate.choices == 2 && u.value == 0 ? "!?" : "?") + quoted(predicate.text);
        if (predicate.choices != 2) out += fmt::format("={}", u.value);
        return out;
    }
    std::string text(const Not& n, unsigned depth) const {
        if (n.e.valid() && n.e.index() < device_.exprs.size()) {
            const auto& inner = device_.exprs[n.e.index()].is;
            if (const auto* in = std::get_if<In>(&inner)) return text(*in, depth, "!=");
            if (std::holds_alternative<Unknown>(inner) || std::holds_alternative<InTuple>(inner) ||
                std::holds_alternative<Or>(inner))
                return "!" + expr(n.e, depth + 1);
        }
        return "!(" + expr(n.e, depth + 1) + ")";
    }
    std::string text(const And& a, unsigned depth) const {
        std::string out;
        for (const auto part : a.e) {
            if (const auto guard = family_guard(device_, part);
                guard && std::any_of(a.e.begin(), a.e.end(),
                                     [&](ExprId other) { return implied_family(device_, other) == guard; }))
                continue;
            if (!out.empty()) out += " ";
            out += expr(part, depth + 1);
        }
        return out;
    }
    std::string text(const Or& o, unsigned depth) const {
        std::string out = "(";
        for (std::size_t i = 0; i < o.e.size(); ++i) out += (i ? " | " : "") + expr(o.e[i], depth + 1);
        return out + ")";
    }

    const Device& device_;
};

std::string value_text(const Translate& t, base::u128 value) {
    if (!is_address(t.field)) return base::to_decimal(value);
    const auto family = t.family.value_or(value >> 32 ? Family::v6 : Family::v4);
    return base::to_string(Address{family, value});
}

std::string translate_text(const Device& device, const Translate& t) {
    struct Visitor {
        const Device& device;
        const Translate& t;
        std::string operator()(const Keep&) const { return "keep"; }
        std::string operator()(const Fixed& f) const { return value_text(t, f.value); }
        std::string operator()(const Pick& p) const {
            if (!p.choice.valid() || p.choice.index() >= device.choices.size()) return "choice?";
            const auto& choice = device.choices[p.choice.index()];
            if (!choice.varies) return "unknown(" + quoted(choice.text) + ")";
            return (p.keep_if_inside ? "keep or pick(" : "pick(") + literal_text(device, t.field, choice.candidates) +
                   ")";
        }
        std::string operator()(const OutInterfaceAddress& a) const { return of_interface("out_if", a.alternative); }
        std::string operator()(const InInterfaceAddress& a) const { return of_interface("in_if", a.alternative); }
        static std::string of_interface(const char* which, std::uint32_t alternative) {
            return alternative == 0 ? fmt::format("address({})", which)
                                    : fmt::format("address({}, alternative {})", which, alternative);
        }
        std::string operator()(const Shift& s) const {
            const auto family = t.family.value_or(s.from >> 32 || s.to >> 32 ? Family::v6 : Family::v4);
            return base::to_string(make_prefix(Address{family, s.from}, s.prefix_length)) + "->" +
                   base::to_string(make_prefix(Address{family, s.to}, s.prefix_length));
        }
    };
    return std::string(field_name(t.field)) + ":=" + std::visit(Visitor{device, t}, t.to);
}

std::string assign_text(const Device& device, const Assign& a) {
    std::string out = field_text(device, a.to) + "<-";
    const auto part = [&](RegisterId reg, std::uint32_t mask) {
        return register_name(device, reg) + (mask == 0xffffffffu ? "" : fmt::format("&0x{:x}", mask));
    };
    std::string sum;
    if (a.and_a) sum = part(a.a, a.and_a);
    if (a.and_b) sum += (sum.empty() ? "" : "^") + part(a.b, a.and_b);
    if (sum.empty()) {
        if (a.to.field == Field::out_if) return out + interface_name(device, a.value);
        if (a.to.field == Field::ct_state) return out + connection_state_name(a.value);
        return out + number(a.value);
    }
    if (a.value) sum += "^" + number(a.value);
    return out + sum;
}

std::string effect_text(const Device& device, const Effect& effect) {
    if (const auto* t = std::get_if<Translate>(&effect)) return translate_text(device, *t);
    if (const auto* a = std::get_if<Assign>(&effect)) return assign_text(device, *a);
    return std::holds_alternative<Log>(effect)       ? "log"
           : std::holds_alternative<Limited>(effect) ? "limited"
                                                     : "inspected";
}

std::string decide_text(const Device& device, const Decide& d) {
    std::string out(verdict_name(d.verdict));
    if (!d.final) out = "~> " + out;
    for (const auto& t : d.then) out += " " + translate_text(device, t);
    return out;
}

/// Chains that share a name (one a table) get their number beside it.
class ChainNames {
public:
    explicit ChainNames(const Device& device) : device_(device) {
        for (const auto& c : device.chains) ++count_[c.name];
    }
    [[nodiscard]] std::string operator()(ChainId id) const {
        if (!id.valid() || id.index() >= device_.chains.size()) return "chain?";
        const auto& name = device_.chains[id.index()].name;
        return count_.at(name) > 1 ? fmt::format("{}#{}", name, id.value) : name;
    }

private:
    const Device& device_;
    std::unordered_map<std::string_view, unsigned> count_;
};

std::string plain_chain_name(const Device& device, ChainId id) {
    return id.valid() && id.index() < device.chains.size() ? device.chains[id.index()].name : "chain?";
}

std::string action_text(const Device& device, const Rule& rule, const auto& chain_name) {
    std::string out;
    for (const auto& e : rule.effects) out += effect_text(device, e) + "; ";
    struct Visitor {
        const Device& device;
        const decltype(chain_name)& name;
        std::string operator()(const Continue&) const { return "continue"; }
        std::string operator()(const Return&) const { return "return"; }
        std::string operator()(const Settle&) const { return "settle"; }
        std::string operator()(const Jump& j) const { return "jump " + name(j.to); }
        std::string operator()(const Goto& g) const { return "goto " + name(g.to); }
        std::string operator()(const Decide& d) const { return decide_text(device, d); }
    };
    return out + std::visit(Visitor{device, chain_name}, rule.control);
}

std::string place_text(const Device& device, const base::Sources* sources, OriginId id) {
    if (!id.valid() || id.index() >= device.origins.size()) return "";
    const auto& origin = device.origins[id.index()];
    if (sources && origin.span.valid())
        return fmt::format("{}:{}", sources->file(origin.span.file).path, sources->begin(origin.span).line);
    return origin.synthetic ? origin.text : "";
}

void add_line(std::string& out, std::string line, const std::string& comment) {
    if (!comment.empty()) {
        if (line.size() < match_column + 34) line.resize(match_column + 34, ' ');
        line += " ; " + comment;
    }
    out += line + "\n";
}

class DevicePrinter {
public:
    DevicePrinter(const Device& device, const base::Sources* sources)
        : device_(device), sources_(sources), names_(device), printed_(device.chains.size(), false) {}

    std::string run() {
        out_ = "device " + (device_.name.empty() ? std::string("?") : device_.name) + "\n";
        for (std::size_t i = first_interface; i < device_.interfaces.size(); ++i) interface(device_.interfaces[i]);
        for (const auto& stage : device_.pipeline) {
            std::string head = "stage " + stage.name;
            const auto when = print_expr(device_, stage.when);
            if (when != "any") head += " when " + when;
            add_line(out_, head, place_text(device_, sources_, stage.origin));
            chain(stage.entry, "  ");
            out_ += "  else " + decide_text(device_, stage.fallthrough) + "\n";
        }
        for (std::size_t i = 0; i < device_.chains.size(); ++i)
            if (!printed_[i]) chain(ChainId(i), "");
        return std::move(out_);
    }

private:
    void interface(const Interface& i) {
        out_ += "interface " + i.name + (i.representative ? "*" : "");
        if (!i.zone.empty()) out_ += " zone " + i.zone;
        for (const auto& a : i.addresses) out_ += " " + base::to_string(a.address) + "/" + std::to_string(a.length);
        out_ += "\n";
    }
    void chain(ChainId id, std::string_view indent) {
        if (!id.valid() || id.index() >= device_.chains.size()) return;
        out_ += fmt::format("{}chain {}{}\n", indent, names_(id), printed_[id.index()] ? " (as above)" : "");
        if (printed_[id.index()]) return;
        printed_[id.index()] = true;
        for (const auto rule_id : device_.chains[id.index()].rules) {
            const auto& rule = device_.rules[rule_id.index()];
            std::string line = fmt::format("{}  {}", indent, print_expr(device_, rule.match));
            line.resize(std::max(match_column, line.size() + 1), ' ');
            if (!rule.active) line += "(inactive) ";
            add_line(out_, line + action_text(device_, rule, names_), place_text(device_, sources_, rule.origin));
        }
    }

    const Device& device_;
    const base::Sources* sources_;
    ChainNames names_;
    std::vector<bool> printed_;
    std::string out_;
};

}  // namespace

std::string interface_name(const Device& device, std::uint32_t id) {
    if (id == no_interface) return "none";
    if (id == self_interface) return "self";
    if (id >= device.interfaces.size()) return "interface?";
    const auto& i = device.interfaces[id];
    return i.representative ? i.name + "*" : i.name;
}

std::string print_expr(const Device& device, ExprId expr) { return Writer(device).expr(expr); }

std::string print_action(const Device& device, const Rule& rule) {
    return action_text(device, rule, [&](ChainId id) { return plain_chain_name(device, id); });
}

std::string print(const Device& device, const base::Sources* sources) { return DevicePrinter(device, sources).run(); }

}  // namespace egresslint::model
