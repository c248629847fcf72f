// SPDX-License-Identifier: Apache-2.0
#include "report/intent_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/print.hpp"
#include "report/escape.hpp"

namespace egresslint::report {
namespace {

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        const std::size_t more = c < 0x80                ? 0
                                 : c >= 0xc2 && c < 0xe0 ? 1
                                 : (c & 0xf0) == 0xe0    ? 2
                                 : c >= 0xf0 && c < 0xf5 ? 3
                                                         : 9;
        if (more == 9 || i + more >= text.size()) return false;
        for (std::size_t k = 1; k <= more; ++k)
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
        const auto next = more == 0 ? 0u : static_cast<unsigned char>(text[i + 1]);
        // Overlong forms, surrogates, and what lies beyond Unicode.
        if ((c == 0xe0 && next < 0xa0) || (c == 0xed && next > 0x9f) || (c == 0xf0 && next < 0x90) ||
            (c == 0xf4 && next > 0x8f))
            return false;
        i += more + 1;
    }
    return true;
}

std::string prefix_text(const base::Prefix& p) {
    return p.length == base::address_bits(p.base.family) ? base::to_string(p.base) : base::to_string(p);
}

template <class T, class F>
std::string list(const std::vector<T>& values, const F& text) {
    std::string out;
    for (const T& value : values) out += (out.empty() ? "" : ", ") + toml_string(text(value));
    return "[" + out + "]";
}

class Writer {
public:
    explicit Writer(const std::vector<InferredDevice>& devices) : devices_(devices) {}

    std::string write() {
        out_ =
            "# Written by `egresslint init`: what was inferred, each with its reason. Lines that are commented out "
            "were guessed,\n"
            "# or are not known, or would be more than the configuration proves; look at them first.\n\n";
        site();
        servers();
        for (const InferredDevice& device : devices_) block(device);
        return out_;
    }

private:
    void comment(std::string_view text) { out_ += "# " + escaped(text) + "\n"; }
    void why(const lint::Prepared& p, std::string_view phrase) {
        for (const lint::Assumption& a : p.assumptions)
            if (a.what.find(phrase) != std::string::npos)
                comment(fmt::format("{}{}{}{}", a.guessed ? "guessed: " : "", a.what, a.because.empty() ? "" : ": ",
                                    a.because));
    }
    [[nodiscard]] const lint::Prepared& first() const { return *devices_.front().prepared; }

    void site() {
        std::vector<base::Prefix> inside;
        for (const auto family : {base::Family::v4, base::Family::v6})
            for (const base::Prefix& p : base::to_prefixes(
                     family == base::Family::v4 ? first().network.inside.values : first().network.inside.values6,
                     family))
                inside.push_back(p);
        const bool proven = devices_.size() == 1 && first().network.inside_declared;
        out_ += "[site]\n";
        why(first(), "inside addresses");
        out_ += fmt::format("{}internal = {}\n\n", proven ? "" : "# ", list(inside, prefix_text));
    }

    void servers() {
        for (const lint::ServerView& view : first().network.mail_servers) server(first(), view);
        for (std::size_t i = 1; i < devices_.size(); ++i)
            for (const lint::ServerView& view : devices_[i].prepared->network.mail_servers)
                if (!known(*devices_.front().prepared, view)) server(*devices_[i].prepared, view);
    }
    static bool known(const lint::Prepared& p, const lint::ServerView& view) {
        return std::any_of(p.network.mail_servers.begin(), p.network.mail_servers.end(),
                           [&](const lint::ServerView& v) { return v.server.address == view.server.address; });
    }
    void server(const lint::Prepared& p, const lint::ServerView& view) {
        // A server is one for every device; declaring it would ask devices about it that do not show it.
        const bool everywhere = std::all_of(devices_.begin(), devices_.end(),
                                            [&](const InferredDevice& d) { return known(*d.prepared, view); });
        const char* off = view.guessed || !everywhere ? "# " : "";
        const std::string address = view.server.address.empty() ? "" : prefix_text(view.server.address.front());
        why(p, "mail server " + address);
        if (!everywhere) comment("not every device shows it: declaring it asks all of them");
        out_ += fmt::format("{}[[mail_server]]\n{}name = {}\n{}address = {}\n", off, off, toml_string(view.server.name),
                            off, list(view.server.address, prefix_text));
        why(p, "own outbound address of " + view.server.name);
        comment("uncomment it to state it: rules that compare a declared address (EL106) apply then");
        out_ += fmt::format("# outbound = {}\n\n", view.server.outbound.empty()
                                                       ? "[\"198.51.100.5\"]   # not known: an example"
                                                       : list(view.server.outbound, prefix_text));
    }

    void block(const InferredDevice& device) {
        const lint::Prepared& p = *device.prepared;
        out_ += "[[device]]\nname = " + toml_string(p.device.name) + "\n";
        out_ += "config = " + list(device.config, [](const std::string& s) { return s; }) + "\n";
        if (!device.dialect.empty()) out_ += "dialect = " + toml_string(device.dialect) + "\n";
        std::vector<std::string> external;
        bool whole = !p.network.external.empty();
        for (const std::uint32_t id : p.network.external) {
            const model::Interface& i = p.device.interfaces[id];
            external.push_back(i.representative ? i.name + "*" : i.name);
            whole = whole && !(i.representative && i.name.empty());
        }
        bool guessed = !whole;
        for (const lint::Assumption& a : p.assumptions)
            guessed = guessed || (a.guessed && a.what.find("the internet") != std::string::npos);
        why(p, "faces the internet");
        why(p, "face the internet");
        out_ += fmt::format("{}external = {}\n", guessed ? "# " : "",
                            external.empty() ? "[\"wan0\"]   # not known: an example"
                                             : list(external, [](const std::string& s) { return s; }));
        const auto dump = [&](const char* key, const std::string& path, const char* command) {
            out_ += path.empty() ? fmt::format("# {} = \"{}.json\"   # {}\n", key, key, command)
                                 : fmt::format("{} = {}\n", key, toml_string(path));
        };
        dump("addresses", device.addresses, "ip -j addr");
        dump("routes", device.routes, "ip -j route show table all");
        if (!device.routing_rules.empty()) out_ += "rules = " + toml_string(device.routing_rules) + "\n";
        std::string others;
        for (const lint::Assumption& a : p.assumptions)
            if (a.what.find("inside addresses") == std::string::npos &&
                a.what.find("mail server") == std::string::npos &&
                a.what.find("outbound address") == std::string::npos &&
                a.what.find("the internet") == std::string::npos)
                others +=
                    fmt::format("#   {}{}: {}\n", a.guessed ? "guessed: " : "", escaped(a.what), escaped(a.because));
        if (!others.empty()) out_ += "# assumed besides:\n" + others;
        out_ += "\n";
    }

    const std::vector<InferredDevice>& devices_;
    std::string out_;
};

}  // namespace

std::string toml_string(std::string_view text) {
    if (!is_utf8(text)) return {};
    std::string out = "\"";
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += std::string("\\") + c;
        else if (u < 0x20 || u == 0x7f)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(u));
        else
            out += c;
    }
    return out + "\"";
}

std::string intent_text(const std::vector<InferredDevice>& devices) {
    for (const InferredDevice& d : devices) {
        std::vector<std::string> names = d.config;
        names.insert(names.end(), {d.prepared->device.name, d.addresses, d.routes, d.routing_rules});
        for (const model::Interface& i : d.prepared->device.interfaces) names.push_back(i.name);
        for (const lint::ServerView& v : d.prepared->network.mail_servers) names.push_back(v.server.name);
        if (!std::all_of(names.begin(), names.end(), is_utf8)) return {};
    }
    return devices.empty() ? "" : Writer(devices).write();
}

}  // namespace egresslint::report
