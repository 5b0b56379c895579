/* Instructions that AArch64 has from version 8.1 on, asked for as gcc has it. */
#if defined(__GNUC__)
#pragma GCC push_options
#pragma GCC target("+crc")
#endif
#include <arm_acle.h>
#include <stddef.h>
#include <stdint.h>

uint32_t sum(const uint8_t *data, size_t length) {
    uint32_t value = ~0u;
    while (length--) value = __crc32cb(value, *data++);
    return ~value;
}
#if defined(__GNUC__)
#pragma GCC pop_options
#endif
