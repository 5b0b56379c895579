from _packed import checksum

assert checksum(b"123456789") == 0xCBF43926
