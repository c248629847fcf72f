// SPDX-License-Identifier: Apache-2.0
// Whether two spellings name one organisation. Registries hold names as people typed them: in capitals, with and
// without the dots of a legal form, with umlauts written out. What is left after that must be equal; a different legal
// form is another legal person, perhaps of the same group, and nobody can tell from here.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.hpp"
#include "evidence/plain_text.hpp"
#include "evidence/registry.hpp"

namespace egresslint::evidence {
namespace {

/// Words that say the legal form, each with the word that stands for it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 62> legal_forms{{
    {"gmbh", "gmbh"},
    {"mbh", "gmbh"},
    {"ag", "ag"},
    {"kg", "kg"},
    {"kgaa", "kgaa"},
    {"ohg", "ohg"},
    {"gbr", "gbr"},
    {"ug", "ug"},
    {"haftungsbeschraenkt", ""},
    {"se", "se"},
    {"ev", "ev"},
    {"eg", "eg"},
    {"ltd", "ltd"},
    {"limited", "ltd"},
    {"llc", "llc"},
    {"llp", "llp"},
    {"lp", "lp"},
    {"inc", "inc"},
    {"incorporated", "inc"},
    {"corp", "corp"},
    {"corporation", "corp"},
    {"co", "co"},
    {"company", "co"},
    {"plc", "plc"},
    {"sa", "sa"},
    {"sas", "sas"},
    {"sarl", "sarl"},
    {"sl", "sl"},
    {"slu", "slu"},
    {"srl", "srl"},
    {"spa", "spa"},
    {"nv", "nv"},
    {"bv", "bv"},
    {"bvba", "bvba"},
    {"ab", "ab"},
    {"as", "as"},
    {"asa", "asa"},
    {"aps", "aps"},
    {"oy", "oy"},
    {"oyj", "oyj"},
    {"kft", "kft"},
    {"zrt", "zrt"},
    {"doo", "doo"},
    {"dd", "dd"},
    {"sro", "sro"},
    {"spzoo", "spzoo"},
    {"lda", "lda"},
    {"ltda", "ltda"},
    {"pty", "pty"},
    {"pte", "pte"},
    {"kk", "kk"},
    {"gk", "gk"},
    {"bhd", "bhd"},
    {"sdn", "sdn"},
    {"private", "pvt"},
    {"pvt", "pvt"},
    {"cv", "cv"},
    {"sc", "sc"},
    {"and", ""},
    {"und", ""},
    {"mbb", "mbb"},
    {"stiftung", "stiftung"},
}};

const std::string_view* legal_form(std::string_view word) {
    for (const auto& [form, stands_for] : legal_forms)
        if (form == word) return &stands_for;
    return nullptr;
}

/// Letters of Latin-1 and Latin Extended-A without their marks, umlauts as people write them out.
std::string_view plain_letter(char32_t c) {
    static constexpr std::array<std::pair<std::u32string_view, std::string_view>, 30> letters{{
        {U"\u00e4\u00c4\u00e6\u00c6", "ae"},
        {U"\u00f6\u00d6\u0153\u0152", "oe"},
        {U"\u00fc\u00dc", "ue"},
        {U"\u00df\u1e9e", "ss"},
        {U"\u00f8\u00d8", "oe"},
        {U"\u00e5\u00c5", "aa"},
        {U"\u00e0\u00e1\u00e2\u00e3\u00c0\u00c1\u00c2\u00c3\u0105\u0104", "a"},
        {U"\u00e7\u00c7\u0107\u0106\u010d\u010c", "c"},
        {U"\u00e8\u00e9\u00ea\u00eb\u00c8\u00c9\u00ca\u00cb\u0119\u0118\u011b\u011a", "e"},
        {U"\u00ec\u00ed\u00ee\u00ef\u00cc\u00cd\u00ce\u00cf", "i"},
        {U"\u00f1\u00d1\u0144\u0143\u0148\u0147", "n"},
        {U"\u00f2\u00f3\u00f4\u00f5\u00d2\u00d3\u00d4\u00d5\u0151\u0150", "o"},
        {U"\u00f9\u00fa\u00fb\u00d9\u00da\u00db\u0171\u0170\u016f\u016e", "u"},
        {U"\u00fd\u00ff\u00dd", "y"},
        {U"\u0142\u0141", "l"},
        {U"\u0159\u0158", "r"},
        {U"\u015b\u015a\u0161\u0160\u015f\u015e", "s"},
        {U"\u0165\u0164\u0163\u0162", "t"},
        {U"\u017a\u0179\u017c\u017b\u017e\u017d", "z"},
        {U"\u010f\u010e\u0111\u0110", "d"},
        {U"\u011f\u011e", "g"},
        {U"\u0131\u0130", "i"},
    }};
    for (const auto& [marked, plain] : letters)
        if (marked.find(c) != std::u32string_view::npos) return plain;
    return {};
}

struct Name {
    std::string core;                ///< words with one blank between
    std::vector<std::string> forms;  ///< of law, sorted
};

Name normalised(std::string_view text) {
    // A handle in brackets is no part of the name: "Example Inc. (EXAM-1)".
    text = trim(text);
    if (text.ends_with(')'))
        if (const std::size_t open = text.rfind('('); open != std::string_view::npos && open > 0 &&
                                                      text.find_first_of("0123456789-", open) != std::string_view::npos)
            text = trim(text.substr(0, open));
    std::string flat;
    while (!text.empty()) {
        const base::CodePoint c = base::first_code_point(text);
        const std::string_view bytes = text.substr(0, c.bytes);
        text.remove_prefix(c.bytes);
        if (c.code < 0x80) {
            const std::string letter = lower(bytes);
            const char l = letter.front();
            if ((l >= 'a' && l <= 'z') || (l >= '0' && l <= '9'))
                flat += l;
            else if (l == '&' || l == '+')
                flat += " and ";
            else if (l != '.' && l != '\'')
                flat += ' ';  // G.m.b.H. is one word
        } else if (c.code == 0x2019 || c.code == 0xb4) {
            continue;
        } else if (const std::string_view plain = plain_letter(c.code); !plain.empty()) {
            flat += plain;
        } else if (c.code == 0xa0 || (c.code >= 0x2000 && c.code <= 0x206f)) {
            flat += ' ';
        } else {
            flat += bytes;
        }
    }
    std::vector<std::string> words;
    for (const std::string_view word : split(flat, " ")) words.emplace_back(word);
    // Forms written with blanks between: "G m b H", "Sp. z o.o.", "e. V.", "S. A.".
    for (const auto& [apart, together] :
         {std::pair<std::vector<std::string>, const char*>{{"g", "m", "b", "h"}, "gmbh"},
          {{"sp", "z", "oo"}, "spzoo"},
          {{"spz", "oo"}, "spzoo"},
          {{"sp", "z", "o", "o"}, "spzoo"},
          {{"e", "v"}, "ev"},
          {{"s", "a"}, "sa"},
          {{"b", "v"}, "bv"},
          {{"n", "v"}, "nv"},
          {{"a", "g"}, "ag"},
          {{"d", "o", "o"}, "doo"},
          {{"s", "r", "o"}, "sro"},
          {{"s", "p", "a"}, "spa"},
          {{"s", "r", "l"}, "srl"}})
        if (words.size() > apart.size() &&
            std::equal(apart.begin(), apart.end(), words.end() - static_cast<std::ptrdiff_t>(apart.size()))) {
            words.resize(words.size() - apart.size());
            words.emplace_back(together);
        }
    Name out;
    // Forms stand at the end; the first word is a name whatever it is ("AG Example" is left alone).
    while (words.size() > 1 && legal_form(words.back()) != nullptr) {
        if (const std::string_view form = *legal_form(words.back()); !form.empty()) out.forms.emplace_back(form);
        words.pop_back();
    }
    std::sort(out.forms.begin(), out.forms.end());
    for (const std::string& word : words) out.core += (out.core.empty() ? "" : " ") + word;
    return out;
}

bool has_role(const Holder& holder, std::string_view role) {
    return std::find(holder.roles.begin(), holder.roles.end(), role) != holder.roles.end();
}

}  // namespace

SameHolder same_holder(const Registration& registration, std::string_view organisation) {
    SameHolder out;
    const Name wanted = normalised(organisation);
    if (wanted.core.empty()) {
        out.because = "no name of an organisation was given";
        return out;
    }
    const Holder* other = nullptr;
    const Holder* other_form = nullptr;
    for (const Holder& holder : registration.holders) {
        const bool decides = has_role(holder, "registrant");
        // Whoever keeps the record may describe the network with the holder's name; with another one it means nothing.
        if (!decides && !has_role(holder, "descr")) continue;
        const Name name = normalised(holder.name);
        if (name.core == wanted.core) {
            if (name.forms == wanted.forms || name.forms.empty() || wanted.forms.empty()) {
                out.answer = Answer::yes;
                out.span = holder.span;
                out.because =
                    holder.name == organisation
                        ? fmt::format("\"{}\" is the holder", holder.name)
                        : fmt::format("\"{}\" is \"{}\" but for {}", holder.name, organisation,
                                      name.forms == wanted.forms ? "case, punctuation and spelling of the legal form"
                                                                 : "the legal form, which one of them leaves out");
                return out;
            }
            if (decides && other_form == nullptr) other_form = &holder;
        } else if (decides && other == nullptr) {
            other = &holder;
        }
    }
    if (other_form != nullptr) {
        out.span = other_form->span;
        out.because = fmt::format("\"{}\" and \"{}\" differ in their legal form", other_form->name, organisation);
    } else if (!registration.unknowns.empty()) {
        out.span = registration.unknowns.front().span;
        out.because = registration.unknowns.front().what;
    } else if (other != nullptr) {
        out.answer = Answer::no;
        out.span = other->span;
        out.because = fmt::format("the registry names \"{}\"", other->name);
    } else {
        out.span = registration.span;
        out.because = "the record names no holder";
    }
    return out;
}

}  // namespace egresslint::evidence
