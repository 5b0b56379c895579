// Linked once to check that an emcc links modules: headers of C and C++, exceptions, 64-bit arguments.
#include <stdexcept>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string>

extern "C" __attribute__((visibility("default"))) int PyInit_link_check(void) {
    try {
        throw std::runtime_error("thrown");
    } catch (const std::exception &error) {
        return printf("%s %lld", error.what(), (long long)llabs((int64_t)std::string(error.what()).size()));
    }
}
