// SPDX-License-Identifier: Apache-2.0
// Secrets of an XML configuration appear in no output of any command. They stand where the products keep them, in
// comments, in sections that are not understood and in the rules' neighbourhood.
#include <catch2/catch.hpp>

#include "program.hpp"

using namespace egresslint::tests;
using Catch::Contains;

namespace {

std::string config(const std::string& root) {
    return "<?xml version=\"1.0\"?>\n<" + root +
           ">\n"
           "<system><hostname>fw</hostname><user><name>admin</name><bcrypt-hash>$2y$10$PLANTED01</bcrypt-hash>"
           "<password>PLANTED02</password><authorizedkeys>PLANTED03</authorizedkeys><apikeys><item><secret>PLANTED04</"
           "secret>"
           "</item></apikeys></user><ipv6allow/></system>\n"
           "<interfaces><wan><enable>1</enable><if>igb0</if><ipaddr>203.0.113.2</ipaddr><subnet>27</"
           "subnet><gateway>GW</gateway>"
           "<pppoe_password>PLANTED05</pppoe_password></wan>\n"
           "<lan><enable>1</enable><if>igb1</if><ipaddr>10.0.0.1</ipaddr><subnet>24</subnet></lan></interfaces>\n"
           "<gateways><gateway_item><name>GW</name><interface>wan</interface><gateway>203.0.113.1</"
           "gateway><defaultgw>1</defaultgw>"
           "</gateway_item></gateways>\n"
           "<virtualip><vip><mode>carp</mode><interface>wan</interface><subnet>203.0.113.25</"
           "subnet><password>PLANTED06</password>"
           "</vip></virtualip>\n"
           "<aliases><alias><name>list</name><type>urltable</type><username>u</username><password>PLANTED07</password>"
           "<content>https://example.org/</content></alias></aliases>\n"
           "<nat><outbound><mode>hybrid</mode>\n<rule><interface>wan</interface><source><network>10.0.0.0/24</"
           "network></source>"
           "<destination><any/></destination><source_hash_key>PLANTED08</source_hash_key></rule>\n</outbound>\n"
           "<rule><interface>wan</interface><protocol>tcp</protocol><source><any/></"
           "source><destination><address>203.0.113.25"
           "</address><port>25</port></destination><target>10.0.0.25</target><local-port>25</local-port></rule></nat>\n"
           "<filter>\n"
           "<!-- <password>PLANTED09</password> -->\n"
           "<rule><type>pass</type><interface>lan</interface><ipprotocol>inet</ipprotocol><password>PLANTED10</"
           "password>\n"
           "<source><network>lan</network></source><destination><any/></destination></rule>\n"
           "</filter>\n"
           "<ipsec><phase1><pre-shared-key>PLANTED11</pre-shared-key></phase1></ipsec>\n"
           "<unheard><community>PLANTED12</community><tls><![CDATA[PLANTED13]]></tls><privkey>PLANTED14</privkey></"
           "unheard>\n"
           "<ca><prv>PLANTED15</prv><crt>PLANTED16</crt></ca>\n"
           "<snmpd><rocommunity>PLANTED17</rocommunity></snmpd>\n</" +
           root + ">\n";
}

}  // namespace

TEST_CASE("no command prints a secret of config.xml") {
    for (const std::string root : {"pfsense", "opnsense"}) {
        const Scratch scratch(
            Files{{"fw.xml", config(root)},
                  {"packets.jsonl",
                   R"({"in":"lan","src":"10.0.0.25","dst":"198.18.0.9","proto":"tcp","sport":40000,"dport":25})"
                   "\n"}});
        for (const std::string command :
             {"audit fw.xml", "audit --format json fw.xml", "check fw.xml", "audit --diff fw.xml", "audit --fix fw.xml",
              "egress fw.xml", "model --format text fw.xml", "model fw.xml", "trace fw.xml --packets packets.jsonl",
              "trace fw.xml --packets packets.jsonl --format jsonl", "query 'tcp dport 25 and accepted' fw.xml",
              "init fw.xml"}) {
            const Ran ran = scratch.run(command);
            INFO(root << ": " << command << "\n" << ran.out << ran.err);
            CHECK(ran.status <= 1);
            CHECK(!(ran.out + ran.err).empty());
            CHECK_THAT(ran.out + ran.err, !Contains("PLANTED"));
        }
        // A fix changes what it is about and nothing else.
        const std::string fixed = scratch.read("fw.xml");
        CHECK_THAT(fixed, Contains("PLANTED02") && Contains("PLANTED17") && Contains("egresslint: "));
    }
}
