// SPDX-License-Identifier: Apache-2.0
#include "cli/packet_line.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/address.hpp"
#include "lint/prepare.hpp"
#include "lint/suggest.hpp"

namespace egresslint::cli {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_line = 1 << 16;

struct PacketLine {
    lint::PacketText text;
    model::ConnectionState state = model::ConnectionState::fresh;
    std::uint32_t mark = 0;
};

template <class T>
std::string take_number(const Json& value, const std::string& key, T& out) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::numeric_limits<T>::max())
        return fmt::format("\"{}\" must be a number from 0 to {}", key, std::numeric_limits<T>::max());
    out = value.get<T>();
    return "";
}
template <class T>
std::string take_number(const Json& value, const std::string& key, std::optional<T>& out) {
    return take_number(value, key, out.emplace());
}

std::string take_text(const Json& value, const std::string& key, std::string& out) {
    if (!value.is_string()) return fmt::format("\"{}\" must be text", key);
    out = value.get<std::string>();
    return "";
}

std::string take_state(const Json& value, model::ConnectionState& out) {
    static constexpr std::array<std::pair<std::string_view, model::ConnectionState>, 5> names{
        {{"new", model::ConnectionState::fresh},
         {"established", model::ConnectionState::established},
         {"related", model::ConnectionState::related},
         {"invalid", model::ConnectionState::invalid},
         {"untracked", model::ConnectionState::untracked}}};
    if (value.is_string())
        for (const auto& [name, state] : names)
            if (value.get_ref<const std::string&>() == name) {
                out = state;
                return "";
            }
    return "\"state\" must be new, established, related, invalid or untracked";
}

std::string take(const std::string& key, const Json& value, PacketLine& out) {
    if (key == "in") return take_text(value, key, out.text.in);
    if (key == "src") return take_text(value, key, out.text.src);
    if (key == "dst") return take_text(value, key, out.text.dst);
    if (key == "proto") {
        if (value.is_number_unsigned()) {
            out.text.proto = value.dump();
            return "";
        }
        return take_text(value, key, out.text.proto);
    }
    if (key == "sport") return take_number(value, key, out.text.sport);
    if (key == "dport") return take_number(value, key, out.text.dport);
    if (key == "icmp_type") return take_number(value, key, out.text.icmp_type);
    if (key == "icmp_code") return take_number(value, key, out.text.icmp_code);
    if (key == "state") return take_state(value, out.state);
    if (key == "mark") return take_number(value, key, out.mark);
    const std::string near =
        lint::nearest(key, {"in", "src", "dst", "proto", "sport", "dport", "icmp_type", "icmp_code", "state", "mark"});
    return fmt::format("a packet has no \"{}\"{}", key,
                       near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near));
}

tl::expected<PacketLine, std::string> parse_line(std::string_view line) {
    if (line.size() > longest_line) return tl::unexpected(std::string("the line is too long for a packet"));
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return tl::unexpected(std::string("this is no JSON object"));
    PacketLine out;
    for (const auto& [key, value] : json.items())
        if (std::string problem = take(key, value, out); !problem.empty()) return tl::unexpected(std::move(problem));
    for (const auto& [name, text] :
         {std::pair{"src", &out.text.src}, {"dst", &out.text.dst}, {"proto", &out.text.proto}})
        if (text->empty()) return tl::unexpected(fmt::format("\"{}\" is missing", name));
    return out;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool has_ports(std::uint8_t proto) { return proto == 6 || proto == 17 || proto == 132 || proto == 33 || proto == 136; }

/// Tokens of a flat JSON object in its plain form. What it refuses may still be good JSON.
class PlainObject {
public:
    explicit PlainObject(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

    bool take(char c) {
        while (at_ != end_ && is_blank(*at_)) ++at_;
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    bool text(std::string_view& out) {
        if (!take('"')) return false;
        const char* begin = at_;
        // Printable ASCII only: what else JSON allows or forbids is left to its library.
        while (at_ != end_ && *at_ != '"' && *at_ != '\\' && *at_ >= ' ' && *at_ < 127) ++at_;
        if (at_ == end_ || *at_ != '"') return false;
        out = {begin, static_cast<std::size_t>(at_ - begin)};
        ++at_;
        return true;
    }
    bool number(std::uint64_t most, std::uint64_t& out) {
        while (at_ != end_ && is_blank(*at_)) ++at_;
        const char* begin = at_;
        out = 0;
        while (at_ != end_ && *at_ >= '0' && *at_ <= '9' && at_ - begin < 11)
            out = out * 10 + static_cast<std::uint64_t>(*at_++ - '0');
        const bool more = at_ != end_ && (*at_ == '.' || *at_ == 'e' || *at_ == 'E' || (*at_ >= '0' && *at_ <= '9'));
        return at_ != begin && !(*begin == '0' && at_ - begin > 1) && !more && out <= most;
    }
    bool at_end() {
        while (at_ != end_ && is_blank(*at_)) ++at_;
        return at_ == end_;
    }

private:
    const char* at_;
    const char* end_;
};

}  // namespace

bool PacketReader::read_plain(std::string_view line, flow::Packet& out) const {
    enum Seen : unsigned {
        in = 1,
        src = 2,
        dst = 4,
        proto = 8,
        sport = 16,
        dport = 32,
        type = 64,
        code = 128,
        mark = 256
    };
    PlainObject object(line);
    if (!object.take('{')) return false;
    unsigned seen = 0;
    std::uint16_t ports[2] = {0, 0};
    std::uint64_t icmp_type = 0, icmp_code = 0, number = 0;
    base::Family families[2] = {base::Family::v4, base::Family::v4};
    std::string_view key, text;
    const auto first = [&](unsigned what) {
        const bool fresh = !(seen & what);
        seen |= what;
        return fresh;
    };
    do {
        if (!object.text(key) || !object.take(':')) return false;
        if (key == "src" || key == "dst") {
            const bool is_src = key[0] == 's';
            if (!first(is_src ? src : dst) || !object.text(text)) return false;
            const auto address = base::parse_address(text);
            if (!address) return false;
            families[is_src ? 0 : 1] = address->family;
            (is_src ? out.src : out.dst) = address->bits;
        } else if (key == "sport" || key == "dport") {
            const bool is_src = key[0] == 's';
            if (!first(is_src ? sport : dport) || !object.number(0xffff, number)) return false;
            ports[is_src ? 0 : 1] = static_cast<std::uint16_t>(number);
        } else if (key == "in") {
            if (!first(in) || !object.text(text)) return false;
            const auto known = interfaces_.find(text);
            if (known == interfaces_.end()) return false;
            out.in_if = known->second;
        } else if (key == "proto") {
            if (!first(proto) || !object.text(text)) return false;
            if (text == "tcp")
                out.proto = 6;
            else if (text == "udp")
                out.proto = 17;
            else if (text == "icmp")
                out.proto = 1;
            else if (text == "icmpv6")
                out.proto = 58;
            else
                return false;
        } else if (key == "icmp_type") {
            if (!first(type) || !object.number(0xff, icmp_type)) return false;
        } else if (key == "icmp_code") {
            if (!first(code) || !object.number(0xff, icmp_code)) return false;
        } else if (key == "mark") {
            if (!first(mark) || !object.number(0xffffffff, number)) return false;
            out.mark = static_cast<std::uint32_t>(number);
        } else {
            return false;
        }
    } while (object.take(','));
    if (!object.take('}') || !object.at_end()) return false;
    if ((seen & (src | dst | proto)) != (src | dst | proto) || families[0] != families[1]) return false;
    out.family = families[0];
    if (has_ports(out.proto)) {
        out.sport = ports[0];
        out.dport = ports[1];
    } else {
        // As lint::packet_from_text: an echo request, unless the line says something else.
        out.icmp_type = static_cast<std::uint8_t>(seen & type ? icmp_type : out.proto == 1 ? 8 : 128);
        out.icmp_code = static_cast<std::uint8_t>(icmp_code);
    }
    if (out.proto == 6) out.tcp_flags = 2;
    return true;
}

tl::expected<flow::Packet, std::string> PacketReader::read_json(std::string_view line) {
    const auto parsed = parse_line(line);
    if (!parsed) return tl::unexpected(parsed.error());
    lint::PacketText text = parsed->text;
    if (text.in.empty()) text.in = in_;
    auto packet = lint::packet_from_text(device_, text);
    if (!packet) return packet;
    packet->state = parsed->state;
    packet->mark = parsed->mark;
    constexpr std::size_t enough = 4096;  // a stream that makes names up must not fill the memory
    if (interfaces_.size() < enough && !parsed->text.in.empty()) interfaces_.emplace(parsed->text.in, packet->in_if);
    return packet;
}

std::string PacketReader::assume_in(const std::string& interface) {
    lint::PacketText text;
    text.in = interface;
    text.src = text.dst = "0.0.0.0";
    const auto packet = lint::packet_from_text(device_, text);
    if (!packet) return packet.error();
    in_ = interface;
    in_if_ = packet->in_if;
    return "";
}

tl::expected<flow::Packet, std::string> PacketReader::read(std::string_view line) {
    flow::Packet packet;
    packet.in_if = in_if_;
    if (line.size() <= longest_line && read_plain(line, packet)) return packet;
    return read_json(line);
}

}  // namespace egresslint::cli
