// SPDX-License-Identifier: Apache-2.0
// whois text of the five registries. RIPE, APNIC and AFRINIC answer with RPSL objects (RFC 2622): attributes, one a
// line, objects parted by empty lines; an inetnum names its organisation by handle, and an organisation object follows.
// ARIN answers with NetRange and OrgName, LACNIC with inetnum and owner.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "evidence/plain_text.hpp"
#include "evidence/registry_readers.hpp"

namespace egresslint::evidence {
namespace {

struct Attribute {
    std::string name;  ///< lower case
    std::string_view value;
};
using Object = std::vector<Attribute>;

constexpr std::size_t most_objects = 100000;

std::vector<Object> objects(std::string_view text) {
    std::vector<Object> out(1);
    for (const std::string_view line : lines(text)) {
        const std::string_view bare = trim(line);
        if (bare.empty()) {
            if (!out.back().empty()) out.emplace_back();
            continue;
        }
        if (bare.front() == '%' || bare.front() == '#' || out.size() > most_objects) continue;
        const std::size_t colon = line.find(':');
        const bool goes_on = line.front() == ' ' || line.front() == '\t' || line.front() == '+';
        if (goes_on || colon == std::string_view::npos) continue;  // more of a value: addresses, remarks
        const std::string name = lower(trim(line.substr(0, colon)));
        // A network begins an object even where somebody joined answers without an empty line.
        if ((name == "netrange" || name == "inetnum" || name == "inet6num") && !out.back().empty()) out.emplace_back();
        out.back().push_back({name, trim(line.substr(colon + 1))});
    }
    return out;
}

const Attribute* find(const Object& object, std::string_view name) {
    for (const Attribute& a : object)
        if (a.name == name) return &a;
    return nullptr;
}

/// "Example Inc. (EXAM-1)": name and handle.
std::pair<std::string_view, std::string_view> name_and_handle(std::string_view text) {
    const std::size_t open = text.rfind('(');
    if (!text.ends_with(')') || open == std::string_view::npos) return {text, {}};
    return {trim(text.substr(0, open)), text.substr(open + 1, text.size() - open - 2)};
}

class Reader {
public:
    Reader(const base::Sources& sources, base::FileId file, Registry& out, base::Diagnostics& diagnostics)
        : sources_(sources), file_(file), out_(out), diagnostics_(diagnostics), objects_(objects(sources.text(file))) {
        for (const Object& object : objects_)
            for (const auto& [handle, name] : {std::pair{"organisation", "org-name"}, std::pair{"orgid", "orgname"}})
                if (find(object, handle) != nullptr && find(object, name) != nullptr)
                    organisations_.emplace(lower(find(object, handle)->value), find(object, name));
    }

    void read() {
        for (std::size_t i = 0; i < objects_.size(); ++i) {
            const Object& object = objects_[i];
            for (const char* name : {"inetnum", "inet6num", "netrange"})
                if (const Attribute* range = find(object, name)) network(object, *range, i);
        }
        for (const std::string_view line : lines(sources_.text(file_)))
            if (short_arin_line(line)) short_line(line);
    }

private:
    base::Span span(std::string_view part) const { return span_of(sources_, file_, part); }
    void add(Registration& to, std::string_view name, const char* role, std::string_view where) const {
        if (!name.empty()) to.holders.push_back({std::string(name), {role}, span(where)});
    }

    void network(const Object& object, const Attribute& range, std::size_t index) {
        Registration r;
        r.span = span(range.value);
        if (!set_range(range.value, r))
            return not_understood(diagnostics_, r.span, fmt::format("{} is no range of addresses", range.name));
        for (const Attribute& a : object) {
            if (a.name == "netname") r.net_name = a.value;
            if (a.name == "nethandle") r.handle = a.value;
            if (a.name == "owner" || a.name == "custname" || a.name == "orgname" || a.name == "org-name")
                add(r, a.value, "registrant", a.value);
            if (a.name == "organization") add(r, name_and_handle(a.value).first, "registrant", a.value);
            if (a.name == "descr") add(r, a.value, "descr", a.value);
            if (a.name == "org") organisation(a, r);
        }
        // ARIN: the customer of a reassignment follows in an object of its own, up to the next network.
        for (std::size_t next = index + 1; next < objects_.size() && range.name == "netrange"; ++next) {
            if (find(objects_[next], "netrange") != nullptr) break;
            if (const Attribute* customer = find(objects_[next], "custname"))
                add(r, customer->value, "registrant", customer->value);
            if (const Attribute* name = find(objects_[next], "orgname"); name != nullptr && r.holders.empty())
                add(r, name->value, "registrant", name->value);
        }
        out_.ranges.push_back(std::move(r));
    }

    void organisation(const Attribute& handle, Registration& r) const {
        const auto found = organisations_.find(lower(handle.value));
        if (found != organisations_.end())
            add(r, found->second->value, "registrant", found->second->value);
        else
            r.unknowns.push_back(
                {fmt::format("the organisation {} is not in this text", handle.value), span(handle.value)});
    }

    void short_line(std::string_view line) {
        const std::size_t open = line.find("(NET");
        const std::size_t close = line.find(')', open);
        Registration r;
        const std::string_view range = trim(line.substr(close + 1));
        if (!set_range(range, r)) return;
        r.span = span(range);
        r.handle = line.substr(open + 1, close - open - 1);
        const std::string_view before = trim(line.substr(0, open));
        const std::size_t blank = before.find_last_of(" \t");
        if (blank != std::string_view::npos) {
            r.net_name = before.substr(blank + 1);
            add(r, trim(before.substr(0, blank)), "registrant", trim(before.substr(0, blank)));
        }
        out_.ranges.push_back(std::move(r));
    }

    const base::Sources& sources_;
    base::FileId file_;
    Registry& out_;
    base::Diagnostics& diagnostics_;
    std::vector<Object> objects_;
    std::map<std::string, const Attribute*> organisations_;
};

/// LACNIC leaves out the zero bytes behind: 200.1/16, 200.1.2/23.
std::optional<base::Prefix> short_prefix(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    std::string whole(text.substr(0, slash));
    for (auto dots = std::count(whole.begin(), whole.end(), '.'); dots < 3; ++dots) whole += ".0";
    return base::parse_prefix(whole + std::string(text.substr(slash)));
}

}  // namespace

bool set_range(std::string_view text, Registration& registration) {
    const std::size_t dash = text.find('-');
    if (dash != std::string_view::npos) {
        const auto first = base::parse_address(trim(text.substr(0, dash)));
        const auto last = base::parse_address(trim(text.substr(dash + 1)));
        if (!first || !last || first->family != last->family || last->bits < first->bits) return false;
        registration.family = first->family;
        registration.range = {first->bits, last->bits};
        return true;
    }
    auto prefix = base::parse_prefix(text);
    if (!prefix && text.find(':') == std::string_view::npos) prefix = short_prefix(text);
    if (!prefix) return false;
    registration.family = prefix->base.family;
    registration.range = {prefix->first(), prefix->last()};
    return true;
}

bool short_arin_line(std::string_view line) {
    const std::size_t open = line.find("(NET");
    if (open == std::string_view::npos || line.find(':') < open) return false;
    const std::size_t close = line.find(')', open);
    Registration unused;
    return close != std::string_view::npos && set_range(trim(line.substr(close + 1)), unused);
}

void read_whois(const base::Sources& sources, base::FileId file, Registry& out, base::Diagnostics& diagnostics) {
    Reader(sources, file, out, diagnostics).read();
}

}  // namespace egresslint::evidence
