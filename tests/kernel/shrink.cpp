// SPDX-License-Identifier: Apache-2.0
// Greedy removal, large parts first: tables, sets, chains, objects, rules, elements, then words of rules.
#include "shrink.hpp"

#include <sstream>

namespace egresslint::kernel {
namespace {

/// Tries every single removal from a list, repeatedly, keeping those that still show the disagreement.
class Shrinker {
public:
    Shrinker(Generated ruleset, const std::function<bool(const Generated&)>& shows, unsigned attempts)
        : best_(std::move(ruleset)), shows_(shows), left_(attempts) {}

    Generated run() {
        bool smaller = true;
        while (smaller && left_ > 0) {
            smaller = remove_from([](Generated & g) -> auto& { return g.tables; });
            smaller = remove_from([](Generated & g) -> auto& { return g.sets; }) || smaller;
            smaller = remove_from([](Generated & g) -> auto& { return g.routing; }) || smaller;
            for (std::size_t o = 0; o < best_.sets.size(); ++o)
                smaller = remove_from([o](Generated & g) -> auto& { return g.sets[o].elements; }) || smaller;
            for (std::size_t t = 0; t < best_.tables.size(); ++t) {
                smaller = remove_from([t](Generated & g) -> auto& { return g.tables[t].chains; }) || smaller;
                smaller = remove_from([t](Generated & g) -> auto& { return g.tables[t].objects; }) || smaller;
                for (std::size_t c = 0; c < best_.tables[t].chains.size(); ++c) {
                    smaller = remove_from([ t, c ](Generated & g) -> auto& { return g.tables[t].chains[c].rules; }) ||
                              smaller;
                }
                for (std::size_t o = 0; o < best_.tables[t].objects.size(); ++o) {
                    smaller =
                        remove_from([ t, o ](Generated & g) -> auto& { return g.tables[t].objects[o].elements; }) ||
                        smaller;
                }
            }
            if (!smaller) smaller = remove_words();
        }
        return best_;
    }

private:
    bool keep_if_shows(Generated candidate) {
        if (left_ == 0) return false;
        --left_;
        if (!shows_(candidate)) return false;
        best_ = std::move(candidate);
        return true;
    }

    template <class Access>
    bool remove_from(const Access& list) {
        bool smaller = false;
        for (std::size_t i = list(best_).size(); i-- > 0;) {
            Generated candidate = best_;
            auto& items = list(candidate);
            items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
            smaller = keep_if_shows(std::move(candidate)) || smaller;
        }
        return smaller;
    }

    /// Runs of one to eight words out of each rule; what nft does not accept shows nothing and stays.
    bool remove_words() {
        bool smaller = false;
        for (std::size_t t = 0; t < best_.tables.size(); ++t) {
            for (std::size_t c = 0; c < best_.tables[t].chains.size(); ++c) {
                for (std::size_t r = 0; r < best_.tables[t].chains[c].rules.size(); ++r) {
                    smaller = shorten(t, c, r) || smaller;
                }
            }
        }
        return smaller;
    }

    bool shorten(std::size_t t, std::size_t c, std::size_t r) {
        std::istringstream stream(best_.tables[t].chains[c].rules[r]);
        std::vector<std::string> words;
        for (std::string word; stream >> word;) words.push_back(word);
        for (std::size_t length = std::min<std::size_t>(words.size(), 8); length > 0; --length) {
            for (std::size_t begin = 0; begin + length <= words.size(); ++begin) {
                std::string text;
                for (std::size_t i = 0; i < words.size(); ++i) {
                    if (i < begin || i >= begin + length) text += (text.empty() ? "" : " ") + words[i];
                }
                if (text.empty()) continue;
                Generated candidate = best_;
                candidate.tables[t].chains[c].rules[r] = text;
                if (keep_if_shows(std::move(candidate))) return true;
            }
        }
        return false;
    }

    Generated best_;
    const std::function<bool(const Generated&)>& shows_;
    unsigned left_;
};

}  // namespace

Generated shrink(Generated ruleset, const std::function<bool(const Generated&)>& shows, unsigned attempts) {
    return Shrinker(std::move(ruleset), shows, attempts).run();
}

std::vector<Probe> shrink(std::vector<Probe> probes, const std::function<bool(const std::vector<Probe>&)>& shows,
                          unsigned attempts) {
    const auto try_instead = [&](std::vector<Probe> candidate) {
        if (attempts == 0) return false;
        --attempts;
        if (!shows(candidate)) return false;
        probes = std::move(candidate);
        return true;
    };
    // Halves, then single packets.
    for (std::size_t size = probes.size() / 2; size > 0; size = size == 1 ? 0 : size / 2) {
        for (std::size_t at = 0; at + size <= probes.size() && probes.size() > size;) {
            std::vector<Probe> candidate = probes;
            candidate.erase(candidate.begin() + static_cast<std::ptrdiff_t>(at),
                            candidate.begin() + static_cast<std::ptrdiff_t>(at + size));
            if (!try_instead(std::move(candidate))) at += size;
        }
    }
    for (std::size_t i = 0; i < probes.size(); ++i) {
        const auto with = [&](auto change) {
            std::vector<Probe> candidate = probes;
            change(candidate[i]);
            if (!(candidate == probes)) try_instead(std::move(candidate));
        };
        with([](Probe& p) { p.mark = 0; });
        with([](Probe& p) {
            p.proto = proto_tcp;
            p.dport = 25;
            p.tcp_flags = 2;
            p.icmp_type = 0;
        });
        with([](Probe& p) {
            if (p.proto == proto_tcp) p.dport = 25;
        });
        with([&](Probe& p) {
            if (p.proto == proto_tcp || p.proto == proto_udp) p.sport = static_cast<std::uint16_t>(40000 + i);
        });
    }
    return probes;
}

}  // namespace egresslint::kernel
