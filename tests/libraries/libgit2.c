#include <git2.h>
#include <string.h>

int check(void)
{
    git_repository *repository;
    git_oid object;
    char text[41] = "";
    const int wanted = GIT_FEATURE_HTTPS | GIT_FEATURE_SSH;
    if (git_libgit2_init() < 1 || (git_libgit2_features() & wanted) != wanted) return 1;
    if (git_repository_init(&repository, "check.git", 1)) return 2;
    if (git_blob_create_from_buffer(&object, repository, "hello\n", 6)) return 3;
    git_oid_tostr(text, sizeof text, &object);
    git_repository_free(repository);
    git_libgit2_shutdown();
    return strcmp(text, "ce013625030ba8dba906f756967f9e9ca394464a") != 0;
}
