// SPDX-License-Identifier: Apache-2.0
// Replays the commands of a file in order, as the kernel would apply them, and keeps what is left: the tables, chains
// with their rules in final order, and sets with their final elements. nft(8): RULESET, TABLES, CHAINS, RULES, SETS,
// ELEMENTS. Points into the trees, which must outlive the result.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.hpp"
#include "dialects/nftables/tree.hpp"

namespace egresslint::dialects::nftables {

struct ChainState {
    std::string name;
    std::optional<BaseChainSpec> base;
    std::string policy;
    std::deque<const RuleNode*> rules;
    base::Span span;
};

struct SetState {
    std::string name;
    const SetNode* node = nullptr;
    std::vector<const Element*> elements;
    base::Span span;
    /// Elements by the printed key, built when elements are first deleted.
    std::unordered_map<std::string, std::size_t> by_key;
    bool indexed = false;
};

struct ObjectState {
    const ObjectNode* node = nullptr;
};

template <class State>
class Named {
public:
    [[nodiscard]] State* find(const std::string& name) const {
        const auto it = by_name_.find(name);
        return it == by_name_.end() ? nullptr : it->second.get();
    }
    State& make(const std::string& name) {
        auto& slot = by_name_[name];
        slot = std::make_unique<State>();
        order_.push_back(name);
        return *slot;
    }
    bool erase(const std::string& name) { return by_name_.erase(name) > 0; }
    bool rename(const std::string& from, const std::string& to) {
        if (find(from) == nullptr || find(to) != nullptr) return false;
        auto node = by_name_.extract(from);
        node.key() = to;
        by_name_.insert(std::move(node));
        order_.push_back(to);
        return true;
    }
    void clear() {
        by_name_.clear();
        order_.clear();
    }
    /// In order of creation.
    [[nodiscard]] std::vector<State*> all() const {
        std::vector<State*> out;
        std::unordered_map<const State*, bool> seen;
        for (auto it = order_.begin(); it != order_.end(); ++it)
            if (auto* state = find(*it); state != nullptr && seen.emplace(state, true).second) out.push_back(state);
        return out;
    }

private:
    std::unordered_map<std::string, std::unique_ptr<State>> by_name_;
    std::vector<std::string> order_;
};

struct TableState {
    std::string family, name;
    bool dormant = false;
    base::Span span;
    Named<ChainState> chains;
    Named<SetState> sets;
    Named<ObjectState> objects;  ///< key: kind and name
    [[nodiscard]] std::string title() const { return family + " " + name; }
};

struct Ruleset {
    Named<TableState> tables;  ///< key: family and name
};

[[nodiscard]] Ruleset replay(const std::vector<Tree>& trees, base::Diagnostics& diagnostics);

}  // namespace egresslint::dialects::nftables
