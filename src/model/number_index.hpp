// SPDX-License-Identifier: Apache-2.0
// Finds entries of a table by their hash: what the Builder interns with. The entries stay in their own vector; the
// index holds a number and 32 bits of the hash for each, open addressing with linear probing, one cache line a look-up.
// (A std::unordered_multimap of the same costs a heap node an entry and was 40 % of the time of a large ruleset.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace egresslint::model {

class NumberIndex {
public:
    static constexpr std::uint32_t none = 0xffffffffu;

    /// The number put in under `hash` for which `same` holds, else none.
    template <class Same>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Same& same) const {
        if (slots_.empty()) return none;
        const auto tag = static_cast<std::uint32_t>(hash >> 32);
        const std::size_t mask = slots_.size() - 1;
        for (std::size_t at = place(hash, mask); slots_[at].number != none; at = (at + 1) & mask)
            if (slots_[at].tag == tag && same(slots_[at].number)) return slots_[at].number;
        return none;
    }
    /// The caller knows that no equal entry is in.
    void insert(std::uint64_t hash, std::uint32_t number) {
        if ((used_ + 1) * 4 > slots_.size() * 3) resize(slots_.empty() ? 64 : slots_.size() * 2);
        put({static_cast<std::uint32_t>(hash >> 32), number});
        ++used_;
    }
    void reserve(std::size_t entries) {
        std::size_t wanted = 64;
        while (wanted * 3 < entries * 4) wanted *= 2;
        if (wanted > slots_.size()) resize(wanted);
    }

private:
    struct Slot {
        std::uint32_t tag = 0;
        std::uint32_t number = none;
    };
    // The place depends on the tag alone, so that growing needs no hash of the entries again.
    [[nodiscard]] static std::size_t place(std::uint64_t hash, std::size_t mask) {
        return place_of_tag(static_cast<std::uint32_t>(hash >> 32), mask);
    }
    [[nodiscard]] static std::size_t place_of_tag(std::uint32_t tag, std::size_t mask) {
        return static_cast<std::size_t>(tag * 0x9e3779b97f4a7c15ull >> 24) & mask;
    }
    void put(Slot slot) {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = place_of_tag(slot.tag, mask);
        while (slots_[at].number != none) at = (at + 1) & mask;
        slots_[at] = slot;
    }
    void resize(std::size_t size) {
        std::vector<Slot> old(size);
        old.swap(slots_);
        for (const Slot& slot : old)
            if (slot.number != none) put(slot);
    }

    std::vector<Slot> slots_;
    std::size_t used_ = 0;
};

}  // namespace egresslint::model
