# SPDX-License-Identifier: Apache-2.0
# Puts the files of rules/ into the program. Included by the top CMakeLists.txt it adds the generated source to the lint
# room; run as a script (cmake -P) it writes that source.
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB pages "${RULES_DIR}/EL*.md")
  list(SORT pages)
  set(entries "")
  foreach(page IN LISTS pages)
    get_filename_component(name "${page}" NAME)
    file(READ "${page}" hex HEX)
    # Bytes as hexadecimal escapes: no delimiter, quote or semicolon of a page can end the literal.
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1\"\"" escaped "${hex}")
    string(LENGTH "${hex}" digits)
    math(EXPR size "${digits} / 2")
    string(APPEND entries "    {\"rules/${name}\", std::string_view(\"${escaped}\", ${size})},\n")
  endforeach()
  file(WRITE "${OUTPUT}.new" "// SPDX-License-Identifier: Apache-2.0
// Generated from rules/ by src/lint/embed_rules.cmake.
#include \"lint/embedded_rules.hpp\"

namespace egresslint::lint {
namespace {
constexpr EmbeddedRule embedded[] = {
${entries}};
}  // namespace
std::span<const EmbeddedRule> embedded_rules() { return embedded; }
}  // namespace egresslint::lint
")
  file(RENAME "${OUTPUT}.new" "${OUTPUT}")
else()
  file(GLOB rule_pages CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/rules/EL*.md")
  set(embedded_rules "${CMAKE_BINARY_DIR}/embedded_rules.cpp")
  add_custom_command(OUTPUT "${embedded_rules}"
    COMMAND "${CMAKE_COMMAND}" "-DRULES_DIR=${CMAKE_SOURCE_DIR}/rules" "-DOUTPUT=${embedded_rules}"
            -P "${CMAKE_SOURCE_DIR}/src/lint/embed_rules.cmake"
    DEPENDS ${rule_pages} "${CMAKE_SOURCE_DIR}/src/lint/embed_rules.cmake"
    COMMENT "Embedding rules/" VERBATIM)
  target_sources(egresslint_lint PRIVATE "${embedded_rules}")
endif()
