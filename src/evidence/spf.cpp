// SPDX-License-Identifier: Apache-2.0
// check_host() (RFC 7208, 4) over a set of addresses: mechanisms in order, each takes its part of what is left.
#include "evidence/spf.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "evidence/domain_name.hpp"
#include "evidence/spf_record.hpp"

namespace egresslint::evidence {
namespace {

using base::IntervalSet;

// RFC 7208, 4.6.4.
constexpr unsigned most_lookups = 10, most_void = 2, most_hosts = 10;
// Ours: a set beyond these has no answer.
constexpr std::size_t most_addresses = 256, most_parts = 64, most_steps = 4096;

/// A part of the addresses and what its evaluation has cost so far.
struct State {
    IntervalSet set;
    unsigned lookups = 0, voids = 0;
    std::vector<const Record*> records;
};
struct Outcome {
    State state;
    SpfResult result = SpfResult::not_known;
    std::string because;
};
struct Matched {
    std::vector<State> yes, no;
    std::vector<Outcome> ended;  ///< permerror, not known
};

SpfResult of_qualifier(char qualifier) {
    switch (qualifier) {
        case '-': return SpfResult::fail;
        case '~': return SpfResult::softfail;
        case '?': return SpfResult::neutral;
        default: return SpfResult::pass;
    }
}

class Check {
public:
    Check(const Dns& dns, base::Family family, std::string origin, std::string helo)
        : dns_(dns), family_(family), origin_(std::move(origin)), helo_(std::move(helo)) {}

    std::vector<Outcome> host(const std::string& domain, State state) {
        if (++steps_ > most_steps) return {not_known(std::move(state), "the evaluation takes too many steps")};
        // 4.3: a name that cannot be looked up, or of one label, has no record.
        if (!is_domain_name(domain) || domain.find('.') == std::string::npos)
            return {{std::move(state), SpfResult::none, fmt::format("{} is no domain of two labels", domain)}};
        const Lookup found = dns_.lookup(domain, RecordType::txt);
        if (found.answer == Answer::not_known) return {not_known(std::move(state), found.because)};
        std::vector<const Record*> records;
        for (const Record* r : found.records)
            if (is_spf(r->value)) records.push_back(r);
        if (records.empty()) return {{std::move(state), SpfResult::none, fmt::format("{} has no SPF record", domain)}};
        state.records.push_back(records.front());
        if (records.size() > 1)  // 4.5
            return {
                {std::move(state), SpfResult::permerror, fmt::format("{} has {} SPF records", domain, records.size())}};
        const auto record = parse_spf(records.front()->value);
        if (!record)
            return {{std::move(state), SpfResult::permerror,
                     fmt::format("the SPF record of {} does not read: {}", domain, record.error())}};
        return terms(domain, *record, std::move(state));
    }

private:
    static Outcome not_known(State state, std::string because) {
        return {std::move(state), SpfResult::not_known, std::move(because)};
    }

    std::vector<Outcome> terms(const std::string& domain, const SpfRecord& record, State state) {
        std::vector<Outcome> out;
        std::vector<State> left{std::move(state)};
        bool all = false;
        for (const SpfTerm& term : record.terms) {
            all |= term.kind == SpfTerm::Kind::all;
            std::vector<State> next;
            for (State& s : left) {
                Matched matched = match(domain, term, std::move(s));
                for (State& yes : matched.yes)
                    if (!yes.set.empty())
                        out.push_back({std::move(yes), of_qualifier(term.qualifier),
                                       fmt::format("\"{}\" of {} matches", term.text, domain)});
                for (Outcome& ended : matched.ended)
                    if (!ended.state.set.empty()) out.push_back(std::move(ended));
                for (State& no : matched.no)
                    if (!no.set.empty()) next.push_back(std::move(no));
            }
            left = std::move(next);
            if (left.size() + out.size() > most_parts) {
                for (State& s : left) out.push_back(not_known(std::move(s), "the addresses fall into too many parts"));
                return out;
            }
        }
        for (State& s : left) {
            if (record.redirect.empty() || all) {  // 6.1: beside "all" it is ignored
                out.push_back(
                    {std::move(s), SpfResult::neutral, fmt::format("nothing in the record of {} matches", domain)});
                continue;
            }
            for (auto& [part, target] : targets(domain, record.redirect, std::move(s))) {
                if (!target) {
                    out.push_back(not_known(
                        std::move(part), fmt::format("\"redirect={}\" depends on what is not known", record.redirect)));
                    continue;
                }
                if (++part.lookups > most_lookups) {
                    out.push_back(too_many(std::move(part)));
                    continue;
                }
                for (Outcome& o : host(*target, std::move(part))) {
                    if (o.result == SpfResult::none) {
                        o.result = SpfResult::permerror;
                        o.because = fmt::format("\"redirect={}\": {}", record.redirect, o.because);
                    }
                    out.push_back(std::move(o));
                }
            }
        }
        return out;
    }

    static Outcome too_many(State state) {
        return {std::move(state), SpfResult::permerror,
                fmt::format("it takes more than {} lookups (RFC 7208, 4.6.4)", most_lookups)};
    }

    /// The domain that a term is about; where it names the address, one for each address.
    std::vector<std::pair<State, std::optional<std::string>>> targets(const std::string& domain,
                                                                      const std::string& spec, State state) {
        std::vector<std::pair<State, std::optional<std::string>>> out;
        SpfMacros macros{domain, origin_, helo_, std::nullopt, family_};
        if (spec.empty()) {
            out.emplace_back(std::move(state), domain);
        } else if (!names_address(spec) || state.set.size() > most_addresses) {
            out.emplace_back(std::move(state), expand(spec, macros));
        } else {
            for (const base::Interval& interval : state.set.intervals())
                for (base::u128 bits = interval.first;; ++bits) {
                    macros.address = base::Address{family_, bits};
                    State one = state;
                    one.set = IntervalSet::single(bits);
                    out.emplace_back(std::move(one), expand(spec, macros));
                    if (bits == interval.last) break;
                }
        }
        return out;
    }

    Matched match(const std::string& domain, const SpfTerm& term, State state) {
        using Kind = SpfTerm::Kind;
        Matched out;
        if (++steps_ > most_steps) {
            out.ended.push_back(not_known(std::move(state), "the evaluation takes too many steps"));
            return out;
        }
        if (term.kind == Kind::all) {
            out.yes.push_back(std::move(state));
            return out;
        }
        if (term.kind == Kind::ip4 || term.kind == Kind::ip6) {
            split(out, std::move(state),
                  term.network->base.family == family_ ? IntervalSet::prefix(*term.network) : IntervalSet{});
            return out;
        }
        if (++state.lookups > most_lookups) {
            out.ended.push_back(too_many(std::move(state)));
            return out;
        }
        for (auto& [part, target] : targets(domain, term.domain, std::move(state))) {
            if (!target) {
                out.ended.push_back(
                    not_known(std::move(part), fmt::format("\"{}\" depends on what is not known", term.text)));
                continue;
            }
            switch (term.kind) {
                case Kind::include: include(out, term, *target, std::move(part)); break;
                case Kind::a: address(out, term, *target, std::move(part)); break;
                case Kind::mx: exchange(out, term, *target, std::move(part)); break;
                case Kind::exists: exists(out, *target, std::move(part)); break;
                default: pointer(out, *target, std::move(part)); break;
            }
        }
        return out;
    }

    static void split(Matched& out, State state, const IntervalSet& matching) {
        State rest = state;
        rest.set = state.set.minus(matching);
        state.set = state.set.intersect(matching);
        out.yes.push_back(std::move(state));
        out.no.push_back(std::move(rest));
    }

    /// One lookup with its share of the limit on void ones; nullopt: the part has ended.
    std::optional<Lookup> look(Matched& out, State& state, const std::string& name, RecordType type) {
        Lookup found;
        if (!is_domain_name(name)) {  // 4.8: what cannot be looked up matches nothing
            found.answer = Answer::no;
            return found;
        }
        found = dns_.lookup(name, type);
        if (found.answer == Answer::not_known) {
            out.ended.push_back(not_known(std::move(state), found.because));
            return std::nullopt;
        }
        if (found.answer == Answer::no && ++state.voids > most_void) {
            out.ended.push_back({std::move(state), SpfResult::permerror,
                                 fmt::format("more than {} lookups come to nothing (RFC 7208, 4.6.4)", most_void)});
            return std::nullopt;
        }
        return found;
    }

    [[nodiscard]] RecordType address_type() const {
        return family_ == base::Family::v4 ? RecordType::a : RecordType::aaaa;
    }

    [[nodiscard]] IntervalSet networks(const Lookup& found, const SpfTerm& term) const {
        std::vector<base::Interval> out;
        for (const Record* r : found.records)
            if (r->address) {
                const auto prefix = base::make_prefix(*r->address, family_ == base::Family::v4 ? term.v4 : term.v6);
                out.push_back({prefix.first(), prefix.last()});
            }
        return IntervalSet(std::move(out));
    }

    void address(Matched& out, const SpfTerm& term, const std::string& target, State state) {
        const auto found = look(out, state, target, address_type());
        if (found) split(out, std::move(state), networks(*found, term));
    }

    void exchange(Matched& out, const SpfTerm& term, const std::string& target, State state) {
        const auto hosts = look(out, state, target, RecordType::mx);
        if (!hosts) return;
        if (hosts->records.size() > most_hosts) {
            out.ended.push_back({std::move(state), SpfResult::permerror,
                                 fmt::format("{} has more than {} MX records (RFC 7208, 4.6.4)", target, most_hosts)});
            return;
        }
        // In order of preference; what a host decides is decided whatever the hosts behind it are.
        std::vector<const Record*> order = hosts->records;
        std::stable_sort(order.begin(), order.end(),
                         [](const Record* a, const Record* b) { return a->preference < b->preference; });
        for (const Record* host : order) {
            const auto found = look(out, state, host->value, address_type());
            if (!found) return;
            const IntervalSet matching = networks(*found, term);
            State yes = state;
            yes.set = state.set.intersect(matching);
            out.yes.push_back(std::move(yes));
            state.set = state.set.minus(matching);
            if (state.set.empty()) return;
        }
        out.no.push_back(std::move(state));
    }

    /// 5.7: an A record, for IPv6 too.
    void exists(Matched& out, const std::string& target, State state) {
        const auto found = look(out, state, target, RecordType::a);
        if (!found) return;
        (found->records.empty() ? out.no : out.yes).push_back(std::move(state));
    }

    void include(Matched& out, const SpfTerm& term, const std::string& target, State state) {
        for (Outcome& o : host(target, std::move(state))) {
            switch (o.result) {
                case SpfResult::pass: out.yes.push_back(std::move(o.state)); break;
                case SpfResult::fail:
                case SpfResult::softfail:
                case SpfResult::neutral: out.no.push_back(std::move(o.state)); break;
                case SpfResult::none: o.result = SpfResult::permerror; [[fallthrough]];
                default: o.because = fmt::format("\"{}\": {}", term.text, o.because); out.ended.push_back(std::move(o));
            }
        }
    }

    /// 5.5: a name of the address that leads back to it and stands within the target.
    void pointer(Matched& out, const std::string& target, State state) {
        if (state.set.size() > most_addresses) {
            out.ended.push_back(not_known(std::move(state), "\"ptr\" for so many addresses"));
            return;
        }
        for (const base::Interval& interval : state.set.intervals())
            for (base::u128 bits = interval.first;; ++bits) {
                State one = state;
                one.set = IntervalSet::single(bits);
                one_pointer(out, target, std::move(one), {family_, bits});
                if (bits == interval.last) break;
            }
    }
    void one_pointer(Matched& out, const std::string& target, State state, const base::Address& of) {
        const Lookup names = dns_.lookup(reverse_name(of), RecordType::ptr);
        if (names.answer == Answer::not_known) {
            out.ended.push_back(not_known(std::move(state), names.because));
            return;
        }
        std::string unknown;
        for (std::size_t i = 0; i < names.records.size() && i < most_hosts; ++i) {
            if (!is_within(names.records[i]->value, target)) continue;
            const Lookup back = dns_.lookup(names.records[i]->value, address_type());
            if (back.answer == Answer::not_known) unknown = back.because;
            if (std::any_of(back.records.begin(), back.records.end(),
                            [&](const Record* r) { return r->address == of; })) {
                out.yes.push_back(std::move(state));
                return;
            }
        }
        if (!unknown.empty())
            out.ended.push_back(not_known(std::move(state), unknown));
        else
            out.no.push_back(std::move(state));
    }

    const Dns& dns_;
    base::Family family_;
    std::string origin_, helo_;
    std::size_t steps_ = 0;
};

}  // namespace

std::string_view to_string(SpfResult result) {
    switch (result) {
        case SpfResult::none: return "none";
        case SpfResult::neutral: return "neutral";
        case SpfResult::pass: return "pass";
        case SpfResult::fail: return "fail";
        case SpfResult::softfail: return "softfail";
        case SpfResult::permerror: return "permerror";
        case SpfResult::not_known: break;
    }
    return "not known";
}

std::vector<SpfPart> check_host(const Dns& dns, const std::string& domain, base::Family family,
                                const IntervalSet& addresses, const std::string& helo) {
    Check check(dns, family, domain, helo);
    State state;
    state.set = addresses;
    std::vector<SpfPart> out;
    for (Outcome& o : check.host(domain, std::move(state))) {
        const auto same = std::find_if(
            out.begin(), out.end(), [&](const SpfPart& p) { return p.result == o.result && p.because == o.because; });
        if (same != out.end())
            same->addresses = same->addresses.unite(o.state.set);
        else
            out.push_back({o.state.set, o.result, std::move(o.because), std::move(o.state.records)});
    }
    return out;
}

}  // namespace egresslint::evidence
