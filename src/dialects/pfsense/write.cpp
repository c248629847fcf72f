// SPDX-License-Identifier: Apache-2.0
// Amendments as elements of config.xml, in the form of the rule that they stand beside: the legacy one or that of
// OPNsense's models. A rule that blocks SMTP asks for destinations outside of the inside networks, since a rule of an
// interface does not see the way out. Logging alone is no rule of these products: what rejects logs as well.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "dialects/pfsense/read.hpp"
#include "families/lines.hpp"

namespace egresslint::dialects::pfsense {
namespace {

using base::Span;
using base::TextEdit;
using model::Amendment;
using model::NewRule;
using Edits = std::optional<std::vector<TextEdit>>;

/// A fix of more rules than that is no fix that a person would read.
constexpr std::size_t most_spared = 6;

enum class Place { filter_in, filter_out, redirect, translate, other };

/// `<name>…</name>` or `<name/>` inside a text, as offsets; the first one at the top level of `in`.
struct Piece {
    std::size_t begin = std::string_view::npos, inner = 0, inner_end = 0, end = 0;
    explicit operator bool() const { return begin != std::string_view::npos; }
};

/// The text is well-formed XML of the reader: tags are looked for, not parsed.
Piece find(std::string_view text, std::string_view name, std::size_t from = 0) {
    const std::string open = "<" + std::string(name);
    for (std::size_t at = text.find(open, from); at != std::string_view::npos; at = text.find(open, at + 1)) {
        const std::size_t behind = at + open.size();
        if (behind >= text.size() || (text[behind] != '>' && text[behind] != '/' && text[behind] != ' ')) continue;
        const std::size_t close = text.find('>', behind);
        if (close == std::string_view::npos) return {};
        if (text[close - 1] == '/') return {at, close + 1, close + 1, close + 1};
        const std::string end = "</" + std::string(name) + ">";
        const std::size_t stop = text.find(end, close);
        if (stop == std::string_view::npos) return {};
        return {at, close + 1, stop, stop + end.size()};
    }
    return {};
}
std::string value_of(std::string_view text, std::string_view name) {
    const Piece p = find(text, name);
    if (!p) return {};
    std::string_view v = text.substr(p.inner, p.inner_end - p.inner);
    if (v.starts_with("<![CDATA[") && v.ends_with("]]>")) v = v.substr(9, v.size() - 12);
    return std::string(v);
}

class Writer {
public:
    Writer(const base::Sources& sources, const model::Device& device) : sources_(sources), device_(device) {}

    Edits write(const Amendment& a) const {
        switch (a.kind) {
            case Amendment::Kind::insert_before: {
                const Place place = place_of(a.rule);
                if (place == Place::translate) return outbound(a.rule, a.add);
                if (place != Place::filter_in) return std::nullopt;
                if (a.add.action == NewRule::Action::log) return std::vector<TextEdit>{};
                const auto beside = element(a.rule);
                return beside ? filter_rule(*beside, a.add) : std::nullopt;
            }
            case Amendment::Kind::append: {
                if (!a.chain.valid() || device_.chains[a.chain.index()].name != "translation out") return std::nullopt;
                return outbound({}, a.add);
            }
            case Amendment::Kind::remove: {
                const auto e = element(a.rule);
                return e ? one(*e, whole(*e), "") : std::nullopt;
            }
            case Amendment::Kind::move_before: return move(a.rule, a.other);
            case Amendment::Kind::log_too: return log(a.rule);
            case Amendment::Kind::limit_source: return limit(a.rule, a.source);
            case Amendment::Kind::close_forward: break;  // what no rule passes is blocked in any case
        }
        return std::nullopt;
    }

private:
    struct Beside {
        Span span;
        families::Lines lines;
        std::string_view text;  ///< of the element
        bool model = false;     ///< of OPNsense's models
    };

    [[nodiscard]] Place place_of(model::RuleId rule) const {
        if (!rule.valid()) return Place::other;
        for (const auto& chain : device_.chains)
            if (std::find(chain.rules.begin(), chain.rules.end(), rule) != chain.rules.end())
                return chain.name == "filter in"         ? Place::filter_in
                       : chain.name == "filter out"      ? Place::filter_out
                       : chain.name == "translation in"  ? Place::redirect
                       : chain.name == "translation out" ? Place::translate
                                                         : Place::other;
        return Place::other;
    }
    [[nodiscard]] Span span_of(model::RuleId rule) const {
        if (!rule.valid()) return {};
        const auto origin = device_.rules[rule.index()].origin;
        return origin.valid() ? device_.origins[origin.index()].span : Span{};
    }
    [[nodiscard]] bool synthetic(model::RuleId rule) const {
        const auto origin = device_.rules[rule.index()].origin;
        return origin.valid() && device_.origins[origin.index()].synthetic;
    }
    /// The element of a rule that somebody wrote, alone on its lines.
    [[nodiscard]] std::optional<Beside> element(model::RuleId rule) const {
        Beside out;
        out.span = span_of(rule);
        if (!out.span.valid() || synthetic(rule)) return std::nullopt;
        out.lines = families::lines_of(sources_, out.span);
        out.text = sources_.text(out.span);
        if (!families::blank(out.lines.lead) || !families::blank(out.lines.rest)) return std::nullopt;
        if (!out.text.starts_with("<rule") && !out.text.starts_with("<onetoone")) return std::nullopt;
        out.model = find(out.text, "source_net") || find(out.text, "action") || find(out.text, "sequence");
        return out;
    }
    [[nodiscard]] bool opnsense(base::FileId file) const {
        return sources_.text(file).find("<opnsense") != std::string_view::npos;
    }
    static Span whole(const Beside& e) { return {e.span.file, e.lines.begin, e.lines.end}; }
    static Edits one(const Beside& e, Span span, std::string text) {
        (void)e;
        return std::vector<TextEdit>{{span, std::move(text)}};
    }

    // -- text

    /// Lines of an element with the indentation of `lead`.
    static std::string block(std::string_view lead, std::string_view line_end, std::string_view name,
                             const std::vector<std::string>& lines) {
        const std::string step = lead.find('\t') != std::string_view::npos ? "\t" : "  ";
        std::string out = fmt::format("{}<{}>{}", lead, name, line_end);
        for (const std::string& line : lines) out += fmt::format("{}{}{}{}", lead, step, line, line_end);
        return out + fmt::format("{}</{}>{}", lead, name, line_end);
    }
    [[nodiscard]] std::string flag(std::string_view name, base::FileId file) const {
        return opnsense(file) ? fmt::format("<{0}>1</{0}>", name) : fmt::format("<{0}></{0}>", name);
    }
    static std::string address(const base::Prefix& p) {
        return p.length == base::address_bits(p.base.family) ? base::to_string(p.base) : base::to_string(p);
    }

    /// What stands for "not inside" as a destination: the network of the only inside interface, or an alias that holds
    /// all of them; without either, rules in front have to spare the `inside` networks one by one.
    struct Outside {
        std::string word;
        bool alias = false;
        std::vector<std::string> inside;
    };
    [[nodiscard]] Outside outside(const std::string& way_out) const {
        std::vector<std::string> names;
        base::IntervalSet v4;
        std::vector<base::Interval> nets;
        for (std::size_t i = model::first_interface; i < device_.interfaces.size(); ++i) {
            const auto& f = device_.interfaces[i];
            if (f.name == way_out || f.absent || f.role == model::Role::loopback) continue;
            bool any = false;
            for (const auto& a : f.addresses)
                if (a.address.family == base::Family::v4) {
                    const auto p = base::make_prefix(a.address, a.length);
                    nets.push_back({p.first(), p.last()});
                    any = true;
                }
            if (any) names.push_back(f.name);
        }
        if (names.size() == 1) return Outside{names.front(), false, {}};
        const base::IntervalSet inside(std::move(nets));
        for (const auto& set : device_.sets) {
            if (!set.object.valid()) continue;
            const auto& object = device_.objects[set.object.index()];
            const auto* literal = std::get_if<model::LiteralSet>(&set.is);
            if (literal == nullptr || object.kind != "alias" || !literal->values.contains_all(inside)) continue;
            if (literal->values.contains(base::parse_address("198.18.0.9")->bits)) continue;
            return Outside{object.name, true, {}};
        }
        return Outside{"", false, std::move(names)};
    }

    /// The rule beside, for SMTP to one destination only: what a new rule behind it must not touch stays as it is.
    [[nodiscard]] std::string spare(const Beside& e, const std::string& destination) const {
        const auto copy = [&](std::string_view name) {
            const Piece p = find(e.text, name);
            return p ? std::string(e.text.substr(p.begin, p.end - p.begin)) : std::string();
        };
        std::vector<std::string> lines;
        const auto add = [&](std::string text) {
            if (!text.empty()) lines.push_back(std::move(text));
        };
        if (e.model) {
            for (const char* const name :
                 {"enabled", "sequence", "action", "quick", "interface", "direction", "ipprotocol"})
                add(copy(name));
            lines.emplace_back("<protocol>TCP</protocol>");
            for (const char* const name : {"source_net", "source_not"}) add(copy(name));
            lines.push_back(fmt::format("<destination_net>{}</destination_net>", destination));
            lines.emplace_back("<destination_port>25</destination_port>");
            lines.emplace_back("<description>egresslint: SMTP that stays here</description>");
        } else {
            for (const char* const name : {"type", "interface", "ipprotocol", "floating", "quick", "direction"})
                add(copy(name));
            lines.emplace_back("<protocol>tcp</protocol>");
            add(copy("source"));
            lines.push_back(
                fmt::format("<destination><network>{}</network><port>25</port></destination>", destination));
            lines.emplace_back("<descr>egresslint: SMTP that stays here</descr>");
        }
        return block(e.lines.lead, e.lines.line_end, "rule", lines);
    }

    // -- filter rules

    [[nodiscard]] Edits filter_rule(const Beside& e, const NewRule& add) const {
        if (add.src.size() > 1 || !add.dst.empty()) return std::nullopt;
        const auto away = outside(add.out);
        const bool reject = add.action == NewRule::Action::reject;
        const bool narrow = !away.word.empty();
        std::string before;
        if (reject && !add.out.empty()) {
            if (add.tcp_dports != std::vector<std::uint16_t>{25}) return std::nullopt;
            if (away.inside.size() > most_spared) return std::nullopt;
            before = spare(e, "(self)");
            for (const std::string& name : away.inside) before += spare(e, name);
        }
        std::string interface = add.in;
        if (interface.empty()) interface = value_of(e.text, "interface");
        const std::string family = add.family ? (*add.family == base::Family::v4 ? "inet" : "inet6") : "inet46";
        const std::string port = add.tcp_dports.size() == 1 ? std::to_string(add.tcp_dports.front()) : "";
        if (add.tcp_dports.size() > 1) return std::nullopt;
        std::vector<std::string> lines;
        const char* const words = reject ? "egresslint: no SMTP for others" : "egresslint: SMTP";
        if (e.model) {
            long sequence = 1;
            const std::string given = value_of(e.text, "sequence");
            (void)std::from_chars(given.data(), given.data() + given.size(), sequence);
            lines = {"<enabled>1</enabled>",
                     fmt::format("<sequence>{}</sequence>", sequence),
                     fmt::format("<action>{}</action>", reject ? "reject" : "pass"),
                     "<quick>1</quick>",
                     fmt::format("<interface>{}</interface>", interface),
                     "<direction>in</direction>",
                     fmt::format("<ipprotocol>{}</ipprotocol>", family),
                     "<protocol>TCP</protocol>",
                     fmt::format("<source_net>{}</source_net>", add.src.empty() ? "any" : address(add.src.front())),
                     fmt::format("<destination_net>{}</destination_net>", narrow ? away.word : "any")};
            if (narrow) lines.emplace_back("<destination_not>1</destination_not>");
            if (!port.empty()) lines.push_back(fmt::format("<destination_port>{}</destination_port>", port));
            lines.push_back(fmt::format("<log>{}</log>", reject ? 1 : 0));
            lines.push_back(fmt::format("<description>{}</description>", words));
        } else {
            lines = {fmt::format("<type>{}</type>", reject ? "reject" : "pass"),
                     fmt::format("<interface>{}</interface>", interface),
                     fmt::format("<ipprotocol>{}</ipprotocol>", family), "<protocol>tcp</protocol>"};
            if (find(e.text, "floating")) {
                lines.emplace_back("<floating>yes</floating>");
                lines.push_back(opnsense(e.span.file) ? "<quick>1</quick>" : "<quick>yes</quick>");
                lines.emplace_back("<direction>in</direction>");
            }
            lines.push_back(add.src.empty()
                                ? "<source>" + flag("any", e.span.file) + "</source>"
                                : fmt::format("<source><address>{}</address></source>", address(add.src.front())));
            std::string to = "<destination>";
            if (narrow) {
                const char* const tag = away.alias ? "address" : "network";
                to += fmt::format("<{0}>{1}</{0}>", tag, away.word);
                to += flag("not", e.span.file);
            } else {
                to += flag("any", e.span.file);
            }
            if (!port.empty()) to += fmt::format("<port>{}</port>", port);
            lines.push_back(to + "</destination>");
            if (reject) lines.push_back(flag("log", e.span.file));
            lines.push_back(fmt::format("<descr>{}</descr>", words));
        }
        return std::vector<TextEdit>{{{e.span.file, e.lines.begin, e.lines.begin},
                                      before + block(e.lines.lead, e.lines.line_end, "rule", lines)}};
    }

    // -- outbound NAT

    /// In front of the rule where it is one of the outbound rules, else the first of them; automatic mode becomes
    /// hybrid.
    [[nodiscard]] Edits outbound(model::RuleId beside, const NewRule& add) const {
        if (add.src.size() > 1 || add.dst.size() > 1 || add.tcp_dports.size() > 1) return std::nullopt;
        const bool keep = add.action == NewRule::Action::accept;
        if (!keep && add.action != NewRule::Action::translate_source) return std::nullopt;
        if (device_.origins.empty()) return std::nullopt;
        base::FileId file;
        for (const auto& origin : device_.origins)
            if (origin.span.valid()) file = origin.span.file;
        if (!file.valid()) return std::nullopt;
        const std::string_view text = sources_.text(file);
        const Piece nat = find(text, "nat"), all = nat ? find(text, "outbound", nat.begin) : Piece{};
        std::string interface = add.out;
        const auto e = beside.valid() ? element(beside) : std::nullopt;
        if (e && e->model) return model_outbound(*e, add);
        if (interface.empty() && e) interface = value_of(e->text, "interface");
        if (interface.empty() && beside.valid())
            for (const auto& set : guard_interfaces(beside)) interface = set;
        if (interface.empty()) return std::nullopt;
        std::vector<std::string> lines{fmt::format("<interface>{}</interface>", interface)};
        if (!add.tcp_dports.empty()) {
            lines.emplace_back("<protocol>tcp</protocol>");
            lines.push_back(fmt::format("<dstport>{}</dstport>", add.tcp_dports.front()));
        }
        lines.push_back(fmt::format("<source><network>{}</network></source>",
                                    add.src.empty() ? "any" : base::to_string(add.src.front())));
        lines.push_back(add.dst.empty() ? "<destination>" + flag("any", file) + "</destination>"
                                        : fmt::format("<destination><network>{}</network></destination>",
                                                      base::to_string(add.dst.front())));
        if (keep)
            lines.push_back(flag("nonat", file));
        else
            lines.push_back(fmt::format("<target>{}</target>", base::to_string(add.to)));
        lines.push_back(fmt::format("<descr>{}</descr>", keep ? "egresslint: clients keep their address"
                                                              : "egresslint: the mail server's own address"));
        const auto at = [&](std::size_t offset) {
            return Span{file, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(offset)};
        };
        if (e && all && e->span.begin > all.begin && e->span.end < all.end && e->text.starts_with("<rule"))
            return std::vector<TextEdit>{{at(e->lines.begin), block(e->lines.lead, e->lines.line_end, "rule", lines)}};
        if (!all || all.inner == all.end) return std::nullopt;
        const Piece mode = find(text.substr(0, all.inner_end), "mode", all.inner);
        if (!mode) return std::nullopt;
        const Span mode_span{file, static_cast<std::uint32_t>(mode.begin), static_cast<std::uint32_t>(mode.end)};
        const auto mode_lines = families::lines_of(sources_, mode_span);
        if (!families::blank(mode_lines.lead) || !families::blank(mode_lines.rest)) return std::nullopt;
        const std::string value = value_of(text.substr(mode.begin, mode.end - mode.begin), "mode");
        if (value != "automatic" && value != "hybrid" && value != "advanced" && !value.empty()) return std::nullopt;
        std::string rule = block(mode_lines.lead, mode_lines.line_end, "rule", lines);
        if (value == "hybrid" || value == "advanced")
            return std::vector<TextEdit>{{at(mode_lines.end), std::move(rule)}};
        return std::vector<TextEdit>{
            {{file, mode_lines.begin, mode_lines.end},
             fmt::format("{}<mode>hybrid</mode>{}{}", mode_lines.lead, mode_lines.line_end, rule)}};
    }
    [[nodiscard]] Edits model_outbound(const Beside& e, const NewRule& add) const {
        if (find(e.text, "external")) return std::nullopt;
        long sequence = 1;
        const std::string given = value_of(e.text, "sequence");
        (void)std::from_chars(given.data(), given.data() + given.size(), sequence);
        std::vector<std::string> lines{
            "<enabled>1</enabled>",
            fmt::format("<sequence>{}</sequence>", sequence),
            fmt::format("<interface>{}</interface>", add.out.empty() ? value_of(e.text, "interface") : add.out),
            fmt::format("<ipprotocol>{}</ipprotocol>", add.family == base::Family::v6 ? "inet6" : "inet"),
            fmt::format("<protocol>{}</protocol>", add.tcp_dports.empty() ? "any" : "TCP"),
            fmt::format("<source_net>{}</source_net>", add.src.empty() ? "any" : base::to_string(add.src.front())),
            fmt::format("<destination_net>{}</destination_net>",
                        add.dst.empty() ? "any" : base::to_string(add.dst.front()))};
        if (!add.tcp_dports.empty())
            lines.push_back(fmt::format("<destination_port>{}</destination_port>", add.tcp_dports.front()));
        if (add.action == NewRule::Action::accept)
            lines.emplace_back("<nonat>1</nonat>");
        else
            lines.push_back(fmt::format("<target>{}</target>", base::to_string(add.to)));
        return std::vector<TextEdit>{
            {{e.span.file, e.lines.begin, e.lines.begin}, block(e.lines.lead, e.lines.line_end, "rule", lines)}};
    }
    /// The way out that a rule asks for.
    [[nodiscard]] std::vector<std::string> guard_interfaces(model::RuleId rule) const {
        std::vector<std::string> out;
        std::vector<model::ExprId> parts{device_.rules[rule.index()].match};
        if (const auto* all = std::get_if<model::And>(&device_.exprs[parts[0].index()].is)) parts = all->e;
        for (const auto part : parts)
            if (const auto* in = std::get_if<model::In>(&device_.exprs[part.index()].is);
                in != nullptr && in->what.field == model::Field::out_if) {
                if (const auto* names = std::get_if<model::InterfaceNames>(&device_.sets[in->set.index()].is))
                    if (names->patterns.size() == 1) out = names->patterns;
                if (const auto* ids = std::get_if<model::LiteralSet>(&device_.sets[in->set.index()].is))
                    if (const auto id = ids->values.single_value())
                        out = {device_.interfaces[static_cast<std::size_t>(*id)].name};
            }
        return out;
    }

    // -- changes of rules

    [[nodiscard]] Edits move(model::RuleId rule, model::RuleId other) const {
        const auto from = element(rule), to = element(other);
        if (!from || !to || !(from->span.file == to->span.file) || from->model != to->model) return std::nullopt;
        std::string text(sources_.raw(from->span.file).substr(from->lines.begin, from->lines.end - from->lines.begin));
        if (from->model) {
            const Piece own = find(text, "sequence");
            if (!own) return std::nullopt;
            text.replace(own.inner, own.inner_end - own.inner, value_of(to->text, "sequence"));
        }
        const std::uint32_t at = to->lines.begin;
        return std::vector<TextEdit>{{{to->span.file, at, at}, std::move(text)}, {whole(*from), ""}};
    }
    [[nodiscard]] Edits log(model::RuleId rule) const {
        const auto e = element(rule);
        if (!e) return std::nullopt;
        if (const Piece own = find(e->text, "log")) {
            const Span span{e->span.file, e->span.begin + static_cast<std::uint32_t>(own.begin),
                            e->span.begin + static_cast<std::uint32_t>(own.end)};
            return std::vector<TextEdit>{{span, "<log>1</log>"}};
        }
        const std::size_t last = e->text.rfind("</");
        const Piece first = find(e->text, "interface");
        if (last == std::string_view::npos || !first) return std::nullopt;
        const auto place = e->span.begin + static_cast<std::uint32_t>(first.begin);
        const auto lines = families::lines_of(sources_, {e->span.file, place, place});
        if (!families::blank(lines.lead)) return std::nullopt;
        return std::vector<TextEdit>{
            {{e->span.file, lines.begin, lines.begin},
             fmt::format("{}{}{}", lines.lead, e->model ? "<log>1</log>" : flag("log", e->span.file), lines.line_end)}};
    }
    [[nodiscard]] Edits limit(model::RuleId rule, const base::Prefix& source) const {
        const auto e = element(rule);
        if (!e || find(e->text, "external")) return std::nullopt;
        const auto replace = [&](const Piece& p, std::string text) -> Edits {
            return std::vector<TextEdit>{{{e->span.file, e->span.begin + static_cast<std::uint32_t>(p.begin),
                                           e->span.begin + static_cast<std::uint32_t>(p.end)},
                                          std::move(text)}};
        };
        if (const Piece net = find(e->text, "source_net"))
            return replace(net, fmt::format("<source_net>{}</source_net>", base::to_string(source)));
        const Piece own = find(e->text, "source");
        if (!own || own.inner == own.end) return std::nullopt;
        const std::string_view inner = e->text.substr(own.inner, own.inner_end - own.inner);
        if (find(inner, "not") || find(inner, "port")) return std::nullopt;
        const bool nat = place_of(rule) == Place::translate;
        return replace(own, fmt::format("<source><{0}>{1}</{0}></source>", nat ? "network" : "address",
                                        nat ? base::to_string(source) : address(source)));
    }

    const base::Sources& sources_;
    const model::Device& device_;
};

}  // namespace

std::optional<std::vector<base::TextEdit>> write(const base::Sources& sources, const model::Device& device,
                                                 const model::Amendment& amendment) {
    return Writer(sources, device).write(amendment);
}

}  // namespace egresslint::dialects::pfsense
