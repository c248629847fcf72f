// SPDX-License-Identifier: Apache-2.0
// Addresses, ranges and numbers as settings spell them.
#include "dialects/fortios/context.hpp"

#include <charconv>

namespace egresslint::dialects::fortios {

std::optional<Subnet> subnet_of(const std::vector<Word>& values, std::size_t first) {
    if (values.size() <= first) return std::nullopt;
    std::string_view text = values[first].text, mask;
    const std::size_t slash = text.find('/'), blank = text.find(' ');
    if (slash != std::string_view::npos) {
        mask = text.substr(slash + 1);
        text = text.substr(0, slash);
    } else if (blank != std::string_view::npos) {  // "10.0.0.0 255.0.0.0" as one word
        mask = text.substr(blank + 1);
        text = text.substr(0, blank);
    } else if (values.size() > first + 1) {
        mask = values[first + 1].text;
    }
    const auto address = base::parse_address(text);
    if (!address) return std::nullopt;
    const unsigned bits = base::address_bits(address->family);
    if (mask.empty()) return Subnet{*address, bits};
    if (const auto m = base::parse_ipv4(mask)) {
        const auto length = base::mask_length(Family::v4, m->bits);
        return length && address->family == Family::v4 ? std::optional<Subnet>({*address, *length}) : std::nullopt;
    }
    unsigned length = 0;
    const auto [end, error] = std::from_chars(mask.data(), mask.data() + mask.size(), length);
    if (error != std::errc{} || end != mask.data() + mask.size() || length > bits) return std::nullopt;
    return Subnet{*address, length};
}

std::optional<std::pair<Family, Interval>> range_of(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        const auto prefix = base::parse_prefix(text);
        if (!prefix) return std::nullopt;
        return std::pair{prefix->base.family, Interval{prefix->first(), prefix->last()}};
    }
    const auto first = base::parse_address(text.substr(0, dash)), last = base::parse_address(text.substr(dash + 1));
    if (!first || !last || first->family != last->family || last->bits < first->bits) return std::nullopt;
    return std::pair{first->family, Interval{first->bits, last->bits}};
}

std::optional<Interval> numbers_of(std::string_view text, std::uint32_t most) {
    const auto number = [&](std::string_view t) -> std::optional<std::uint32_t> {
        std::uint32_t n = 0;
        const auto [end, error] = std::from_chars(t.data(), t.data() + t.size(), n);
        if (t.empty() || error != std::errc{} || end != t.data() + t.size() || n > most) return std::nullopt;
        return n;
    };
    const std::size_t dash = text.find('-');
    const auto first = number(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    return Interval{*first, *last};
}

}  // namespace egresslint::dialects::fortios
