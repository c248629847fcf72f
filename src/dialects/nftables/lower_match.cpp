// SPDX-License-Identifier: Apache-2.0
// Comparisons. An exact operand becomes In or InTuple; everything else a predicate named by its text. What nft
// compares, and how (bit tests, the tests it adds by itself), was taken from the byte code that `nft --debug=netlink`
// prints.
#include "dialects/nftables/lower_match.hpp"

#include <algorithm>

#include "dialects/nftables/print_tree.hpp"

namespace egresslint::dialects::nftables {
namespace {

using base::IntervalSet;
using model::ConnectionState;
using model::ExprId;
using model::Field;
using model::PredicateKind;
using model::SetId;

/// nft's bits of a connection state, NF_CT_STATE_BIT in the kernel; `nft describe ct state`.
constexpr std::pair<ConnectionState, std::uint32_t> state_bits[] = {{ConnectionState::invalid, 1},
                                                                    {ConnectionState::established, 2},
                                                                    {ConnectionState::related, 4},
                                                                    {ConnectionState::fresh, 8},
                                                                    {ConnectionState::untracked, 64}};
constexpr std::uint32_t translation_bits = 16 | 32;

SetId literal_set(Context& c, Field field, Value value, IntervalSet values, model::ObjectId object) {
    if (!is_address(field)) return c.b.numbers(std::move(values), object);
    return value == Value::ipv6 ? c.b.addresses({}, std::move(values), object)
                                : c.b.addresses(std::move(values), {}, object);
}

/// nft's numbers for a field to the model's.
IntervalSet to_model(const Operand& left, const IntervalSet& values) {
    const auto& f = left.ref.field;
    if (left.is == Operand::Is::state) {
        std::vector<base::Interval> states;
        for (const auto& [state, bit] : state_bits)
            if (values.contains(image(bit, left.steps)))
                states.push_back({static_cast<base::u128>(state), static_cast<base::u128>(state)});
        return IntervalSet(std::move(states));
    }
    if (f == Field::family) {
        const base::u128 v4 = left.value == Value::ether_type ? 0x0800 : left.value == Value::family ? 2 : 4;
        const base::u128 v6 = left.value == Value::ether_type ? 0x86dd : left.value == Value::family ? 10 : 6;
        std::vector<base::Interval> families;
        if (values.contains(v4)) families.push_back({4, 4});
        if (values.contains(v6)) families.push_back({6, 6});
        return IntervalSet(std::move(families));
    }
    return values;
}

/// The set that the operand must be in, when one In can say it.
std::optional<SetId> column(Context& c, const Operand& left, Constants& constants, model::ObjectId object) {
    if (left.is != Operand::Is::field && left.is != Operand::Is::state) return std::nullopt;
    if (left.value == Value::interface) {
        auto names = std::move(constants.names());
        if (constants.wildcard()) names.emplace_back("*");
        std::sort(names.begin(), names.end());
        names.erase(std::unique(names.begin(), names.end()), names.end());
        for (const auto& name : names)
            if (!name.empty() && name.back() != '*') (void)c.b.interface(name);
        return c.b.set(model::Set{model::InterfaceNames{std::move(names)}, object});
    }
    auto values = constants.take_values();
    if (constants.wildcard()) values = IntervalSet::full(left.bits);
    if (left.is == Operand::Is::state) return c.b.numbers(to_model(left, values), object);
    if (!left.steps.empty()) {
        auto back = preimage(std::move(values), left.steps, left.bits);
        if (!back) return std::nullopt;
        values = std::move(*back);
    }
    return literal_set(c, left.ref.field, left.value, to_model(left, values), object);
}

/// TCP, UDP, DCCP, SCTP and UDP-Lite begin with their ports; of other protocols the kernel compares whatever stands
/// there (of ICMP type, code and checksum), which the model does not have [LAB: kernel oracle, `th dport` and an ICMP
/// echo].
ExprId where_ports_are(Context& c, const Operand& left, const std::string& written, ExprId exact) {
    if (c.ports_certain) return exact;
    const auto ports = c.b.in(Field::proto, model::protocols_with_ports());
    // `th dport` and `@th,16,16` are the same bytes.
    const auto name = left.text.rfind("@th", 0) != 0   ? left.text
                      : left.ref.field == Field::sport ? "th sport"
                                                       : "th dport";
    const auto other = c.unknown(name + " " + written + " of a protocol without ports", PredicateKind::packet,
                                 Field::proto, Sharing::chain);
    return c.b.either({c.b.all({ports, exact}), c.b.all({c.b.negate(ports), other})});
}

/// The field is in the set. RFC 8200: with extension headers the IPv6 header names the first of them, while the model's
/// protocol is the transport's, which `meta l4proto` and ip6tables' -p see.
ExprId field_in(Context& c, const Operand& left, SetId set, std::uint32_t mask = 0xffffffffu) {
    const auto plain = c.b.in(left.ref, set, mask);
    if (left.port_bytes)
        return where_ports_are(
            c, left, base::numbers_to_string(std::get<model::LiteralSet>(c.b.device().sets[set.index()].is).values, 64),
            plain);
    if (!left.next_header) return plain;
    // Those that the kernel skips on its way to the transport header.
    static const IntervalSet extensions{{0, 0}, {43, 44}, {51, 51}, {60, 60}};
    const auto named = std::get<model::LiteralSet>(c.b.device().sets[set.index()].is).values.intersect(extensions);
    // Both kinds of packets occur.
    const auto extended =
        c.unknown("the packet has IPv6 extension headers", PredicateKind::balance, Field::proto, Sharing::packet);
    const auto hit = named.empty()                    ? c.b.no()
                     : named.contains_all(extensions) ? c.b.yes()
                                                      : c.unknown("ip6 nexthdr " + base::numbers_to_string(named),
                                                                  PredicateKind::packet, Field::proto, Sharing::packet);
    return c.b.either({c.b.all({c.b.negate(extended), plain}), c.b.all({extended, hit})});
}

ExprId address_types(Context& c, const Operand& left, const IntervalSet& values) {
    // nft(8), FIB EXPRESSIONS; numbers of enum in linux/rtnetlink.h as `nft describe fib daddr type` prints them.
    auto& b = c.b;
    const auto local = b.in(left.ref, b.set(model::Set{model::DeviceAddresses{}, {}}));
    const auto broadcast = b.in(left.ref, b.set(model::Set{model::DeviceBroadcasts{}, {}}));
    const auto multicast = b.in(left.ref, b.addresses(IntervalSet::range(0xe0000000u, 0xefffffffu),
                                                      IntervalSet::range(base::u128{0xff} << 120, ~base::u128{0})));
    // Routes of other types (anycast, blackhole, unreachable, prohibit) take addresses away from unicast.
    const auto special = [&](const char* type) {
        return c.unknown(left.text + " " + type, left.kind, left.beside, left.shared());
    };
    const auto known = b.either({local, broadcast, multicast});
    std::vector<ExprId> any;
    if (values.contains(1))
        any.push_back(
            b.all({b.negate(known), b.negate(special("is neither unicast, local, broadcast nor multicast"))}));
    if (values.contains(2)) any.push_back(local);
    if (values.contains(3)) any.push_back(broadcast);
    if (values.contains(5)) any.push_back(multicast);
    constexpr std::pair<unsigned, const char*> others[] = {
        {0, "unspec"}, {4, "anycast"}, {6, "blackhole"}, {7, "unreachable"}, {8, "prohibit"}};
    for (const auto& [number, name] : others)
        if (values.contains(number))
            any.push_back(
                b.all({b.negate(known), special("is neither unicast, local, broadcast nor multicast"), special(name)}));
    return b.either(std::move(any));
}

ExprId status_bits(Context& c, const Operand& left, const IntervalSet& values) {
    // Of the packet that opens a connection only the bits of translation are set: 16 and 32 where it changed source or
    // destination, and beside them 128 and 256 once that was decided, changed or not. The last two are not followed;
    // they matter where the whole word is compared, as `!= dnat` does [LAB: kernel oracle].
    const auto text = left.text + " " + base::numbers_to_string(values);
    const auto unknown = c.unknown(text, left.kind, left.beside, Sharing::chain);
    std::vector<base::Interval> hits, open;
    for (std::uint32_t bits : {0u, 16u, 32u, 48u}) {
        const auto decided = bits << 3;
        bool any = false, all = true;
        for (std::uint32_t more : {0u, 128u, 256u, 384u}) {
            if ((more & decided) != decided) continue;
            const bool hit = values.contains(image(bits | more, left.steps));
            any |= hit;
            all &= hit;
        }
        if (any) (all ? hits : open).push_back({bits, bits});
    }
    auto first = c.b.in(left.ref, c.b.numbers(IntervalSet(std::move(hits))), translation_bits);
    if (!open.empty())
        first = c.b.either(
            {first, c.b.all({c.b.in(left.ref, c.b.numbers(IntervalSet(std::move(open))), translation_bits), unknown})});
    const auto fresh = c.b.in(Field::ct_state, IntervalSet::single(static_cast<base::u128>(ConnectionState::fresh)));
    const bool only_translation = std::all_of(left.steps.begin(), left.steps.end(), [](const BitStep& s) {
        return s.op == BitStep::Op::bit_and && (s.value & ~base::u128{translation_bits}) == 0;
    });
    if (!left.steps.empty() && only_translation) return first;
    return c.b.either({c.b.all({fresh, first}), c.b.all({c.b.negate(fresh), unknown})});
}

ExprId direction(Context& c, const Operand& left, const IntervalSet& values) {
    // A packet that opens a connection, or is the first of a related one, travels in the original direction.
    const bool original = values.contains(0), reply = values.contains(1);
    if (original == reply) return original ? c.b.yes() : c.b.no();
    const auto known = c.b.in(Field::ct_state, IntervalSet{{1, 1}, {3, 3}});
    const auto is_original =
        c.b.either({known, c.unknown("ct direction original", left.kind, left.beside, Sharing::packet)});
    return original ? is_original : c.b.negate(is_original);
}

/// Values that no dump can resolve: the match holds for what is known, or for whatever the name stands for.
ExprId with_unresolved(Context& c, const Operand& left, const std::string& name, ExprId known) {
    if (name.empty()) return known;
    const auto unknown =
        c.unknown(left.text + " " + name, PredicateKind::name, left.beside, left.shared(Sharing::chain));
    return c.b.either({known, unknown});
}

/// Operand in constants, no guard.
ExprId inside(Context& c, const Operand& left, Constants& constants, const std::string& written,
              model::ObjectId object = {}) {
    const auto unresolved = constants.unresolved();
    switch (left.is) {
        case Operand::Is::field:
        case Operand::Is::state: {
            // Marks: leave the first mask to the atom, so that no set of 2^n intervals is needed.
            if (left.ref.field == Field::reg && !left.steps.empty() && left.steps.front().op == BitStep::Op::bit_and) {
                auto values = constants.take_values();
                const std::vector<BitStep> rest(left.steps.begin() + 1, left.steps.end());
                const auto mask = static_cast<std::uint32_t>(left.steps.front().value);
                if (auto back = preimage(std::move(values), rest, 32))
                    return with_unresolved(c, left, unresolved,
                                           c.b.in(left.ref, c.b.numbers(std::move(*back), object), mask));
                return as_predicate(c, left, "", written);
            }
            const auto set = column(c, left, constants, object);
            if (!set) return as_predicate(c, left, "", written);
            return with_unresolved(c, left, unresolved, field_in(c, left, *set));
        }
        case Operand::Is::direction: return direction(c, left, constants.take_values());
        case Operand::Is::status: return status_bits(c, left, constants.take_values());
        case Operand::Is::address_type:
            return with_unresolved(c, left, unresolved, address_types(c, left, constants.take_values()));
        case Operand::Is::concatenation:
        case Operand::Is::generator:
        case Operand::Is::unknown: break;
    }
    return as_predicate(c, left, "", written);
}

/// What a lookup in a named set adds to membership among its listed elements.
ExprId with_run_time(Context& c, const Operand& left, NamedSet& set, ExprId listed) {
    const auto sharing = set.updated_by_rules ? Sharing::occurrence : Sharing::chain;
    const auto name = left.text + " @" + set.state->name;
    ExprId hit = listed;
    if (set.contents_change) {
        const auto unknown =
            c.unknown(name + " at run time", PredicateKind::dynamic_set, left.beside, left.shared(sharing));
        hit = set.listed_are_permanent ? c.b.either({listed, unknown}) : unknown;
    }
    if (set.stateful)
        hit = c.b.all(
            {hit, c.unknown(name + " within its limit", PredicateKind::rate, left.beside, Sharing::occurrence)});
    return hit;
}

const std::vector<const Element*>* elements_of(const Expression& set, NamedSet* named,
                                               std::vector<const Element*>& own) {
    if (named != nullptr) return &named->state->elements;
    if (const auto* anonymous = std::get_if<AnonymousSet>(&set.is)) {
        own.reserve(anonymous->elements.size());
        for (const auto& e : anonymous->elements) own.push_back(&e);
        return &own;
    }
    return nullptr;
}

/// Some column is a port, and no other column keeps protocols without ports out.
bool reads_port_bytes(Context& c, const Operand& left, const std::vector<std::size_t>& kept,
                      const model::Relation& relation) {
    const auto any = [&](std::size_t i) { return left.parts[i].port_bytes; };
    if (std::none_of(kept.begin(), kept.end(), any)) return false;
    for (std::size_t column = 0; column < kept.size(); ++column) {
        const auto& part = left.parts[kept[column]];
        if (part.ref.field != Field::proto || part.next_header) continue;
        if (std::all_of(relation.rows.begin(), relation.rows.end(), [&](const std::vector<SetId>& row) {
                const auto* literal = std::get_if<model::LiteralSet>(&c.b.device().sets[row[column].index()].is);
                return literal != nullptr && model::protocols_with_ports().contains_all(literal->values);
            }))
            return false;
    }
    return true;
}

/// A set of tuples. Columns that the model does not have are left out, and one predicate stands for them.
ExprId tuples(Context& c, const Operand& left, const std::vector<const Element*>& elements, const std::string& written,
              model::ObjectId object, bool* whole_answer = nullptr) {
    model::Relation relation;
    relation.object = object;
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < left.parts.size(); ++i)
        if (left.parts[i].is == Operand::Is::field || left.parts[i].is == Operand::Is::state) {
            kept.push_back(i);
            relation.columns.push_back(left.parts[i].ref);
        }
    bool exact = kept.size() == left.parts.size();
    bool everything = false;
    for (const auto* element : elements) {
        if (!element->key) continue;
        if (std::holds_alternative<Wildcard>(element->key->is)) everything = true;
        const auto* key = std::get_if<Concatenation>(&element->key->is);
        if (key == nullptr || key->parts.size() != left.parts.size()) {
            exact = false;
            continue;
        }
        std::vector<SetId> row;
        bool whole = true;
        for (const auto i : kept) {
            Constants constants(left.parts[i].value);
            constants.add(*key->parts[i]);
            const bool resolved = constants.unresolved().empty();
            auto set = resolved ? column(c, left.parts[i], constants, {}) : std::nullopt;
            if (!set) {
                // Anything may be in this column; the predicate below decides.
                Constants any(left.parts[i].value);
                any.add(Expression{Wildcard{}, {}});
                Operand plain = left.parts[i];
                plain.steps.clear();
                set = column(c, plain, any, {});
                whole = false;
            }
            row.push_back(*set);
        }
        exact = exact && whole;
        if (!row.empty()) relation.rows.push_back(std::move(row));
    }
    if (whole_answer != nullptr) *whole_answer = exact || everything;
    if (everything) return c.b.yes();
    const bool bytes = reads_port_bytes(c, left, kept, relation);
    auto known = kept.empty() ? c.b.yes() : c.b.in_tuple(std::move(relation));
    if (!exact) known = c.b.all({known, as_predicate(c, left, "", written)});
    if (bytes && whole_answer != nullptr) *whole_answer = false;
    return bytes ? where_ports_are(c, left, written, known) : known;
}

/// Elements that stay for as long as the ruleset does.
std::vector<const Element*> permanent(const NamedSet& set) {
    std::vector<const Element*> out;
    for (const auto* e : set.state->elements)
        if (e->timeout.empty() && e->expires.empty()) out.push_back(e);
    return out;
}

ExprId named_member(Context& c, const Operand& left, NamedSet& set) {
    const auto written = "@" + set.state->name;
    const bool temporary = set.contents_change && !set.listed_are_permanent;
    if (temporary) return with_run_time(c, left, set, c.b.no());
    if (left.is == Operand::Is::concatenation) {
        std::string key;
        for (const auto& part : left.parts) key += part.text + "\n";
        const auto it = set.relations.find(key);
        if (it != set.relations.end()) return with_run_time(c, left, set, it->second);
        bool exact = false;
        const auto made =
            tuples(c, left, set.contents_change ? permanent(set) : set.state->elements, written, set.object, &exact);
        // A predicate in it belongs to this chain.
        if (exact) set.relations.emplace(key, made);
        return with_run_time(c, left, set, made);
    }
    const bool plain = (left.is == Operand::Is::field || left.is == Operand::Is::state) && left.steps.empty();
    const auto key = std::to_string(static_cast<int>(left.value));
    if (plain)
        if (const auto it = set.literals.find(key); it != set.literals.end())
            return with_run_time(c, left, set, field_in(c, left, it->second));
    Constants constants(left.value);
    for (const auto* e : set.contents_change ? permanent(set) : set.state->elements)
        if (e->key) constants.add(*e->key);
    if (plain && constants.unresolved().empty()) {
        const auto id = *column(c, left, constants, set.object);
        set.literals.emplace(key, id);
        return with_run_time(c, left, set, field_in(c, left, id));
    }
    return with_run_time(c, left, set, inside(c, left, constants, written, set.object));
}

}  // namespace

ExprId as_predicate(Context& c, const Operand& left, const std::string& op, const std::string& right) {
    auto kind = left.kind;
    auto sharing = left.sharing;
    if (left.is != Operand::Is::unknown && left.is != Operand::Is::generator && left.is != Operand::Is::concatenation)
        sharing = std::max(sharing, Sharing::chain);
    auto text = left.text;
    if (!op.empty()) text += " " + op;
    if (!right.empty()) text += " " + right;
    return c.unknown(std::move(text), kind, left.beside, left.shared(sharing));
}

ExprId member(Context& c, const Operand& left, const Expression& set) {
    NamedSet* named = nullptr;
    if (const auto* reference = std::get_if<SetReference>(&set.is)) {
        named = c.named_set(reference->name);
        if (named == nullptr) {
            const auto which = c.predicate(left.text + " @" + reference->name, PredicateKind::dynamic_set, left.beside,
                                           left.shared(Sharing::chain));
            const auto object = c.b.use("set", c.table->title() + " " + reference->name, c.rule_span);
            c.uses.push_back(object);
            if (c.said.insert("set " + c.table->title() + " " + reference->name).second)
                c.incomplete(c.rule_span,
                             "the set @" + reference->name + " of table " + c.table->title() + " is not in this input",
                             which, c.influence_here());
            return c.b.unknown(which);
        }
        return named_member(c, left, *named);
    }
    const auto written = print(set, 4);
    std::vector<const Element*> own;
    const auto* elements = elements_of(set, nullptr, own);
    if (left.is == Operand::Is::concatenation) {
        Element single;
        if (elements == nullptr) return as_predicate(c, left, "", written);
        return tuples(c, left, *elements, written, {});
    }
    Constants constants(left.value);
    constants.add(set);
    return inside(c, left, constants, written);
}

ExprId element_key(Context& c, const Operand& left, const Expression& key) {
    if (std::holds_alternative<Wildcard>(key.is)) return c.b.yes();
    if (left.is != Operand::Is::concatenation) {
        Constants constants(left.value);
        constants.add(key);
        return inside(c, left, constants, print(key));
    }
    const auto* tuple = std::get_if<Concatenation>(&key.is);
    if (tuple == nullptr || tuple->parts.size() != left.parts.size()) return as_predicate(c, left, "", print(key));
    std::vector<ExprId> all;
    for (std::size_t i = 0; i < left.parts.size(); ++i) {
        if (left.parts[i].is == Operand::Is::concatenation || !tuple->parts[i]) continue;
        all.push_back(element_key(c, left.parts[i], *tuple->parts[i]));
    }
    return c.b.all(std::move(all));
}

namespace {

/// `x < 5` and friends as intervals.
std::optional<IntervalSet> ordered(const std::string& op, base::u128 value, unsigned bits) {
    const auto full = base::low_mask(bits);
    if (op == "<") return value == 0 ? IntervalSet{} : IntervalSet::range(0, value - 1);
    if (op == "<=") return IntervalSet::range(0, value);
    if (op == ">") return value >= full ? IntervalSet{} : IntervalSet::range(value + 1, full);
    if (op == ">=") return IntervalSet::range(value, full);
    return std::nullopt;
}

class NumberSet : public Constants {
public:
    NumberSet(Value type, const IntervalSet& values) : Constants(type) {
        for (const auto& i : values.intervals()) {
            Range range;
            range.first = std::make_unique<Expression>(Expression{Symbol{base::to_decimal(i.first), false}, {}});
            range.last = std::make_unique<Expression>(Expression{Symbol{base::to_decimal(i.last), false}, {}});
            add(Expression{std::move(range), {}});
        }
    }
};

ExprId among(Context& c, const Operand& left, const IntervalSet& values, const std::string& written) {
    NumberSet constants(left.value, values);
    return inside(c, left, constants, written);
}

/// Presence tests and booleans: `exists` is the predicate itself, `missing` its opposite.
std::optional<bool> presence(const Expression& right) {
    const auto* s = std::get_if<Symbol>(&right.is);
    if (s == nullptr) return std::nullopt;
    if (s->text == "exists" || s->text == "true") return true;
    if (s->text == "missing" || s->text == "false") return false;
    return std::nullopt;
}

ExprId compare(Context& c, const Operand& left, const std::string& op, const Expression& right) {
    const bool not_equal = op == "!=" || op == "ne";
    const auto written = print(right, 4);
    const auto* flags = std::get_if<FlagList>(&right.is);
    const bool set = std::holds_alternative<AnonymousSet>(right.is) || std::holds_alternative<SetReference>(right.is);

    if (left.is == Operand::Is::unknown) {
        if (const auto present = presence(right)) {
            const auto e = as_predicate(c, left, "", "exists");
            return *present != not_equal ? e : c.b.negate(e);
        }
        if (set) {
            const auto e = member(c, left, right);
            return not_equal ? c.b.negate(e) : e;
        }
        const bool equality = op.empty() || op == "==" || not_equal || op == "eq";
        const auto e = as_predicate(c, left, equality ? "" : op, written);
        return not_equal ? c.b.negate(e) : e;
    }
    // `tcp flags syn / syn,ack`: nft(8), TCP HEADER EXPRESSION.
    if (flags != nullptr && flags->mask) {
        const auto mask = constant(*flags->mask, left.value);
        FlagList bare;
        base::u128 value = 0;
        bool known = mask.has_value();
        for (const auto& part : flags->parts) {
            const auto bit = part ? constant(*part, left.value) : std::nullopt;
            known = known && bit;
            if (bit) value |= *bit;
        }
        if (!known) return as_predicate(c, left, op, written);
        Operand masked = left;
        masked.steps.push_back({BitStep::Op::bit_and, *mask});
        const auto e = among(c, masked, IntervalSet::single(value), written);
        return not_equal ? c.b.negate(e) : e;
    }
    const auto value = set ? std::nullopt : constant(right, left.value);
    // `tcp flags & (fin|syn) fin|syn`: after a mask, no operator means equality.
    const bool tests_bits = op == "!" || ((op.empty() || op == "in") && left.steps.empty());
    if (is_bitmask(left.value) && value && tests_bits) {
        // A test without operator: any of the bits; with `!`: none of them.
        Operand masked = left;
        masked.steps.push_back({BitStep::Op::bit_and, *value});
        const auto none = among(c, masked, IntervalSet::single(0), "0");
        const auto some = left.is == Operand::Is::state || left.is == Operand::Is::field
                              ? among(c, masked, IntervalSet::range(1, base::low_mask(left.bits)), written)
                              : c.b.negate(none);
        return op == "!" ? none : some;
    }
    if (const auto order = value ? ordered(op == "lt"   ? "<"
                                           : op == "gt" ? ">"
                                           : op == "le" ? "<="
                                           : op == "ge" ? ">="
                                                        : op,
                                           *value, left.bits)
                                 : std::nullopt)
        return among(c, left, *order, written);
    if (!op.empty() && op != "==" && op != "eq" && op != "in" && !not_equal) return as_predicate(c, left, op, written);

    // The right side may itself be read from the packet: `meta mark ct mark`.
    const bool computed = std::holds_alternative<Payload>(right.is) || std::holds_alternative<Meta>(right.is) ||
                          std::holds_alternative<Conntrack>(right.is) || std::holds_alternative<MapLookup>(right.is) ||
                          std::holds_alternative<NumberGenerator>(right.is);
    ExprId e;
    if (computed || (std::holds_alternative<BinaryOperation>(right.is) && !value))
        e = c.unknown(left.text + " " + written, PredicateKind::packet, left.beside, Sharing::chain);
    else if (left.is == Operand::Is::concatenation && !set)
        e = element_key(c, left, right);
    else
        e = member(c, left, right);
    return not_equal ? c.b.negate(e) : e;
}

}  // namespace

ExprId match(Context& c, const Match& m) {
    if (!m.left || !m.right)
        return c.unknown("incomplete match", PredicateKind::opaque, Field::proto, Sharing::occurrence);
    if (const auto* raw = std::get_if<RawPayload>(&m.left->is);
        raw != nullptr && raw->base == "nh" && c.table_family() == 0) {
        std::vector<ExprId> either;
        for (const std::uint8_t family : {std::uint8_t{4}, std::uint8_t{6}}) {
            const auto left = network_operand(c, *m.left, *raw, family);
            either.push_back(c.b.all({c.family_guard(family), left.guard, compare(c, left, m.op, *m.right)}));
        }
        return c.b.either(std::move(either));
    }
    const auto left = operand(c, *m.left);
    if (left.kind == PredicateKind::opaque && left.is == Operand::Is::unknown) {
        const auto which =
            c.predicate("not understood: " + left.text, PredicateKind::opaque, Field::proto, Sharing::occurrence);
        c.not_understood(m.left->span, "the expression `" + left.text + "` is not understood", which,
                         c.influence_here());
        return c.b.unknown(which);
    }
    return c.b.all({left.guard, compare(c, left, m.op, *m.right)});
}

}  // namespace egresslint::dialects::nftables
