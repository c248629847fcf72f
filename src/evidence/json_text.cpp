// SPDX-License-Identifier: Apache-2.0
#include "evidence/json_text.hpp"

#include <iterator>
#include <nlohmann/json.hpp>

#include "evidence/plain_text.hpp"

namespace egresslint::evidence {
namespace {

constexpr std::size_t deepest = 64;
constexpr std::size_t most_values = 1'000'000;

/// Reads characters and counts them in one place for all copies: when the parser reports a token, the count is the
/// offset behind it.
class Counting {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    Counting(const char* at, const char** latest) : at_(at), latest_(latest) {}
    reference operator*() const { return *at_; }
    Counting& operator++() {
        *latest_ = ++at_;
        return *this;
    }
    Counting operator++(int) {
        Counting old = *this;
        ++*this;
        return old;
    }
    friend bool operator!=(const Counting& a, const Counting& b) { return a.at_ != b.at_; }

private:
    const char* at_;
    const char** latest_;
};

class Builder : public nlohmann::json_sax<nlohmann::json> {
public:
    Builder(base::FileId file, std::string_view text, const char* const* latest)
        : file_(file), text_(text), latest_(latest) {}

    bool null() override { return leaf(JsonValue::Kind::null, "null"); }
    bool boolean(bool value) override { return leaf(JsonValue::Kind::boolean, value ? "true" : "false"); }
    bool number_integer(std::int64_t value) override { return leaf(JsonValue::Kind::number, std::to_string(value)); }
    bool number_unsigned(std::uint64_t value) override { return leaf(JsonValue::Kind::number, std::to_string(value)); }
    bool number_float(double, const std::string& value) override { return leaf(JsonValue::Kind::number, value); }
    bool binary(nlohmann::json::binary_t&) override { return false; }
    bool string(std::string& value) override {
        JsonValue* made = add(JsonValue::Kind::string);
        if (made == nullptr) return false;
        made->text = value;
        // Back from the closing quotation mark to the one that opens it.
        const std::uint32_t close = offset() - 1;
        std::uint32_t begin = close;
        while (begin > 0 && !opens(begin - 1)) --begin;
        made->span = {file_, begin, close};
        return true;
    }
    bool start_object(std::size_t) override { return open(JsonValue::Kind::object); }
    bool start_array(std::size_t) override { return open(JsonValue::Kind::array); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(std::string& name) override {
        names_.back() = name;
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& e) override {
        // The library's sentence begins with its own code and position.
        const std::string_view what = e.what();
        const std::size_t column = what.find(": ");
        error = "not JSON: " + std::string(column == std::string_view::npos ? what : what.substr(column + 2));
        return false;
    }

    JsonValue root;
    std::string error;
    [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(*latest_ - text_.data()); }

private:
    [[nodiscard]] bool opens(std::uint32_t at) const {
        if (text_[at] != '"') return false;
        std::uint32_t backslashes = 0;
        while (backslashes < at && text_[at - 1 - backslashes] == '\\') ++backslashes;
        return backslashes % 2 == 0;
    }
    bool leaf(JsonValue::Kind kind, std::string text) {
        JsonValue* made = add(kind);
        if (made == nullptr) return false;
        const auto length = static_cast<std::uint32_t>(text.size());
        made->span = {file_, offset() > length ? offset() - length : 0, offset()};
        made->text = std::move(text);
        return true;
    }
    JsonValue* add(JsonValue::Kind kind) {
        if (++values_ > most_values) {
            error = "more than 1,000,000 values: this is no evidence that anybody wrote";
            return nullptr;
        }
        JsonValue* made = &root;
        if (!open_.empty()) {
            JsonValue& parent = *open_.back();
            if (parent.is(JsonValue::Kind::object)) parent.names.push_back(names_.back());
            made = &parent.items.emplace_back();
        }
        made->kind = kind;
        return made;
    }
    bool open(JsonValue::Kind kind) {
        if (open_.size() >= deepest) {
            error = "values nest deeper than 64 levels";
            return false;
        }
        JsonValue* made = add(kind);
        if (made == nullptr) return false;
        made->span = {file_, offset() - 1, offset()};
        open_.push_back(made);
        names_.emplace_back();
        return true;
    }
    bool close() {
        open_.back()->span.end = offset();
        open_.pop_back();
        names_.pop_back();
        return true;
    }

    base::FileId file_;
    std::string_view text_;
    const char* const* latest_;
    // Only the innermost vectors grow, so these stay good.
    std::vector<JsonValue*> open_;
    std::vector<std::string> names_;
    std::size_t values_ = 0;
};

}  // namespace

const JsonValue* JsonValue::member(std::string_view name) const {
    for (std::size_t i = names.size(); i-- > 0;)
        if (names[i] == name) return &items[i];
    return nullptr;
}

std::string_view JsonValue::string(std::string_view name) const {
    const JsonValue* found = member(name);
    return found != nullptr && found->is(Kind::string) ? std::string_view(found->text) : std::string_view();
}

std::optional<JsonValue> parse_json(const base::Sources& sources, base::FileId file, base::Diagnostics& diagnostics) {
    const std::string_view text = sources.text(file);
    const char* latest = text.data();
    Builder builder(file, text, &latest);
    const bool good = nlohmann::json::sax_parse(Counting(text.data(), &latest),
                                                Counting(text.data() + text.size(), &latest), &builder);
    if (good && builder.error.empty()) return std::move(builder.root);
    const std::uint32_t at = std::min(builder.offset(), static_cast<std::uint32_t>(text.size()));
    const std::uint32_t begin = at > 0 ? at - 1 : 0;
    fatal(diagnostics, {file, begin, std::max(at, begin)}, builder.error.empty() ? "not JSON" : builder.error);
    return std::nullopt;
}

}  // namespace egresslint::evidence
