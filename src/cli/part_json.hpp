// SPDX-License-Identifier: Apache-2.0
// Structures to JSON and back by the one list of their fields. Included by .cpp files only: it brings the JSON library.
// Texts are byte strings: what is no UTF-8 is written as {"bytes": "hexadecimal"}.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "base/utf8.hpp"
#include "lint/fields.hpp"

namespace egresslint::cli::part {

using Json = nlohmann::ordered_json;

using lint::fields;

/// What a part of a run does not say, or says otherwise than this program writes it. Thrown and caught in part.cpp.
struct Wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const base::CodePoint next = base::first_code_point(text);
        if (!next.valid) return false;
        text.remove_prefix(next.bytes);
    }
    return true;
}

template <class T>
concept List = !std::is_same_v<T, std::string> && requires(T list) {
    list.push_back(typename T::value_type{});
};
template <class T>
concept Map = requires(T map) {
    typename T::mapped_type;
};
template <class T>
concept Optional = requires(T value) {
    value.has_value();
};
template <class T>
concept Pair = requires(T value) {
    value.first;
    value.second;
};

class Writer {
public:
    template <class T>
    void operator()(const char* name, T& value) {
        json_[name] = encoded(value);
    }
    template <class T>
    static Json encoded(T& value) {
        if constexpr (std::is_same_v<T, std::string>) {
            return text(value);
        } else if constexpr (std::is_same_v<T, base::Span>) {
            return value.valid() ? Json{value.file.value, value.begin, value.end} : Json(nullptr);
        } else if constexpr (std::is_enum_v<T>) {
            return static_cast<unsigned>(value);
        } else if constexpr (std::is_arithmetic_v<T>) {
            return value;
        } else if constexpr (Optional<T>) {
            return value ? encoded(*value) : Json(nullptr);
        } else if constexpr (Map<T>) {
            Json out = Json::array();
            for (const auto& [key, mapped] : value) out.push_back(Json{text(key), text(mapped)});
            return out;
        } else if constexpr (List<T>) {
            Json out = Json::array();
            for (auto& one : value) out.push_back(encoded(one));
            return out;
        } else if constexpr (Pair<T>) {
            return Json{encoded(value.first), encoded(value.second)};
        } else {
            Writer inner;
            inner.json_ = Json::object();
            fields(inner, value);
            return std::move(inner.json_);
        }
    }

private:
    static Json text(const std::string& value) {
        if (is_utf8(value)) return value;
        constexpr std::string_view digits = "0123456789abcdef";
        std::string hex;
        for (const unsigned char byte : value) {
            hex += digits[byte >> 4];
            hex += digits[byte & 15];
        }
        return Json{{"bytes", hex}};
    }
    Json json_ = Json::object();
};

class Reader {
public:
    explicit Reader(const Json& json) : json_(json) {
        if (!json.is_object()) throw Wrong("an object is missing");
    }
    template <class T>
    void operator()(const char* name, T& value) {
        const auto at = json_.find(name);
        if (at == json_.end()) throw Wrong(std::string("\"") + name + "\" is missing");
        decode(*at, value);
    }
    template <class T>
    static void decode(const Json& json, T& value) {
        if constexpr (std::is_same_v<T, std::string>) {
            value = text(json);
        } else if constexpr (std::is_same_v<T, base::Span>) {
            if (json.is_null()) return;
            if (!json.is_array() || json.size() != 3) throw Wrong("a place has three numbers");
            value.file = base::FileId(number<std::uint32_t>(json[0]));
            value.begin = number<std::uint32_t>(json[1]);
            value.end = number<std::uint32_t>(json[2]);
        } else if constexpr (std::is_same_v<T, bool>) {
            if (!json.is_boolean()) throw Wrong("true or false is expected");
            value = json.get<bool>();
        } else if constexpr (std::is_enum_v<T>) {
            // The largest enumeration that is written has three values.
            const auto numeral = number<std::uint32_t>(json);
            if (numeral > 2) throw Wrong("there is no such severity or certainty");
            value = static_cast<T>(numeral);
        } else if constexpr (std::is_arithmetic_v<T>) {
            value = number<T>(json);
        } else if constexpr (Optional<T>) {
            if (json.is_null()) return;
            decode(json, value.emplace());
        } else if constexpr (Map<T>) {
            for (const Json& one : array(json)) {
                if (!one.is_array() || one.size() != 2) throw Wrong("a pair is expected");
                value[text(one[0])] = text(one[1]);
            }
        } else if constexpr (List<T>) {
            for (const Json& one : array(json)) decode(one, value.emplace_back());
        } else if constexpr (Pair<T>) {
            if (!json.is_array() || json.size() != 2) throw Wrong("a pair is expected");
            decode(json[0], value.first);
            decode(json[1], value.second);
        } else {
            Reader inner(json);
            fields(inner, value);
        }
    }

private:
    static const Json& array(const Json& json) {
        if (!json.is_array()) throw Wrong("a list is expected");
        return json;
    }
    template <class T>
    static T number(const Json& json) {
        if (!json.is_number_unsigned()) throw Wrong("a number is expected");
        const auto value = json.get<std::uint64_t>();
        if (value > std::numeric_limits<T>::max()) throw Wrong("a number is too large");
        return static_cast<T>(value);
    }
    static std::string text(const Json& json) {
        if (json.is_string()) return json.get<std::string>();
        const auto bytes = json.is_object() ? json.find("bytes") : json.end();
        if (!json.is_object() || bytes == json.end() || !bytes->is_string()) throw Wrong("a text is expected");
        const std::string hex = bytes->get<std::string>();
        std::string out;
        for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
            out += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
        if (hex.size() % 2 != 0) throw Wrong("half a byte is missing");
        return out;
    }
    static unsigned digit(char c) {
        if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
        if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
        throw Wrong("no hexadecimal digit");
    }
    const Json& json_;
};

}  // namespace egresslint::cli::part
