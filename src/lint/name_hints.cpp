// SPDX-License-Identifier: Apache-2.0
#include "lint/name_hints.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>

namespace egresslint::lint {
namespace {

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> stems) {
    return std::any_of(stems.begin(), stems.end(), [&](std::string_view s) { return name.starts_with(s); });
}
std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace

bool sounds_external(std::string_view name) {
    return starts_with_any(lower(name), {"wan", "ppp", "ext", "internet", "inet", "outside", "untrust", "uplink", "isp",
                                         "dsl", "pppoe", "wwan", "red0", "public"});
}
bool is_virtual(std::string_view name) {
    if (starts_with_any(
            name, {"docker", "veth", "virbr", "vnet",    "tun",  "tap", "wg",  "ipsec",  "vti",   "gre", "sit",
                   "dummy",  "ifb",  "cni",   "flannel", "cali", "lxc", "lxd", "podman", "nflog", "zt",  "tailscale"}))
        return true;
    // Docker's own bridges are br- and twelve hexadecimal digits.
    return name.starts_with("br-") && name.size() == 15 && std::all_of(name.begin() + 3, name.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}
bool sounds_like_mail(std::string_view name) {
    const std::string n = lower(name);
    for (const std::string_view word : {"mail", "exchange", "smtp", "postfix", "zimbra", "sendmail", "exim"})
        if (n.find(word) != std::string::npos && n.find("public") == std::string::npos &&
            n.find("_ext") == std::string::npos)
            return true;
    for (const std::string_view word : {"mx", "mta"}) {
        const std::size_t at = n.find(word);
        if (at == std::string::npos) continue;
        const auto letter = [&](std::size_t i) { return i < n.size() && n[i] >= 'a' && n[i] <= 'z'; };
        if (!(at > 0 && letter(at - 1)) && !letter(at + word.size())) return true;
    }
    return false;
}

}  // namespace egresslint::lint
