#ifdef ONLY_PLUSPLUS
#error flags for C++ have reached C
#endif
int plusplus_both(void) { return BOTH; }
