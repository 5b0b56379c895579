int plain_pointer_bits(void) { return (int)(8 * sizeof(void *)); }
