// SPDX-License-Identifier: Apache-2.0
// Exchange and hMailServer. Sources: Microsoft's page on Set-SendConnector (Fqdn, SmartHosts, DNSRoutingEnabled,
// SourceIPAddress, FrontendProxyEnabled, Enabled); hMailServer's source, BackupExecuter.cpp, PropertySet.cpp,
// Route.cpp, RuleAction.h, Utilities.cpp, ExternalDelivery.cpp.
#include <catch2/catch.hpp>

#include "mta_reading.hpp"

using egresslint::tests::MtaReading;
using egresslint::tests::MtaTexts;
using Lines = std::vector<std::string>;

namespace {

const std::string json = R"({
  "Name": "Internet",
  "Fqdn": {"Domain": "mail.example.com", "Address": null, "IsUnicode": false},
  "AddressSpaces": ["SMTP:*;1"],
  "SmartHosts": [],
  "DNSRoutingEnabled": true,
  "SourceIPAddress": {"AddressFamily": 2, "IPAddressToString": "0.0.0.0"},
  "SourceTransportServers": ["EX1"],
  "FrontendProxyEnabled": false,
  "Enabled": true,
  "AuthenticationCredential": {"UserName": "u", "Password": "planted1"}
})";

std::string utf16(const std::string& text) {
    std::string out = "\xff\xfe";
    for (const char c : text) {
        out += c;
        out += '\0';
    }
    return out;
}

}  // namespace

TEST_CASE("send connectors as JSON", "[mta]") {
    const MtaReading r(MtaTexts{{"c.json", json}});
    CHECK(r.senders() == Lines{"Internet helo=mail.example.com@3 v4? v6?"});
    CHECK(r.mtas.at(0).product == "Exchange");
    CHECK(r.problems().empty());
    CHECK(r.sources.text(egresslint::base::FileId(0)).find("planted") == std::string_view::npos);
    const MtaReading two(MtaTexts{
        {"c.json",
         R"([{"Name":"Relay","Fqdn":"m.example.com","AddressSpaces":["*"],"SmartHosts":["[192.0.2.9]","r.example.net"],
"DNSRoutingEnabled":false,"SourceIPAddress":"192.0.2.25","SourceTransportServers":["EX1"],"Enabled":true},
{"Name":"Off","Fqdn":"x","SourceTransportServers":["EX1"],"Enabled":false},
{"Name":"In","Fqdn":"ex1.example.com","RemoteIPRanges":["0.0.0.0-255.255.255.255"],"Bindings":["0.0.0.0:25"],"Enabled":true}])"}});
    CHECK(
        two.senders() ==
        Lines{
            "Relay helo=m.example.com@1 bind?(SourceIPAddress 192.0.2.25 counts on Edge servers only, and nothing here "
            "says which kind of server this is) relay=[192.0.2.9]@1 relay=r.example.net@1 v4? v6?"});
    CHECK(two.mtas.at(0).host_name.value == "ex1.example.com");
    // No Fqdn: the server's own name. Not printed at all: not known.
    CHECK(
        MtaReading(MtaTexts{{"c", R"({"Name":"I","Fqdn":null,"SourceTransportServers":[],"DNSRoutingEnabled":true})"}})
            .sender()
            .starts_with("I helo?(Fqdn is not set: it is the name of the server that sends)"));
    CHECK(MtaReading(MtaTexts{{"c", R"({"Name":"I","Fqdn":"a.example.com","FrontendProxyEnabled":true,
"SourceTransportServers":[],"DNSRoutingEnabled":true})"}})
              .sender()
              .find("helo?(FrontendProxyEnabled") != std::string::npos);
}

TEST_CASE("send connectors as Format-List prints them, in UTF-16 as well", "[mta]") {
    const std::string text =
        "\n\nAddressSpaces                : {SMTP:*;1}\nDNSRoutingEnabled            : False\n"
        "Fqdn                         : mail.example.com\nName                         : Internet\n"
        "SmartHosts                   : {relay.example.net, \n                               [192.0.2.9]}\n"
        "SourceIPAddress              : 0.0.0.0\nSourceTransportServers       : {EX1}\nEnabled                      : "
        "True\n\n\n";
    for (const auto& t : {text, utf16(text)}) {
        const MtaReading r(MtaTexts{{"c.txt", t}});
        CHECK(r.senders() ==
              Lines{"Internet helo=mail.example.com@5 relay=relay.example.net@7 relay=[192.0.2.9]@7 v4? v6?"});
        CHECK(r.problems().empty());
    }
}

TEST_CASE("send connectors as Export-CliXml writes them", "[mta]") {
    const std::string text = R"(<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">
  <Obj RefId="0">
    <TN RefId="0"><T>Microsoft.Exchange.Data.Directory.SystemConfiguration.SmtpSendConnectorConfig</T></TN>
    <ToString>Internet</ToString>
    <Props>
      <Obj N="Fqdn" RefId="1"><ToString>mail.example.com</ToString></Obj>
      <B N="DNSRoutingEnabled">false</B>
      <Obj N="SmartHosts" RefId="2"><LST><S>relay.example.net</S><Obj RefId="3"><ToString>[192.0.2.9]</ToString></Obj></LST></Obj>
      <S N="SourceIPAddress">0.0.0.0</S>
      <Obj N="SourceTransportServers" RefId="4"><LST><S>EX1</S></LST></Obj>
      <SS N="Password">planted1</SS>
      <S N="Name">Internet</S>
      <B N="Enabled">true</B>
    </Props>
  </Obj>
</Objs>)";
    for (const auto& t : {text, utf16(text)}) {
        const MtaReading r(MtaTexts{{"c.xml", t}});
        CHECK(r.senders() ==
              Lines{"Internet helo=mail.example.com@6 relay=relay.example.net@8 relay=[192.0.2.9]@8 v4? v6?"});
        CHECK(r.problems().empty());
        CHECK(r.sources.text(egresslint::base::FileId(r.sources.size() - 1)).find("planted") == std::string_view::npos);
    }
}

TEST_CASE("a backup of hMailServer", "[mta]") {
    const std::string text = R"(<Backup>
  <BackupInformation Mode="1" Version="5.6.8-B2574"/>
  <Properties>
    <hostname LongValue="0" StringValue="mail.example.com"/>
    <smtpdeliverybindtoip LongValue="0" StringValue="192.0.2.25"/>
    <smtprelayer LongValue="0" StringValue="relay.example.net"/>
    <smtprelayerpassword LongValue="0" StringValue="planted1"/>
    <smtprelayerport LongValue="587" StringValue=""/>
  </Properties>
  <Rules><Rule Name="bulk" Active="1"><RuleActions><RuleAction Type="10" Value="192.0.2.26"/><RuleAction Type="7" Value="192.0.2.27"/></RuleActions></Rule></Rules>
  <Routes><Route Name="example.org" TargetHost="mx.example.org" Password="planted2"/></Routes>
</Backup>)";
    const MtaReading r(MtaTexts{{"hMailServerBackup.xml", text}});
    CHECK(r.senders() == Lines{"SMTP delivery helo=mail.example.com@4 bind=192.0.2.25@5 bind?(the rule \"bulk\" binds "
                               "192.0.2.26 for some messages) relay=relay.example.net:587@6 relay?(a route sends "
                               "example.org to mx.example.org) v4 v6?"});
    CHECK(r.problems().empty());
    CHECK(r.sources.text(egresslint::base::FileId(0)).find("planted") == std::string_view::npos);
    const MtaReading bare(MtaTexts{{"b",
                                    "<Backup><BackupInformation/><Properties><hostname StringValue=\"\"/>"
                                    "<smtpdeliverybindtoip StringValue=\"\"/></Properties></Backup>"}});
    CHECK(bare.sender() == "SMTP delivery helo?(hostname is empty: the name of the Windows computer is used) v4 v6?");
    std::string deep = "<Backup><BackupInformation/><smtpdeliverybindtoip/>";
    for (int i = 0; i < 100; ++i) deep += "<a>";
    CHECK(MtaReading(MtaTexts{{"b", deep}}).problems().at(0).find("nest deeper than 64") != std::string::npos);
    CHECK(MtaReading(MtaTexts{{"b", "<Backup><BackupInformation/><smtpdeliverybindtoip>"}})
              .problems()
              .at(0)
              .starts_with("fatal b:1:"));
}
