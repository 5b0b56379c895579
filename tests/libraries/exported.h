/* What a module with a check exports, where it has to be declared. */
#ifdef _WIN32
__declspec(dllexport)
#endif
int check(void);
