// SPDX-License-Identifier: Apache-2.0
#include "model/field.hpp"

namespace egresslint::model {

std::string_view field_name(Field field) {
    switch (field) {
#define FIELD(name, bits, printed, doc) \
    case Field::name:                   \
        return printed;
#include "model/field.def"
#undef FIELD
    }
    return "?";
}

unsigned field_bits(Field field, base::Family family) {
    if (is_address(field)) return base::address_bits(family);
    switch (field) {
#define FIELD(name, bits, printed, doc) \
    case Field::name:                   \
        return bits;
#include "model/field.def"
#undef FIELD
    }
    return 0;
}

}  // namespace egresslint::model
