// SPDX-License-Identifier: Apache-2.0
// Parts of a run put together.
#include <algorithm>
#include <iterator>

#include "lint/fields.hpp"
#include "lint/lint.hpp"

namespace egresslint::lint {
namespace {

/// Moves every place in a text behind the shared ones.
class Renumber {
public:
    Renumber(std::size_t shared, std::size_t offset) : shared_(shared), offset_(offset) {}

    template <class T>
    void operator()(const char*, T& field) {
        if constexpr (std::is_same_v<T, base::Span>) {
            if (field.valid() && field.file.index() >= shared_) field.file = base::FileId(field.file.index() + offset_);
        } else if constexpr (requires { field.has_value(); }) {
            if (field) (*this)("", *field);
        } else if constexpr (is_plain<T>) {
        } else if constexpr (requires { field.push_back({}); }) {
            for (auto& one : field) (*this)("", one);
        } else {
            fields(*this, field);
        }
    }

private:
    std::size_t shared_, offset_;
};

template <class T>
void move_behind(std::vector<T>& to, std::vector<T>& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

void append(Gathered& whole, Gathered part, std::size_t shared, std::size_t offset) {
    Renumber renumber(shared, offset);
    fields(renumber, part);
    move_behind(whole.report.devices, part.report.devices);
    move_behind(whole.report.assumptions, part.report.assumptions);
    move_behind(whole.report.egress, part.report.egress);
    move_behind(whole.report.findings, part.report.findings);
    whole.comments.merge(part.comments);
    if (whole.site.size() < part.site.size()) whole.site.resize(part.site.size());
    for (std::size_t i = 0; i < part.site.size(); ++i) {
        whole.site[i].asked |= part.site[i].asked;
        if (!part.site[i].unknown.empty()) whole.site[i].unknown = std::move(part.site[i].unknown);
    }
}

}  // namespace egresslint::lint
