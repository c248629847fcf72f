// SPDX-License-Identifier: Apache-2.0
// Fixes on the examples of the rule pages: offered where the rule promises one, and right by another judge than the one
// that offered them: the result is read anew, asked again, and packets are traced through both versions.
#include "lint/repair.hpp"

#include <map>
#include <random>

#include "base/edit.hpp"
#include "check_text.hpp"
#include "flow/trace.hpp"

using namespace egresslint;
using namespace egresslint::lint;

namespace {

struct Bench {
    testing::Run run;
    std::string fence, text, intent_text;
    const dialects::Dialect* dialect = nullptr;

    Bench(std::string f, std::string t, std::string i)
        : fence(std::move(f)), text(std::move(t)), intent_text(std::move(i)) {
        dialect = dialects::find(testing::dialect_name(fence));
        Workshop workshop;
        workshop.write = [&](std::size_t, const model::Device& d, const model::Amendment& a) {
            return dialect->write == nullptr ? std::nullopt : dialect->write(run.sources, d, a);
        };
        workshop.read = [&](std::size_t, const std::vector<base::TextEdit>& edits) -> std::optional<Reread> {
            Reread out;
            out.sources = std::make_unique<base::Sources>();
            for (std::size_t n = 0; n < run.sources.size(); ++n) {
                const base::FileId id(n);
                auto edited = base::apply_edits(run.sources.text(id), id, edits);
                if (!edited) return std::nullopt;
                out.sources->add(run.sources.file(id).path, std::move(*edited));
            }
            dialects::Input input;
            input.path = "edge." + fence;
            input.file = base::FileId(run.sources.size() - 1);
            base::Diagnostics diagnostics;
            auto read = dialect->read(*out.sources, {input}, diagnostics);
            if (base::has_fatal(diagnostics)) return std::nullopt;
            out.input.device = std::move(read.devices.front());
            out.input.device.name = "edge";
            out.input.dialect = std::string(dialect->name);
            out.input.diagnostics = diagnostics;
            if (!run.intent.devices.empty()) out.input.intent = &run.intent.devices.front();
            return out;
        };
        auto devices = testing::read(run, fence, text, intent_text);
        Options options;
        options.workshop = &workshop;
        options.audit = true;  // notes have fixes too
        options.select = {"ALL"};
        run.report = check(std::move(devices), run.intent, run.sources, options);
    }
};

Prepared prepared(testing::Run& run, const std::string& fence, const std::string& text, const std::string& intent) {
    auto devices = testing::read(run, fence, text, intent);
    return prepare(std::move(devices.front()), run.intent, run.sources);
}

/// Packets between addresses that the configuration knows, and some that it does not.
std::vector<flow::Packet> packets(const Prepared& p) {
    std::mt19937 dice(1);
    const auto pick = [&](const auto& list) { return list[dice() % list.size()]; };
    std::vector<base::u128> addresses;
    for (const char* a : {"10.20.0.25", "10.20.0.26", "10.20.7.1", "198.18.0.9", "203.0.113.7", "198.51.100.5"})
        addresses.push_back(base::parse_address(a)->bits);
    std::vector<flow::Packet> out;
    for (int n = 0; n < 1500; ++n) {
        flow::Packet packet;
        packet.in_if = static_cast<std::uint32_t>(1 + dice() % (p.device.interfaces.size() - 1));
        packet.src = pick(addresses);
        packet.dst = pick(addresses);
        packet.sport = 40000;
        packet.dport = pick(std::vector<std::uint16_t>{25, 25, 25, 53, 443, 587});
        packet.tcp_flags = 2;
        out.push_back(packet);
    }
    return out;
}

/// A fix may name the interfaces in another order.
std::uint32_t interface_named(const model::Device& device, const model::Device& other, std::uint32_t id) {
    if (id < model::first_interface) return id;
    const model::Interface& wanted = other.interfaces[id];
    for (std::uint32_t i = model::first_interface; i < device.interfaces.size(); ++i)
        if (device.interfaces[i].name == wanted.name && device.interfaces[i].representative == wanted.representative)
            return i;
    FAIL("no interface " << wanted.name);
    return 0;
}

}  // namespace

TEST_CASE("fixes of the rule pages mend their finding and open nothing", "[repair]") {
    std::map<std::string, int> offered;
    for (const RuleFile& rule : rules()) {
        for (const RuleExample& example : rule.examples) {
            if (example.expect.empty() || example.dialect == "ip6tables") continue;
            DYNAMIC_SECTION(rule.path << ":" << example.line) {
                const Bench bench(example.dialect, example.text, example.intent);
                for (const Finding& f : bench.run.report.findings) {
                    if (!f.fix) continue;
                    ++offered[f.rule + " " + example.dialect];
                    const base::FileId file = f.fix->edits.front().span.file;
                    const auto fixed = base::apply_edits(bench.run.sources.text(file), file, f.fix->edits);
                    REQUIRE(fixed);
                    INFO(f.message << "\n" << f.fix->description << "\n" << *fixed);
                    const Bench again(example.dialect, *fixed, example.intent);
                    const testing::Run& after = again.run;
                    const auto same = [&](const testing::Run& run) {
                        return std::count_if(run.report.findings.begin(), run.report.findings.end(),
                                             [&](const Finding& g) {
                                                 return g.rule == f.rule && g.message == f.message &&
                                                        run.sources.text(g.span) == bench.run.sources.text(f.span);
                                             });
                    };
                    CHECK(same(after) < same(bench.run));

                    testing::Run one, two;
                    const Prepared old_device = prepared(one, example.dialect, example.text, example.intent);
                    const Prepared new_device = prepared(two, example.dialect, *fixed, example.intent);
                    for (const flow::Packet& packet : packets(old_device)) {
                        const auto before = flow::trace(old_device.device, packet).answer;
                        flow::Packet same_packet = packet;
                        same_packet.in_if = interface_named(new_device.device, old_device.device, packet.in_if);
                        const auto now = flow::trace(new_device.device, same_packet).answer;
                        const bool blocked = before == flow::Answer::drop || before == flow::Answer::reject;
                        if (blocked) CHECK_FALSE((now == flow::Answer::accept || now == flow::Answer::unknown));
                    }
                }
            }
        }
    }
}

TEST_CASE("the rules that promise a fix give one in both dialects", "[repair]") {
    std::map<std::string, int> offered;
    for (const RuleFile& rule : rules())
        for (const RuleExample& example : rule.examples) {
            if (example.expect.empty()) continue;
            const Bench bench(example.dialect, example.text, example.intent);
            for (const Finding& f : bench.run.report.findings)
                if (f.fix) ++offered[f.rule + " " + example.dialect];
        }
    for (const std::string code : {"EL101", "EL102", "EL103", "EL107", "EL109", "EL201", "EL202"})
        for (const std::string dialect : {"nft", "iptables"}) {
            INFO(code << " " << dialect);
            CHECK(offered[code + " " + dialect] > 0);
        }
    CHECK(offered["EL108 nft"] > 0);
}

TEST_CASE("forwarded IPv6 without a filter is closed where its text is", "[repair]") {
    // The policy of a chain is what ip6tables-save writes behind its name: ip6tables-save(8).
    const std::string text =
        "# Generated by ip6tables-save\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        "-A INPUT -s 2001:db8::/32 -j ACCEPT\nCOMMIT\n";
    base::Sources sources;
    base::Diagnostics diagnostics;
    const auto* dialect = dialects::find("iptables");
    const auto file = sources.add("edge.v6", text);
    const auto read = dialect->read(sources, {{file, "edge.v6", false}}, diagnostics);
    REQUIRE(read.devices.size() == 1);
    model::Amendment close;
    close.kind = model::Amendment::Kind::close_forward;
    close.add.family = base::Family::v6;
    const auto edits = dialect->write(sources, read.devices.front(), close);
    REQUIRE(edits);
    const auto closed = base::apply_edits(text, file, *edits);
    REQUIRE(closed);
    CHECK(closed->find(":FORWARD DROP [0:0]") != std::string::npos);
    CHECK(closed->find(":INPUT ACCEPT [0:0]") != std::string::npos);
    close.add.family = base::Family::v4;
    CHECK_FALSE(dialect->write(sources, read.devices.front(), close));
}

TEST_CASE("a proposal that opens something, or changes a flow that it does not name, is not offered", "[repair]") {
    // The rule that was meant for the server also lets a neighbour out as the server: moving it up would change the
    // neighbour's source, which the fix does not name.
    const std::string text =
        "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
        "-A PREROUTING -i wan0 -d 198.51.100.5/32 -p tcp -m tcp --dport 25 -j DNAT --to-destination 10.20.0.25\n"
        "-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\n"
        "-A POSTROUTING -s 10.20.0.24/31 -o wan0 -j SNAT --to-source 198.51.100.5\n"
        "COMMIT\n*filter\n:FORWARD DROP [0:0]\n-A FORWARD -i lan0 -o wan0 -p tcp -m tcp --dport 25 -s 10.20.0.25 -j "
        "ACCEPT\n"
        "-A FORWARD -i lan0 -o wan0 -p tcp -m tcp --dport 443 -j ACCEPT\nCOMMIT\n";
    const Bench bench("iptables", text, "");
    const Finding* f = testing::finding(bench.run, "EL101");
    REQUIRE(f != nullptr);
    REQUIRE(f->fix);
    CHECK(f->fix->description.starts_with("translate"));
    CHECK(f->fix->edits.size() == 1);
}
